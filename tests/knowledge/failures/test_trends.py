"""What grew after a release is found with its segment; what did not grow is not. Longer figures: docs/design/021."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.failures.trends import EVERYTHING, Outcome, Segment, Share, alarms, interval
from tests.knowledge.failures.streams import a_segment, outcomes

QUESTIONS: Segment = ("label", "question")


def until(dice: random.Random, number: int, where: Segment) -> list[Outcome]:
    """Threads after a release that made `wrong-label` four times as common there: until it had so many of them."""
    found: list[Outcome] = []
    while sum(where in one.segments for one in found) < number:
        found += outcomes(dice, 1, planted={"wrong-label": 0.2}, where=where)
    return found


def delays(seeds: range) -> list[int]:
    """After how many threads of its segment each planted regression was found there, shortest first."""
    found = []
    for seed in seeds:
        dice = random.Random(f"planted {seed}")
        after = until(dice, 200, QUESTIONS)
        rang = [
            one for one in alarms(outcomes(dice, 4_800), after) if (one.mode, one.segment) == ("wrong-label", QUESTIONS)
        ]
        if rang:
            found.append(sum(QUESTIONS in one.segments for one in after[: rang[0].rang_after]))
            assert 0 < rang[0].low < 0.15 < rang[0].high
    return sorted(found)


def test_a_planted_regression_is_found_with_its_segment():
    found = delays(range(5))
    assert len(found) >= 4
    assert found[2] < 130


@pytest.mark.chaos
def test_of_a_hundred_planted_regressions_95_are_found_within_200_threads():
    assert len(delays(range(100))) >= 95


@pytest.mark.chaos
def test_twenty_quiet_months_are_quiet():
    dice = random.Random("quiet")
    stream = outcomes(dice, 24 * 1_200)
    for month in range(4, 24):
        before, after = stream[(month - 4) * 1_200 : month * 1_200], stream[month * 1_200 : (month + 1) * 1_200]
        assert alarms(before, after) == []


def test_a_quiet_month_is_quiet():
    dice = random.Random("one month")
    assert alarms(outcomes(dice, 2_400), outcomes(dice, 1_200)) == []


def test_what_grew_everywhere_is_said_of_everything():
    dice = random.Random(1)
    before = outcomes(dice, 2_000)
    after = [
        Outcome(one.modes | ({"verbose"} if dice.random() < 0.2 else set()), one.segments)
        for one in outcomes(dice, 300)
    ]
    found = [one for one in alarms(before, after) if one.mode == "verbose"]
    assert found[0].segment == EVERYTHING
    assert len(found) == 1


def test_looking_earlier_tells_the_same_as_far_as_it_goes():
    dice = random.Random(3)
    before, after = outcomes(dice, 3_000), until(dice, 260, QUESTIONS)
    (whole, *_) = alarms(before, after)
    (then, *_) = alarms(before, after[: whole.rang_after])
    assert then.rang_after == whole.rang_after
    assert alarms(before, after[: whole.rang_after - 1]) == []


def test_two_segments_that_grew_apart_are_both_named():
    dice = random.Random(4)
    before = outcomes(dice, 4_000)
    after = []
    for _ in range(900):
        segments = a_segment(dice)
        rate = 0.3 if ("label", "docs") in segments or ("repository", "a/two") in segments else 0.05
        after.append(Outcome(frozenset({"wrong-label"} if dice.random() < rate else ()), segments))
    assert {one.segment for one in alarms(before, after)} == {("label", "docs"), ("repository", "a/two")}


def test_less_of_something_is_no_alarm():
    dice = random.Random(6)
    before = outcomes(dice, 1_000, planted={"wrong-label": 0.4}, where=QUESTIONS)
    assert [one for one in alarms(before, outcomes(dice, 1_000)) if one.mode == "wrong-label"] == []


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 50), (50, 0), (1, 1)])
def test_nearly_nothing_is_no_alarm(before: int, after: int):
    bad = Outcome(frozenset({"slow"}), frozenset())
    assert alarms([bad] * before, [bad] * after) == []


def test_a_false_alarm_is_as_rare_as_promised():
    """With a promise of one in five, which is broken often enough to be seen, it must hold for what is exchangeable."""
    segments = frozenset({("label", "bug")})
    rang = 0
    for seed in range(150):
        dice = random.Random(f"exchangeable {seed}")
        stream = [Outcome(frozenset({"slow"} if dice.random() < 0.1 else ()), segments) for _ in range(400)]
        rang += bool(alarms(stream[:100], stream[100:], alpha=0.2))
    assert rang / 150 < 0.2


@settings(max_examples=60, deadline=None)
@given(of=st.integers(0, 3_000), part=st.floats(0, 1))
def test_an_interval_holds_its_rate_and_shrinks(of: int, part: float):
    share = Share(round(of * part), of)
    low, high = interval(share)
    assert 0 <= low <= share.rate <= high <= 1 or not of
    wider = interval(Share(share.bad, of), alpha=0.001)
    assert wider[0] <= low
    assert wider[1] >= high


def test_an_interval_covers_at_all_times_together():
    missed = 0
    for seed in range(100):
        dice, bad, out = random.Random(seed), 0, False
        for of in range(1, 201):
            bad += dice.random() < 0.1
            low, high = interval(Share(bad, of), alpha=0.1) if of % 20 == 0 else (0.0, 1.0)
            out |= not low <= 0.1 <= high
        missed += out
    assert missed <= 10
    assert math.isclose(interval(Share(0, 0))[1], 1.0)
