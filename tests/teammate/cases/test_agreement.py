"""Kappa against figures worked out by hand, and an interval that claims no more than a few verdicts can say."""

import random
from typing import cast

import pytest

from app.domain.case import Judgement, JudgementVerdict
from app.teammate.cases.agreement import MOST_PAIRS, VERDICTS, Agreement, agreement, agreements, kappa
from tests.contracts.test_cases import says

JUDGES = ("ada", "grace")


def table(*rows: tuple[float, float, float]) -> dict[tuple[JudgementVerdict, JudgementVerdict], float]:
    return {(one, other): rows[i][j] for i, one in enumerate(VERDICTS) for j, other in enumerate(VERDICTS)}


def pairs(draw: random.Random, n: int, alike: float) -> list[tuple[JudgementVerdict, JudgementVerdict]]:
    """Two who see the truth with this probability and guess else."""
    found = []
    for _ in range(n):
        truth = draw.choices(VERDICTS, (0.5, 0.2, 0.3))[0]
        one, other = (truth if draw.random() < alike else draw.choice(VERDICTS) for _ in JUDGES)
        found.append((one, other))
    return found


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (table((20, 0, 5), (0, 0, 0), (10, 0, 15)), 0.4),  # Cohen's own kind of table: .70 observed, .50 by chance
        (table((10, 0, 0), (0, 10, 0), (0, 0, 10)), 1.0),
        (table((0, 0, 10), (0, 0, 0), (10, 0, 0)), -1.0),
        (table((10, 0, 0), (0, 0, 0), (0, 0, 0)), None),
    ],
)
def test_kappa(counts: dict[tuple[JudgementVerdict, JudgementVerdict], float], expected: float | None):
    assert kappa(counts) == (None if expected is None else pytest.approx(expected))


def test_a_few_verdicts_alike_are_no_certainty():
    few = agreement(JUDGES, [("accept", "accept"), ("reject", "reject")] * 3)
    many = agreement(JUDGES, [("accept", "accept"), ("reject", "reject")] * 50)
    assert few.kappa == many.kappa == 1.0
    assert few.low < 0.6 < many.low
    assert "the whole interval must lie above 0.6" in few.words
    assert "enough" in many.words


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    draw = random.Random(3)
    truth = agreement(JUDGES, pairs(draw, 20_000, 0.85)).kappa
    assert truth is not None
    found = [agreement(JUDGES, pairs(draw, 50, 0.85)) for _ in range(40)]
    assert sum(one.low <= truth <= one.high for one in found) >= 34
    assert 0.2 < sum(one.high - one.low for one in found) / len(found) < 0.5


def test_one_verdict_throughout_says_nothing():
    one = agreement(JUDGES, [("accept", "accept")] * 9)
    assert (one.kappa, one.same, one.both) == (None, 9, 9)
    assert "nothing can be said" in one.words


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (-0.4, "chance"),
        (0.0, "chance"),
        (0.2, "slightly"),
        (0.4, "fairly"),
        (0.6, "moderately"),
        (0.8, "substantially"),
        (1.0, "almost"),
    ],
)
def test_words(value: float, word: str):
    assert word in Agreement(JUDGES, 10, 9, value, 0.0, 1.0).words


def test_only_cases_that_both_judged_count_and_the_busiest_pair_comes_first():
    said = [says(case, judge=judge) for judge, last in (("ada", 6), ("grace", 4), ("linus", 3)) for case in range(last)]
    found = agreements([*said, says(99, judge="once")])
    assert [(one.judges, one.both) for one in found] == [
        (("ada", "grace"), 4),
        (("ada", "linus"), 3),
        (("grace", "linus"), 3),
    ]
    crowd = [says(case, judge=f"j{judge}") for judge in range(9) for case in range(2)]
    assert len(agreements(crowd)) == MOST_PAIRS


def test_nobody_judged_nothing():
    assert agreements(cast("list[Judgement]", [])) == []
