"""The lease of a piece of work: kept while it is thought about, and nothing is written once it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain.prompt import ModelReply, ModelRequest
from app.domain.thread import ThreadRef
from app.domain.work import LEASE_SECONDS, Lease
from app.teammate.attend import HEARTBEAT_S, attend_next
from tests.fakes.model import FakeModel
from tests.fakes.parts import REPOSITORY, FakeHouse, a_thread, as_asked
from tests.fakes.work_queue import EXPIRED, FakeWorkQueue, Work

pytestmark = pytest.mark.usefixtures("logs")


@dataclass
class SlowModel(FakeModel):
    """Thinks until it is told to say something."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: bool = False

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.asked.set()
        try:
            await self.told.wait()
        except asyncio.CancelledError:
            self.stopped = True
            raise
        return await super().complete(request)


@dataclass
class Heard(FakeWorkQueue):
    """Says when a heartbeat has been answered; `trouble` is raised by the next ones."""

    beats: asyncio.Queue[bool] = field(default_factory=asyncio.Queue)
    trouble: list[Exception] = field(default_factory=list)

    async def heartbeat(self, lease: Lease) -> bool:
        error = self.trouble.pop(0) if self.trouble else None
        held = error is None and await super().heartbeat(lease)
        self.beats.put_nowait(held)
        if error is not None:
            raise error
        return held


@dataclass
class Thinking:
    """A house in which a model thinks about a thread."""

    house: FakeHouse
    model: SlowModel
    queue: Heard
    row: Work
    attending: asyncio.Task[bool]

    async def beat(self) -> bool:
        """Let the time of one heartbeat pass, and the sweeper come just before it; whether the lease was held."""
        self.house.clock.advance(HEARTBEAT_S)
        await self.queue.expire()
        return await self.queue.beats.get()


@asynccontextmanager
async def thinking() -> AsyncIterator[Thinking]:
    house = FakeHouse()
    house.model = model = SlowModel([as_asked])
    house.queue = queue = Heard(house.clock.now, outbox=house.outbox)
    row = house.plan()
    attending = asyncio.create_task(attend_next(house.parts))
    async with asyncio.timeout(10):
        await model.asked.wait()
        before = len(asyncio.all_tasks())
        yield Thinking(house, model, queue, row, attending)
        await asyncio.wait([attending])
    # Neither the body nor its heartbeat outlives the attending: that makes three tasks fewer.
    assert len(asyncio.all_tasks()) == before - 3


async def test_a_long_thought_keeps_its_lease():
    async with thinking() as now:
        for _ in range(12):
            assert await now.beat() is True
            assert now.row.state == "leased"
        now.model.told.set()
        assert await now.attending is True
        assert now.row.state == "done"
        assert len(now.queue.runs) == 2
        assert now.model.stopped is False


async def test_a_lost_lease_stops_the_thought_and_writes_nothing():
    async with thinking() as now:
        now.queue.vanish(now.house.worker)
        await now.queue.expire()
        assert await now.beat() is False
        assert await now.attending is True
        assert now.model.stopped is True
        assert now.house.wrote_nothing
        assert (now.row.state, now.row.reason, now.row.triggers) == ("planned", EXPIRED, ["body"])
        assert now.row.attempts == 1


async def test_a_hand_that_lost_a_lease_takes_the_next_work():
    """Losing must not leave the hand's own task cancelled, the first time or the fifth."""
    house = FakeHouse()
    house.queue = queue = Heard(house.clock.now, outbox=house.outbox)
    row = house.plan()
    for _ in range(5):
        row.attempts = row.deaths = 0
        house.model = model = SlowModel([as_asked])

        async def steal(model: SlowModel = model) -> None:
            await model.asked.wait()
            queue.gone = {house.worker}
            await queue.expire()
            queue.gone = set()
            house.clock.advance(HEARTBEAT_S)

        thief = asyncio.create_task(steal())
        assert await attend_next(house.parts) is True
        await thief
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
    house.model = FakeModel([as_asked])
    assert await attend_next(house.parts) is True
    assert row.state == "done"


async def test_a_thought_that_resists_being_stopped_still_writes_nothing():
    """A library that turns the cancellation into an error of its own does not confuse what happened."""
    async with thinking() as now:
        real = now.model.complete

        async def stubborn(request: ModelRequest) -> ModelReply:
            try:
                return await real(request)
            except asyncio.CancelledError:
                raise ConnectionError("closed") from None

        now.model.told.set()
        await now.attending
        now.model.told.clear()
        now.model.asked.clear()
        vars(now.model)["complete"] = stubborn
        runs = len(now.queue.runs)
        now.house.plan()
        again = asyncio.create_task(attend_next(now.house.parts))
        await now.model.asked.wait()
        now.queue.vanish(now.house.worker)
        await now.queue.expire()
        assert await now.beat() is False
        assert await again is True
        assert len(now.queue.runs) == runs
        assert (now.row.state, now.row.reason) == ("planned", EXPIRED)


async def test_two_heartbeats_may_fail_and_the_lease_still_holds():
    async with thinking() as now:
        now.queue.trouble += [ConnectionError("away"), TimeoutError("slow")]
        assert [await now.beat() for _ in range(3)] == [False, False, True]
        now.model.told.set()
        assert await now.attending is True
        assert now.row.state == "done"


async def test_a_lease_taken_back_behind_the_back_of_a_quick_thought_is_noticed_at_the_end():
    async with thinking() as now:
        now.house.clock.moment += timedelta(seconds=LEASE_SECONDS)  # nobody woke up: the process stood still
        await now.queue.expire()
        now.model.told.set()
        assert await now.attending is True
        assert now.house.wrote_nothing
        assert now.row.state == "planned"


async def test_the_second_worker_does_what_the_first_lost():
    async with thinking() as now:
        now.queue.vanish(now.house.worker)
        await now.queue.expire()
        now.queue.gone.clear()
        other = FakeHouse(worker=uuid4(), clock=now.house.clock)
        other.queue, other.outbox, other.github = now.queue, now.house.outbox, now.house.github
        assert await attend_next(other.parts) is True
        assert now.row.state == "done"
        now.model.told.set()
        assert await now.attending is True
        assert len(now.queue.runs) == 2
        assert sorted(row.payload.kind for row in now.house.outbox.rows.values()) == ["comment", "labels"]
        assert now.house.tracer.told == []


async def test_being_stopped_leaves_the_lease_to_run_out():
    async with thinking() as now:
        now.attending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await now.attending
        assert now.model.stopped is True
        assert now.house.wrote_nothing
        assert now.row.state == "leased"
        now.queue.vanish(now.house.worker)
        await now.queue.expire()
        assert (now.row.state, now.row.triggers) == ("planned", ["body"])


async def test_being_stopped_while_losing_the_lease_is_being_stopped():
    async with thinking() as now:
        now.queue.vanish(now.house.worker)
        await now.queue.expire()
        await now.beat()
        now.attending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await now.attending
        assert now.house.wrote_nothing


# --- several hands ---------------------------------------------------------------------------------------


async def test_many_hands_do_each_thread_once():
    house = FakeHouse()
    threads = [ThreadRef(REPOSITORY, "issue", number) for number in range(20, 60)]
    for ref in threads:
        house.github.add_thread(ref, a_thread(number=ref.number))
        house.plan(thread=ref)
    parts = house.parts

    async def hand() -> None:
        while await attend_next(parts):
            pass

    await asyncio.gather(*(hand() for _ in range(8)))
    # At most three leases of one repository at a time: some hands found nothing and left, the work is all done.
    assert {row.state for row in house.queue.rows.values()} == {"done"}
    assert sorted(planned.thread.number for planned in house.queue.planned) == sorted(
        ref.number for ref in threads for _ in range(2)
    )
    assert {planned.node_id for planned in house.queue.planned} == {f"NODE_{ref.number}" for ref in threads}
