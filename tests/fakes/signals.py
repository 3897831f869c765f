"""Signals in memory, over the runs of a fake queue and the acts of a fake ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.act import Act
from app.domain.run import RunRecord
from app.domain.signal import Signal, Survival
from app.domain.thread import ThreadRef
from app.ports import HeardSignal, SignalFilter
from app.ports.listening import BULK, Bulk, PastRun
from tests.fakes.ledger import FakeLedger

MINUTE = timedelta(minutes=1)


@dataclass
class FakeSignals:
    now: Callable[[], datetime]
    ledger: FakeLedger
    rows: dict[tuple[int, str], tuple[ThreadRef, Signal, datetime]] = field(default_factory=dict)
    settled: dict[tuple[int, str], Survival] = field(default_factory=dict)

    @property
    def _runs(self) -> list[RunRecord]:
        return self.ledger.runs

    async def record(self, thread: ThreadRef, signals: Sequence[Signal]) -> list[str]:
        new: list[str] = []
        for signal in sorted(signals, key=lambda signal: signal.id):
            key = (thread.repository.repository_id, signal.id)
            if not 0 < signal.run_id <= len(self._runs):
                continue
            if key in self.rows:
                there, known, heard_at = self.rows[key]
                self.rows[key] = (there, known.model_copy(update={"withdrawn_at": None}), heard_at)
            else:
                self.rows[key] = (thread, signal, self.now())
                new.append(signal.id)
        return new

    async def withdraw(self, thread: ThreadRef, ids: Sequence[str], at: datetime) -> None:
        for name in ids:
            key = (thread.repository.repository_id, name)
            if key in self.rows and self.rows[key][1].withdrawn_at is None:
                there, known, heard_at = self.rows[key]
                self.rows[key] = (there, known.model_copy(update={"withdrawn_at": at}), heard_at)

    async def of_thread(self, thread: ThreadRef) -> list[Signal]:
        found = [signal for there, signal, _ in self.rows.values() if there.key == thread.key]
        return sorted(found, key=lambda signal: (signal.at, signal.id))

    async def runs(self, thread: ThreadRef) -> list[PastRun]:
        place = (thread.repository.name, thread.number)
        return [
            PastRun(number, run)
            for number, run in enumerate(self._runs, 1)
            if (run.snapshot.repository, run.snapshot.number) == place
        ][-100:]

    async def bulk(self, thread: ThreadRef, acts: Sequence[Act]) -> Bulk:
        prefix = f"{thread.repository.repository_id}#"
        heard = [
            (key, one) for key, known in self.ledger.heard.items() if key.startswith(prefix) for one in known.values()
        ]
        ids: set[str] = set()
        others: dict[str, ThreadRef] = {}
        for act in acts:
            together = [
                (key, one)
                for key, one in heard
                if (one.actor, one.kind) == (act.actor, act.kind) and abs(one.at - act.at) <= MINUTE
            ]
            if len({key for key, _ in together}) < BULK:
                continue
            ids.add(act.id)
            moments = {(key, one.at) for key, one in together}
            for there, signal, _ in self.rows.values():
                stands = signal.withdrawn_at is None and signal.actor and there.key != thread.key
                if stands and (there.key, signal.at) in moments:
                    others[there.key] = there
        return Bulk(frozenset(ids), tuple(sorted(others.values(), key=lambda ref: ref.number)))

    async def heard(self, wanted: SignalFilter, *, limit: int = 1000) -> list[HeardSignal]:
        found = [
            _heard(there, signal, heard_at, self._runs[signal.run_id - 1])
            for there, signal, heard_at in self.rows.values()
            if wanted.repository_id in (None, there.repository.repository_id)
            and wanted.run_id in (None, signal.run_id)
            and wanted.mode in (None, signal.mode)
            and (wanted.since is None or signal.at >= wanted.since)
        ]
        found.sort(key=lambda one: one.signal.id)
        return sorted(found, key=lambda one: one.signal.at, reverse=True)[:limit]

    async def survived(self, survivals: Sequence[Survival]) -> None:
        for one in survivals:
            if one.effect_id in self.ledger.outbox.rows:
                self.settled.setdefault((one.effect_id, one.window), one)

    async def survivals(self, effect_ids: Sequence[int]) -> list[Survival]:
        found = [one for one in self.settled.values() if one.effect_id in effect_ids]
        return sorted(found, key=lambda one: (one.effect_id, one.at))


def _heard(thread: ThreadRef, signal: Signal, heard_at: datetime, run: RunRecord) -> HeardSignal:
    return HeardSignal(
        signal=signal,
        repository=thread.repository.name,
        number=thread.number,
        skill=run.skill,
        prompt=run.prompt,
        prompt_digest=run.prompt_digest,
        model=run.model,
        heard_at=heard_at,
    )
