from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef, Thread, ThreadRef
from app.domain.work import WorkOrder
from app.ports import FailedDelivery, InstallationInfo, InstallationState
from app.teammate.recover import reconcile_threads, request_failed_deliveries
from tests.fakes.clock import START, FakeClock
from tests.fakes.github import FakeGitHub

ONE = RepositoryRef(5, 840, "o/r")
TWO = RepositoryRef(5, 841, "o/s")
THREE = RepositoryRef(6, 900, "p/q")


@dataclass
class Book:
    """Installations and the queue's memory, as far as recovering asks."""

    installed: dict[int, list[RepositoryRef]]
    marks: dict[int, datetime] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    orders: list[WorkOrder] = field(default_factory=list)

    async def active(self) -> list[InstallationInfo]:
        return [InstallationInfo(number, "someone", suspended=False) for number in self.installed]

    async def repositories(self, installation_id: int) -> list[RepositoryRef]:
        return self.installed[installation_id]

    async def reconciled_until(self, repository_id: int) -> datetime | None:
        return self.marks.get(repository_id)

    async def set_reconciled(self, repository_id: int, until: datetime) -> None:
        self.marks[repository_id] = until

    async def set_state(self, installation_id: int, account: str, state: InstallationState) -> None:
        raise AssertionError

    async def set_repositories(self, installation_id: int, refs: Sequence[RepositoryRef]) -> None:
        raise AssertionError

    async def purge_deleted(self, now: datetime) -> int:
        raise AssertionError

    async def unknown_keys(self, keys: Sequence[str]) -> set[str]:
        return set(keys) - self.known

    async def order(self, orders: Sequence[WorkOrder]) -> list[int]:
        self.orders.extend(orders)
        self.known.update(order.key for order in orders)
        return list(range(len(orders)))


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
    return await reconcile_threads(installations=book, reader=github, queue=book, clock=github.clock)


async def test_the_first_pass_only_sets_the_mark(github):
    add(github, 1, age_s=10)
    book = Book({5: [ONE]})
    assert await reconcile(book, github) == 0
    assert (book.orders, github.reads, book.marks) == ([], [], {840: START})


async def test_a_thread_nobody_announced_is_ordered_once(github, clock):
    book = Book({5: [ONE]})
    await reconcile(book, github)
    clock.advance(1800)
    add(github, 7)
    clock.advance(1800)
    assert await reconcile(book, github) == 1
    [order] = book.orders
    assert (order.key, order.kind, order.trigger, order.number) == ("840#7", "thread", "body", 7)
    clock.advance(60)
    assert await reconcile(book, github) == 0


async def test_an_old_thread_with_a_new_comment_is_no_backlog(github, clock):
    book = Book({5: [ONE]}, marks={840: START})
    clock.advance(3600)
    add(github, 7, age_s=86_400)
    assert await reconcile(book, github) == 0


@pytest.mark.parametrize("changes", [{"state": "closed"}, {"author_is_bot": True}])
async def test_what_an_event_would_not_have_started_is_not_started_here(github, clock, changes):
    book = Book({5: [ONE]}, marks={840: START})
    clock.advance(3600)
    add(github, 7, age_s=5, **changes)
    assert await reconcile(book, github) == 0


async def test_known_threads_cost_no_read(github, clock):
    book = Book({5: [ONE]}, marks={840: START}, known={"840#7"})
    clock.advance(3600)
    add(github, 7, age_s=5)
    assert await reconcile(book, github) == 0
    assert [what for what, _ in github.reads] == ["changed_threads"]


async def test_a_pass_that_fails_leaves_its_mark_and_the_others_go_on(github, clock):
    book = Book({5: [ONE, TWO], 6: [THREE]}, marks={840: START, 841: START, 900: START})
    clock.advance(3600)
    missed = add(github, 7, age_s=5)
    add(github, 8, ref=THREE, age_s=5)
    github.failures.append(WriteAnswer(502))
    assert await reconcile(book, github) == 1
    assert (book.marks[840], book.marks[841], book.marks[900]) == (START, START, clock.now())
    assert await reconcile(book, github) == 1
    assert missed.key in book.known


async def test_one_repository_that_is_gone_does_not_stop_its_neighbours(github, clock):
    book = Book({5: [ONE, TWO]}, marks={840: START, 841: START})
    clock.advance(3600)
    add(github, 8, ref=TWO, age_s=5)
    github.failures.append(WriteAnswer(404, "Not Found"))
    assert await reconcile(book, github) == 1
    assert book.marks[840] == START


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
