"""A library that counts words, for tests of what is made of the passages that were found."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.snapshot import Passage
from app.knowledge.paths import is_documentation
from app.knowledge.query import prose
from app.knowledge.words import spellings, stem, terms, tokens

QUERY_WORDS = 24
_GENERIC = frozenset(
    {"version", "versions", "issue", "issues", "problem", "bug", "question", "help", "docs", "documentation", "code"}
)
"""Words of nearly every issue: searched for, but after all others."""


@dataclass(frozen=True, slots=True)
class Query:
    """`words` for a full-text search, most telling first; `weights` of the same words stemmed, for ranking."""

    words: tuple[str, ...]
    weights: Mapping[str, float]


def build_query(subject: str, context: str = "", *, limit: int = QUERY_WORDS) -> Query:
    """At most `limit` words: `subject` is the title or the comment that asks, `context` what surrounds it."""
    weights: dict[str, float] = {}
    spelled: dict[str, str] = {}
    for text, weight in ((prose(subject) or subject, 3.0), (prose(context), 1.0)):
        said = Counter(word for token in tokens(text) for word in spellings(token))
        for word, count in said.items():
            if word.replace(".", "").isdigit():
                continue  # a number alone says nothing about a subject
            key = stem(word)
            spelled.setdefault(key, word)
            weights[key] = weights.get(key, 0.0) + weight * min(count, 3) * (0.3 if word in _GENERIC else 1.0)
    chosen = dict(sorted(weights.items(), key=lambda pair: -pair[1])[:limit])
    return Query(tuple(spelled[key] for key in chosen), chosen)


_SATURATION, _LENGTH = 1.2, 0.75
"""The usual constants of BM25."""
_HEADING = 2
"""What a term of the heading counts, in occurrences."""
_SPREAD = 60
_OWN = 2.0
"""Weight of the order found here beside the library's, which counts once."""
_SOURCE = 0.75


def rerank(query: Query, passages: Sequence[Passage], limit: int) -> list[Passage]:
    """The best `limit` for the query, best first, with their scores. `passages` come as the library ranked them."""
    if not passages or not query.weights:
        return list(passages[:limit])
    scores = _relevance(query, [_bag(passage) for passage in passages])
    ranked = sorted(range(len(passages)), key=lambda position: -scores[position])
    fused = {position: 1 / (_SPREAD + position) + _OWN / (_SPREAD + own) for own, position in enumerate(ranked)}
    worth = {
        position: score * (1.0 if is_documentation(passages[position].path) else _SOURCE)
        for position, score in fused.items()
    }
    best = sorted(worth, key=lambda position: -worth[position])[:limit]
    return [passages[position].model_copy(update={"score": round(worth[position], 6)}) for position in best]


def _relevance(query: Query, bags: Sequence[Counter[str]]) -> list[float]:
    """BM25 over these passages, each term weighed as the query weighs it."""
    wanted = query.weights.keys()
    usual = sum(bag.total() for bag in bags) / len(bags)
    holding = Counter(term for bag in bags for term in wanted & bag.keys())
    weights = {
        term: query.weights[term] * math.log(1 + (len(bags) - count + 0.5) / (count + 0.5))
        for term, count in holding.items()
    }
    lengths = [_SATURATION * (1 - _LENGTH + _LENGTH * bag.total() / usual) for bag in bags]
    return [
        sum(weights[term] * bag[term] * (_SATURATION + 1) / (bag[term] + length) for term in wanted & bag.keys())
        for bag, length in zip(bags, lengths, strict=True)
    ]


def _bag(passage: Passage) -> Counter[str]:
    """Terms of the passage; those of its heading and of its path count besides those of its text."""
    bag = Counter(terms(passage.text))
    for term in set(terms(passage.heading)):
        bag[term] += _HEADING
    bag.update(set(terms(passage.path)))
    return bag
