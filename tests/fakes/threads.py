"""Past threads in memory, found by the words they share with a question."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.past import PastThread
from app.ports import Candidate, Near
from tests.fakes.shelf import FakeShelf


@dataclass
class FakeThreads(FakeShelf):
    known: dict[int, dict[int, PastThread]] = field(default_factory=dict)
    private: dict[int, bool] = field(default_factory=dict)
    until: dict[int, datetime] = field(default_factory=dict)
    ids: dict[tuple[int, int], int] = field(default_factory=dict)

    async def remember(self, repository_id: int, threads: Sequence[PastThread], *, private: bool) -> None:
        held = self.known.setdefault(repository_id, {})
        self.private[repository_id] = private
        for thread in threads:
            if thread.number in held and held[thread.number].updated_at > thread.updated_at:
                continue
            if thread.number in held:
                self.take(repository_id, self.ids.pop((repository_id, thread.number)))
            held[thread.number] = thread
            self.ids[repository_id, thread.number] = self.put(repository_id, f"{thread.title}\n{thread.body}")

    async def similar(
        self,
        repository_id: int,
        query: str,
        limit: int,
        *,
        near: Near | None = None,
        before: datetime | None = None,
        exclude: int | None = None,
    ) -> list[Candidate]:
        asked = _words(query)
        found = []
        for number, thread in self.known.get(repository_id, {}).items():
            words = len(asked & _words(f"{thread.title} {thread.body}"))
            id_ = self.ids[repository_id, number]
            cosine = self.cosine(repository_id, id_, near)
            eligible = number != exclude and (before is None or thread.created_at < before)
            if eligible and (words or cosine is not None):
                vector = None if cosine is None else self.vectors[repository_id][id_][1][0]
                found.append(Candidate(thread, float(words) if words else None, cosine, vector))
        return sorted(found, key=lambda one: -((one.words or 0.0) + (one.cosine or 0.0)))[:limit]

    async def labelled(
        self, repository_id: int, limit: int, *, others: Collection[int] = ()
    ) -> list[tuple[int, PastThread]]:
        readable = [repository_id, *(one for one in others if not self.private.get(one, True))]
        found = [
            (one, thread)
            for one in readable
            for thread in self.known.get(one, {}).values()
            if thread.labels and thread.kind == "issue"
        ]
        found.sort(key=lambda pair: (-pair[1].created_at.timestamp(), -pair[1].number, pair[0]))
        return found[:limit]

    async def unlabelled(self, repository_id: int, limit: int) -> list[PastThread]:
        held = self.known.get(repository_id, {}).values()
        threads = [thread for thread in held if thread.kind == "issue" and not thread.labels]
        return sorted(threads, key=lambda thread: -thread.number)[:limit]

    async def merged(self, repository_id: int, limit: int) -> list[PastThread]:
        threads = [thread for thread in self.known.get(repository_id, {}).values() if thread.merged_at]
        return sorted(threads, key=lambda thread: -thread.number)[:limit]

    async def history_until(self, repository_id: int) -> datetime | None:
        return self.until.get(repository_id)

    async def set_history(self, repository_id: int, until: datetime) -> None:
        self.until[repository_id] = until

    async def forget(self, repository_id: int, numbers: Sequence[int] | None = None) -> None:
        held = self.known.get(repository_id, {})
        for number in list(held) if numbers is None else [one for one in numbers if one in held]:
            self.take(repository_id, self.ids.pop((repository_id, number)))
            del held[number]
        if numbers is None:
            self.until.pop(repository_id, None)


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W_]+", text)}
