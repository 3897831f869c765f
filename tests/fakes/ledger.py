"""The ledger in memory, over the rows of a fake outbox."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.act import Act, Stance
from app.domain.effect import CommentPayload, Effect
from app.domain.repository_settings import RepositorySettings
from app.domain.run import RunRecord
from app.domain.thread import ThreadRef
from app.ports import Looks
from tests.fakes.outbox import FakeOutbox


@dataclass
class FakeLedger:
    outbox: FakeOutbox
    runs: list[RunRecord] = field(default_factory=list)
    heard: dict[str, dict[str, Act]] = field(default_factory=lambda: defaultdict(dict))
    stances: dict[str, Stance] = field(default_factory=dict)

    async def record(self, thread: ThreadRef, acts: Sequence[Act]) -> None:
        for act in acts:
            self.heard[thread.key].setdefault(act.id, act)

    async def acts(self, thread: ThreadRef) -> list[Act]:
        return sorted(self.heard[thread.key].values(), key=lambda act: (act.at, act.id))

    async def stance(self, thread: ThreadRef) -> Stance:
        return self.stances.get(thread.key, Stance())

    async def set_stance(self, thread: ThreadRef, stance: Stance) -> None:
        self.stances[thread.key] = stance

    async def effects(self, thread: ThreadRef) -> list[Effect]:
        held = self.outbox.rows.values()
        rows = [row for row in held if row.thread.number == thread.number and row.thread.key == thread.key]
        return [self.outbox.seen(row) for row in sorted(rows, key=lambda row: row.id)]

    async def looks(self, thread: ThreadRef, since: datetime) -> Looks:
        seen = ((run, run.snapshot) for run in self.runs)
        name = thread.repository.name
        here = [run for run, shown in seen if shown.number == thread.number and shown.repository == name]
        lately = {run.started_at for run in here if run.started_at >= since and run.skill != "command"}
        return Looks(min((run.started_at for run in here), default=None), tuple(sorted(lately)))

    async def settings(self, effect: Effect) -> RepositorySettings:
        known = 0 < effect.run_id <= len(self.runs)
        return self.runs[effect.run_id - 1].snapshot.settings if known else RepositorySettings()

    async def asking(self, before: datetime) -> list[tuple[datetime, ThreadRef]]:
        return [
            (row.done_at, row.thread)
            for row in self.outbox.rows.values()
            if isinstance(row.payload, CommentPayload)
            and row.payload.asks
            and row.intent == f"{row.thread.key}:body"
            and row.state == "done"
            and row.done_at is not None
            and row.done_at < before
        ]
