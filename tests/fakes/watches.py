"""Watches in memory, over the rows of a fake outbox."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.domain.effect import CommentPayload, LabelsPayload
from app.ports import Watched
from tests.fakes.outbox import FakeOutbox, Row

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=60)


@dataclass
class FakeWatches:
    outbox: FakeOutbox
    rows: dict[int, Watched] = field(default_factory=dict)
    due_at: dict[int, datetime | None] = field(default_factory=dict)

    async def watch_new(self, now: datetime, first: timedelta) -> int:
        fresh = [
            row
            for row in self.outbox.rows.values()
            if row.id not in self.rows and _stands(row) and row.done_at is not None and row.done_at > now - LONGEST
        ]
        for row in fresh:
            assert row.done_at is not None
            remote_id = row.remote_id or ""
            self.rows[row.id] = Watched(row.id, row.run_id, row.thread, remote_id, row.done_at, row.done_at + first)
            self.due_at[row.id] = row.done_at + first
        return len(fresh)

    async def due(self, now: datetime, limit: int) -> list[Watched]:
        found = sorted((at, number) for number, at in self.due_at.items() if at is not None and at <= now)[:limit]
        for _, number in found:
            self.due_at[number] = now + MINUTE
        return [self._now(number, at) for at, number in found]

    def _now(self, number: int, due_at: datetime) -> Watched:
        row, known = self.outbox.rows[number], self.rows[number]
        done_at = row.done_at or row.created_at
        return replace(known, run_id=row.run_id, thread=row.thread, done_at=done_at, due_at=due_at)

    async def looked(self, watched: Watched, next_at: datetime | None) -> None:
        self.rows[watched.effect_id] = watched
        self.due_at[watched.effect_id] = next_at


def _stands(row: Row) -> bool:
    if row.state != "done":
        return False
    match row.payload:
        case CommentPayload():
            return row.remote_id is not None
        case LabelsPayload():
            return row.wrote is not None and bool(row.wrote.labels)
        case _:
            return False
