"""Extract: answer a question with the repository's own words, or stay silent.

Nothing is composed: each claim is a piece of a passage, quoted as it stands. Which page answers, and whether any does,
is judged by how well the search found it and by how far it is ahead of the next page: where several pages do equally
well, the question is about something that none of them is about. Without vectors, how much of what is asked stands
together in one place counts besides. What of the page is quoted, `pick` chooses.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.decision import AnswerDecision, Claim
from app.domain.snapshot import Passage
from app.knowledge.paths import is_documentation
from app.knowledge.pick import Candidate, Evidence, pick
from app.knowledge.question import TELLING, Focus, Intent, Question
from app.knowledge.quoting import points_back, quotes
from app.knowledge.words import terms

ENOUGH = 0.5
"""Confidence from which a question is answered: more likely right than not."""
SLOPE, MIDDLE = 3.8, 1.55
"""From how far a page is ahead to a probability; chosen on real questions, see docs/design/013-answers.md."""
SOURCE_PENALTY = 0.2
"""Code that says the words of a question rarely answers it."""
CHANCE_PENALTY = 0.3
"""One shared word somewhere in a long text is chance, unless it names the section, or is the whole
compound name of a definition."""
DANGLING = 0.25
"""A quote that opens by pointing back at what is not quoted says little on its own."""

_STEPS = re.compile(r"^\s*(?:\d{1,3}[.)]\s|```|~~~|\$ )", re.MULTILINE)
_MEANS = re.compile(r"\W{0,4}\b(?:is|are|means|holds|does|names|says|sets|counts)\b|\s+[—–-]\s|:\s")


@dataclass(frozen=True, slots=True)
class _Source:
    """A passage read once for all that is asked: its terms, and what could be quoted."""

    bag: frozenset[str]
    candidates: tuple[Candidate, ...]
    penalty: float


def extract_answer(
    question: Question, passages: Sequence[Passage], *, similarity: Sequence[float] | None = None
) -> AnswerDecision:
    """At most two claims of one page, best first, or silence with its reason. A claim's `passage` counts from 1.

    `passages` carry the scores of their pages (`ranking.ranked`). `similarity` are their cosines with the question
    where the search was by meaning, with the bundled encoder (others have other scales); None where it was by words.
    The confidence is calibrated on threads of which about half can be answered from what was found.
    """
    if not question.foci:
        return AnswerDecision(silence="nothing was asked")
    sources = [_source(passage) for passage in passages]
    found = [one for focus in question.foci for one in _evidence(focus, sources)]
    said: dict[str, float] = {}
    for one in found:
        said[passages[one.passage].path] = max(one.score, said.get(passages[one.passage].path, 0.0))
    ahead = _ahead(passages)
    if similarity is None:
        enough = 0.75 if question.asked else 0.95
        sure = {path: _logistic(said[path] + 0.7 * ahead[path][1] - enough) for path in said}
    else:
        penalty = {path: 0.0 if is_documentation(path) else SOURCE_PENALTY for path in said}
        sure = {path: _logistic(ahead[path][0] + 2 * ahead[path][1] - penalty[path] - MIDDLE) for path in said}
    path = max(sure, key=lambda one: sure[one], default="")
    confidence = round(sure.get(path, 0.0), 3)
    if confidence < ENOUGH:
        why = f"the evidence is thin ({confidence:.2f}, {ENOUGH:.2f} would do)"
        return AnswerDecision(silence=why, confidence=confidence)
    nearness = similarity or [0.0] * len(passages)
    of_page = [
        replace(one, score=one.score + 2 * nearness[one.passage]) for one in found if passages[one.passage].path == path
    ]
    claims = tuple(
        Claim(text=one.candidate.quote.text, passage=one.passage + 1, quote=one.candidate.quote.quote)
        for one in pick(of_page, question)
    )
    return AnswerDecision(claims=claims, confidence=confidence)


def _ahead(passages: Sequence[Passage]) -> dict[str, tuple[float, float]]:
    """For each page its score, and by how much that is ahead of the best other page (of no other page: not at all)."""
    values = {one.path: max(other.score for other in passages if other.path == one.path) for one in passages}
    return {
        path: (value, value - max((other for page, other in values.items() if page != path), default=value))
        for path, value in values.items()
    }


def _logistic(lead: float) -> float:
    return 1 / (1 + math.exp(-SLOPE * max(min(lead, 5.0), -5.0)))


def _source(passage: Passage) -> _Source:
    return _Source(
        bag=_bag(passage.path, passage.heading, passage.text),
        candidates=tuple(
            Candidate(one, _bag(one.must_meet or one.quote), _bag(one.heading), _bag(one.quote[:60]))
            for one in quotes(passage)
        ),
        penalty=0.0 if is_documentation(passage.path) else SOURCE_PENALTY,
    )


def _evidence(focus: Focus, sources: Sequence[_Source]) -> Iterator[Evidence]:
    """What could be quoted of each passage that holds a telling term of the focus."""
    weights = _weigh(focus, [source.bag for source in sources])
    telling = {term for term, weight in focus.weights.items() if weight >= TELLING}
    for position, source in enumerate(sources):
        found = weights.keys() & source.bag
        fitting = [one for one in source.candidates if not one.quote.must_meet or one.said & telling]
        if not found & telling or not fitting:
            continue
        for one in fitting:
            if source.penalty:
                named = len(one.heading) > 2 and one.heading <= found
            else:
                named = bool(found & telling & (one.heading | one.opening))
            by_chance = CHANCE_PENALTY if len(found & telling) == 1 and not named else 0.0
            score = _score(one, weights, focus.intent, source.bag) - source.penalty - by_chance
            yield Evidence(max(score, 0.0), position, one, frozenset(found))


def _weigh(focus: Focus, bags: Sequence[frozenset[str]]) -> dict[str, float]:
    """Rarer among the passages weighs more; what none of them holds weighs most."""
    every = math.log(len(bags) + 2)
    return {
        term: weight * (0.4 + 0.6 * math.log((len(bags) + 2) / (1 + sum(term in bag for bag in bags))) / every)
        for term, weight in focus.weights.items()
    }


def _score(one: Candidate, weights: Mapping[str, float], intent: Intent, passage: frozenset[str]) -> float:
    """0..1: how much of what is asked stands in the passage, in the quote, and names its section."""
    asked_of_heading = len(one.heading & weights.keys()) / len(one.heading) if one.heading else 0.0
    score = 0.35 * _share(weights, passage) + 0.4 * _share(weights, one.said | one.heading)
    score += 0.25 * max(asked_of_heading * min(1.0, 2 * _share(weights, one.heading)), 0.6 * _share(weights, one.said))
    text = one.quote.quote
    if points_back(text):
        score -= DANGLING
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
