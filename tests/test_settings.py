"""Settings say what is missing and how to mend it, and never a secret."""

from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.settings import Settings, read_settings, variable

KEY = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n"
NAMES = [variable(name) for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory without a `.env`, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_every_setting_has_a_name_that_the_docs_can_promise():
    theirs = ("DATABASE_URL", "REDIS_URL", "GITHUB_", "ANTHROPIC_", "LANGSMITH_")
    assert [name for name in NAMES if not name.startswith(("PLUMBLINE_", *theirs))] == []
    assert len(set(NAMES)) == len(NAMES)
    assert variable("hands") == "PLUMBLINE_HANDS"
    assert variable("database_url") == "DATABASE_URL"


def test_each_setting_is_read_from_the_variable_it_is_listed_by(monkeypatch: pytest.MonkeyPatch):
    """`plumbline doctor` lists what it believes to be the names; here each is set and must arrive."""
    for name, field in Settings.model_fields.items():
        examples: dict[object, str] = {bool: "true", int: "7", float: "7.5"}
        example = examples.get(field.annotation, "seven")
        monkeypatch.setenv(variable(name), example)
    before, after = Settings.model_construct(), read_settings()
    assert [name for name in Settings.model_fields if getattr(before, name) == getattr(after, name)] == []


def test_the_file_counts_too_and_the_environment_wins(nowhere: Path, monkeypatch: pytest.MonkeyPatch):
    (nowhere / ".env").write_text("LANGSMITH_API_KEY=from-file\nPLUMBLINE_HANDS=3\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("PLUMBLINE_HANDS", "5")
    settings = read_settings()
    assert settings.langsmith_api_key.get_secret_value() == "from-file"
    assert settings.hands == 5


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUMBLINE_HANDS", "")
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "")
    assert read_settings().hands == 8


def test_what_cannot_be_understood_is_named_by_its_variable_without_its_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUMBLINE_HANDS", "many")
    monkeypatch.setenv("PLUMBLINE_WRITE_INTERVAL_S", "-1")
    monkeypatch.setenv("GITHUB_APP_ID", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    said = str(caught.value)
    assert "PLUMBLINE_HANDS: " in said
    assert "PLUMBLINE_WRITE_INTERVAL_S: " in said
    assert "GITHUB_APP_ID: " in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        ("one", (b"one",)),
        ("new, old", (b"new", b"old")),
        (" new ,, old ,", (b"new", b"old")),
        ("ключ", ("ключ".encode(),)),
    ],
)
def test_secrets_rotate(value: str, secrets: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", value)
    assert read_settings().webhook_secrets() == secrets


@pytest.mark.parametrize("value", [None, "", " ", ",", " , ,"])
def test_an_empty_secret_is_refused(value: str | None, monkeypatch: pytest.MonkeyPatch):
    if value is not None:
        monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", value)
    with pytest.raises(ConfigurationError, match="GITHUB_WEBHOOK_SECRET is empty"):
        read_settings().webhook_secrets()


def test_no_secret_shows_in_the_settings_themselves(monkeypatch: pytest.MonkeyPatch):
    for name in ("GITHUB_WEBHOOK_SECRET", "GITHUB_PRIVATE_KEY", "ANTHROPIC_API_KEY", "LANGSMITH_API_KEY"):
        monkeypatch.setenv(name, "hunter2-hunter2")
    assert "hunter2" not in repr(read_settings()) + str(read_settings())


# --- the private key ---------------------------------------------------------------------------------------


def key_of(value: str) -> str:
    return Settings.model_validate({"github_private_key": value}).private_key()


@pytest.mark.parametrize("value", [KEY, "\n  " + KEY, KEY.replace("\n", "\\n")])
def test_the_key_may_be_the_text_with_real_or_escaped_lines(value: str):
    assert key_of(value).strip() == KEY.strip()


@pytest.mark.parametrize("place", ["app.pem", "~/app.pem"])
def test_the_key_may_be_a_path(place: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(nowhere))
    (nowhere / "app.pem").write_text(KEY)
    assert key_of(place) == KEY


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "it is empty"),
        ("gone.pem", "'gone.pem' cannot be read: No such file"),
        (".", "cannot be read: Is a directory"),
        ("~nobody-of-that-name/app.pem", "cannot be read"),
        ("binary.pem", "no text file"),
        ("other.txt", "holds no PEM key"),
        ("nul\0.pem", "cannot be read"),
    ],
)
def test_a_key_that_is_none_is_said(value: str, said: str, nowhere: Path):
    (nowhere / "binary.pem").write_bytes(b"\xff\xfe\x00")
    (nowhere / "other.txt").write_text("hello")
    with pytest.raises(ConfigurationError) as caught:
        key_of(value)
    assert str(caught.value).startswith("GITHUB_PRIVATE_KEY must hold")
    assert said in str(caught.value)


def test_a_key_without_its_first_line_is_not_shown():
    """It looks like a path that does not exist, and must not end in a terminal, a log or the setup page."""
    body = "MIIEpAIBAAKCAQEA" * 80
    with pytest.raises(ConfigurationError) as caught:
        key_of(body)
    assert body[:16] not in str(caught.value)
