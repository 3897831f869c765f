"""Whatever happens to a work queue, in whatever order: no trigger is lost and no key is worked on twice at once."""

import asyncio
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.work import CALM_SECONDS, LONGEST_CALM_SECONDS, MAX_ATTEMPTS, Lease
from app.store.engine import open_database
from app.store.inbox import PostgresInbox
from tests.conftest import empty
from tests.contracts.conftest import FakeStore, PostgresStore, Store
from tests.contracts.values import an_order

Step = tuple[Any, ...]

STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 3), st.sampled_from(["body", "comment:1", "comment:2"])),
        st.tuples(st.just("claim"), st.integers(0, 1)),
        st.tuples(st.sampled_from(["conclude", "fail", "wait", "beat"]), st.integers(0, 3)),
        st.tuples(st.just("kill"), st.integers(0, 1)),
        st.tuples(st.just("pass_a_minute")),
    ),
    min_size=4,
    max_size=30,
)


class Play:
    """Plays steps and keeps the books: what each key is owed, who holds what, and what is dead."""

    def __init__(self, store: Store) -> None:
        self.store, self.queue = store, store.queue
        self.workers: list[UUID] = []
        self.leases: list[tuple[UUID, Lease]] = []
        self.held: dict[str, tuple[UUID, Lease]] = {}
        self.owed: defaultdict[str, set[str]] = defaultdict(set)
        self.attempts: Counter[str] = Counter()
        self.dead: set[str] = set()
        self.deaths: Counter[str] = Counter()
        self.started: dict[str, float] = {}
        self.paused_until: dict[str, float] = {}
        self.seconds = 0.0

    async def play(self, steps: list[Step]) -> None:
        self.workers = [await self.store.worker() for _ in range(2)]
        for name, *arguments in steps:
            await getattr(self, name)(*arguments)
        await self._everything_owed_is_done_in_the_end()

    async def order(self, number: int, trigger: str) -> None:
        order = an_order(number, trigger)
        await self.queue.order([order])
        self.owed[order.key].add(trigger)
        if order.key in self.dead:
            self._start_afresh(order.key)

    async def claim(self, worker: int) -> None:
        lease = await self.queue.claim(self.workers[worker])
        free = self._free()
        assert (lease.key in free) if lease else not free
        if lease:
            assert sorted(lease.triggers) == sorted(self.owed.pop(lease.key))
            self.started[lease.key] = self.seconds
            self.attempts[lease.key] += 1
            assert lease.attempt == self.attempts[lease.key]
            self.held[lease.key] = self.workers[worker], lease
            self.leases.append(self.held[lease.key])

    async def conclude(self, which: int) -> None:
        if self.leases:
            lease = self._lease(which)
            concluded = await self.queue.conclude(lease, [], [])
            assert (concluded is not None) == self._is_held(lease)
            if self._is_held(lease):
                del self.held[lease.key]
                self._start_afresh(lease.key)

    async def fail(self, which: int) -> None:
        if self.leases:
            lease = self._lease(which)
            await self.queue.retry(lease, "it fails", self.store.now())
            if self._is_held(lease):
                self._lose(lease)

    async def wait(self, which: int) -> None:
        if self.leases:
            lease = self._lease(which)
            await self.queue.retry(lease, "not yet", self.store.now(), counts=False)
            if self._is_held(lease):
                self.attempts[lease.key] -= 1
                self._lose(lease)

    async def beat(self, which: int) -> None:
        if self.leases:
            lease = self._lease(which)
            assert await self.queue.heartbeat(lease) == self._is_held(lease)

    async def kill(self, worker: int) -> None:
        await self.store.kill(self.workers[worker])
        await self.queue.expire()
        self._die([lease for holder, lease in self.held.values() if holder == self.workers[worker]])
        self.workers[worker] = await self.store.worker()

    async def pass_a_minute(self) -> None:
        await self.store.advance(61)
        self.seconds += 61
        await self.queue.expire()
        self._die([lease for _, lease in self.held.values()])

    async def _everything_owed_is_done_in_the_end(self) -> None:
        await self.pass_a_minute()
        await self.pass_a_minute()
        for work_id in {lease.work_id for _, lease in self.leases}:
            await self.queue.revive(work_id)
        for key in list(self.dead):
            self._start_afresh(key)
        for _ in range(3):
            await self.claim(0)
            await self.conclude(-1)
        assert not any(self.owed.values())
        assert await self.queue.claim(self.workers[0]) is None

    def _free(self) -> set[str]:
        """What may be claimed: of work that was in hand at two deaths one at a time, and in calm."""
        free = {key for key, owed in self.owed.items() if owed} - set(self.held) - self.dead
        free -= {key for key, until in self.paused_until.items() if until > self.seconds}
        in_doubt = {key for key, deaths in self.deaths.items() if deaths >= 2}
        return free - in_doubt if in_doubt & set(self.held) else free

    def _die(self, leases: list[Lease]) -> None:
        for lease in leases:
            self.deaths[lease.key] += 1
            self._lose(lease)
        for key in set(self.started) - set(self.held) - self.dead if leases else ():
            if self.deaths[key] >= 2:
                calm = min(self.seconds + CALM_SECONDS, self.started[key] + LONGEST_CALM_SECONDS)
                self.paused_until[key] = max(calm, self.paused_until.get(key, 0))

    def _lease(self, which: int) -> Lease:
        return self.leases[which % len(self.leases)][1]

    def _is_held(self, lease: Lease) -> bool:
        return lease.key in self.held and self.held[lease.key][1].token == lease.token

    def _lose(self, lease: Lease) -> None:
        del self.held[lease.key]
        self.owed[lease.key].update(lease.triggers)
        if self.attempts[lease.key] >= MAX_ATTEMPTS:
            self.dead.add(lease.key)

    def _start_afresh(self, key: str) -> None:
        self.attempts[key] = self.deaths[key] = 0
        self.dead.discard(key)
        self.paused_until.pop(key, None)


@given(STEPS)
@settings(max_examples=300, deadline=None)
def test_the_fake_keeps_its_promises(steps: list[Step]):
    asyncio.run(Play(FakeStore()).play(steps))


@given(STEPS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_postgres_keeps_its_promises(migrated_url: str, steps: list[Step]):
    async def play() -> None:
        await empty(migrated_url)
        async with open_database(migrated_url, pool_size=2) as database:
            store = PostgresStore(database, PostgresInbox(await database.raw_pool()))
            try:
                await Play(store).play(steps)
            finally:
                for worker in list(store.sessions):
                    await store.kill(worker)

    asyncio.run(play())
