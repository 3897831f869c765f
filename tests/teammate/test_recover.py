from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef, Thread, ThreadRef
from app.domain.work import Lease, WorkOrder
from app.ports import FailedDelivery
from app.teammate.recover import reconcile_threads, recovery_window, request_failed_deliveries
from tests.fakes.clock import START, FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.installations import FakeInstallations
from tests.fakes.work_queue import FakeWorkQueue

ONE = RepositoryRef(5, 840, "o/r")
TWO = RepositoryRef(5, 841, "o/s")
THREE = RepositoryRef(6, 900, "p/q")


@dataclass
class Book:
    """What is installed, and what the queue knows."""

    installations: FakeInstallations
    queue: FakeWorkQueue

    @classmethod
    async def of(cls, clock: FakeClock, installed: dict[int, list[RepositoryRef]], *, marked: bool = True) -> "Book":
        book = cls(FakeInstallations(clock.now), FakeWorkQueue(clock.now))
        for number, refs in installed.items():
            await book.installations.set_state(number, "someone", "active")
            await book.installations.set_repositories(number, refs)
            for ref in refs if marked else ():
                await book.installations.set_reconciled(ref.repository_id, START)
        return book

    async def ordered(self) -> list[Lease]:
        """All that was ordered, by taking it."""
        leases = []
        while lease := await self.queue.claim(UUID(int=1)):
            leases.append(lease)
        return leases

    async def mark(self, ref: RepositoryRef) -> datetime | None:
        return await self.installations.reconciled_until(ref.repository_id)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def github(clock) -> FakeGitHub:
    return FakeGitHub(clock)


def add(github: FakeGitHub, number: int, *, ref: RepositoryRef = ONE, age_s: float = 0, **changes: Any) -> ThreadRef:
    at = github.clock.now() - timedelta(seconds=age_s)
    thread = Thread(
        kind="issue",
        number=number,
        node_id=f"I_{number}",
        title="T",
        body="B",
        author="ada",
        author_is_bot=False,
        association="NONE",
        state="open",
        locked=False,
        labels=(),
        comments=(),
        created_at=at,
        updated_at=github.clock.now(),
    )
    where = ThreadRef(ref, "issue", number)
    github.add_thread(where, thread.model_copy(update=changes))
    return where


async def reconcile(book: Book, github: FakeGitHub) -> int:
    return await reconcile_threads(
        installations=book.installations, reader=github, queue=book.queue, clock=github.clock
    )


async def test_the_first_pass_only_sets_the_mark(github, clock):
    add(github, 1, age_s=10)
    book = await Book.of(clock, {5: [ONE]}, marked=False)
    assert await reconcile(book, github) == 0
    assert (await book.ordered(), github.reads, await book.mark(ONE)) == ([], [], START)


async def test_a_thread_nobody_announced_is_ordered_once(github, clock):
    book = await Book.of(clock, {5: [ONE]}, marked=False)
    await reconcile(book, github)
    clock.advance(1800)
    missed = add(github, 7)
    clock.advance(1800)
    assert await reconcile(book, github) == 1
    [lease] = await book.ordered()
    assert (lease.key, lease.kind, lease.triggers, lease.thread) == ("840#7", "thread", ("body",), missed)
    clock.advance(60)
    assert await reconcile(book, github) == 0


async def test_an_old_thread_with_a_new_comment_is_no_backlog(github, clock):
    book = await Book.of(clock, {5: [ONE]})
    clock.advance(3600)
    add(github, 7, age_s=86_400)
    assert await reconcile(book, github) == 0


@pytest.mark.parametrize("changes", [{"state": "closed"}, {"author_is_bot": True}])
async def test_what_an_event_would_not_have_started_is_not_started_here(github, clock, changes):
    book = await Book.of(clock, {5: [ONE]})
    clock.advance(3600)
    add(github, 7, age_s=5, **changes)
    assert await reconcile(book, github) == 0


async def test_known_threads_cost_no_read(github, clock):
    book = await Book.of(clock, {5: [ONE]})
    await book.queue.order([WorkOrder("840#7", "thread", "body", 5, 840, "o/r", "issue", 7)])
    clock.advance(3600)
    add(github, 7, age_s=5)
    assert await reconcile(book, github) == 0
    assert [what for what, _ in github.reads] == ["changed_threads"]


async def test_a_pass_that_fails_leaves_its_mark_and_the_others_go_on(github, clock):
    book = await Book.of(clock, {5: [ONE, TWO], 6: [THREE]})
    clock.advance(3600)
    missed = add(github, 7, age_s=5)
    add(github, 8, ref=THREE, age_s=5)
    github.failures.append(WriteAnswer(502))
    assert await reconcile(book, github) == 1
    assert [await book.mark(ref) for ref in (ONE, TWO, THREE)] == [START, START, clock.now()]
    assert await reconcile(book, github) == 1
    assert missed.key in {lease.key for lease in await book.ordered()}


async def test_one_repository_that_is_gone_does_not_stop_its_neighbours(github, clock):
    book = await Book.of(clock, {5: [ONE, TWO]})
    clock.advance(3600)
    add(github, 8, ref=TWO, age_s=5)
    github.failures.append(WriteAnswer(404, "Not Found"))
    assert await reconcile(book, github) == 1
    assert await book.mark(ONE) == START


DAYS, RECENT = timedelta(days=3), timedelta(minutes=15)


@pytest.mark.parametrize(
    ("minutes", "back", "full"),
    [
        (None, DAYS, True),
        *((minutes, RECENT, False) for minutes in (0, 59.9, -59.9)),
        *((minutes, DAYS, True) for minutes in (60, 5_000, -60)),
    ],
)
def test_the_whole_log_is_read_on_start_and_hourly(minutes, back, full):
    last = None if minutes is None else START - timedelta(minutes=minutes)
    assert recovery_window(START, last) == (START - back, full)


def test_every_moment_is_read_by_several_passes_and_the_whole_log_24_times_a_day():
    last, reads, fulls = None, [], 0
    for number in range(480):
        now = START + number * timedelta(minutes=3)
        since, full = recovery_window(now, last)
        last = now if full else last
        reads.append((since, now))
        fulls += full
    assert fulls == 24
    moments = (START + number * timedelta(minutes=7) for number in range(200))
    assert min(sum(since <= moment <= now for since, now in reads) for moment in moments) >= 5


def failed(number: int, *, event="issues", status=502, guid="") -> FailedDelivery:
    return FailedDelivery(number, guid or f"guid-{number}", event, START, status)


async def ask(github: FakeGitHub) -> int:
    since = START - timedelta(days=3)
    return await request_failed_deliveries(reader=github, writer=github, since=since)


async def test_each_failed_delivery_is_asked_for_once(github):
    github.failed = [failed(1), failed(2, guid="guid-1"), failed(3, status=0), failed(4, status=401)]
    assert await ask(github) == 3
    assert [number for _, number in github.writes] == [1, 3, 4]
    assert [what for what, _ in github.reads] == ["failed_deliveries"]


async def test_what_we_do_not_hear_or_cannot_read_is_left(github):
    github.failed = [failed(1, event="star"), failed(2, status=400), failed(3, status=413)]
    assert await ask(github) == 0
    assert github.writes == []


@pytest.mark.parametrize("answer", [WriteAnswer(429), WriteAnswer(502), WriteAnswer(None, "timed out")])
async def test_a_limit_or_an_outage_stops_the_pass(github, answer):
    github.failed = [failed(number) for number in range(9)]
    github.answers.extend([WriteAnswer(202), answer])
    assert await ask(github) == 1
    assert len(github.writes) == 2


@pytest.mark.parametrize("answer", [WriteAnswer(404, "Not Found"), WriteAnswer(422, "too old")])
async def test_one_refused_redelivery_does_not_stop_the_others(github, answer):
    github.failed = [failed(1), failed(2)]
    github.answers.append(answer)
    assert await ask(github) == 1
