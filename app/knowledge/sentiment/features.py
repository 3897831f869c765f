"""Features: a text as numbers, for the linear model. Hashed words and characters, and counts of our own signs.

Hashing (Weinberger et al. 2009) keeps no vocabulary, so weights that ship hold numbers only, and nothing of anybody's
text. Words and characters have a space each, and unit length in it, so that long texts weigh no more than short ones.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.knowledge.sentiment.lexicon import denies, lists_of, unspaced
from app.knowledge.sentiment.tone import CROSS, GLAD, MANNERS, SARCASM

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BUCKETS = 2**15
"""Of each of the two spaces."""
_LISTS = ("praise", "approval", "complaint", "fault", "thanks", "insult", "laughter", "sorry", "you", "they", "polite")
_DENIABLE = frozenset(_LISTS[:4])
_PATTERNS = {"glad": GLAD, "cross": CROSS, "sarcasm": SARCASM, **MANNERS}
SIGNS = (*_LISTS, *(f"{name}_denied" for name in _LISTS[:4]), *_PATTERNS)
WIDTH = 2 * BUCKETS + len(SIGNS)

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]+")
_LONGEST = 5
"""Characters of the pieces of text that are hashed."""
_STEP = np.uint64(0x9E3779B97F4A7C15)
_SIGN_WEIGHT = 1.0
_MOST = 5
"""Times that a sign counts."""
_LOOKED_BACK = 3
"""Words within which a negation counts."""


@dataclass(frozen=True, slots=True)
class Row:
    """Places (below `WIDTH`, each once) and values of one text."""

    places: NDArray[np.int64]
    values: NDArray[np.float32]


def row_of(text: str) -> Row:
    """Of what somebody said (`said`)."""
    parts = _counted(_word_places(text), 0), _counted(_character_places(text), BUCKETS), _sign_values(text)
    return Row(np.concatenate([one.places for one in parts]), np.concatenate([one.values for one in parts]))


def rows(texts: Sequence[str]) -> "csr_matrix":
    """(texts, WIDTH)."""
    from scipy.sparse import csr_matrix

    found = [row_of(text) for text in texts]
    ends = np.cumsum([0, *(len(one.places) for one in found)])
    places = np.concatenate([np.zeros(0, np.int64), *(one.places for one in found)])
    values = np.concatenate([np.zeros(0, np.float32), *(one.values for one in found)])
    return csr_matrix((values, places, ends), shape=(len(found), WIDTH))


def signs(text: str) -> dict[str, int]:
    """How often each of `SIGNS` occurs. Praise and complaints that are denied just before count as such."""
    counts = Counter(unspaced(text))
    words = _words(text)
    for place, word in enumerate(words):
        for name in lists_of(word):
            denied = name in _DENIABLE and _denied(words[max(0, place - _LOOKED_BACK) : place])
            counts[f"{name}_denied" if denied else name] += 1
    counts.update({name: sum(1 for _ in pattern.finditer(text)) for name, pattern in _PATTERNS.items()})
    return {name: counts[name] for name in SIGNS}


def _denied(before: Sequence[str]) -> bool:
    """Whether the last words before one turn it around; what stands before a full stop or a comma does not."""
    for word in reversed(before):
        if not word[0].isalnum():
            return False
        if denies(word):
            return True
    return False


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _sign_values(text: str) -> Row:
    counts = signs(text)
    values = np.log1p(np.minimum([counts[name] for name in SIGNS], _MOST)) * _SIGN_WEIGHT
    return Row(np.arange(2 * BUCKETS, WIDTH), values.astype(np.float32))


def _word_places(text: str) -> NDArray[np.int64]:
    words = _words(text)
    terms = [*words, *(f"{first} {second}" for first, second in pairwise(words))]
    return np.array([zlib.crc32(term.encode()) % BUCKETS for term in terms], dtype=np.int64)


def _character_places(text: str) -> NDArray[np.int64]:
    """Every run of 2 to 5 characters, words parted by one space; a polynomial hash, mixed as in splitmix64."""
    plain = f" {' '.join(text.lower().split())} "
    codes = np.frombuffer(plain.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    found = []
    hashed = codes.copy()
    for length in range(2, _LONGEST + 1):
        if length > len(codes):
            break
        hashed = hashed[:-1] * _STEP + codes[length - 1 :]
        mixed = (hashed ^ (hashed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        found.append(((mixed >> np.uint64(32)) % np.uint64(BUCKETS)).astype(np.int64))
    return np.concatenate([np.zeros(0, np.int64), *found])


def _counted(places: NDArray[np.int64], offset: int) -> Row:
    """Each place once, with 1 + ln of its count, of unit length."""
    distinct, counts = np.unique(places, return_counts=True)
    values = 1 + np.log(counts)
    return Row(distinct + offset, (values / (np.sqrt(values @ values) or 1.0)).astype(np.float32))
