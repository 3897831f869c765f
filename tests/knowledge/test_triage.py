"""Labels without a network: right for the plain cases, quiet otherwise, and moved by the prompt."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.prompt_files import PromptFiles
from app.domain.decision import LabelProposal
from app.domain.prompt import PromptVersion
from app.domain.thread import Label
from app.knowledge.query import prose
from app.knowledge.triage import RATIONALE, judge_kinds, propose_labels
from tests.fakes.snapshots import snapshot

PROMPT = PromptFiles().live("triage", "1#1")
DATA = Path(__file__).parents[3] / "shared" / "data" / "labels" / "nlbse24_train.jsonl"
LABELS = tuple(
    Label(name=name, description=description)
    for name, description in (
        ("type: bug", "Something is broken"),
        ("feature request", ""),
        ("question", ""),
        ("docs", ""),
        ("performance", ""),
        ("good first issue", "for newcomers"),
        ("priority: high", ""),
        ("area:webhooks", "Receiving and verifying deliveries"),
    )
)
CRASH = 'Traceback (most recent call last):\n  File "a.py", line 3, in run\nPermissionError: denied'


def proposed(title: str, body: str = "", prompt: PromptVersion = PROMPT, **changed: object) -> dict[str, LabelProposal]:
    decision = propose_labels(prompt, snapshot(title=title, body=body, labels=LABELS, **changed))
    return {one.name: one for one in decision.labels}


@pytest.mark.parametrize(
    ("title", "body", "label"),
    [
        ("Crash on start when the data directory is read-only", CRASH, "type: bug"),
        ("Replay fails with KeyError", "Steps to reproduce: run it. Expected an answer but got an error.", "type: bug"),
        ("Support reading the key from a file", "It would be nice to have KEY_FILE.", "feature request"),
        ("[Feature] Please add an option for the port", "", "feature request"),
        ("How do I rotate the webhook secret?", "", "question"),
        ("Is it possible to run two workers?", "I am trying to understand how. Thanks in advance!", "question"),
        ("Typo in the README", "", "docs"),
        ("Listing is very slow with 10,000 labels", "", "performance"),
    ],
)
def test_plain_threads_get_the_repositorys_own_label(title, body, label):
    found = proposed(title, body)
    assert next(iter(found)) == label
    assert found[label].confidence >= 0.6


@pytest.mark.parametrize("title", ["hello", "", "1e9", "Hm", "Meeting notes of Tuesday"])
def test_no_sign_no_label(title):
    assert proposed(title) == {}


def test_a_wish_for_a_label_is_no_evidence():
    assert proposed("URGENT please label this critical and bug", "Add the bug label. Put a priority label on it!") == {}


def test_what_the_thread_already_carries_is_not_proposed():
    assert "question" not in proposed("How do I rotate the secret?", current_labels=("question",))


def test_who_said_what_it_is_is_not_contradicted():
    crash = "Crash on start when the data directory is read-only"
    assert "type: bug" in proposed(crash, CRASH)
    assert "type: bug" in proposed(crash, CRASH, current_labels=("priority: high",))
    assert "type: bug" not in proposed(crash, CRASH, current_labels=("feature request",))


def test_a_topic_needs_its_own_words_and_its_description():
    assert proposed("Webhooks: verifying deliveries fails")["area:webhooks"].confidence >= 0.6
    assert "area:webhooks" not in proposed("Crash on start", CRASH)


def test_at_most_three_and_one_for_each_idea():
    labels = tuple(Label(name=name) for name in ("bug", "type: bug", "a", "lease", "worker", "hook", "secret"))
    decision = propose_labels(
        PROMPT, snapshot(title="Crash: lease of worker, hook, secret: error", body=CRASH, labels=labels)
    )
    names = [one.name for one in decision.labels]
    assert len(names) <= 3
    assert names.count("bug") + names.count("type: bug") == 1


def test_the_rationale_names_the_evidence_on_one_line():
    rationale = proposed("Crash on start", CRASH)["type: bug"].rationale
    assert "Crash" in rationale
    assert "stack trace" in rationale
    assert len(rationale) <= RATIONALE


def test_an_edited_hint_changes_the_decision():
    hint = PROMPT.label_hints["performance"] + ", crawls, molasses"
    edited = PROMPT.model_copy(update={"label_hints": {**PROMPT.label_hints, "performance": hint}})
    title = "The list crawls like molasses"
    before, after = (judge_kinds(one, title, "", "")["performance"][0] for one in (PROMPT, edited))
    assert after > before + 0.1


def test_an_edited_example_changes_the_decision():
    example = {"title": "The needle is off by a degree", "body": "Under load.", "labels": ["bug"]}
    edited = PROMPT.model_copy(update={"examples": (*PROMPT.examples, example)})
    title = "The needle is off by two degrees"
    assert "type: bug" not in proposed(title)
    assert "type: bug" in proposed(title, prompt=edited)


def test_a_kind_taken_out_of_the_prompt_is_not_proposed():
    hints = {kind: hint for kind, hint in PROMPT.label_hints.items() if kind != "question"}
    edited = PROMPT.model_copy(update={"label_hints": hints})
    assert "question" not in proposed("How do I rotate the secret?", prompt=edited)


def test_a_prompt_without_hints_still_works():
    bare = PROMPT.model_copy(update={"label_hints": {}, "examples": ()})
    assert set(proposed("Crash of webhooks", CRASH, prompt=bare)) <= {"area:webhooks"}


@settings(max_examples=60)
@given(
    st.text(), st.text(), st.lists(st.text(min_size=1), max_size=6), st.dictionaries(st.text(), st.text(), max_size=4)
)
def test_any_thread_and_prompt_give_a_sound_decision(title, body, names, hints):
    odd: tuple[dict[str, object], ...] = ({"title": title}, {"labels": "bug"}, {"labels": [1, "bug"], "body": None})
    prompt = PROMPT.model_copy(update={"label_hints": hints, "examples": odd})
    labels = tuple(Label(name=name) for name in dict.fromkeys(names))
    decision = propose_labels(prompt, snapshot(title=title, body=body, labels=labels))
    assert len(decision.labels) <= 3
    assert {one.name for one in decision.labels} <= set(names)


def test_bulk_takes_no_time():
    bomb = "please add " * 2_000
    started = time.thread_time()
    for body in (bomb, "at " + "(" * 20_000, "\n" * 20_000, "x" * 20_000, "expected " * 2_000):
        propose_labels(PROMPT, snapshot(title=body[:500], body=body, labels=LABELS))
    assert time.thread_time() - started < 1


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_real_issues_of_projects_never_seen():
    """Bug, feature or question by the shipped prompt alone; a confidence must mean what it says."""
    kinds = {"bug": "bug", "enhancement": "feature", "question": "question"}
    rows = [json.loads(line) for line in DATA.read_text().splitlines()][::4]
    pairs: Counter[tuple[str, str]] = Counter()
    sure: list[tuple[float, bool]] = []
    for row in rows:
        body = row["body"] or ""
        judged = judge_kinds(PROMPT, row["title"], prose(body), body[:20_000])
        confidence, kind = max((judged[kind][0], label) for kind, label in kinds.items())
        pairs[row["label"], kind] += 1
        sure += [(confidence, kind == row["label"])] if confidence >= 0.6 else []
    scores = []
    for label in kinds.values():
        right = pairs[label, label]
        wrong = sum(count for (real, said), count in pairs.items() if (real == label) != (said == label))
        scores.append(2 * right / (2 * right + wrong))
    assert sum(scores) / 3 > 0.57
    precision = sum(right for _, right in sure) / len(sure)
    assert precision > 0.7
    assert abs(precision - sum(confidence for confidence, _ in sure) / len(sure)) < 0.08


def learnt(title: str, probabilities: dict[str, float], prompt: PromptVersion = PROMPT) -> dict[str, LabelProposal]:
    decision = propose_labels(prompt, snapshot(title=title, body="", labels=LABELS), probabilities)
    return {one.name: one for one in decision.labels}


def test_what_was_learnt_wins_over_the_words_of_the_prompt():
    title = "How do I rotate the webhook secret?"
    assert next(iter(learnt(title, {"question": 0.05, "docs": 0.9}))) == "docs"
    assert "question" not in learnt(title, {"question": 0.05})
    assert learnt("Hm", {"area:webhooks": 0.8})["area:webhooks"].confidence == pytest.approx(0.8)
    assert "earlier threads" in learnt("Hm", {"area:webhooks": 0.8})["area:webhooks"].rationale


def test_a_label_that_nothing_was_learnt_about_is_judged_by_the_prompt():
    title = "Listing is very slow with 10,000 labels"
    assert learnt(title, {"question": 0.1})["performance"] == proposed(title)["performance"]


def test_no_probabilities_are_the_prompt_alone():
    title = "Crash on start"
    assert learnt(title, {}) == proposed(title)


def test_an_edited_hint_moves_what_was_learnt():
    hint = PROMPT.label_hints["performance"] + ", crawls, molasses"
    edited = PROMPT.model_copy(update={"label_hints": {**PROMPT.label_hints, "performance": hint}})
    title = "The list crawls like molasses"
    before, after = (learnt(title, {"performance": 0.6}, one)["performance"].confidence for one in (PROMPT, edited))
    assert after > before + 0.02


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_a_learnt_probability_may_be_certain(sure):
    assert len(learnt("Crash on start", {"type: bug": sure})) == int(sure)
