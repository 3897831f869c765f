"""Pick: which pieces of a page to quote, once it is settled that the page answers.

How much of what is asked a piece says is known by then. Here counts what else was written in the thread, weighed by how
rare it is on this page: what every piece of it says tells none of them apart. A remark without code says little
unless it is about a name of the thread, and a piece that nobody sees without a click is no answer to start with.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from app.knowledge.question import Question
from app.knowledge.quoting import Quote, fits, is_thin
from app.knowledge.words import pieces, tokens

SECOND = 0.9
"""A second claim must come this close to the first, and hold terms that the first lacks."""
ABOUT = 0.4
"""What a piece gains that says all that was written in the thread."""
CODE = 0.05
"""What it gains by code, which people can copy."""
REMARK = 0.25
"""What a remark loses that repeats no name of the thread."""
TOO_LONG = 0.3
"""What a piece loses that does not show above the fold."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quote with the terms it says, those of its heading, and those it opens with."""

    quote: Quote
    said: frozenset[str]
    heading: frozenset[str]
    opening: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a candidate of a passage (from 0) is worth for one thing asked, and the asked terms its passage holds."""

    score: float
    passage: int
    candidate: Candidate
    found: frozenset[str]


def pick(found: Sequence[Evidence], question: Question) -> list[Evidence]:
    """The best of a page's evidence, and one more passage that is as good and says what the first lacks."""
    rare = _rarity({one.candidate for one in found})
    worth = [replace(one, score=one.score + _merit(one.candidate, question, rare)) for one in found]
    first, *others = sorted(worth, key=lambda one: -one.score)
    enough = SECOND * first.score
    others = [one for one in others if one.score >= enough and one.passage != first.passage and one.found - first.found]
    return [first, *[one for one in others if not _repeats(one.candidate.quote.quote, first.candidate.quote.quote)][:1]]


def _merit(one: Candidate, question: Question, rare: Mapping[str, float]) -> float:
    merit = ABOUT * _share_said(one.said | one.heading, question.about, rare)
    text = one.quote.text
    if "`" in text:
        merit += CODE
    elif is_thin(text) and not _names_any(text, question.names):
        merit -= REMARK
    return merit - (0.0 if fits(text) else TOO_LONG)


def _share_said(said: Collection[str], about: Mapping[str, float], rare: Mapping[str, float]) -> float:
    """0..1: how much of what the thread is about, of that part of it which the page speaks of."""
    weights = {term: weight * rare.get(term, 0.0) for term, weight in about.items()}
    return sum(weights[term] for term in weights.keys() & said) / (sum(weights.values()) or 1.0)


def _rarity(candidates: Collection[Candidate]) -> dict[str, float]:
    """0..1 for each term of the page: 1 where one piece alone says it."""
    pieces_with = Counter(term for one in candidates for term in one.said | one.heading)
    every = math.log(len(candidates) + 1)
    return {term: math.log((len(candidates) + 1) / count) / every for term, count in pieces_with.items()}


def _names_any(text: str, names: Collection[frozenset[str]]) -> bool:
    """Whether an identifier in the text has all the parts of one of `names`."""
    return any(name <= parts for token in tokens(text) if (parts := frozenset(pieces(token))) for name in names)


def _repeats(second: str, first: str) -> bool:
    """Whether half of its lines, or all of it, can be read in the first: the same example is shown once."""
    known, lines = _lines(first), _lines(second)
    return second in first or 2 * len(lines & known) >= len(lines)


def _lines(text: str) -> set[str]:
    return {said for line in text.splitlines() if (said := line.strip()) and not said.startswith(("```", "~~~"))}
