import json

import pytest
import typer
from typer.testing import CliRunner

from evals.backtest.command import backtest
from tests.evals.backtest.pasts import day

cli = typer.Typer()
cli.command()(backtest)


@pytest.fixture
def history(tmp_path, monkeypatch):
    """Sixty issues of a project, half of them wishes."""
    monkeypatch.setenv("PLUMBLINE_EMBEDDINGS", "none")
    parts = ["parser", "printer", "cache", "server"]
    rows = [
        {
            "repo": "acme/widgets",
            "number": n,
            "title": f"Crash in the {parts[n % 4]}" if n % 2 else f"Please support {parts[n % 4]} options",
            "body": f"It fails with an error in step {n}." if n % 2 else f"It would be nice to have option {n}.",
            "labels": ["bug" if n % 2 else "enhancement"],
            "created_at": day(n).isoformat(),
        }
        for n in range(60)
    ]
    file = tmp_path / "history.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def run(*given: object):
    return CliRunner().invoke(cli, [str(one) for one in given])


def test_a_history_from_end_to_end_twice(history, tmp_path):
    page = tmp_path / "report.html"
    first = run(history, "--json", "--html", page, "--error-rate", 0.2)
    assert first.exit_code == 0, first.output
    found = json.loads(first.stdout.splitlines()[-1])
    labels = found["actions"]["labels"]
    assert found["threads"] == 60
    assert labels["n"] == 48
    assert labels["precision"] > 0.9
    assert labels["threshold_apply"] is not None
    assert set(found["per_label"]) == {"bug", "enhancement"}
    assert "min_confidence" in found["settings"]
    assert "What would it have done" in page.read_text()
    assert run(history, "--json", "--error-rate", 0.2).stdout == first.stdout


@pytest.mark.parametrize(
    "given",
    [
        ["nowhere.jsonl"],
        ["no name"],
        ["a/b/c"],
        [],
        ["HISTORY", "--error-rate", 0],
        ["HISTORY", "--html", "/nowhere/x.html"],
    ],
)
def test_wrong_usage(history, given):
    result = run(*(history if one == "HISTORY" else one for one in given))
    assert result.exit_code == 2
