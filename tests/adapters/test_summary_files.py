"""Summaries as files, and the program that makes them."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.backtest_process import backtest_process
from app.adapters.summary_files import SummaryFiles
from app.domain.summary import Summary
from app.teammate.summarize import BacktestFailed
from tests.commands.shell import SETTINGS


def a_summary(repository_id: int = 7) -> Summary:
    return Summary(repository_id=repository_id, repository="ada/engine", state="done", at=datetime.now(UTC), threads=3)


async def test_what_is_put_is_there_until_it_is_forgotten(tmp_path: Path):
    files = SummaryFiles(tmp_path / "summaries")
    assert await files.all() == {}
    first, second = a_summary(), a_summary(8)
    await files.put(first)
    await files.put(second)
    assert await SummaryFiles(tmp_path / "summaries").all() == {7: first, 8: second}
    assert stat.S_IMODE((tmp_path / "summaries/7.json").stat().st_mode) == 0o600
    await files.forget([7, 99])
    assert await files.all() == {8: second}


@pytest.mark.parametrize("text", ["", "{", '{"repository_id": 7}'])
async def test_a_broken_file_counts_as_none(text: str, tmp_path: Path):
    (tmp_path / "7.json").write_text(text)
    assert await SummaryFiles(tmp_path).all() == {}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("PLUMBLINE_EMBEDDINGS", "none")
    return tmp_path


async def test_the_program_tells_its_report(shell: Path):
    row = {"repo": "a/b", "body": "", "labels": ["bug"]}
    rows = [row | {"number": n, "title": f"Crash {n}", "created_at": f"2024-01-{n:02}T00:00:00Z"} for n in range(1, 29)]
    (shell / "past.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = json.loads(await backtest_process("past.jsonl"))
    assert report["threads"] == 28
    assert set(report) >= {"actions", "settings", "left_out", "error_rate"}


async def test_the_program_that_fails_says_why_in_its_last_sentence(shell: Path):
    with pytest.raises(BacktestFailed, match="GITHUB_PRIVATE_KEY"):
        await backtest_process("acme/engine")
