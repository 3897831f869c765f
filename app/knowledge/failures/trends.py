"""Trends: which failure grew after which release, and in which segment; looking every day costs nothing.

For each mode a capital is split over segments and over sizes of growth, and each part bets, run by run of its segment,
that a failing run is likelier than it was. The odds are the share of failing runs among all so far, before and after
the release; against runs that are exchangeable nobody can win at such odds: each part is at most a conformal test
martingale (Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2nd ed., chapter 8), their mixture too
(Robbins 1970), so by Ville's inequality it ever exceeds 1/a with a probability of at most a, whenever one looks and
however often. Segments need no further correction, because they share one capital; modes share `ALPHA` (Bonferroni,
weighted by how common they were before the release).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from app.domain.failure import CATALOGUE, ModeName

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.01
"""Probability of any false alarm about one release, over all modes and segments and for as long as it is live."""
CONFIDENCE = 0.95
GROWTH = (2.5, 5.0)
"""Odds of failing after, divided by those before, that are bet on with equal stakes."""
MOST_VALUES = 20
"""Of one dimension, the commonest; a rarer one would need years to show anything."""
MOST_ALARMS = 3
"""Of one mode and release: the runs of a segment that explains an alarm are left out, and what remains is tested."""
EVERYTHING = ("", "")

Segment = tuple[str, str]
"""Dimension and value, such as (`language`, `de`); `EVERYTHING` is no restriction."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thread under one release, settled: the ways in which it was wrong, and the segments that it belongs to."""

    modes: frozenset[ModeName]
    segments: frozenset[Segment]


@dataclass(frozen=True, slots=True)
class Share:
    """`bad` of `of` runs."""

    bad: int
    of: int

    @property
    def rate(self) -> float:
        return self.bad / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """`mode` is commoner in `segment` since the release. `low` and `high` bound the difference of the rates, with
    `CONFIDENCE` and at any time. `rang_after` counts runs since the release until it rang, `evidence` is the capital
    as a power of ten.
    """

    mode: ModeName
    segment: Segment
    before: Share
    after: Share
    low: float
    high: float
    rang_after: int
    evidence: float


@dataclass(frozen=True, slots=True)
class _Table:
    """Runs as rows: `member[run, segment]`, `bad[run, mode]`; the first `old` of them are from before the release.

    `stakes` is the part of the capital that each segment gets.
    """

    member: "NDArray[np.bool_]"
    bad: "NDArray[np.bool_]"
    segments: tuple[Segment, ...]
    modes: tuple[ModeName, ...]
    stakes: "NDArray[np.float64]"
    old: int

    def without(self, segment: int) -> "_Table":
        kept = ~self.member[:, segment]
        return replace(self, member=self.member[kept], bad=self.bad[kept], old=int(np.count_nonzero(kept[: self.old])))


def alarms(before: Sequence[Outcome], after: Sequence[Outcome], *, alpha: float = ALPHA) -> list[Alarm]:
    """What grew since a release, most evident first. Both in the order of time, settled runs only."""
    table = _table(before, after)
    found = [
        alarm
        for place, mode in enumerate(table.modes)
        for alarm in _alarms_of(table, place, _limit(before, mode, alpha))
    ]
    return sorted(found, key=lambda alarm: -alarm.evidence)


def _alarms_of(whole: _Table, mode: int, limit: float) -> Iterable[Alarm]:
    table = whole
    for _ in range(MOST_ALARMS):
        parts = _capital(table, mode)
        top = parts.max(initial=0.0)
        total = top + np.log(np.exp(parts - top) @ table.stakes)
        rang = np.flatnonzero(total > limit)
        if not len(rang):
            return
        named = int(np.argmax(parts.max(axis=0)))
        yield _alarm(table, named, mode, rang_after=int(rang[0]) + 1, evidence=float(total.max()) / math.log(10))
        table = table.without(named)


def _capital(table: _Table, mode: int) -> "NDArray[np.float64]":
    """Log of what each segment made of a stake of one, after each run since the release, `[run, segment]`."""
    parts = np.zeros((len(table.bad) - table.old, len(table.segments)))
    for place in range(len(table.segments)):
        inside = table.member[:, place]
        won = _won(table.bad[inside, mode], int(np.count_nonzero(inside[: table.old])))
        parts[:, place] = np.concatenate([[0.0], won])[np.cumsum(inside[table.old :])]
    return parts


def _won(bad: "NDArray[np.bool_]", old: int) -> "NDArray[np.float64]":
    """Log of the capital after each run of a segment but the first `old`, which are from before the release.

    The odds count the run itself as failing, which only ever makes the capital smaller.
    """
    fresh = bad[old:]
    if not fresh.any():
        return np.zeros(len(fresh))
    usual = (np.cumsum(bad)[old:] - fresh + 1) / np.arange(old + 1, len(bad) + 1)
    at_first = (np.count_nonzero(bad[:old]) + 1) / (old + 2)
    odds = np.array(GROWTH)[:, None] * at_first / (1 - at_first)
    expected = np.maximum(odds / (1 + odds), usual)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(fresh, np.log(expected / usual), np.log((1 - expected) / (1 - usual)))
    paths = np.cumsum(np.where(expected > usual, gain, 0.0), axis=1)
    top = paths.max(axis=0)
    return np.asarray(top + np.log(np.exp(paths - top).mean(axis=0)))


def _alarm(table: _Table, segment: int, mode: int, *, rang_after: int, evidence: float) -> Alarm:
    inside, bad = table.member[:, segment], table.bad[:, mode]

    def share(part: slice) -> Share:
        return Share(int(np.count_nonzero(inside[part] & bad[part])), int(np.count_nonzero(inside[part])))

    before, after = share(slice(None, table.old)), share(slice(table.old, None))
    (low_before, high_before), (low_after, high_after) = interval(before), interval(after)
    return Alarm(
        mode=table.modes[mode],
        segment=table.segments[segment],
        before=before,
        after=after,
        low=low_after - high_before,
        high=high_after - low_before,
        rang_after=rang_after,
        evidence=evidence,
    )


def interval(share: Share, *, alpha: float = (1 - CONFIDENCE) / 2) -> tuple[float, float]:
    """Bounds of a rate that hold at all times together with probability 1 - `alpha`: the rates against which a mixture
    of all others (Beta(1/2, 1/2), Robbins 1970) has won less than 1/`alpha`.
    """
    if not share.of:
        return 0.0, 1.0
    rates = np.union1d(np.linspace(0.0005, 0.9995, 1000), np.clip(share.rate, 0.0005, 0.9995))
    good = share.of - share.bad
    mixed = _log_beta(share.bad + 0.5, good + 0.5) - _log_beta(0.5, 0.5)
    won = mixed - share.bad * np.log(rates) - good * np.log(1 - rates)
    kept = rates[won < -math.log(alpha)]
    low, high = float(kept.min()), float(kept.max())
    return (0.0 if low <= rates[0] else low), (1.0 if high >= rates[-1] else high)


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


def _table(before: Sequence[Outcome], after: Sequence[Outcome]) -> _Table:
    runs = [*before, *after]
    seen = set().union(*(one.modes for one in after))
    modes = tuple(mode for mode in CATALOGUE if mode in seen)
    segments = (EVERYTHING, *_watched(before))
    return _Table(
        member=np.array(
            [[segment == EVERYTHING or segment in one.segments for segment in segments] for one in runs], dtype=bool
        ).reshape(len(runs), len(segments)),
        bad=np.array([[mode in one.modes for mode in modes] for one in runs], dtype=bool).reshape(
            len(runs), len(modes)
        ),
        segments=segments,
        modes=modes,
        stakes=_stakes(before, segments),
        old=len(before),
    )


def _watched(before: Sequence[Outcome]) -> list[Segment]:
    """The commonest values of each dimension before the release; one that is everything anyway says nothing."""
    counts = Counter(segment for one in before for segment in one.segments)
    by_dimension = groupby(sorted(counts, key=lambda one: (one[0], -counts[one], one)), key=lambda one: one[0])
    watched = [segment for _, values in by_dimension for segment in list(values)[:MOST_VALUES]]
    return [segment for segment in watched if counts[segment] < len(before)]


def _stakes(before: Sequence[Outcome], segments: Sequence[Segment]) -> "NDArray[np.float64]":
    """How the capital is split: a quarter for everything, the rest for the dimensions alike, there by shares.

    Nothing of this looks past the release.
    """
    held = Counter(segment for one in before for segment in one.segments)
    whole = Counter[str]()
    for segment in segments:
        whole[segment[0]] += held[segment] + 1
    others = max(1, len(whole) - 1)
    return np.array(
        [
            0.25 if segment == EVERYTHING else 0.75 / others * (held[segment] + 1) / whole[segment[0]]
            for segment in segments
        ]
    )


def _limit(before: Sequence[Outcome], mode: ModeName, alpha: float) -> float:
    """Log of the capital at which a mode rings: that of 1 / (its part of `alpha`).

    One half of `alpha` goes to all modes alike, the other by how common each was before the release.
    """
    seen = Counter(one for outcome in before for one in outcome.modes)
    return -math.log(alpha * (0.5 / len(CATALOGUE) + 0.5 * seen[mode] / max(1, seen.total())))
