"""Alike: more like this one. Runs by what was asked and said, by their segments, and by meaning.

Words and segments rank all; meaning, which costs an embedding each, only decides among the best of them.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from app.knowledge.failures.vectors import LONGEST, Trace, vectors_of
from app.knowledge.words import terms
from app.ports import Embedder

EMBEDDED = 40
"""So many of the best are compared by meaning."""
ASKED = 0.3
"""Of the words, those of the question; what was said about us tells more."""
WORDS, MEANING, SEGMENTS = 0.5, 0.35, 0.15
"""What each counts; without an encoder the words take its part."""
LEAST = 0.12
"""Below it two runs have nothing in common but their repository."""


async def alike(
    one: Trace, others: Sequence[Trace], embedder: Embedder | None, limit: int = 20
) -> list[tuple[Trace, float]]:
    """The likest first with a score in 0..1; none that has nothing in common with it."""
    words = _by_words([one.question, *(other.question for other in others)])
    if one.said.strip():
        said = _by_words([one.said[:LONGEST], *(other.said[:LONGEST] for other in others)])
        words = [ASKED * asked + (1 - ASKED) * heard for asked, heard in zip(words, said, strict=True)]
    shared = [_jaccard(one, other) for other in others]
    rough = [
        (WORDS + MEANING) * by_words + SEGMENTS * by_segments
        for by_words, by_segments in zip(words, shared, strict=True)
    ]
    best = sorted(range(len(others)), key=lambda place: (-rough[place], place))[:EMBEDDED]
    scores = {place: rough[place] for place in best}
    if embedder is not None and best:
        vectors = await vectors_of([one, *(others[place] for place in best)], embedder, topics=None)
        near = np.clip(vectors[1:] @ vectors[0], 0.0, 1.0)
        for place, cosine in zip(best, near, strict=True):
            scores[place] = WORDS * words[place] + MEANING * float(cosine) + SEGMENTS * shared[place]
    found = [(others[place], score) for place, score in scores.items() if score >= LEAST]
    return sorted(found, key=lambda pair: (-pair[1], -pair[0].run_id))[:limit]


def _by_words(texts: Sequence[str]) -> list[float]:
    """Cosine of the distinct words of the first text with those of each other one, rare words weighing more."""
    bags = [set(terms(text)) for text in texts]
    held = Counter(word for bag in bags for word in bag)
    weight = {word: math.log(1 + len(bags) / number) for word, number in held.items()}
    sizes = [math.sqrt(sum(weight[word] ** 2 for word in bag)) for bag in bags]
    own, size = bags[0], sizes[0]
    return [
        sum(weight[word] ** 2 for word in own & bag) / (size * length) if size and length else 0.0
        for bag, length in zip(bags[1:], sizes[1:], strict=True)
    ]


def _jaccard(one: Trace, other: Trace) -> float:
    together = one.segments | other.segments
    return len(one.segments & other.segments) / len(together) if together else 0.0
