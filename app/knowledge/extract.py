"""Extract: answer a question with the repository's own words, or stay silent.

Nothing is composed: each claim is a piece of a passage, quoted as it stands. A passage is evidence when it
holds most of what the question names, where a term that no passage holds weighs most: that tells "how do I
rotate the webhook secret" from "how do I rotate a video".
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.decision import AnswerDecision, Claim
from app.domain.snapshot import Passage
from app.knowledge.paths import is_documentation
from app.knowledge.question import TELLING, Focus, Intent, Question
from app.knowledge.quoting import Quote, quotes
from app.knowledge.words import terms

ENOUGH = 0.65
"""Evidence (0..1) from which a question is answered; chosen on questions of our own, see the tests."""
ENOUGH_UNASKED = 0.95
"""The same for a text that asks nothing: a section must be about almost exactly that."""
SECOND = 0.9
"""A second claim must come this close to the first, and hold terms that the first lacks."""
SOURCE_PENALTY = 0.2
"""Code that says the words of a question rarely answers it."""
CHANCE_PENALTY = 0.3
"""One shared word somewhere in a long text is chance, unless it names the section, or is the whole
compound name of a definition."""

_STEPS = re.compile(r"^\s*(?:\d{1,3}[.)]\s|```|~~~|\$ )", re.MULTILINE)
_MEANS = re.compile(r"\W{0,4}\b(?:is|are|means|holds|does|names|says|sets|counts)\b|\s+[—–-]\s|:\s")


@dataclass(frozen=True, slots=True)
class _Evidence:
    score: float
    passage: int
    quote: Quote
    found: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A quote with the terms it says, those of its heading, and those it opens with."""

    quote: Quote
    said: frozenset[str]
    heading: frozenset[str]
    opening: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Source:
    """A passage read once for all that is asked: its terms, and what could be quoted."""

    bag: frozenset[str]
    candidates: tuple[_Candidate, ...]
    penalty: float


def extract_answer(question: Question, passages: Sequence[Passage]) -> AnswerDecision:
    """At most two claims, best first, or silence with its reason. A claim's `passage` counts from 1."""
    if not question.foci:
        return AnswerDecision(silence="nothing was asked")
    sources = [_source(passage) for passage in passages]
    found = sorted((one for focus in question.foci for one in _evidence(focus, sources)), key=lambda one: -one.score)
    enough = ENOUGH if question.asked else ENOUGH_UNASKED
    best = found[0].score if found else 0.0
    if best < enough:
        why = "the evidence is thin" if question.asked else "nothing is asked, and no section is about just this"
        return AnswerDecision(silence=f"{why} ({best:.2f}, {enough:.2f} would do)", confidence=round(best, 3))
    chosen = [found[0], *_second(found, max(enough, SECOND * best))]
    claims = tuple(Claim(text=one.quote.text, passage=one.passage + 1, quote=one.quote.quote) for one in chosen)
    return AnswerDecision(claims=claims, confidence=round(best, 3))


def _second(found: Sequence[_Evidence], enough: float) -> list[_Evidence]:
    first = found[0]
    fitting = (one for one in found if one.score >= enough and one.passage != first.passage and one.found - first.found)
    return [one for one in fitting if one.quote.quote not in first.quote.quote][:1]


def _source(passage: Passage) -> _Source:
    return _Source(
        bag=_bag(passage.path, passage.heading, passage.text),
        candidates=tuple(
            _Candidate(one, _bag(one.must_meet or one.quote), _bag(one.heading), _bag(one.quote[:60]))
            for one in quotes(passage)
        ),
        penalty=0.0 if is_documentation(passage.path) else SOURCE_PENALTY,
    )


def _evidence(focus: Focus, sources: Sequence[_Source]) -> Iterator[_Evidence]:
    """The best quote of each passage that holds a telling term of the focus."""
    weights = _weigh(focus, [source.bag for source in sources])
    telling = {term for term, weight in focus.weights.items() if weight >= TELLING}
    for position, source in enumerate(sources):
        found = weights.keys() & source.bag
        fitting = [one for one in source.candidates if not one.quote.must_meet or one.said & telling]
        if not found & telling or not fitting:
            continue
        scored = [(_score(one, weights, focus.intent, source.bag), one) for one in fitting]
        score, best = max(scored, key=lambda pair: (pair[0], _share(weights, pair[1].said)))
        if source.penalty:
            named = len(best.heading) > 2 and best.heading <= found
        else:
            named = bool(found & telling & (best.heading | best.opening))
        by_chance = len(found & telling) == 1 and not named
        score -= source.penalty + (CHANCE_PENALTY if by_chance else 0.0)
        yield _Evidence(max(score, 0.0), position, best.quote, frozenset(found))


def _weigh(focus: Focus, bags: Sequence[frozenset[str]]) -> dict[str, float]:
    """Rarer among the passages weighs more; what none of them holds weighs most."""
    every = math.log(len(bags) + 2)
    return {
        term: weight * (0.4 + 0.6 * math.log((len(bags) + 2) / (1 + sum(term in bag for bag in bags))) / every)
        for term, weight in focus.weights.items()
    }


def _score(one: _Candidate, weights: Mapping[str, float], intent: Intent, passage: frozenset[str]) -> float:
    """0..1: how much of what is asked stands in the passage, in the quote, and names its section."""
    asked_of_heading = len(one.heading & weights.keys()) / len(one.heading) if one.heading else 0.0
    score = 0.35 * _share(weights, passage) + 0.4 * _share(weights, one.said | one.heading)
    score += 0.25 * max(asked_of_heading * min(1.0, 2 * _share(weights, one.heading)), 0.6 * _share(weights, one.said))
    text = one.quote.quote
    if (intent == "how" and _STEPS.search(text)) or (intent == "what" and _defines(text, weights)):
        score += 0.06
    return min(score - 0.01 * one.quote.order, 1.0)


def _defines(text: str, weights: Mapping[str, float]) -> bool:
    """Its first words name the subject and then say what that is."""
    opening = text[:120]
    verb = _MEANS.search(opening)
    return verb is not None and bool(_bag(opening[: verb.start()]) & weights.keys())


def _share(weights: Mapping[str, float], bag: frozenset[str]) -> float:
    return sum(weights[term] for term in weights.keys() & bag) / sum(weights.values())


def _bag(*texts: str) -> frozenset[str]:
    return frozenset(term for text in texts for term in terms(text))
