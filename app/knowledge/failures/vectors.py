"""Vectors of judged runs: what was asked, and what was said about what we did, near each other where they mean alike.

With an encoder the two texts are embedded; without one their words are hashed, weighted by rarity, and projected on
what occurs together (latent semantic analysis: Deerwester et al. 1990). Complaints about many topics are alike in what
was said, so that counts more, and where nothing was said the question alone decides.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from app.knowledge.words import terms
from app.ports import Embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASKED = 0.2
"""Weight of the question's vector beside what was said of the answer."""
TOPICS = 30
"""Dimensions that words or embeddings are projected on."""
BUCKETS = 2**12
LONGEST = 600
"""Characters of a text that are read."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One judged run as it is compared with others. `said` is empty where nobody said anything or it is not kept.

    `segments` are dimensions and values such as (`language`, `de`).
    """

    run_id: int
    title: str
    asked: str
    said: str
    at: datetime
    segments: frozenset[tuple[str, str]] = frozenset()

    @property
    def question(self) -> str:
        return f"{self.title}\n{self.asked}"[:LONGEST]


async def vectors_of(
    traces: Sequence[Trace], embedder: Embedder | None, *, topics: int | None = TOPICS
) -> "NDArray[np.float64]":
    """One unit vector a trace. `topics` None keeps all dimensions of the encoder. Raises EmbeddingError."""
    if embedder is None:
        return await asyncio.to_thread(hashed, traces)
    asked = await embedder.embed([one.question for one in traces])
    said = await embedder.embed([one.said[:LONGEST] for one in traces])
    return await asyncio.to_thread(joined, asked, said, [bool(one.said.strip()) for one in traces], topics)


def hashed(traces: Sequence[Trace]) -> "NDArray[np.float64]":
    """The same without an encoder."""
    asked, said = (
        _topics(texts) for texts in ([one.question for one in traces], [one.said[:LONGEST] for one in traces])
    )
    return joined(asked, said, [bool(one.said.strip()) for one in traces])


def joined(
    asked: "NDArray[Any]", said: "NDArray[Any]", has_said: Sequence[bool], topics: int | None = TOPICS
) -> "NDArray[np.float64]":
    """Both side by side, each of length one before it is weighted."""
    heard = np.array(has_said, dtype=np.float64)[:, None]
    asked, said = (_unit(_projected(rows.astype(np.float64), topics)) for rows in (asked, said))
    return _unit(np.hstack([ASKED * asked, heard * said]))


def _topics(texts: Sequence[str]) -> "NDArray[np.float64]":
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(analyzer=_distinct, n_features=BUCKETS, alternate_sign=False, norm=None).transform(texts)
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    return _projected(weighted.toarray() if weighted.shape[0] <= TOPICS else weighted, TOPICS)


def _distinct(text: str) -> list[str]:
    """Each word once: who says it three times complains of the same."""
    return list(dict.fromkeys(terms(text)))


def _projected(rows: "NDArray[np.float64]", topics: int | None) -> "NDArray[np.float64]":
    """On so many dimensions: density means little in hundreds."""
    if topics is None or min(rows.shape) <= topics:
        return rows
    from sklearn.decomposition import TruncatedSVD

    return np.asarray(TruncatedSVD(topics, random_state=0).fit_transform(rows))


def _unit(rows: "NDArray[np.float64]") -> "NDArray[np.float64]":
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return unit
