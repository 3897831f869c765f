"""Each port's fake and its real implementation, behind one handle that can also move time and kill workers.

The database's own clock cannot be moved, so `advance` moves everything that it ever wrote into the past instead.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.domain.effect import PlannedEffect
from app.ports import (
    Budget,
    Cases,
    Inbox,
    Installations,
    LabelModels,
    Ledger,
    Library,
    Outbox,
    Signals,
    ThreadIndex,
    Watches,
    WorkQueue,
)
from app.ports.erasing import Erasures
from app.store.acts import PostgresLedger
from app.store.budget import PostgresBudget
from app.store.cases import PostgresCases
from app.store.engine import Database, open_database
from app.store.erasures import PostgresErasures
from app.store.inbox import PostgresInbox
from app.store.installations import PostgresInstallations
from app.store.label_models import PostgresLabelModels
from app.store.library import PostgresLibrary
from app.store.outbox import PostgresOutbox
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from app.store.signals import PostgresSignals
from app.store.tables import metadata
from app.store.threads import PostgresThreads
from app.store.watches import PostgresWatches
from tests.conftest import empty
from tests.contracts.values import a_run, an_order
from tests.fakes.budget import FakeBudget
from tests.fakes.cases import FakeCases, FakeErasures
from tests.fakes.clock import FakeClock
from tests.fakes.inbox import FakeInbox
from tests.fakes.installations import FakeInstallations
from tests.fakes.label_models import FakeLabelModels
from tests.fakes.ledger import FakeLedger
from tests.fakes.library import FakeLibrary
from tests.fakes.outbox import FakeOutbox
from tests.fakes.signals import FakeSignals
from tests.fakes.threads import FakeThreads
from tests.fakes.watches import FakeWatches
from tests.fakes.work_queue import FakeWorkQueue


class Store(ABC):
    """The ports that share one store."""

    queue: WorkQueue
    inbox: Inbox
    outbox: Outbox
    ledger: Ledger
    budget: Budget
    installations: Installations
    library: Library
    threads: ThreadIndex
    label_models: LabelModels
    cases: Cases
    signals: Signals
    watches: Watches
    erasures: Erasures

    @abstractmethod
    def now(self) -> datetime: ...
    @abstractmethod
    async def advance(self, seconds: float) -> None: ...
    @abstractmethod
    async def worker(self) -> UUID:
        """A worker that is alive."""

    @abstractmethod
    async def kill(self, worker: UUID) -> None: ...

    def later(self, seconds: float) -> datetime:
        return self.now() + timedelta(seconds=seconds)

    async def plan(self, *effects: PlannedEffect) -> list[int]:
        """Have a run plan `effects`; ids of those that are due."""
        order = an_order(99, repository_id=uuid4().int % 10**9)
        await self.queue.order([order])
        lease = await self.queue.claim(await self.worker())
        assert lease is not None
        assert lease.key == order.key
        due = await self.queue.conclude(lease, [a_run()], effects)
        assert due is not None
        return due


class FakeStore(Store):
    def __init__(self) -> None:
        self.clock = FakeClock()
        outbox = FakeOutbox(self.now)
        queue = FakeWorkQueue(self.now, outbox=outbox)
        self._vanish = queue.vanish
        self.queue, self.inbox, self.outbox = queue, FakeInbox(queue), outbox
        self.ledger = FakeLedger(outbox, queue.runs)
        self.budget = FakeBudget(self.now)
        self.installations, self.library = FakeInstallations(self.now), FakeLibrary()
        self.threads, self.label_models = FakeThreads(), FakeLabelModels()
        self.signals, self.watches = FakeSignals(self.now, self.ledger), FakeWatches(outbox)
        self.cases, self.erasures = FakeCases(self.now), FakeErasures(self.now)

    def now(self) -> datetime:
        return self.clock.now()

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def worker(self) -> UUID:
        return uuid4()

    async def kill(self, worker: UUID) -> None:
        self._vanish(worker)


class PostgresStore(Store):
    def __init__(self, database: Database, inbox: PostgresInbox) -> None:
        self.database, self.inbox = database, inbox
        self.queue, self.outbox = PostgresQueue(database), PostgresOutbox(database)
        self.ledger = PostgresLedger(database)
        self.budget = PostgresBudget(database)
        self.installations, self.library = PostgresInstallations(database), PostgresLibrary(database)
        self.threads, self.label_models = PostgresThreads(database), PostgresLabelModels(database)
        self.signals, self.watches = PostgresSignals(database), PostgresWatches(database)
        self.cases, self.erasures = PostgresCases(database), PostgresErasures(database, b"k" * 32)
        self.sessions: dict[UUID, AsyncExitStack] = {}

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def advance(self, seconds: float) -> None:
        async with self.database.begin() as connection:
            for table in metadata.sorted_tables:
                moments = [column.name for column in table.columns if isinstance(column.type, sa.TIMESTAMP)]
                moved = ", ".join(f"{name} = {name} - make_interval(secs => :s)" for name in moments)
                if moved:
                    await connection.execute(sa.text(f"update {table} set {moved}"), {"s": seconds})

    async def worker(self) -> UUID:
        worker = uuid4()
        self.sessions[worker] = AsyncExitStack()
        await self.sessions[worker].enter_async_context(worker_session(self.database, worker))
        return worker

    async def kill(self, worker: UUID) -> None:
        await self.sessions.pop(worker).aclose()


@pytest.fixture(params=["fake", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "fake":
        yield FakeStore()
        return
    url: str = request.getfixturevalue("migrated_url")
    await empty(url)
    async with open_database(url) as database:
        real = PostgresStore(database, PostgresInbox(await database.raw_pool()))
        yield real
        for worker in list(real.sessions):
            await real.kill(worker)
