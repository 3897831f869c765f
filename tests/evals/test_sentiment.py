import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import typer
import yaml
from typer.testing import CliRunner

from app.domain.signal import Meaning, Sentiment
from app.knowledge.sentiment import read_reply
from app.knowledge.sentiment.fit import fit
from app.knowledge.sentiment.model import LABELS, load
from app.teammate.compose import template_problems
from evals.benchmarks.replies import class_of, of_reactions, of_replies, reply_of
from evals.benchmarks.sentiment import (
    Manners,
    best_threshold,
    blend,
    f1_of_labels,
    measure_manners,
    sentiment,
    unescaped,
)

ROOT = Path(__file__).parents[2]
DATASET = ROOT / "evals/datasets/sentiment.jsonl"
PROMPT = ROOT / "prompts/sentiment/v1.prompt"
REAL = ROOT.parent / "shared/data/threads/issues.jsonl"
TEXTS: dict[Sentiment, list[str]] = {
    "positive": ["Great work, thanks a lot!", "I love it :)"],
    "neutral": ["It is a list of names.", "See line 12."],
    "negative": ["This is terrible and useless.", "I hate it :("],
}
ROWS = [json.loads(line) for line in DATASET.read_text("utf-8").splitlines()]


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(sentiment)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return str(path)


@pytest.fixture
def judged(tmp_path):
    rows = [{"text": text, "label": label} for label, texts in TEXTS.items() for text in texts] * 3
    return write(tmp_path / "judged.jsonl", rows)


@pytest.fixture
def manners(tmp_path):
    rows = [
        {"text": f"{text} {thread}", "issue_id": thread, "uncivil": uncivil}
        for thread in range(10)
        for text, uncivil in [("you stupid idiot, shut up!!", True), ("the list has names", False), ("see line", False)]
    ]
    return write(tmp_path / "manners.jsonl", rows)


def test_the_last_line_is_one_object_with_every_figure(judged, manners, tmp_path):
    weights = tmp_path / "weights.npz"
    arguments = ["--train", judged, "--test", judged, "--incivility", manners, "--write-weights", str(weights)]
    code, output = run(*arguments, "--replies", str(DATASET), "--json")
    assert code == 0
    found = json.loads(output.splitlines()[-1])
    assert (found["macro_f1"], found["n"]) == (1.0, 18)
    assert found["per_label"] == {"negative": 1.0, "neutral": 1.0, "positive": 1.0}
    assert found["confusion"]["neutral"] == {"negative": 0, "neutral": 6, "positive": 0}
    assert found["incivility"]["f1"] >= 0.8
    assert found["incivility"]["threads"] == 10
    assert found["replies"]["n"] == len(ROWS)
    assert load(weights).weights.any(axis=0).all()
    first = weights.read_bytes()
    again = json.loads(run(*arguments, "--json")[1].splitlines()[-1])
    assert {**again, "seconds": 0, "replies": 0} == {**found, "seconds": 0, "replies": 0}
    assert weights.read_bytes() == first


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "line 1"),
        ('{"text": "fine"}', "line 1: KeyError('label')"),
        ('{"text": "fine", "label": "glad"}', "line 1"),
        ('{"text": null, "label": "neutral"}', "line 1"),
        ('{"text": "fine", "label": "neutral"}', "none is negative or positive"),
    ],
)
def test_a_file_that_is_none_is_named(judged, tmp_path, line, says):
    path = tmp_path / "bad.jsonl"
    path.write_text(line)
    code, output = run("--train", str(path), "--test", judged)
    assert code == 1
    assert says in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("text", "left"), [('fine"', "fine"), ('""so"" he says"', '"so" he says'), ('"a"', '"a"'), ("", "")]
)
def test_what_a_csv_left_is_undone(text, left):
    assert unescaped(text) == left


def test_a_blend_lies_between_and_is_certain_where_both_are():
    first, second = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]]), np.array([[0.2, 0.7, 0.1], [1.0, 0.0, 0.0]])
    found = blend(first, second)
    assert np.allclose(found.sum(axis=1), 1)
    assert found[0].argmax() == 1
    assert 0.2 < found[0][0] < 0.7
    assert found[1][0] > 0.999


def test_what_encoders_see_is_one_more_opinion_of_manners():
    texts = ["you idiot", "the list has names", "see line 12"] * 10
    manners = Manners(texts, [str(place // 3) for place in range(30)], np.array([True, False, False] * 10))
    model = fit(([text for group in TEXTS.values() for text in group], [label for label in TEXTS for _ in range(2)]))
    vectors = np.array([[float(text == "you idiot"), 1.0] for text in texts], np.float32)
    said: list[str] = []
    assert measure_manners(manners, model, said.append, [vectors])["average_precision"] == 1.0
    assert said == ["30 comments of 10 threads, 5 folds"]


def test_the_best_threshold_is_the_best():
    truth = np.array([True, False, True, False, False])
    chances = np.array([0.9, 0.8, 0.7, 0.3, 0.1])
    assert best_threshold(truth, chances) == 0.7
    assert f1_of_labels(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).round(3).tolist() == [0.667, 0.667]


def test_our_dataset_covers_what_it_is_for():
    assert len(ROWS) >= 60
    assert len({row["id"] for row in ROWS}) == len({row["text"] + row["ours"] for row in ROWS}) == len(ROWS)
    assert {row["language"] for row in ROWS} == {"en", "de", "fr", "es", "pt", "it", "ru", "zh", "ja", "ko"}
    assert {row["meaning"] for row in ROWS} == set(get_args(Meaning))
    assert {row["sentiment"] for row in ROWS} == set(get_args(Sentiment)) == set(LABELS)
    assert sum("sarcasm" in row.get("note", "") for row in ROWS) >= 6
    assert all(row["meaning"] == "other" for row in ROWS if not row["aimed"])
    assert Counter(row["aimed"] for row in ROWS)[False] >= 8


def test_the_dataset_is_read_as_it_should_be_but_for_a_few_known_rows():
    found = of_replies(ROWS)
    assert found["accuracy"]["meaning"] >= 0.95
    assert found["accuracy"]["aimed"] >= 0.95
    assert found["accuracy"]["sentiment"] >= 0.85
    assert found["classes"]["incorrect"]["incorrect"] >= 5


def test_reactions_are_put_into_the_six_classes():
    row = {"bot": "stale", "user_sentiment": "neg", "excerpt": "The stale bot is far too noisy."}
    mixed = {**row, "user_sentiment": "mixed", "excerpt": "Labels are hard.", "failure_modes": ["privacy"]}
    found = of_reactions([{**row, "failure_modes": ["noise"]}, mixed])
    assert found["classes"] == {"other": {"other": 1}, "verbose": {"verbose": 1}}
    assert found["sentiment"] == {"negative": {"negative": 1}}
    assert found["aimed"] == {"precision": 1.0, "recall": 0.5, "n": 2}
    assert class_of([]) == "other"


def test_the_prompt_is_whole_and_speaks_of_every_meaning():
    _, front, template = PROMPT.read_text("utf-8").split("---\n", 2)
    known = yaml.safe_load(front)
    assert template_problems(template, known["input"]["schema"]) == []
    assert known["name"] == PROMPT.parent.name
    assert all(f"`{meaning}`" in template for meaning in get_args(Meaning))


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data")
def test_real_replies_to_others_are_not_taken_for_ours():
    texts = [
        comment["body"]
        for line in REAL.read_text("utf-8").splitlines()[:60]
        for comment in (json.loads(line)["comments"] or [])[:3]
    ]
    place = {"ours": "", "mentions_us": False, "quotes_us": False, "directly_after": False, "by_author": False}
    aimed = [read_reply(reply_of({"text": text, **place})).aimed for text in texts]
    assert sum(aimed) <= 0.01 * len(texts)
