import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.teammate.repository_settings import parse_settings
from evals.backtest.outcomes import Outcome
from evals.backtest.report import History, Stated, as_json, figures, settings_for, steps
from evals.backtest.risk import Chosen, TooLittle, TooOften
from evals.backtest.sentences import choices, headline
from tests.evals.backtest.reports import STATED, history, labelled, outcome, report


def sure(count: int, *, right: bool = True, confidence: float = 0.9) -> list[Outcome]:
    return [outcome(n, ("bug", confidence, right), wanted=["bug"] if right else ["docs"]) for n in range(count)]


def test_it_reports_at_the_threshold_from_which_it_may_apply():
    found = figures("labels", [*sure(100), *sure(50, right=False, confidence=0.6)], STATED)
    assert isinstance(found.apply, Chosen)
    assert found.threshold == found.apply.point.threshold == 0.605
    assert (found.judged, found.acted, found.right) == (150, 100, 100)
    assert found.precision == 1.0
    assert found.coverage == pytest.approx(100 / 150)
    assert found.bound < 0.05


def test_else_at_the_one_from_which_it_may_suggest():
    found = figures("labels", [*sure(90), *sure(10, right=False)], STATED)
    assert isinstance(found.apply, TooOften | TooLittle)
    assert isinstance(found.suggest, Chosen)
    assert found.threshold == 0.5


@pytest.mark.parametrize(("action", "shipped"), [("labels", 0.6), ("duplicates", 0.7), ("needs_info", 0.5)])
def test_else_at_the_one_it_ships_with(action, shipped):
    assert figures(action, sure(5), STATED).threshold == shipped


def test_threads_that_nobody_judged_only_cost_notifications():
    silent = [outcome(n, ("bug", 0.9, False), ("ui", 0.8, False), known=False) for n in range(10)]
    found = figures("labels", [*sure(100), *silent], STATED)
    assert (found.judged, found.replayed, found.acted) == (100, 110, 100)
    assert found.notifications == 100 + 20


def test_one_wrong_label_makes_a_thread_wrong():
    found = figures("labels", [outcome(1, ("bug", 0.9, True), ("ui", 0.8, False), wanted=["bug"])], STATED)
    assert (found.acted, found.right) == (1, 0)


def test_label_by_label():
    outcomes = [
        outcome(1, ("bug", 0.9, True), ("ui", 0.7, False), wanted=["bug", "docs"]),
        outcome(2, ("bug", 0.9, False), wanted=["docs"]),
        outcome(3, ("bug", 0.55, True), wanted=["bug"]),
    ]
    found = {one.name: (one.given, one.right, one.wanted) for one in figures("labels", outcomes, STATED).labels}
    assert found == {"bug": (2, 1, 2), "docs": (0, 0, 2), "ui": (1, 0, 0)}


def test_nothing_at_all():
    found = figures("labels", [], STATED)
    assert (found.precision, found.coverage) == (None, 0.0)
    assert found.apply == TooLittle(59)
    assert steps(found) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 400), st.floats(0.3, 0.99))
def test_figures_agree_with_each_other(seed, count, skill):
    found = figures("labels", labelled(count, seed=seed, skill=skill), STATED)
    assert 0 <= found.right <= found.acted <= found.judged <= found.replayed == count
    assert found.notifications >= found.acted
    assert (found.precision is None) == (found.acted == 0)
    if isinstance(found.apply, Chosen):
        assert isinstance(found.suggest, Chosen)
        assert found.suggest.point.threshold <= found.apply.point.threshold
        assert found.bound <= STATED.rate


# --- what follows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "mode", "threshold"),
    [
        (sure(100), "auto", 0.5),
        ([*sure(90), *sure(10, right=False)], "draft", 0.5),
        (sure(100, right=False), "off", 0.6),
        ([*sure(100), *sure(80, right=False, confidence=0.61)], "auto", 0.615),
    ],
)
def test_the_settings_are_what_the_teammate_reads(outcomes, mode, threshold):
    read, problems = parse_settings(settings_for(history("acme/widgets", outcomes)))
    assert problems == ()
    assert read.labels.mode == mode
    assert read.labels.min_confidence == threshold


def test_settings_of_every_action_have_their_section():
    told = History(
        "a/b", 100, tuple(figures(action, sure(100), STATED) for action in ("labels", "duplicates", "needs_info"))
    )
    read, problems = parse_settings(settings_for(told))
    assert problems == ()
    assert {read.labels.mode, read.duplicates.mode, read.needs_info.mode} == {"auto"}


def test_a_short_history_changes_no_setting():
    assert settings_for(history("acme/widgets", sure(3))) == ""


def test_the_json_of_a_report():
    found = as_json(report(history("acme.jsonl", labelled(400)), history("acme/widgets", sure(3))))
    assert json.loads(json.dumps(found)) == json.loads(
        json.dumps(as_json(report(history("acme.jsonl", labelled(400)), history("acme/widgets", sure(3)))))
    )
    assert {"threads", "actions", "per_label", "settings"} <= found.keys()
    labels = found["actions"]["labels"]
    assert {
        "threshold_apply",
        "threshold_suggest",
        "precision",
        "coverage",
        "notifications",
        "upper_bound",
        "curve",
        "n",
    } <= labels.keys()
    assert labels["curve"] == sorted(labels["curve"])
    assert found["repositories"]["acme/widgets"]["actions"]["labels"]["more_needed"]["apply"] == 56


# --- sentences -------------------------------------------------------------------------------------------


def test_the_sentences_say_what_was_counted():
    found = figures("labels", [*sure(100), *sure(50, right=False, confidence=0.6)], STATED)
    assert "Of 150 past issues that people labelled, it would have labelled 100, 100 of them" in headline(found)
    named = dict(choices(found, STATED))
    assert named["Apply silently"].startswith("from 0.605 on: wrong on 0 of 100")
    assert named["Stay silent"] == "below 0.605"


def test_the_sentences_of_a_history_that_proves_nothing():
    named = dict(choices(figures("labels", sure(3), STATED), STATED))
    assert named["Apply silently"] == "not enough history: at least 56 more labelled threads needed to promise 5%"
    assert "Stay silent" not in named
    assert dict(choices(figures("labels", sure(90, right=False), STATED), STATED))["Stay silent"] == "always"


@pytest.mark.parametrize(
    ("action", "did", "nothing"),
    [
        ("labels", "labelled 20, 20 of them with no label but theirs.", "it would have labelled none."),
        ("duplicates", "people called 20 a duplicate. It would have done so with 20, 20", "done so with none."),
        ("needs_info", "people asked 20 for more. It would have asked 20, 20 of them", "It would have asked none."),
    ],
)
def test_every_action_has_its_headline(action, did, nothing):
    assert did in headline(figures(action, sure(20), Stated(0.2, 0.8)))
    assert headline(figures(action, sure(20, confidence=0.1), Stated(0.2, 0.8))).endswith(nothing)
