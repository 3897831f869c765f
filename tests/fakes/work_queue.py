"""The work queue in memory, with the transactions of the real one: a method happens at once or not at all.

`now` is the database's clock. `outbox`, where given, gets the effects of concluded work. `vanish` ends a worker's
database session. Tests may read `rows` (by key), `runs` and `planned`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.domain.effect import PlannedEffect
from app.domain.run import RunRecord
from app.domain.work import (
    CALM_SECONDS,
    LEASE_SECONDS,
    LONGEST_CALM_SECONDS,
    MAX_ATTEMPTS,
    RESTS,
    Lease,
    WorkOrder,
    WorkState,
)
from tests.fakes.outbox import FakeOutbox

EXPIRED = "worker died or lease ran out"


@dataclass(slots=True)
class Work:
    id: int
    order: WorkOrder
    not_before: datetime
    state: WorkState = "planned"
    triggers: list[str] = field(default_factory=list)
    leased_triggers: list[str] = field(default_factory=list)
    worker: UUID | None = None
    token: UUID | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    deaths: int = 0
    started_at: datetime | None = None
    reason: str = ""
    planned_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.planned_at = self.not_before

    def start_afresh(self, now: datetime) -> None:
        self.state, self.attempts, self.deaths, self.reason, self.not_before = "planned", 0, 0, "", now
        self.planned_at = now

    def free(self) -> None:
        self.worker = self.token = self.lease_until = None
        self.leased_triggers = []

    def give_back(self, reason: str, at: datetime) -> None:
        self.triggers = list(dict.fromkeys([*self.leased_triggers, *self.triggers]))
        self.free()
        self.state = "dead" if self.attempts >= MAX_ATTEMPTS else "planned"
        self.reason, self.not_before = reason, at


@dataclass
class FakeWorkQueue:
    now: Callable[[], datetime]
    hands_per_repository: int = 3
    outbox: FakeOutbox | None = None
    rows: dict[str, Work] = field(default_factory=dict)
    runs: list[RunRecord] = field(default_factory=list)
    planned: list[PlannedEffect] = field(default_factory=list)
    served: dict[int, int] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)

    def vanish(self, worker: UUID) -> None:
        self.gone.add(worker)

    async def order(self, orders: Sequence[WorkOrder]) -> list[int]:
        touched = {row.id: row for row in map(self.plan, orders)}
        return [row.id for row in touched.values() if row.state == "planned"]

    def plan(self, order: WorkOrder) -> Work:
        row = self.rows.setdefault(order.key, Work(len(self.rows) + 1, order, self.now()))
        row.order = order
        if order.trigger not in row.triggers:
            row.triggers.append(order.trigger)
        if row.state in ("done", "dead"):
            row.start_afresh(self.now())
        elif row.reason == RESTS and order.trigger.startswith("comment:"):
            row.not_before = self.now()
        return row

    async def claim(self, worker: UUID) -> Lease | None:
        leases = Counter(row.order.repository_id for row in self.rows.values() if row.state == "leased")

        def turn(row: Work) -> tuple[int, int, datetime, int]:
            lane = row.order.repository_id
            return leases[lane], self.served.get(lane, 0), row.not_before, row.id

        suspect = any(row.state == "leased" and row.deaths >= 2 for row in self.rows.values())
        due = [
            row
            for row in self._due()
            if leases[row.order.repository_id] < self.hands_per_repository and (row.deaths < 2 or not suspect)
        ]
        if not due:
            return None
        row = min(due, key=turn)
        self.served[row.order.repository_id] = 1 + max(self.served.values(), default=0)
        row.state, row.attempts, row.worker, row.token = "leased", row.attempts + 1, worker, uuid4()
        row.started_at, row.lease_until = self.now(), self.now() + timedelta(seconds=LEASE_SECONDS)
        row.leased_triggers, row.triggers = row.triggers, []
        return Lease(
            work_id=row.id,
            token=row.token,
            until=row.lease_until,
            attempt=row.attempts,
            kind=row.order.kind,
            key=row.order.key,
            triggers=tuple(row.leased_triggers),
            installation_id=row.order.installation_id,
            repository_id=row.order.repository_id,
            repository=row.order.repository,
            thread_kind=row.order.thread_kind,
            number=row.order.number,
            planned_at=row.planned_at,
        )

    def _due(self) -> list[Work]:
        now = self.now()
        return [row for row in self.rows.values() if row.state == "planned" and row.not_before <= now]

    async def heartbeat(self, lease: Lease) -> bool:
        if (row := self._mine(lease)) is None:
            return False
        row.lease_until = self.now() + timedelta(seconds=LEASE_SECONDS)
        return True

    def _mine(self, lease: Lease) -> Work | None:
        row = self.rows[lease.key]
        return row if row.token == lease.token else None

    async def conclude(
        self, lease: Lease, runs: Sequence[RunRecord], effects: Sequence[PlannedEffect]
    ) -> list[int] | None:
        if (row := self._mine(lease)) is None:
            return None
        first = len(self.runs) + 1
        self.runs += runs
        self.planned += effects
        row.free()
        row.start_afresh(self.now())
        row.state = "planned" if row.triggers else "done"
        if self.outbox is None:
            return []
        return [id_ for effect in effects for id_ in self.outbox.plan([effect], first + effect.run)]

    async def retry(self, lease: Lease, reason: str, at: datetime, *, counts: bool = True) -> None:
        if (row := self._mine(lease)) is not None:
            row.attempts -= 0 if counts else 1
            row.give_back(reason, at)

    async def expire(self) -> None:
        over = [
            row
            for row in self.rows.values()
            if row.lease_until is not None and (row.lease_until <= self.now() or row.worker in self.gone)
        ]
        for row in over:
            row.deaths += 1
            row.give_back(EXPIRED, self.now())
        if over:
            self._await_calm()
        if self.outbox is not None:
            self.outbox.gone |= self.gone
            self.outbox.expire()

    def _await_calm(self) -> None:
        for row in self.rows.values():
            if row.state == "planned" and row.deaths >= 2 and row.started_at is not None:
                longest = row.started_at + timedelta(seconds=LONGEST_CALM_SECONDS)
                row.not_before = max(row.not_before, min(self.now() + timedelta(seconds=CALM_SECONDS), longest))

    async def due(self, limit: int) -> list[int]:
        return [row.id for row in sorted(self._due(), key=lambda row: (row.not_before, row.id))][:limit]

    async def revive(self, work_id: int) -> bool:
        row = next((row for row in self.rows.values() if row.id == work_id and row.state == "dead"), None)
        if row is not None:
            row.start_afresh(self.now())
        return row is not None

    async def unknown_keys(self, keys: Sequence[str]) -> set[str]:
        return set(keys) - set(self.rows)

    async def resume(self, installation_id: int) -> None:
        for row in self.rows.values():
            if row.order.installation_id == installation_id and row.state == "planned" and row.deaths < 2:
                row.not_before = min(row.not_before, self.now())
