"""Vectors in memory, as libraries and thread indexes keep them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.ports import Near, Unembedded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass
class FakeShelf:
    """`texts` says, for each repository, what could be embedded; `vectors` what was, by embedder."""

    texts: dict[int, dict[int, tuple[str, ...]]] = field(default_factory=dict)
    vectors: dict[int, dict[int, tuple[str, list["NDArray[np.float32]"]]]] = field(default_factory=dict)
    last_id: int = 0

    async def unembedded(self, repository_id: int, embedder: str, limit: int) -> list[Unembedded]:
        held = self.vectors.get(repository_id, {})
        rows = sorted(self.texts.get(repository_id, {}).items())
        return [Unembedded(id_, texts) for id_, texts in rows if held.get(id_, ("",))[0] != embedder][:limit]

    async def embed(
        self, repository_id: int, embedder: str, ids: Sequence[int], vectors: "NDArray[np.float32]"
    ) -> None:
        known = self.texts.get(repository_id, {})
        fresh: dict[int, tuple[str, list[NDArray[np.float32]]]] = {}
        for id_, vector in zip(ids, vectors, strict=True):
            if id_ in known:
                fresh.setdefault(id_, (embedder, []))[1].append(vector)
        self.vectors.setdefault(repository_id, {}).update(fresh)

    def put(self, repository_id: int, *texts: str) -> int:
        self.last_id += 1
        self.texts.setdefault(repository_id, {})[self.last_id] = texts
        return self.last_id

    def take(self, repository_id: int, id_: int) -> None:
        self.texts[repository_id].pop(id_)
        self.vectors.get(repository_id, {}).pop(id_, None)

    def cosine(self, repository_id: int, id_: int, near: Near | None) -> float | None:
        embedder, vectors = self.vectors.get(repository_id, {}).get(id_, ("", []))
        if near is None or embedder != near.embedder:
            return None
        return max(float(vector @ near.vector) for vector in vectors)
