import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.backtest.risk import THRESHOLDS, Choice, Chosen, Point, TooLittle, TooOften, choose, curve, tail, upper_bound


@dataclass(frozen=True)
class Item:
    acts_at: float
    wrong_at: float


def item(score: float, *, right: bool) -> Item:
    return Item(score, -1.0 if right else score)


def thresholds(items: Sequence[Item], rate: float = 0.05, confidence: float = 0.95) -> Choice:
    return choose(curve(items), len(items), rate=rate, confidence=confidence)


scores = st.one_of(st.floats(0, 1), st.sampled_from([0.5, 0.7, 0.7001, 0.995, 1.0]))
histories = st.lists(st.builds(lambda score, right: item(score, right=right), scores, st.booleans()), max_size=200)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.data())
def test_the_tail_is_the_exact_binomial_one(acted, data):
    wrong, rate = data.draw(st.integers(0, acted)), data.draw(st.floats(0.01, 0.99))
    exact = sum(math.comb(acted, k) * rate**k * (1 - rate) ** (acted - k) for k in range(wrong + 1))
    assert tail(wrong, acted, rate) == pytest.approx(exact)


@pytest.mark.parametrize(
    ("wrong", "acted", "rate", "expected"), [(-1, 9, 0.5, 0), (9, 9, 0.5, 1), (0, 9, 0, 1), (3, 9, 1, 0)]
)
def test_the_tail_at_its_ends(wrong, acted, rate, expected):
    assert tail(wrong, acted, rate) == expected


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_bound_is_where_the_tail_meets_the_confidence(acted, data, confidence):
    wrong = data.draw(st.integers(0, acted - 1))
    bound = upper_bound(wrong, acted, confidence)
    assert wrong / acted < bound < 1
    assert tail(wrong, acted, bound) == pytest.approx(1 - confidence)


def test_the_bound_of_nothing_is_everything():
    assert upper_bound(0, 0, 0.95) == 1.0
    assert upper_bound(3, 3, 0.95) == 1.0


def test_fifty_nine_without_a_mistake_are_what_five_percent_take():
    assert upper_bound(0, 59, 0.95) < 0.05 < upper_bound(0, 58, 0.95)


def test_a_curve_counts_who_acts_and_who_errs():
    points = curve([Item(0.9, 0.6), Item(0.7, -1.0), Item(-1.0, -1.0)])
    at = {point.threshold: point for point in points}
    assert at[0.5] == Point(0.5, 2, 1)
    assert at[0.6] == Point(0.6, 2, 1)
    assert at[0.605] == Point(0.605, 2, 0)
    assert at[0.9] == Point(0.9, 1, 0)
    assert at[0.905] == Point(0.905, 0, 0)
    assert tuple(at) == THRESHOLDS


@settings(max_examples=50, deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_threads_and_of_ties_is_harmless(items, shuffler):
    shuffled = items[:]
    shuffler.shuffle(shuffled)
    assert thresholds(items, 0.3, 0.8) == thresholds(shuffled, 0.3, 0.8)


@settings(max_examples=50, deadline=None)
@given(histories, st.lists(st.floats(0.01, 0.5), min_size=2, max_size=5), st.sampled_from([0.6, 0.8, 0.95]))
def test_who_allows_more_mistakes_never_gets_a_higher_threshold(items, rates, confidence):
    found = [thresholds(items, rate, confidence) for rate in sorted(rates)]
    places = [choice.point.threshold if isinstance(choice, Chosen) else 2.0 for choice in found]
    assert places == sorted(places, reverse=True)


@settings(max_examples=50, deadline=None)
@given(histories)
def test_what_is_chosen_holds_by_its_own_bound(items):
    choice = thresholds(items, 0.3, 0.8)
    if isinstance(choice, Chosen):
        assert choice.bound <= 0.3 + 1e-9
        assert choice.point in curve(items)


# --- the promise -----------------------------------------------------------------------------------------

SCORERS = {
    "calibrated": lambda sure, _: sure,
    "over-confident": lambda sure, _: sure**0.4,
    "under-confident": lambda sure, _: 1 / (1 + math.exp(-0.5 * math.log(sure / (1 - sure + 1e-9) + 1e-9))),
    "noisy": lambda sure, dice: min(max(sure + dice.gauss(0, 0.15), 0.0), 0.999),
}


def draw(dice: random.Random, count: int, scorer) -> list[Item]:
    found = []
    for _ in range(count):
        sure = dice.betavariate(3, 0.35)
        found.append(item(scorer(sure, dice), right=dice.random() < sure))
    return found


@pytest.mark.parametrize("name", list(SCORERS))
def test_the_true_risk_exceeds_the_stated_one_in_no_more_than_five_percent_of_draws(name):
    dice = random.Random(name)
    true = {point.threshold: point.risk for point in curve(draw(dice, 10_000, SCORERS[name]))}
    draws = 200
    found = [thresholds(draw(dice, 200, SCORERS[name]), 0.1, 0.95) for _ in range(draws)]
    chosen = [choice.point.threshold for choice in found if isinstance(choice, Chosen)]
    exceeded = sum(true[threshold] > 0.1 for threshold in chosen)
    assert exceeded <= draws * 0.05 + 3 * math.sqrt(draws * 0.05 * 0.95)
    assert len(chosen) > draws / 3  # a promise that is never made would hold too


def test_the_best_looking_threshold_would_break_the_promise():
    """Why all this: the lowest threshold whose observed risk is low enough is wrong far more often."""
    dice = random.Random(1)
    true = {point.threshold: point.risk for point in curve(draw(dice, 10_000, SCORERS["noisy"]))}
    exceeded = 0
    for _ in range(100):
        points = curve(draw(dice, 250, SCORERS["noisy"]))
        naive = next((point for point in points if point.risk <= 0.05), None)
        exceeded += naive is not None and true[naive.threshold] > 0.05
    assert exceeded > 100 * 0.2


# --- where nothing can be promised -----------------------------------------------------------------------


def test_a_short_history_says_how_much_is_missing_and_that_much_is_enough():
    choice = thresholds([item(0.9, right=True)] * 30)
    assert choice == TooLittle(29)
    assert isinstance(thresholds([item(0.9, right=True)] * 59), Chosen)


def test_with_mistakes_more_is_missing():
    items = [item(0.9, right=number % 40 != 0) for number in range(80)]
    choice = thresholds(items)
    assert isinstance(choice, TooLittle)
    assert isinstance(thresholds(items * 8), Chosen)
    assert 50 < choice.more < 8 * 80


def test_threads_on_which_nothing_is_done_count_as_missing_too():
    silent = [item(0.1, right=True)] * 30
    choice = thresholds([item(0.9, right=True)] * 30 + silent)
    assert choice == TooLittle(58)


def test_no_history_at_all_needs_as_much_as_can_be_promised_at_best():
    assert thresholds([]) == TooLittle(59)


def test_who_is_wrong_too_often_is_told_so_whatever_the_threshold():
    choice = thresholds([item(0.6 + number % 40 / 100, right=number % 3 != 0) for number in range(400)])
    assert isinstance(choice, TooOften)
    assert choice.point.risk > 0.2


def test_an_unlucky_few_are_no_proof_of_being_bad():
    choice = thresholds([item(0.9, right=number > 0) for number in range(12)])
    assert isinstance(choice, TooLittle)
