"""Attending: whatever happens to a piece of work, it ends done, planned with its reason, dead with it, or lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import structlog

from app.domain.effect import PlannedEffect, WriteAnswer
from app.domain.prompt import PromptVersion
from app.domain.run import RunRecord
from app.domain.snapshot import Snapshot
from app.domain.work import LEASE_SECONDS, MAX_ATTEMPTS, Lease, WorkOrder
from app.errors import ConfigurationError, ModelUnavailable
from app.teammate.attend import attend_next
from app.teammate.index import MAX_PASSAGES
from tests.fakes.clock import START
from tests.fakes.model import FakeModel
from tests.fakes.parts import INSTALLATION, REPOSITORY, THREAD, FakeHouse, as_asked
from tests.fakes.work_queue import EXPIRED, FakeWorkQueue

pytestmark = pytest.mark.usefixtures("logs")


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


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
    assert house.queue.rows["listen:840#12"].order.kind == "listen"
    assert await attend_next(house.parts) is True
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
    assert house.wrote_nothing


async def test_an_installation_is_attended_and_concluded():
    house = FakeHouse()
    row = house.plan_installation("installation.deleted")
    assert await attend_next(house.parts) is True
    assert row.state == "done"
    assert house.installations.states[INSTALLATION][1] == "deleted"


async def test_logs_name_the_work_while_it_is_done_and_not_afterwards():
    seen: list[dict[str, object]] = []

    def looking(prompt: PromptVersion, shown: Snapshot):
        seen.append(structlog.contextvars.get_contextvars())
        return as_asked(prompt, shown)

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
    (WriteAnswer(None, "timed out"), Expected(5, counts=False)),
    (WriteAnswer(500, "oops"), Expected(5, counts=False)),
    (WriteAnswer(502, "Bad Gateway"), Expected(5, counts=False)),
    (WriteAnswer(503, "busy", retry_after=120), Expected(120, counts=False)),
    (WriteAnswer(None, "timed out", stage="token"), Expected(5, counts=False)),
    (WriteAnswer(401, "Bad credentials"), Expected(2, counts=False)),
    (WriteAnswer(401, "Bad credentials", stage="token"), Expected(2, counts=False)),
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
    assert house.wrote_nothing
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
    held = house.outbox.next_write_at.get(INSTALLATION, after(0))
    assert held == after(expected.held or 0)


@pytest.mark.parametrize("kind", ["index", "installation"])
async def test_other_work_is_judged_by_the_same_table(kind: str):
    house = FakeHouse()
    index = WorkOrder("index:840", "index", "push:1", INSTALLATION, 840, REPOSITORY.name)
    row = house.queue.plan(index) if kind == "index" else house.plan_installation("installation.created")
    house.github.failures.append(WriteAnswer(502, "Bad Gateway"))
    await attend_next(house.parts)
    assert (row.state, row.attempts, row.not_before) == ("planned", 0, after(5))
    house.clock.advance(5)
    house.github.failures.append(WriteAnswer(404, "Not Found"))
    await attend_next(house.parts)
    assert row.state == "done"


async def test_an_outage_is_waited_for_a_day_and_then_says_why():
    house = FakeHouse()
    row = house.plan()
    began = house.clock.now()
    waits = []
    while row.state == "planned":
        house.github.failures.append(WriteAnswer(502, "Bad Gateway"))
        house.clock.moment = row.not_before
        assert await attend_next(house.parts) is True
        waits.append((row.not_before - house.clock.now()).total_seconds())
    assert (row.state, row.attempts) == ("dead", MAX_ATTEMPTS)
    assert "502 Bad Gateway" in row.reason
    assert (waits[:7], set(waits[7:])) == ([5, 5, 10, 20, 40, 80, 160], {300})
    assert house.clock.now() - began > timedelta(days=1)
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

    def meanwhile(*_: object):
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
    def fails(*_: object):
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
    assert house.wrote_nothing


async def test_an_endless_reason_is_cut():
    def fails(*_: object):
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
    assert house.wrote_nothing
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
