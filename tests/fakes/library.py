"""A library in memory that ranks passages by how many of the question's words they have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.snapshot import Passage


@dataclass
class FakeLibrary:
    commits: dict[int, str] = field(default_factory=dict)
    passages: dict[int, tuple[Passage, ...]] = field(default_factory=dict)

    async def indexed_commit(self, repository_id: int) -> str | None:
        return self.commits.get(repository_id)

    async def replace(self, repository_id: int, commit: str, passages: Sequence[Passage]) -> None:
        self.commits[repository_id] = commit
        self.passages[repository_id] = tuple(passages)

    async def search(self, repository_id: int, query: str, limit: int) -> list[Passage]:
        asked = _words(query)
        scored = [
            passage.model_copy(update={"score": float(len(asked & _words(f"{passage.heading} {passage.text}")))})
            for passage in self.passages.get(repository_id, ())
        ]
        found = [passage for passage in scored if passage.score > 0]
        return sorted(found, key=lambda passage: -passage.score)[:limit]

    async def forget(self, repository_id: int) -> None:
        self.commits.pop(repository_id, None)
        self.passages.pop(repository_id, None)


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W_]+", text)}
