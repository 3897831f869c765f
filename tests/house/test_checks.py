"""The house rules find what they forbid, and the project keeps them."""

import runpy
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKS = runpy.run_path(str(ROOT / "infra/checks.py"))


def test_the_project_keeps_the_rules() -> None:
    assert CHECKS["check"](ROOT) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("app/long.py", "x = 1\n" * 401, "401 lines"),
        ("app/just.py", "x = 1\n" * 400, None),
        ("docs/long.md", "words\n" * 401, None),
        ("app/a.py", "# TO" + "DO later\n", "finish it"),
        ("app/a.py", "x = 'FIX" + "ME'\n", "finish it"),
        ("app/a.py", "todos = methodology\n", None),
        ("docs/design/001-a-choice.md", "no title\n", "title"),
        ("docs/design/001-a-choice.md", "# A choice\n", None),
        ("docs/design/README.md", "no title\n", None),
        ("Makefile", "pip install --" + "index-url x\n", "registry"),
        ("README.md", "see https://py" + "pi.org/project/x\n", "registry"),
        ("requirements.lock", "a @ https" + "://example.test/a.whl\n", "address"),
        ("uv.lock", "version = 1\n", "make lock"),
    ],
)
def test_each_rule(name: str, text: str, said: str | None) -> None:
    found = list(CHECKS["problems"](name, text))
    assert len(found) == (0 if said is None else 1)
    assert said is None or said in found[0]


def test_it_reads_what_would_be_committed_and_passes_over_the_rest(tmp_path: Path) -> None:
    bad = "# TO" + "DO\n"
    (tmp_path / "sub").mkdir()
    for name in ("sub/new.py", "ignored.py", "staged.py", "removed.py"):
        (tmp_path / name).write_text(bad)
    (tmp_path / "picture.py").write_bytes(b"\xff\xfe")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "staged.py", "removed.py"], cwd=tmp_path, check=True)
    (tmp_path / "removed.py").unlink()
    assert [problem.split(":")[0] for problem in CHECKS["check"](tmp_path)] == ["staged.py", "sub/new.py"]
