"""A new App is kept whole or not at all, beside everything that was there."""

import os
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.env_file import keep_app, with_values, write_privately
from app.domain.registration import NewApp, Server

APP = NewApp(77, "plumbline-acme", "https://github.com/apps/x", "-----BEGIN RSA PRIVATE KEY-----\nx\n", "5ecret")
THEIRS = """# Ours since 2024
export EDITOR=vi
GITHUB_APP_ID=5

GITHUB_PRIVATE_KEY="-----BEGIN RSA PRIVATE KEY-----
old
-----END RSA PRIVATE KEY-----"
ANTHROPIC_API_KEY='sk-ant-x y'  # shared
GITHUB_APP_ID=6
this is no assignment
"""


def test_what_is_there_stays_and_a_key_over_lines_goes_as_a_whole(tmp_path: Path):
    env, data = tmp_path / ".env", tmp_path / "data dir's"
    env.write_text(THEIRS)
    keep_app(APP, Server("https://git.example.com"), env_file=env, data_dir=data)
    text = env.read_text()
    assert "old" not in text
    assert text.startswith("# Ours since 2024\nexport EDITOR=vi\n\n")
    assert "ANTHROPIC_API_KEY='sk-ant-x y'  # shared\n" in text
    assert "this is no assignment\n" in text
    assert text.count("GITHUB_APP_ID=") == 1
    found = dotenv_values(env)
    key = Path(found["GITHUB_PRIVATE_KEY"] or "")
    assert key.read_text() == APP.private_key
    assert key.is_relative_to(data)
    assert {name: found[name] for name in ("GITHUB_APP_ID", "GITHUB_WEBHOOK_SECRET", "GITHUB_API_URL")} == {
        "GITHUB_APP_ID": "77",
        "GITHUB_WEBHOOK_SECRET": "5ecret",
        "GITHUB_API_URL": "https://git.example.com/api/v3",
    }
    assert found["PLUMBLINE_HANDLE"] == "plumbline-acme"
    for path in (env, key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == [".env", "data dir's"]


def test_without_an_env_file_one_is_made(tmp_path: Path):
    keep_app(APP, Server(), env_file=tmp_path / ".env", data_dir=tmp_path / "new/data")
    assert dotenv_values(tmp_path / ".env")["GITHUB_API_URL"] == "https://api.github.com"


def test_a_link_is_followed_and_stays_one(tmp_path: Path):
    (tmp_path / "real").write_text("A=1\n")
    (tmp_path / ".env").symlink_to("real")
    keep_app(APP, Server(), env_file=tmp_path / ".env", data_dir=tmp_path)
    assert (tmp_path / ".env").is_symlink()
    assert (tmp_path / "real").read_text().startswith("A=1\n")


def test_what_cannot_be_written_leaves_what_was(tmp_path: Path):
    (tmp_path / "occupied").touch()
    (tmp_path / ".env").write_text("A=1\n")
    with pytest.raises(OSError, match="occupied"):
        keep_app(APP, Server(), env_file=tmp_path / ".env", data_dir=tmp_path / "occupied/data")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        keep_app(APP, Server(), env_file=tmp_path / "folder", data_dir=tmp_path)
    assert (tmp_path / ".env").read_text() == "A=1\n"


def test_nothing_is_readable_by_others_on_the_way(tmp_path: Path):
    old = os.umask(0)
    try:
        write_privately(tmp_path / "x", "secret")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600


@given(
    text=st.text(alphabet="AB=#'\" \n\\é"),
    value=st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\x85")),
)
def test_what_is_written_is_read_back_and_the_rest_is_untouched(text: str, value: str, tmp_path_factory):
    file = tmp_path_factory.mktemp("env") / ".env"
    file.write_text(with_values("KEPT=1\n", {"PLUMBLINE_X": value}))
    assert dotenv_values(file, interpolate=False) == {"KEPT": "1", "PLUMBLINE_X": value}
    assert with_values(with_values(text, {"X": "1"}), {"X": "1"}) == with_values(text, {"X": "1"})


def test_a_value_over_lines_is_refused():
    with pytest.raises(ValueError, match="one line"):
        with_values("", {"A": "1\n2"})
