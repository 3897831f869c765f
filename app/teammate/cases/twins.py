"""Twins: which cases ask nearly the same, so that one question is asked once and never both taught and examined.

Texts are compared by the cosine of the counts of their runs of five characters, letters lowered and white space made
one. From `NEAR` on two are near-twins. Candidates share one of 16 bands of four MinHash values (Broder 1997; Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4): with a Jaccard similarity of .8 two texts share one in
9,998 of 10,000 cases, with .3 in one of eight.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from zlib import crc32

NEAR = 0.9
RUN = 5
BANDS, ROWS = 16, 4
LONGEST = 20_000
"""Characters that are compared."""


def asked(snapshot: Mapping[str, Any]) -> str:
    """The words by which cases are compared."""
    title, body, question = (str(snapshot.get(name, "")) for name in ("title", "body", "question"))
    parts = (title, body) if question in (title, f"{title}\n\n{body}") else (title, body, question)
    return " ".join(unicodedata.normalize("NFKC", "\n".join(parts)).casefold().split())[:LONGEST]


def bands(skill: str, text: str) -> list[str]:
    """What near-twins have in common: the digest of the text first, which equal ones share, then the bands."""
    import numpy as np

    digest = sha256(f"{skill}\n{text}".encode()).hexdigest()[:24]
    runs = np.fromiter({crc32(run.encode()) for run in _runs(text)}, dtype=np.uint64)
    random = np.random.default_rng(7)
    # Odd factors modulo 2**64: the upper bits of the products are as good as random (Dietzfelbinger et al., 1997).
    factors, shifts = random.integers(1 << 62, 1 << 63, (2, BANDS * ROWS), dtype=np.uint64) | np.uint64(1)
    least = np.array([(factor * runs + shift).min() for factor, shift in zip(factors, shifts, strict=True)])
    rows = least.reshape(BANDS, ROWS)
    marks = (sha256(f"{skill}:{place}:".encode() + row.tobytes()).hexdigest()[:16] for place, row in enumerate(rows))
    return [digest, *marks]


def likeness(one: str, other: str) -> float:
    """Cosine of the counts of runs, 0 to 1."""
    if one == other:
        return 1.0
    left, right = Counter(_runs(one)), Counter(_runs(other))
    dot = sum(count * right[run] for run, count in left.items())
    return dot / (_length(left) * _length(right))


def _runs(text: str) -> list[str]:
    return [text[at : at + RUN] for at in range(max(1, len(text) - RUN + 1))]


def _length(counts: Mapping[str, int]) -> float:
    return math.sqrt(sum(count * count for count in counts.values()))
