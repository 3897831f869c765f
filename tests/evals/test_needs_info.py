import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from evals.benchmarks.needs_info import LACKING, average_precision, best_f1, fit, needs_info, read_rows

REAL = Path(__file__).parents[3] / "shared/data/needs_info/swebench_lite_description_quality.jsonl"
OPEN = "Leases could be nicer\nMaybe it would be useful, I am not sure how it should look."
CLOSED = "renew() raises\n```\n>>> renew_lease(0)\n```\nIt raises because `lease.left` is zero."


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(needs_info)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text(
        "\n".join(json.dumps({"problem_statement": text, "description_quality": quality}) for text, quality in rows)
    )
    return path


@pytest.fixture
def rows(tmp_path):
    return write(tmp_path / "rows.jsonl", [(OPEN, LACKING)] * 6 + [(CLOSED, "Info in NL")] * 20)


def test_the_last_line_is_one_object_with_every_figure(rows):
    code, output = run("--data", str(rows), "--json")
    assert code == 0
    result = json.loads(output.splitlines()[-1])
    assert result["n"] == 26
    assert result["base_rate"] == round(6 / 26, 4)
    assert result["average_precision"] == result["best_f1"] == result["recall_at_threshold"] == 1.0
    assert result["cross_validated_average_precision"] == 1.0
    assert (code, output) == run("--data", str(rows), "--json")


def test_too_few_positives_are_not_cross_validated(tmp_path):
    path = write(tmp_path / "rows.jsonl", [(OPEN, LACKING), (CLOSED, "Info in NL")])
    assert json.loads(run("--data", str(path), "--json")[1])["cross_validated_average_precision"] is None


def test_refit_prints_weights_by_name(rows):
    output = run("--data", str(rows), "--refit", "--json")[1]
    assert output.startswith("BIAS = ")
    assert '"opinion": ' in output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not json", "line 1"),
        ('{"problem_statement": "a"}', "line 1"),
        ("[]", "line 1"),
        ('{"problem_statement": 3, "description_quality": "x"}', "line 1"),
        ('{"problem_statement": "a", "description_quality": "x"}', "and others"),
        ("", "line 1"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(tmp_path, text, says):
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(ValueError, match=says):
        list(read_rows(tmp_path / "rows.jsonl"))
    assert run("--data", str(tmp_path / "rows.jsonl"))[0] == 2


def test_a_line_separator_inside_a_text_ends_no_row(tmp_path):
    row = json.dumps({"problem_statement": "a\u2028b\nc", "description_quality": LACKING}, ensure_ascii=False)
    (tmp_path / "rows.jsonl").write_text(f"{row}\n{row.replace(LACKING, 'x')}\n", encoding="utf-8")
    assert [row.title for row in read_rows(tmp_path / "rows.jsonl")] == ["a\u2028b"] * 2


def test_figures_by_hand():
    truth = np.array([True, False, True, False])
    assert average_precision(truth, np.array([4.0, 3.0, 2.0, 1.0])) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(truth, np.ones(4)) == 0.5
    assert best_f1(truth, np.array([4.0, 3.0, 2.0, 1.0])) == pytest.approx(0.8)
    assert best_f1(truth, np.array([4.0, 1.0, 3.0, 2.0])) == 1.0


def test_a_fit_is_calibrated_and_knows_which_sign_speaks():
    signs = [{"wish": float(lacking), "noise": float(at % 2)} for at, lacking in enumerate([True] * 10 + [False] * 40)]
    bias, weights = fit(signs, np.array([True] * 10 + [False] * 40))
    assert weights["wish"] > 5 * abs(weights["noise"])
    assert bias < 0 < bias + weights["wish"]


@pytest.mark.skipif(not REAL.exists(), reason="the external data is not here")
def test_the_shipped_score_finds_what_people_judged():
    result = json.loads(run("--data", str(REAL), "--json")[1])
    assert result["n"] > 100
    assert result["average_precision"] > 3 * result["base_rate"]
    assert result["cross_validated_average_precision"] > 3 * result["base_rate"]
