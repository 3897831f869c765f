"""Past threads in memory, found by the words they share with a question."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from app.domain.past import PastThread, Remark
from app.ports import Candidate, Listing, Near
from tests.fakes.shelf import FakeShelf


@dataclass
class FakeThreads(FakeShelf):
    known: dict[int, dict[int, PastThread]] = field(default_factory=dict)
    private: dict[int, bool] = field(default_factory=dict)
    until: dict[tuple[int, Listing], datetime] = field(default_factory=dict)
    remarks: dict[tuple[int, Listing], dict[int, Remark]] = field(default_factory=dict)
    ids: dict[tuple[int, int], int] = field(default_factory=dict)

    async def remember(self, repository_id: int, threads: Sequence[PastThread], *, private: bool) -> None:
        held = self.known.setdefault(repository_id, {})
        self.private[repository_id] = private
        for thread in threads:
            if thread.number in held and held[thread.number].updated_at > thread.updated_at:
                continue
            id_, text = self.ids.get((repository_id, thread.number), 0), f"{thread.title}\n{thread.body}"
            held[thread.number] = thread
            if id_ and self.texts[repository_id][id_] == (text,):
                continue
            if id_:
                self.take(repository_id, id_)
            self.ids[repository_id, thread.number] = self.put(repository_id, text)

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
            eligible = number != exclude and (before is None or (thread.created_at, number) < (before, exclude or 0))
            if eligible and (words or cosine is not None):
                vector = None if cosine is None else self.vectors[repository_id][id_][1][0]
                found.append(
                    Candidate(
                        self._with_original(repository_id, thread), float(words) if words else None, cosine, vector
                    )
                )
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

    async def place(self, repository_id: int, number: int, near: Near) -> None:
        if id_ := self.ids.get((repository_id, number)):
            await self.embed(repository_id, near.embedder, [id_], near.vector[None])

    async def note(self, repository_id: int, listing: Listing, remarks: Sequence[Remark]) -> None:
        held = self.remarks.setdefault((repository_id, listing), {})
        for remark in sorted(remarks, key=lambda remark: remark.at):
            if remark.id in held and held[remark.id].at > remark.at:
                continue
            held.pop(remark.id, None)
            if remark.says_something:
                held[remark.id] = remark

    async def asked(self, repository_id: int, ripe: timedelta) -> Mapping[str, tuple[int, int]]:
        until = self.until.get((repository_id, "comments"))
        found: dict[str, tuple[int, int]] = {}
        for thread in self.known.get(repository_id, {}).values():
            if until is None or thread.created_at > until - ripe:
                continue
            asked = {what for remark in self._said(repository_id, thread.number) for what in remark.asks}
            for what in thread.lacks:
                lacked, times = found.get(what, (0, 0))
                found[what] = (lacked + 1, times + (what in asked))
        return found

    async def reviews(self, repository_id: int, numbers: Sequence[int]) -> Mapping[int, Mapping[str, tuple[str, ...]]]:
        found: dict[int, dict[str, tuple[str, ...]]] = {}
        for number in numbers:
            for remark in self._said(repository_id, number):
                if remark.reviewer:
                    known = found.setdefault(number, {})
                    known[remark.reviewer] = tuple(sorted({*known.get(remark.reviewer, ()), remark.path}))
        return found

    async def history_until(self, repository_id: int, listing: Listing) -> datetime | None:
        return self.until.get((repository_id, listing))

    async def set_history(self, repository_id: int, listing: Listing, until: datetime) -> None:
        self.until[repository_id, listing] = until

    async def forget(self, repository_id: int, numbers: Sequence[int] | None = None) -> None:
        held = self.known.get(repository_id, {})
        for number in list(held) if numbers is None else [one for one in numbers if one in held]:
            self.take(repository_id, self.ids.pop((repository_id, number)))
            del held[number]
        for kept in (said for (whose, _), said in self.remarks.items() if whose == repository_id):
            for id_ in [id_ for id_, one in kept.items() if numbers is None or one.number in numbers]:
                del kept[id_]
        if numbers is None:
            self.until = {key: until for key, until in self.until.items() if key[0] != repository_id}

    def _said(self, repository_id: int, number: int) -> list[Remark]:
        listed = [held for (whose, _), held in self.remarks.items() if whose == repository_id]
        return [remark for held in listed for remark in held.values() if remark.number == number]

    def _with_original(self, repository_id: int, thread: PastThread) -> PastThread:
        named = [one for one in self._said(repository_id, thread.number) if one.duplicate_of]
        newest = max(named, key=lambda one: (one.at, one.id), default=None)
        return thread.model_copy(update={"duplicate_of": newest.duplicate_of}) if newest else thread


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in re.findall(r"[^\W_]+", text))
