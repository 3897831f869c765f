"""Attending: whatever happens to a piece of work, it ends done, planned with its reason, dead with it, or lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog

from app.domain.effect import PlannedEffect, WriteAnswer
from app.domain.prompt import ModelReply, ModelRequest
from app.domain.run import RunRecord
from app.domain.thread import RepositoryRef, ThreadRef
from app.domain.work import LEASE_SECONDS, MAX_ATTEMPTS, Lease, WorkOrder
from app.errors import ConfigurationError, ModelUnavailable
from app.teammate.attend import HEARTBEAT_S, attend_next
from app.teammate.index import MAX_PASSAGES
from tests.fakes.clock import START
from tests.fakes.model import FakeModel
from tests.fakes.parts import INSTALLATION, REPOSITORY, THREAD, FakeHouse, as_asked
from tests.fakes.work_queue import EXPIRED, FakeWorkQueue, Work


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged, instead of pages of it on the screen."""
    with structlog.testing.capture_logs() as said:
        yield said


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def assert_nothing_was_written(house: FakeHouse) -> None:
    assert house.queue.runs == []
    assert house.queue.planned == []
    assert house.tracer.told == []
    assert house.bell.rung_effects == []


# --- what is taken ---------------------------------------------------------------------------------------


async def test_nothing_due_is_said():
    house = FakeHouse()
    assert await attend_next(house.parts) is False
    row = house.plan()
    row.not_before = after(1)
    assert await attend_next(house.parts) is False


async def test_a_thread_is_attended_and_concluded():
    house = FakeHouse()
    row = house.plan()
    assert await attend_next(house.parts) is True
    assert (row.state, row.attempts, row.reason) == ("done", 0, "")
    assert [run.outcome for run in house.queue.runs] == ["acted", "acted"]
    assert house.github.writes == []
    assert await attend_next(house.parts) is False


async def test_an_index_is_built_and_leaves_no_runs():
    house = FakeHouse()
    house.github.archives["0" * 40] = {"docs/a.md": "# Title\n\nSome words about it.\n"}
    house.library.commits.clear()
    row = house.queue.plan(WorkOrder("index:840", "index", "push:1", INSTALLATION, 840, REPOSITORY.name))
    assert await attend_next(house.parts) is True
    assert row.state == "done"
    assert await house.library.indexed_commit(840) == "0" * 40
    assert 0 < len(house.library.passages[840]) < MAX_PASSAGES
    assert_nothing_was_written(house)


async def test_an_installation_is_attended_and_concluded():
    house = FakeHouse()
    row = house.plan_installation("installation.deleted")
    assert await attend_next(house.parts) is True
    assert row.state == "done"
    assert house.installations.states[INSTALLATION][1] == "deleted"


async def test_logs_name_the_work_while_it_is_done_and_not_afterwards():
    seen: list[dict[str, object]] = []

    def looking(request: ModelRequest):
        seen.append(structlog.contextvars.get_contextvars())
        return as_asked(request)

    house = FakeHouse(model=FakeModel([looking]))
    row = house.plan()
    await attend_next(house.parts)
    assert seen == [{"work": row.id, "key": THREAD.key, "attempt": 1}] * 2
    assert structlog.contextvars.get_contextvars() == {}


# --- GitHub's answers to reads ---------------------------------------------------------------------------

HOUR = 3600.0


@dataclass(frozen=True)
class Expected:
    """`at`: seconds until it is planned again, None when it is done with. The rest is about the installation."""

    at: float | None
    counts: bool = True
    parked: bool = False
    held: float | None = None


RESET = after(90)
ANSWERS = [
    (WriteAnswer(None, "timed out"), Expected(5)),
    (WriteAnswer(500, "oops"), Expected(5)),
    (WriteAnswer(502, "Bad Gateway"), Expected(5)),
    (WriteAnswer(503, "busy", retry_after=120), Expected(120)),
    (WriteAnswer(None, "timed out", stage="token"), Expected(5)),
    (WriteAnswer(401, "Bad credentials"), Expected(2)),
    (WriteAnswer(401, "Bad credentials", stage="token"), Expected(2)),
    (WriteAnswer(429, "slow down", retry_after=30), Expected(30, counts=False, held=30)),
    (WriteAnswer(429, "slow down"), Expected(60, counts=False, held=60)),
    (WriteAnswer(403, "You have exceeded a secondary rate limit."), Expected(60, counts=False, held=60)),
    (WriteAnswer(403, "API rate limit", remaining=0, reset_at=RESET), Expected(91, counts=False, held=91)),
    (WriteAnswer(403, "suspended", stage="token"), Expected(HOUR, counts=False, parked=True)),
    (WriteAnswer(404, "Not Found", stage="token"), Expected(HOUR, counts=False, parked=True)),
    # One missing permission is no reason to stop the writes that are permitted.
    (WriteAnswer(403, "Resource not accessible by integration"), Expected(HOUR, counts=False)),
    (WriteAnswer(422, "not its repository", stage="token"), Expected(None)),
    (WriteAnswer(301, "Moved Permanently"), Expected(None)),
    (WriteAnswer(404, "Not Found"), Expected(None)),
    (WriteAnswer(410, "This issue was deleted"), Expected(None)),
    (WriteAnswer(451, "Unavailable"), Expected(None)),
    (WriteAnswer(403, "Repository was archived so is read-only."), Expected(None)),
    (WriteAnswer(400, "Bad Request"), Expected(5)),
    (WriteAnswer(422, "Validation Failed"), Expected(5)),
    (WriteAnswer(200, "not JSON"), Expected(5)),
]


@pytest.mark.parametrize(("answer", "expected"), ANSWERS, ids=lambda one: getattr(one, "message", ""))
@pytest.mark.parametrize("attempt", [1, 2])
async def test_each_answer_of_github_has_one_consequence(answer: WriteAnswer, expected: Expected, attempt: int):
    house = FakeHouse()
    row = house.plan()
    row.attempts = attempt - 1
    house.github.failures.append(answer)
    assert await attend_next(house.parts) is True
    assert_nothing_was_written(house)
    if expected.at is None:
        assert (row.state, row.reason, row.attempts) == ("done", "", 0)
    else:
        assert row.state == "planned"
        assert row.attempts == (attempt if expected.counts else attempt - 1)
        assert row.triggers == ["body"]
        assert answer.message in row.reason
        if attempt == 1:
            assert row.not_before == after(expected.at)
        else:
            assert row.not_before >= after(expected.at)
    assert (INSTALLATION in house.outbox.parked) is expected.parked
    held = house.outbox.next_write_at.get(INSTALLATION)
    assert held == (None if expected.held is None else after(expected.held))


@pytest.mark.parametrize("kind", ["index", "installation"])
async def test_other_work_is_judged_by_the_same_table(kind: str):
    house = FakeHouse()
    index = WorkOrder("index:840", "index", "push:1", INSTALLATION, 840, REPOSITORY.name)
    row = house.queue.plan(index) if kind == "index" else house.plan_installation("installation.created")
    house.github.failures.append(WriteAnswer(502, "Bad Gateway"))
    await attend_next(house.parts)
    assert (row.state, row.attempts, row.not_before) == ("planned", 1, after(5))
    house.clock.advance(5)
    house.github.failures.append(WriteAnswer(404, "Not Found"))
    await attend_next(house.parts)
    assert row.state == "done"


async def test_what_fails_three_times_is_dead_and_says_why():
    house = FakeHouse()
    row = house.plan()
    waits = []
    while row.state == "planned":
        house.github.failures.append(WriteAnswer(502, "Bad Gateway"))
        house.clock.moment = row.not_before
        assert await attend_next(house.parts) is True
        waits.append((row.not_before - house.clock.now()).total_seconds())
    assert row.state == "dead"
    assert row.attempts == MAX_ATTEMPTS
    assert "502 Bad Gateway" in row.reason
    assert waits == [5, 30, 300]
    assert await house.queue.revive(row.id)
    assert await attend_next(house.parts) is True
    assert row.state == "done"


@pytest.mark.parametrize(
    "answer",
    [
        WriteAnswer(429, "slow down", retry_after=30),
        WriteAnswer(403, "This installation has been suspended", stage="token"),
        WriteAnswer(403, "Resource not accessible by integration"),
    ],
)
async def test_a_limit_or_a_pause_kills_no_work_however_long_it_lasts(answer: WriteAnswer):
    house = FakeHouse()
    row = house.plan()
    for _ in range(4 * MAX_ATTEMPTS):
        house.github.failures.append(answer)
        assert await attend_next(house.parts) is True
        assert (row.state, row.attempts) == ("planned", 0)
        house.clock.moment = row.not_before
    await attend_next(house.parts)
    assert row.state == "done"
    assert len(house.queue.runs) == 2


async def test_what_was_asked_during_a_failure_is_asked_again_with_it():
    house = FakeHouse()
    row = house.plan()

    def meanwhile(_: ModelRequest):
        house.plan("comment:9")
        raise ModelUnavailable("down")

    house.model = FakeModel([meanwhile])
    await attend_next(house.parts)
    assert row.triggers == ["body", "comment:9"]


# --- our own trouble -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ModelUnavailable("no answer in 90 s"), "no answer in 90 s"),
        (ConfigurationError("live.toml has no section [triage]"), "live.toml has no section [triage]"),
        (ValueError("a bug"), "ValueError: a bug"),
        (TimeoutError(), "TimeoutError: "),
        (ExceptionGroup("two", [ValueError("one"), OSError("other")]), "ExceptionGroup: two (2 sub-exceptions)"),
        (RuntimeError("the key is hunter2-hunter2"), "RuntimeError: the key is [redacted]"),
        (RuntimeError("ghs_" + "A1b2C3d4E5" * 4), "RuntimeError: [redacted]"),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_any_error_gives_the_work_back_with_a_reason(error: Exception, reason: str):
    def fails(_: ModelRequest):
        raise error

    house = FakeHouse(model=FakeModel([fails]))
    row = house.plan()
    waits = []
    while row.state == "planned":
        house.clock.moment = row.not_before
        assert await attend_next(house.parts) is True
        waits.append((row.not_before - house.clock.now()).total_seconds())
        assert row.reason == reason
    assert (row.state, row.triggers) == ("dead", ["body"])
    assert waits[:2] == [5, 25]
    assert_nothing_was_written(house)


async def test_an_endless_reason_is_cut():
    def fails(_: ModelRequest):
        raise ValueError("x " * 1_000_000)

    house = FakeHouse(model=FakeModel([fails]))
    row = house.plan()
    await attend_next(house.parts)
    assert 1_000 < len(row.reason) <= 2_000


async def test_work_without_a_thread_is_an_error_and_not_the_end_of_the_hand():
    house = FakeHouse()
    row = house.queue.plan(WorkOrder("840#12", "thread", "body", INSTALLATION, 840, REPOSITORY.name))
    assert await attend_next(house.parts) is True
    assert (row.state, row.reason) == ("planned", "ValueError: work 1 (840#12) is about no thread")


class Unreachable(FakeWorkQueue):
    """A queue whose database goes away for `conclude`, and for `retry` as well when `all_of_it`."""

    all_of_it = False
    away = True

    async def conclude(self, lease: Lease, runs: Sequence[RunRecord], effects: Sequence[PlannedEffect]):
        if self.away:
            raise ConnectionError("the database is away")
        return await super().conclude(lease, runs, effects)

    async def retry(self, lease: Lease, reason: str, at: datetime, *, counts: bool = True) -> None:
        if self.away and self.all_of_it:
            raise ConnectionError("the database is away")
        await super().retry(lease, reason, at, counts=counts)


def with_queue(queue: type[FakeWorkQueue]) -> FakeHouse:
    house = FakeHouse()
    house.queue = queue(house.clock.now, outbox=house.outbox)
    return house


async def test_a_conclusion_that_fails_is_tried_again_and_written_once():
    house = with_queue(Unreachable)
    row = house.plan()
    await attend_next(house.parts)
    assert (row.state, row.reason) == ("planned", "ConnectionError: the database is away")
    assert_nothing_was_written(house)
    vars(house.queue)["away"] = False
    house.clock.advance(5)
    await attend_next(house.parts)
    assert row.state == "done"
    assert len(house.queue.runs) == len(house.outbox.rows) == 2


async def test_a_database_that_stays_away_is_the_hands_business_and_the_lease_runs_out():
    house = with_queue(Unreachable)
    vars(house.queue)["all_of_it"] = True
    row = house.plan()
    with pytest.raises(ConnectionError):
        await attend_next(house.parts)
    assert row.state == "leased"
    house.clock.advance(LEASE_SECONDS)
    await house.queue.expire()
    assert (row.state, row.triggers, row.reason) == ("planned", ["body"], EXPIRED)


# --- the lease -------------------------------------------------------------------------------------------


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
        """Let the time of one heartbeat pass; whether the lease was held."""
        self.house.clock.advance(HEARTBEAT_S)
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
            await now.queue.expire()
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
        assert_nothing_was_written(now.house)
        assert (now.row.state, now.row.reason, now.row.triggers) == ("planned", EXPIRED, ["body"])
        assert now.row.attempts == 1


async def test_a_hand_that_lost_a_lease_takes_the_next_work():
    """Losing must not leave the hand's own task cancelled, the first time or the fifth."""
    house = FakeHouse()
    house.queue = queue = Heard(house.clock.now, outbox=house.outbox)
    row = house.plan()
    for _ in range(5):
        row.attempts = 0
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
        assert await now.beat() is False
        assert await now.beat() is False
        await now.queue.expire()
        assert now.row.state == "leased"
        assert await now.beat() is True
        now.model.told.set()
        assert await now.attending is True
        assert now.row.state == "done"


async def test_a_lease_taken_back_behind_the_back_of_a_quick_thought_is_noticed_at_the_end():
    async with thinking() as now:
        now.house.clock.moment += timedelta(seconds=LEASE_SECONDS)  # nobody woke up: the process stood still
        await now.queue.expire()
        now.model.told.set()
        assert await now.attending is True
        assert_nothing_was_written(now.house)
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
        assert_nothing_was_written(now.house)
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
        assert_nothing_was_written(now.house)


# --- several hands ---------------------------------------------------------------------------------------


async def test_many_hands_do_each_thread_once():
    house = FakeHouse()
    threads = [ThreadRef(RepositoryRef(INSTALLATION, 840, REPOSITORY.name), "issue", number) for number in range(20, 60)]
    thread = house.github.threads[THREAD.key]
    for ref in threads:
        house.github.add_thread(ref, thread.model_copy(update={"number": ref.number, "node_id": f"NODE_{ref.number}"}))
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


