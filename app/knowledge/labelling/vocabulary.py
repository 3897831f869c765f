"""Vocabulary: TF-IDF rows of one view, kept as plain numbers so that a model is stored without pickle.

Term frequencies are damped (1 + ln), rows have unit length; terms of a single text are left out, for they can teach
nothing about another.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_MOST_TERMS = 24_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms in a fixed order, their places and their weights (`idf`, float32)."""

    places: dict[str, int]
    idf: NDArray[np.float32]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> "Vocabulary":
        """The terms that at least two texts share, the most common ones where there are too many."""
        holding = Counter(term for text in texts for term in set(text))
        shared = sorted((term for term, count in holding.items() if count > 1), key=lambda one: (-holding[one], one))
        terms = sorted(shared[:_MOST_TERMS])
        idf = [math.log((1 + len(texts)) / (1 + holding[term])) + 1 for term in terms]
        return cls({term: place for place, term in enumerate(terms)}, np.array(idf, dtype=np.float32))

    def row(self, text: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Places and values of one text's terms; empty where it has none that are known."""
        counts = Counter(place for term in text if (place := self.places.get(term)) is not None)
        places = np.array(sorted(counts), dtype=np.intp)
        values = np.array([1 + math.log(counts[place]) for place in places], dtype=np.float32) * self.idf[places]
        length = float(np.sqrt(values @ values))
        return places, values / np.float32(length or 1.0)

    def rows(self, texts: Sequence[Sequence[str]]) -> "csr_matrix":
        """The rows of several texts, (texts, terms)."""
        from scipy.sparse import csr_matrix

        found = [self.row(text) for text in texts]
        ends = np.cumsum([0, *(len(places) for places, _ in found)])
        places = np.concatenate([np.zeros(0, np.intp), *(places for places, _ in found)])
        values = np.concatenate([np.zeros(0, np.float32), *(values for _, values in found)])
        return csr_matrix((values, places, ends), shape=(len(texts), len(self.places)))
