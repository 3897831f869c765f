import json
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score
from typer.testing import CliRunner

from evals.benchmarks.duplicates import _average_precision, _date, _f1, duplicates

REPORTS = [
    ("1", "Attachments get lost when a draft is saved twice", "Save a draft two times: the attachment is gone."),
    ("2", "Lost attachment after saving my draft again", "I saved the draft, then once more."),
    ("3", "Sidebar flickers while scrolling", "It flickers on every second line."),
    ("4", "Printing cuts the last line", "Every page lacks its last line."),
    ("5", "Dark mode for the settings", "They are too bright at night."),
]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> typer.Typer:
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("PLUMBLINE_EMBEDDINGS", "none")
    app = typer.Typer()
    app.command()(duplicates)
    return app


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> str:
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


def corpus(folder: Path) -> str:
    rows = [{"id": id_, "title": title, "description": body} for id_, title, body in REPORTS]
    return write(folder, "corpus.jsonl", [{**row, "created": "30/Sep/21 17:20"} for row in rows])


def test_known_duplicates_are_found_again_and_the_query_does_not_find_itself(bench: typer.Typer, tmp_path: Path):
    queries = write(tmp_path, "queries.jsonl", [{"id": "1", "duplicates": ["2"]}, {"id": "2", "duplicates": ["1"]}])
    ran = CliRunner().invoke(bench, ["--corpus", corpus(tmp_path), "--queries", queries, "--json"])
    result = json.loads(ran.stdout.splitlines()[-1])
    assert result == {"recall_at_10": 1.0, "mrr": 1.0, "n": 2, "reports": 5, "embedder": None}


def test_pairs_are_told_apart(bench: typer.Typer, tmp_path: Path):
    reports = [{"id": id_, "title": title, "description": body} for id_, title, body in REPORTS]
    rows = [
        {"label": "duplicate" if other == 1 else "not_duplicate", "a": reports[0], "b": reports[other]}
        for other in (1, 2, 3, 4)
    ]
    ran = CliRunner().invoke(bench, ["--pairs", write(tmp_path, "pairs.jsonl", rows), "--json"])
    result = json.loads(ran.stdout.splitlines()[-1])
    assert (result["best_f1"], result["average_precision"], result["n"]) == (1.0, 1.0, 4)


def test_a_query_without_its_report_says_which(bench: typer.Typer, tmp_path: Path):
    queries = write(tmp_path, "queries.jsonl", [{"id": "77", "duplicates": ["1"]}])
    ran = CliRunner().invoke(bench, ["--corpus", corpus(tmp_path), "--queries", queries])
    assert ran.exit_code == 2
    assert "77" in ran.output


def test_a_row_without_a_column_says_which(bench: typer.Typer, tmp_path: Path):
    ran = CliRunner().invoke(bench, ["--pairs", write(tmp_path, "pairs.jsonl", [{"label": "duplicate"}])])
    assert ran.exit_code == 2
    assert "'a'" in ran.output


@pytest.mark.parametrize("options", [[], ["--corpus"], ["--corpus", "--queries", "--pairs"]])
def test_what_to_give_is_said(bench: typer.Typer, tmp_path: Path, options: list[str]):
    file = write(tmp_path, "some.jsonl", [])
    ran = CliRunner().invoke(bench, [part for option in options for part in (option, file)])
    assert ran.exit_code == 2
    assert "--pairs" in ran.output


def test_dates_of_both_trackers_and_none():
    assert _date("30/Sep/21 17:20").isoformat() == "2021-09-30T17:20:00+00:00"
    assert _date("2020-01-02 17:14:21+00:00").isoformat() == "2020-01-02T17:14:21+00:00"
    assert _date("2020-01-02T17:14:21Z").isoformat() == "2020-01-02T17:14:21+00:00"
    assert _date(None) == _date("")
    with pytest.raises(ValueError, match="yesterday"):
        _date("yesterday")


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.7, 0.9])), min_size=1))
def test_figures_agree_with_scikit_learn(rows: list[tuple[bool, float]]):
    same, probabilities = [one for one, _ in rows], [one for _, one in rows]
    expected = f1_score(same, [one >= 0.5 for one in probabilities], zero_division=0.0)
    assert _f1(same, probabilities, 0.5) == pytest.approx(expected)
    if any(same):
        assert _average_precision(same, probabilities) == pytest.approx(
            average_precision_score(same, probabilities), abs=1e-4
        )
