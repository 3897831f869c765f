"""A library in memory: passages that have words of the question, those that have most of them first."""

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from app.domain.snapshot import Passage
from app.knowledge.chunking import permalink
from app.knowledge.windows import windows
from app.ports import Edition, IndexedFile, Near
from tests.fakes.shelf import FakeShelf


@dataclass
class FakeLibrary(FakeShelf):
    """Tests may fill `commits` and `passages` by hand; such passages have no vectors."""

    commits: dict[int, str] = field(default_factory=dict)
    passages: dict[int, tuple[Passage, ...]] = field(default_factory=dict)
    digests: dict[int, dict[str, tuple[str, int]]] = field(default_factory=dict)
    private: dict[int, bool] = field(default_factory=dict)
    ids: dict[tuple[int, Passage], int] = field(default_factory=dict)
    turns: dict[int, asyncio.Lock] = field(default_factory=dict)

    def turn(self, repository_id: int) -> asyncio.Lock:
        return self.turns.setdefault(repository_id, asyncio.Lock())

    async def indexed_commit(self, repository_id: int) -> str | None:
        return self.commits.get(repository_id)

    async def files(self, repository_id: int) -> dict[str, tuple[str, int]]:
        return dict(self.digests.get(repository_id, {}))

    async def update(
        self, repository_id: int, edition: Edition, changed: Mapping[str, IndexedFile], gone: Collection[str]
    ) -> None:
        replaced = {*changed, *gone}
        kept = [one for one in self.passages.get(repository_id, ()) if one.path not in replaced]
        for passage in self.passages.get(repository_id, ()):
            if passage.path in replaced and (id_ := self.ids.pop((repository_id, passage), None)):
                self.take(repository_id, id_)
        fresh = [passage for file in changed.values() for passage in file.passages]
        placed = [(one, self._at(one, edition)) for one in kept] + [(None, self._at(one, edition)) for one in fresh]
        for old, passage in placed:
            id_ = self.ids.pop((repository_id, old), None) if old else None
            self.ids[repository_id, passage] = id_ or self.put(repository_id, *windows(passage.heading, passage.text))
        self.passages[repository_id] = tuple(passage for _, passage in placed)
        known = {p: d for p, d in self.digests.get(repository_id, {}).items() if p not in replaced}
        self.digests[repository_id] = known | {p: (f.digest, len(f.passages)) for p, f in changed.items()}
        self.commits[repository_id], self.private[repository_id] = edition.commit, edition.private

    async def search(self, repository_id: int, query: str, limit: int, *, near: Near | None = None) -> list[Passage]:
        asked = _words(query)
        scored = []
        for passage in self.passages.get(repository_id, ()):
            words = len(asked & _words(f"{passage.path} {passage.heading} {passage.text}"))
            cosine = self.cosine(repository_id, self.ids.get((repository_id, passage), 0), near)
            if words or cosine is not None:
                scored.append(passage.model_copy(update={"score": words + (cosine or 0.0)}))
        return sorted(scored, key=lambda passage: -passage.score)[:limit]

    async def forget(self, repository_id: int) -> None:
        for held in (self.commits, self.passages, self.digests, self.private, self.texts, self.vectors):
            held.pop(repository_id, None)
        self.ids = {key: id_ for key, id_ in self.ids.items() if key[0] != repository_id}

    def _at(self, passage: Passage, edition: Edition) -> Passage:
        url = permalink(edition.web_url, edition.commit, passage.path, passage.start, passage.end)
        return passage.model_copy(update={"commit": edition.commit, "url": url})


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W_]+", text)}
