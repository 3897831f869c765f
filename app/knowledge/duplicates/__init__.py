"""Duplicates: which past threads are about the same, what speaks for it, and which of them is the original.

`likeness` compares a thread with candidates that an index found and says how probable it is that both are about the
same. `findings` decides what may be said of the likeliest: only what has the same symptom and the same cause.
`originals` follows what people declared to be duplicates.
"""

from app.knowledge.duplicates.findings import find
from app.knowledge.duplicates.likeness import neighbours_of
from app.knowledge.duplicates.originals import MAINTAINERS, declared_original, original_of
from app.knowledge.duplicates.searching import CANDIDATES, embedding_text, search_text

__all__ = [
    "CANDIDATES",
    "MAINTAINERS",
    "declared_original",
    "embedding_text",
    "find",
    "neighbours_of",
    "original_of",
    "search_text",
]
