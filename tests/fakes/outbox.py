"""The outbox in memory, with the transactions of the real one: a method happens at once or not at all.

No method awaits anything, so each is one transaction. `now` is the database's clock. `plan` is what concluding
work does with its effects; `expire` and `vanish` are what happens to the leases of a worker that is gone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.domain.effect import (
    CommentPayload,
    Effect,
    EffectPayload,
    EffectState,
    PlannedEffect,
    RetractPayload,
    UnlabelPayload,
    Wrote,
)
from app.domain.thread import ThreadRef
from app.domain.work import MAX_ATTEMPTS

NEAR = timedelta(seconds=10)
"""A turn further away than this is told but not taken, and until then nothing of its installation is claimed."""
SWEEP_LEASE = timedelta(minutes=1)
SWEEP_EVERY = timedelta(hours=1)
SWEEP_FOR = timedelta(days=1)
STANDING: frozenset[EffectState] = frozenset({"planned", "sending", "unknown", "parked", "done"})
"""States of a comment that stands on its thread or is on its way there."""


@dataclass(slots=True)
class Row:
    id: int
    run_id: int
    intent: str
    thread: ThreadRef
    node_id: str
    payload: EffectPayload
    state: EffectState
    not_before: datetime
    created_at: datetime
    revision: int = 1
    sent_revision: int = 0
    worker: UUID | None = None
    token: UUID | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None
    remote_id: str | None = None
    wrote: Wrote | None = None
    reason: str = ""
    sweep_at: datetime | None = None
    done_at: datetime | None = None
    for_good: bool = False

    @property
    def installation_id(self) -> int:
        return self.thread.repository.installation_id

    def leased(self) -> Effect:
        assert self.token is not None
        assert self.lease_until is not None
        return Effect(
            id=self.id,
            run_id=self.run_id,
            intent=self.intent,
            thread=self.thread,
            node_id=self.node_id,
            payload=self.payload,
            state=self.state,
            token=self.token,
            lease_until=self.lease_until,
            attempts=self.attempts,
            sent_at=self.sent_at,
            remote_id=self.remote_id,
            revision=self.revision,
            sent_revision=self.sent_revision,
            created_at=self.created_at,
            wrote=self.wrote,
            done_at=self.done_at,
        )

    def give_up_lease(self) -> None:
        self.worker = self.token = self.lease_until = None


@dataclass
class FakeOutbox:
    now: Callable[[], datetime]
    write_interval_s: float = 1.0
    writes_per_hour: int = 400
    sweep_after_s: float = 120.0
    lease_s: float = 90.0
    least_lease_s: float = 25.0
    rows: dict[int, Row] = field(default_factory=dict)
    parked: dict[int, str] = field(default_factory=dict)
    next_write_at: dict[int, datetime] = field(default_factory=dict)
    writes: dict[int, list[datetime]] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)

    def plan(self, effects: Sequence[PlannedEffect], run_id: int = 1) -> list[int]:
        """Plan effects; ids of those that this made due. An intent planned again changes its row."""
        rows = [self._plan(effect, run_id) for effect in effects]
        return [row.id for row in rows if row is not None and row.state == "planned"]

    def _plan(self, planned: PlannedEffect, run_id: int) -> Row | None:
        for row in self.rows.values():
            if row.intent == planned.intent and row.payload.kind == planned.payload.kind:
                return row if self._plan_again(row, planned, run_id) else None
        row = Row(
            id=len(self.rows) + 1,
            run_id=run_id,
            intent=planned.intent,
            thread=planned.thread,
            node_id=planned.node_id,
            payload=planned.payload,
            state="draft" if planned.draft else "planned",
            not_before=max(planned.not_before or self.now(), self.now()),
            created_at=self.now(),
        )
        self.rows[row.id] = row
        return row

    def _plan_again(self, row: Row, planned: PlannedEffect, run_id: int) -> bool:
        """Newer words go along; the same again changes nothing, except that what was given up is tried again."""
        same = row.payload == planned.payload
        busy = row.state in ("planned", "sending", "unknown", "parked")
        stands = row.payload.kind == "comment" and row.remote_id is not None
        if row.state == "skipped" and (row.for_good or stands or (same and row.reason.startswith("declined:"))):
            return False
        if planned.draft and busy:
            return False
        if same and (busy or row.state == "done" or (row.state == "draft" and planned.draft)):
            return False
        row.payload, row.run_id, row.revision = planned.payload, run_id, row.revision + 1
        row.thread, row.node_id = planned.thread, planned.node_id
        if not busy:
            self._restart(row)
            row.state = "draft" if planned.draft else row.state
            row.not_before = max(planned.not_before or self.now(), self.now())
        return True

    def _restart(self, row: Row) -> None:
        """Plan it again; what may have left unseen is looked for first."""
        lost = row.state in ("dead", "draft", "parked") and row.sent_at is not None and row.remote_id is None
        row.state, row.attempts, row.not_before, row.reason = "unknown" if lost else "planned", 0, self.now(), ""

    def vanish(self, worker: UUID) -> None:
        """The worker's database session ended."""
        self.gone.add(worker)

    def expire(self) -> None:
        """Take back leases that ran out or whose worker is gone."""
        for row in self.rows.values():
            if row.token is None or row.lease_until is None:
                continue
            if row.lease_until > self.now() and row.worker not in self.gone:
                continue
            row.give_up_lease()
            row.reason = "its worker died or its lease ran out"
            row.not_before = self.now()
            if row.state == "unknown" or row.sent_at is not None:
                row.state = "unknown"
            else:
                row.state, row.attempts = "planned", max(row.attempts - 1, 0)

    async def claim(self, worker: UUID, *, effect_id: int | None = None) -> Effect | None:
        self._expire_by_time()
        row = next((row for row in self._claimable() if effect_id in (None, row.id)), None)
        if row is None:
            return None
        row.worker, row.token = worker, uuid4()
        row.lease_until = self.now() + timedelta(seconds=self.lease_s)
        if row.state == "planned":
            row.state, row.sent_at = "sending", None
            row.attempts += 1
        return row.leased()

    def _expire_by_time(self) -> None:
        gone, self.gone = self.gone, set()
        self.expire()
        self.gone = gone

    def _claimable(self) -> list[Row]:
        """In the order they would be claimed: installations by when they may write, each one's oldest first."""
        busy = {row.installation_id for row in self.rows.values() if row.token is not None}
        free = [row for row in self._due() if row.installation_id not in busy]
        heads: dict[int, int] = {}
        for row in free:
            heads.setdefault(row.installation_id, row.id)
        return sorted(free, key=lambda row: (self._turn(row), heads[row.installation_id]))

    def _due(self) -> list[Row]:
        now = self.now()
        due = [
            row
            for row in self.rows.values()
            if row.state in ("planned", "unknown")
            and row.token is None
            and row.not_before <= now
            and row.installation_id not in self.parked
            and self._turn(row) <= now + NEAR
        ]
        return sorted(due, key=lambda row: (row.not_before, row.id))

    def _turn(self, row: Row) -> datetime:
        return self.next_write_at.get(row.installation_id, datetime.min.replace(tzinfo=UTC))

    async def said(self, intent: str) -> CommentPayload | None:
        rows = [row for row in self.rows.values() if row.intent == intent and row.state in STANDING]
        return next((row.payload for row in rows if isinstance(row.payload, CommentPayload)), None)

    async def unsay(self, intent: str, reason: str) -> bool:
        for row in self.rows.values():
            unsent = row.sent_at is None and row.remote_id is None
            if row.intent == intent and row.payload.kind == "comment" and row.state == "planned" and unsent:
                row.state, row.reason, row.for_good = "skipped", reason, False
                return True
        return False

    async def reserve_write(self, installation_id: int) -> datetime:
        now = self.now()
        slot = max(now, self._know(installation_id))
        recent = [at for at in self.writes.get(installation_id, []) if at > now - timedelta(hours=1)]
        if len(recent) >= self.writes_per_hour:
            slot = max(slot, recent[-self.writes_per_hour] + timedelta(hours=1))
        taken = slot - now <= NEAR
        if taken:
            self.writes.setdefault(installation_id, []).append(slot)
        self.next_write_at[installation_id] = slot + timedelta(seconds=self.write_interval_s if taken else 0)
        return slot

    async def hold_writes(self, installation_id: int, until: datetime) -> None:
        self.next_write_at[installation_id] = max(until, self._know(installation_id))

    def _know(self, installation_id: int) -> datetime:
        """When it may write; one never heard of before may at once, but after those that never were."""
        return self.next_write_at.setdefault(installation_id, self.now())

    async def park_installation(self, installation_id: int, reason: str) -> None:
        self._know(installation_id)
        self.parked[installation_id] = reason

    async def resume_installation(self, installation_id: int) -> None:
        self._know(installation_id)
        self.parked.pop(installation_id, None)
        for row in self.rows.values():
            if row.installation_id == installation_id and row.state == "parked":
                self._restart(row)

    async def begin_send(self, effect: Effect) -> Effect | None:
        row = self._mine(effect)
        if row is None or row.state != "sending" or row.lease_until is None:
            return None
        if row.lease_until < self.now() + timedelta(seconds=self.least_lease_s):
            return None
        row.sent_at = self.now()
        return row.leased()

    async def done(
        self, effect: Effect, remote_id: str | None, wrote: Wrote | None = None, *, reason: str = ""
    ) -> None:
        if (row := self._mine(effect)) is None:
            return
        undone = self.rows.get(getattr(row.payload, "undoes", None) or 0)
        if undone is not None:
            undone.state, undone.reason, undone.for_good = "skipped", "undone", True
        row.wrote = wrote or row.wrote
        row.give_up_lease()
        row.state, row.attempts, row.remote_id = "done", 0, remote_id or row.remote_id
        row.sent_revision, row.reason, row.not_before = effect.revision, reason, self.now()
        row.done_at = self.now()
        if row.payload.kind == "comment":
            row.sweep_at = self.now() + timedelta(seconds=self.sweep_after_s)
        if row.revision > row.sent_revision:
            row.state = "planned"

    async def unknown(self, effect: Effect, reason: str, look_at: datetime) -> None:
        if (row := self._mine(effect)) is not None:
            row.give_up_lease()
            row.state, row.reason, row.not_before = "unknown", reason, look_at

    async def replan(self, effect: Effect, reason: str, at: datetime, *, counts: bool = True) -> None:
        if (row := self._mine(effect)) is None:
            return
        row.give_up_lease()
        row.state = "dead" if counts and row.attempts >= MAX_ATTEMPTS else "planned"
        row.attempts = max(row.attempts - (0 if counts else 1), 0)
        row.reason, row.not_before, row.sent_at = reason, at, None

    async def skip(self, effect: Effect, reason: str, *, for_good: bool = True) -> None:
        if (row := self._mine(effect)) is not None:
            row.for_good = for_good
        self._end(effect, "skipped", reason)

    async def as_draft(self, effect: Effect, reason: str) -> None:
        self._end(effect, "draft", reason)

    async def park(self, effect: Effect, reason: str) -> None:
        self._end(effect, "parked", reason)

    async def bury(self, effect: Effect, reason: str) -> None:
        self._end(effect, "dead", reason)

    async def due(self, limit: int) -> list[int]:
        return [row.id for row in self._due()[:limit]]

    async def to_sweep(self, limit: int) -> list[Effect]:
        due = [
            row
            for row in self.rows.values()
            if row.state == "done" and row.sweep_at is not None and row.sweep_at <= self.now()
        ]
        due = sorted(due, key=lambda row: (row.sweep_at, row.id))[:limit]
        for row in due:
            row.sweep_at = self.now() + SWEEP_LEASE
        return [self._unleased(row) for row in due]

    async def swept(self, effect: Effect, remote_id: str) -> None:
        row = self.rows[effect.id]
        row.remote_id = remote_id or row.remote_id
        again = self.now() + SWEEP_EVERY
        row.sweep_at = again if row.done_at is not None and again < row.done_at + SWEEP_FOR else None

    async def revive(self, effect_id: int) -> bool:
        row = self.rows.get(effect_id)
        if row is None or row.state != "dead":
            return False
        self._restart(row)
        return True

    async def withdraw(self, effect_id: int, reason: str) -> bool:
        row = self.rows.get(effect_id)
        if row is None or row.state == "done" or (row.state == "skipped" and (row.for_good or not row.wrote)):
            return False
        self._plan_undoing(row)
        if row.state == "unknown" or (row.state == "sending" and row.sent_at is not None):
            return True
        row.give_up_lease()
        row.reason = reason
        if row.payload.kind == "comment" and row.sent_at is not None and row.remote_id is None:
            row.state, row.not_before = "unknown", self.now()
        else:
            row.state, row.for_good = "skipped", True
        return True

    def _plan_undoing(self, row: Row) -> None:
        """Take back what stands, or may."""
        payload: RetractPayload | UnlabelPayload
        if row.payload.kind == "comment" and (row.sent_at is not None or row.remote_id is not None):
            payload = RetractPayload(remote_id="", undoes=row.id)
        elif row.payload.kind == "labels" and (row.attempts or row.wrote is not None):
            payload = UnlabelPayload(names=(), undoes=row.id)
        else:
            return
        later = self.now() + timedelta(seconds=30)
        intent = f"{row.thread.key}:undo:{row.id}"
        self._plan(PlannedEffect(intent, row.thread, row.node_id, payload, run=0, not_before=later), row.run_id)

    async def accept(self, effect_id: int, body: str | None = None) -> bool:
        row = self.rows.get(effect_id)
        if row is None or row.state != "draft" or (body is not None and row.payload.kind != "comment"):
            return False
        self._restart(row)
        if body is not None and isinstance(row.payload, CommentPayload):
            row.payload, row.revision = row.payload.model_copy(update={"body": body}), row.revision + 1
        return True

    async def decline(self, effect_id: int, reason: str) -> bool:
        row = self.rows.get(effect_id)
        if row is None or row.state != "draft":
            return False
        row.state, row.reason = "skipped", f"declined: {reason}"
        return True

    def seen(self, row: Row) -> Effect:
        """As somebody sees it who has no lease."""
        return self._unleased(row) if row.token is None else row.leased()

    def _unleased(self, row: Row) -> Effect:
        """Sweeping needs no lease: the row stays done. The token of such an effect opens nothing."""
        row.token, row.lease_until = uuid4(), row.sweep_at or row.created_at
        try:
            return row.leased()
        finally:
            row.give_up_lease()

    def _mine(self, effect: Effect) -> Row | None:
        """The row, if this effect's lease is still the one that holds."""
        row = self.rows[effect.id]
        return row if row.token == effect.token and row.token is not None else None

    def _end(self, effect: Effect, state: EffectState, reason: str) -> None:
        if (row := self._mine(effect)) is not None:
            row.give_up_lease()
            row.sent_at = None if row.state == "sending" else row.sent_at
            row.state, row.reason = state, reason
