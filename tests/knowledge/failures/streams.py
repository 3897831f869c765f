"""Streams of judged threads, as a busy installation would see them: quiet ones, and ones with a planted regression."""

import random
from collections.abc import Mapping

from app.domain.failure import ModeName
from app.knowledge.failures.trends import Outcome, Segment

RATES: Mapping[ModeName, float] = {
    "wrong-label": 0.05,
    "missed-label": 0.04,
    "verbose": 0.02,
    "irrelevant": 0.02,
    "wrong-answer": 0.02,
    "wrong-duplicate": 0.01,
    "slow": 0.01,
    "technical-error": 0.01,
    "re-asked": 0.005,
    "hallucinated-symbol": 0.005,
    "costly": 0.002,
    "spoke-when-unwanted": 0.002,
}
SHARES: Mapping[str, Mapping[str, float]] = {
    "repository": {"a/one": 40, "a/two": 25, "a/three": 15, "b/four": 10, "b/five": 6, "b/six": 4},
    "language": {"en": 70, "de": 10, "zh": 8, "ru": 5, "pt": 4, "": 3},
    "label": {"bug": 40, "question": 25, "docs": 15, "feature": 12, "security": 3, "": 5},
    "model": {"claude": 95, "local": 5},
}


def a_segment(dice: random.Random) -> frozenset[Segment]:
    return frozenset(
        (name, dice.choices(list(values), list(values.values()))[0]) for name, values in SHARES.items()
    ) - {("language", ""), ("label", "")}


def outcomes(
    dice: random.Random, number: int, *, planted: Mapping[ModeName, float] | None = None, where: Segment | None = None
) -> list[Outcome]:
    """So many threads; `planted` rates hold instead of the usual ones in the segment `where`."""
    found = []
    for _ in range(number):
        segments = a_segment(dice)
        rates = {**RATES, **(planted or {})} if where in segments else RATES
        found.append(Outcome(frozenset(mode for mode, rate in rates.items() if dice.random() < rate), segments))
    return found
