"""The command line: what is wrong usage exits with 2, what failed with 1 and one sentence, and help costs nothing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from tests.commands.shell import ROOT, plumbline


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run", "--port", "65536"],
        ["run", "--port", "http"],
        ["playground", "--port", "-1"],
        ["replay"],
        ["replay", "x.jsonl", "--mode", "shout"],
        ["replay", "x.jsonl", "--limit", "0"],
        ["retry"],
        ["retry", "work"],
        ["retry", "run:5"],
        ["retry", "work:-5"],
        ["retry", "effect:9999999999999999999"],
    ],
)
def test_wrong_usage_is_exit_2(arguments: list[str]):
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_no_command_is_help():
    assert "Usage: plumbline" in CliRunner().invoke(cli, []).output


async def test_help_lists_the_commands_of_every_room(tmp_path: Path):
    done = await plumbline("--help", folder=tmp_path)
    assert done.code == 0
    for command in ("run", "serve", "worker", "playground", "replay", "doctor", "dead", "retry", "bench"):
        assert f" {command} " in done.out


def test_help_imports_no_sdk():
    code = "import sys, app.cli; print(*sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split()
    assert not {"anthropic", "githubkit", "arq", "fastapi", "sqlalchemy", "asyncpg", "redis", "uvicorn"} & set(loaded)


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["serve"], {}, "DATABASE_URL and REDIS_URL must be set"),
        (["worker"], {}, "DATABASE_URL and REDIS_URL must be set"),
        (["replay", "gone.jsonl"], {}, "there is no file gone.jsonl"),
        (["doctor"], {"PLUMBLINE_HANDS": "many"}, "PLUMBLINE_HANDS: Input should be a valid integer"),
        (["run", "--port", "0"], {"GITHUB_APP_ID": "7"}, "GITHUB_WEBHOOK_SECRET is empty"),
    ],
)
async def test_what_fails_is_one_sentence_and_exit_1(
    arguments: list[str], environment: dict[str, Any], said: str, tmp_path: Path
):
    done = await plumbline(*arguments, folder=tmp_path, **environment)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"plumbline: {said}")
    assert len(done.err.splitlines()) == 1
