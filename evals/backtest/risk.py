"""How sure is sure enough: thresholds under which the teammate is wrong at most so often, with a stated confidence.

Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei, arXiv:2110.01052): for each threshold the hypothesis
"of what is done here, more than `rate` is wrong" is tested on predictions for threads that came after the model was
trained; thresholds are tested in an order that is fixed beforehand, strict to lenient, and the first that cannot be
rejected ends it. Then all the rejected ones hold at once, with probability `confidence`. The p-value is the exact
binomial tail (Clopper and Pearson 1934); the mistakes of different threads may be of different likelihood, because
that makes the tail thinner (Hoeffding 1956, 10.1214/aoms/1177728178).

The order depends on how often the model is how sure, never on whether it was right, and not on `rate`: so a higher
rate never yields a higher threshold. What it cannot promise: that next year's threads are like this year's.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

THRESHOLDS = tuple(step / 1000 for step in range(500, 1000, 5))
"""Below one half it is likelier wrong than right; nothing is proposed there."""
FEWEST, MOST = 60, 300
"""Threads on which the strictest threshold that is tested has acted: a quarter of those on which the most lenient one
has, within these bounds. 59 without a mistake are what 5 % at 95 % takes, and 299 what 1 % takes.
docs/design/014-backtest.md has what other starts cost."""
_FAR = 20_000


class Scored(Protocol):
    @property
    def acts_at(self) -> float: ...
    @property
    def wrong_at(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Point:
    """On how many threads it acts at this threshold, and on how many of those it is wrong."""

    threshold: float
    acted: int
    wrong: int

    @property
    def risk(self) -> float:
        return self.wrong / self.acted if self.acted else 0.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The lowest threshold that holds; `bound` is the highest risk that the confidence allows for."""

    point: Point
    bound: float


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Not enough history: about `more` threads that people judged are missing, if all goes on as it went."""

    more: int


@dataclass(frozen=True, slots=True)
class TooOften:
    """Wrong too often even at its surest: more history of this kind would not help."""

    point: Point


Choice = Chosen | TooLittle | TooOften


def curve(items: Iterable[Scored]) -> tuple[Point, ...]:
    """A point for each of THRESHOLDS, lowest first."""
    pairs = [(item.acts_at, item.wrong_at) for item in items]
    acts, wrongs = sorted(acted for acted, _ in pairs), sorted(wrong for _, wrong in pairs)
    count = len(pairs)
    return tuple(
        Point(threshold, count - bisect_left(acts, threshold), count - bisect_left(wrongs, threshold))
        for threshold in THRESHOLDS
    )


def choose(points: Sequence[Point], judged: int, *, rate: float, confidence: float) -> Choice:
    """The lowest of these thresholds at which at most `rate` of what is done is wrong; `points` as `curve` gives them
    for `judged` threads. At least that many more threads, or no threshold at all, where the evidence is too thin.
    """
    enough = max(FEWEST, min(points[0].acted / 4, MOST))
    start = max((place for place, point in enumerate(points) if point.acted >= enough), default=0)
    chosen: Point | None = None
    for point in reversed(points[: start + 1]):
        if not point.acted or tail(point.wrong, point.acted, rate) > 1 - confidence:
            break
        chosen = point
    if chosen:
        return Chosen(chosen, upper_bound(chosen.wrong, chosen.acted, confidence))
    tried = [point for point in points[: start + 1] if point.acted]
    surest = min(tried, key=lambda point: (point.risk, -point.acted), default=None)
    if surest is None:
        return TooLittle(_clean(rate, confidence))
    if 1 - tail(surest.wrong - 1, surest.acted, rate) < 1 - confidence:
        return TooOften(surest)
    nearest = min(tried, key=lambda point: tail(point.wrong, point.acted, rate))
    return TooLittle(_more(nearest, judged, rate=rate, confidence=confidence))


def tail(wrong: int, acted: int, rate: float) -> float:
    """P(at most `wrong` of `acted`) if each is wrong with probability `rate`."""
    if wrong < 0:
        return 0.0
    if wrong >= acted or rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    odds, most = math.log(rate), math.log1p(-rate)
    whole = math.lgamma(acted + 1)
    terms = (
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(acted - k + 1) + k * odds + (acted - k) * most)
        for k in range(wrong + 1)
    )
    return min(1.0, math.fsum(terms))


def upper_bound(wrong: int, acted: int, confidence: float) -> float:
    """The one-sided Clopper-Pearson bound: the risk is at most this, with `confidence`."""
    low, high = 0.0, 1.0
    if wrong >= acted:
        return high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(wrong, acted, middle) > 1 - confidence else (low, middle)
    return high


def _clean(rate: float, confidence: float) -> int:
    """How many without a mistake are enough."""
    return math.ceil(math.log(1 - confidence) / math.log(1 - rate))


def _more(point: Point, judged: int, *, rate: float, confidence: float) -> int:
    """Threads that are missing until this threshold holds if it goes on being wrong as often as so far; where that is
    too often, if it is never wrong again.
    """
    pace = point.risk if point.risk < rate else 0.0

    def holds(acted: int) -> bool:
        return tail(point.wrong + round(pace * (acted - point.acted)), acted, rate) <= 1 - confidence

    low = point.acted
    high = max(low + 1, _clean(rate, confidence))
    while high < _FAR and not holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return math.ceil((high - point.acted) * judged / point.acted)
