"""Likeness: how probable it is that a thread and each of some candidates are about the same.

Five signals, each worth its place on bug trackers it was not fitted on: the words of both, how much of either title the
other thread mentions, closeness in meaning, and nearness in time, because the same thing breaks for many people in the
same weeks. How rare a word is, how close texts of this repository usually are, and how far the best candidate is
ahead are all read off the candidates: so nothing has to be kept, and a word that every thread of a repository has
counts for nothing.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain.past import Neighbour, PastThread
from app.knowledge.duplicates.said import READ, Said
from app.knowledge.thread_text import substance
from app.knowledge.words import terms
from app.ports import Candidate, Near

TITLE = 4
"""What a word of the title counts, in occurrences."""
_TELLING = 1.0
"""The rarity from which a word tells something: fewer than four in ten have it. What only two have always does."""
SHARED = 12
"""So many things that both have are named."""

_WORDS, _OUR_TITLE, _THEIR_TITLE, _MEANING, _NEARNESS = 3.4, 3.2, 3.7, 6.6, 0.9
"""Fitted by conditional logit on the duplicates of the GitBugs collection (see docs/design/010-duplicates.md)."""
_NONE, _BASE, _STEEPNESS = 2.0, -2.1, 0.71
"""What "none of these" scores, and from the lead over it and over all other candidates to a probability."""
_WEEK = timedelta(days=7)
_HUB, _USUAL = 10, 0.45
"""What is close to many others is close to this one by chance. So many others count; where there are fewer, as if the
rest were so close."""


class Reported(Protocol):
    """What is compared: `app.domain.thread.Thread` and `app.domain.past.PastThread` are such."""

    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


def neighbours_of(
    thread: Reported, candidates: Sequence[Candidate], near: Near | None, *, limit: int
) -> tuple[Neighbour, ...]:
    """The `limit` candidates that are likeliest about the same as `thread`, likeliest first.

    `near` is the thread's vector, by the embedder of the candidates' vectors. Bodies of candidates are taken as they
    are: an index keeps only what the person wrote.
    """
    if not candidates:
        return ()
    body = substance(thread.body)
    ours = _Text.of(thread.title, body)
    theirs = [_Text.of(one.thread.title, one.thread.body) for one in candidates]
    rarity = _rarity([ours, *theirs])
    scores = [
        _score(ours, text, rarity) + _MEANING * meant - _NEARNESS * math.log1p(_weeks(thread, one.thread))
        for one, text, meant in zip(candidates, theirs, _meaning(near, candidates), strict=True)
    ]
    best = sorted(zip(scores, candidates, strict=True), key=lambda pair: (-pair[0], pair[1].thread.number))
    probabilities = _probabilities([score for score, _ in best], limit)
    said, telling = Said.of(thread.title, body), _telling(rarity, len(candidates) + 1)
    return tuple(
        Neighbour(thread=one.thread, score=probability, shared=_shared(said, one.thread, telling))
        for (_, one), probability in zip(best, probabilities, strict=False)
    )


def _weeks(ours: Reported, theirs: Reported) -> float:
    return abs((ours.created_at - theirs.created_at) / _WEEK)


@dataclass(frozen=True, slots=True)
class _Text:
    """Terms of a thread: those of its title, and all with how often they occur."""

    title: frozenset[str]
    all: Mapping[str, int]

    @classmethod
    def of(cls, title: str, body: str) -> "_Text":
        headline = terms(title)
        bag = Counter(terms(body[:READ]))
        for term in headline:
            bag[term] += TITLE
        return cls(frozenset(headline), bag)


def _rarity(texts: Sequence[_Text]) -> dict[str, float]:
    """What each term tells, by how few of these texts have it."""
    holding = Counter(term for text in texts for term in text.all)
    return {term: math.log((len(texts) + 1) / (count + 0.5)) for term, count in holding.items()}


def _telling(rarity: Mapping[str, float], texts: int) -> dict[str, float]:
    """Terms that say something when two of so many texts share them."""
    least = min(_TELLING, math.log((texts + 1) / 2.5))
    return {term: weight for term, weight in rarity.items() if weight >= least and not term.isdigit()}


def _score(ours: _Text, theirs: _Text, rarity: Mapping[str, float]) -> float:
    """The signals of the words alone."""
    return (
        _WORDS * _cosine(ours, theirs, rarity)
        + _OUR_TITLE * _mentioned(ours.title, theirs, rarity)
        + _THEIR_TITLE * _mentioned(theirs.title, ours, rarity)
    )


def _cosine(ours: _Text, theirs: _Text, rarity: Mapping[str, float]) -> float:
    a, b = ({term: (1 + math.log(count)) * rarity[term] for term, count in text.all.items()} for text in (ours, theirs))
    norm = math.sqrt(sum(weight * weight for weight in a.values()) * sum(weight * weight for weight in b.values()))
    return sum(weight * b[term] for term, weight in a.items() if term in b) / norm if norm else 0.0


def _mentioned(title: frozenset[str], text: _Text, rarity: Mapping[str, float]) -> float:
    """The share of a title that a text mentions, 0 to 1."""
    whole = sum(rarity[term] for term in title)
    return sum(rarity[term] for term in title if term in text.all) / whole if whole else 0.0


def _meaning(near: Near | None, candidates: Sequence[Candidate]) -> list[float]:
    """Cosine to each candidate less how close that one is to its nearest others; the mean for one without a vector."""
    vectors = [one.vector for one in candidates]
    known = [position for position, vector in enumerate(vectors) if vector is not None]
    if near is None or not known:
        return [0.0] * len(candidates)
    matrix: NDArray[np.float32] = np.stack([vector for vector in vectors if vector is not None])
    among = np.sort(matrix @ matrix.T, axis=1)[:, ::-1][:, 1 : _HUB + 1]
    hub = (among.sum(axis=1) + (_HUB - among.shape[1]) * _USUAL) / _HUB
    found = dict(zip(known, (matrix @ near.vector - hub).tolist(), strict=True))
    usual = sum(found.values()) / len(found)
    return [found.get(position, usual) for position in range(len(candidates))]


def _probabilities(scores: Sequence[float], limit: int) -> list[float]:
    """For each of the first `limit` scores: it leads over "none of these" and all other candidates by how much?"""
    top = max(scores[0], _NONE)
    weights = [math.exp(score - top) for score in scores]
    whole = sum(weights) + math.exp(_NONE - top)
    found = []
    for score, weight in zip(scores[:limit], weights, strict=False):
        lead = score - top - math.log(max(whole - weight, 1e-12))
        found.append(1 / (1 + math.exp(-_BASE - _STEEPNESS * lead)))
    return found


def _shared(ours: Said, theirs: PastThread, telling: Mapping[str, float]) -> tuple[str, ...]:
    """Error lines, names from code and words that stand in both and in few others, as this thread spells them."""
    other = Said.of(theirs.title, theirs.body)
    exact = [*_common(ours.errors, other.errors), *_common(ours.names, other.names)]
    words = [term for term in _common(ours.words, other.words) if term in telling]
    words.sort(key=lambda term: -telling[term])
    found = [one for one in exact if not telling.keys().isdisjoint(terms(one))]
    return tuple(dict.fromkeys([*found, *(ours.words[term] for term in words)]))[:SHARED]


def _common(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    known = set(theirs)
    return [one for one in ours if one in known]
