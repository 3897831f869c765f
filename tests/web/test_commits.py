import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from app.domain.work import WorkOrder
from app.ports import Delivery
from app.web import commits as module
from app.web.commits import Commits
from app.web.metrics import Metrics
from tests.fakes.bell import FakeBell
from tests.web.served import MemoryInbox


def delivery(number: int, body: bytes = b"{}") -> Delivery:
    order = WorkOrder(f"42#{number}", "thread", "body", 7, 42, "octo/hello", "issue", number)
    return Delivery(f"guid-{number}", "issues", "opened", 7, body, order)


async def until(true) -> None:
    """Let other tasks run until something holds."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)


async def test_deliveries_that_wait_share_a_commit():
    inbox = MemoryInbox()
    async with Commits(inbox, FakeBell(), Metrics()) as commits:
        inbox.gate.clear()
        stored = [commits.add(delivery(0))]
        await asyncio.sleep(0)
        stored += [commits.add(delivery(n)) for n in range(1, 41)]
        inbox.gate.set()
        assert all(await asyncio.gather(*stored))
    assert sum(inbox.batches) == 41
    assert len(inbox.batches) <= 3


async def test_nothing_is_answered_before_its_commit():
    inbox = MemoryInbox()
    inbox.gate.clear()
    async with Commits(inbox, FakeBell(), Metrics()) as commits:
        stored = commits.add(delivery(1))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not stored.done()
        inbox.gate.set()
        assert await stored
    assert list(inbox.bodies) == ["guid-1"]


async def test_one_batch_fills_while_the_other_is_written():
    running = 0
    most = 0

    class Slow(MemoryInbox):
        async def add(self, deliveries: Sequence[Delivery]) -> list[int | None]:
            nonlocal running, most
            running += 1
            most = max(most, running)
            for _ in range(5):
                await asyncio.sleep(0)
            running -= 1
            return await super().add(deliveries)

    async with Commits(Slow(), FakeBell(), Metrics()) as commits:
        stored = []
        for number in range(100):
            stored.append(commits.add(delivery(number)))
            await asyncio.sleep(0)
        assert all(await asyncio.gather(*stored))
    assert most == 2


@pytest.mark.parametrize(
    ("count", "size", "largest"), [(200, 10, 64), (10, module.BATCH_BYTES // 3, 3), (3, module.BATCH_BYTES * 2, 1)]
)
async def test_a_batch_is_bounded_in_number_and_bytes(count, size, largest):
    inbox = MemoryInbox()
    async with Commits(inbox, FakeBell(), Metrics()) as commits:
        assert all(await asyncio.gather(*(commits.add(delivery(n, b"x" * size)) for n in range(count))))
    assert max(inbox.batches) == largest
    assert sum(inbox.batches) == count


async def test_a_poisonous_delivery_fails_alone():
    inbox = MemoryInbox(poison=frozenset({"guid-3"}))
    async with Commits(inbox, FakeBell(), Metrics()) as commits:
        stored = await asyncio.gather(*(commits.add(delivery(n)) for n in range(10)))
    assert stored == [number != 3 for number in range(10)]
    assert len(inbox.bodies) == 9


async def test_a_database_that_hangs_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(module, "STORE_WITHIN_S", 0.05)
    inbox = MemoryInbox()
    inbox.gate.clear()
    started = asyncio.get_running_loop().time()
    async with Commits(inbox, FakeBell(), Metrics()) as commits:
        assert await asyncio.gather(*(commits.add(delivery(n)) for n in range(300))) == [False] * 300
    assert asyncio.get_running_loop().time() - started < 2


async def test_what_was_accepted_is_committed_before_the_end():
    inbox = MemoryInbox()
    inbox.gate.clear()
    commits = Commits(inbox, FakeBell(), Metrics())
    await commits.__aenter__()
    stored = [commits.add(delivery(n)) for n in range(150)]
    ending = asyncio.create_task(commits.__aexit__(None, None, None))
    await asyncio.sleep(0)
    inbox.gate.set()
    await ending
    assert all(future.result() for future in stored)
    assert len(inbox.bodies) == 150


async def test_a_request_that_went_away_harms_nobody():
    inbox = MemoryInbox()
    inbox.gate.clear()
    async with Commits(inbox, FakeBell(), Metrics()) as commits:
        gone, other = commits.add(delivery(1)), commits.add(delivery(2))
        await asyncio.sleep(0)
        gone.cancel()
        inbox.gate.set()
        assert await other
    assert len(inbox.bodies) == 2


async def test_the_bell_is_rung_once_for_work_that_came_together():
    bell = FakeBell()
    async with Commits(MemoryInbox(), bell, Metrics()) as commits:
        await asyncio.gather(*(commits.add(delivery(n)) for n in (1, 2, 2, 3)))
        await until(lambda: len(bell.rung_work) == 3)
    assert sorted(bell.rung_work) == [1, 2, 3]


async def test_what_is_known_or_asks_for_nothing_rings_no_bell():
    bell = FakeBell()
    async with Commits(MemoryInbox(), bell, Metrics()) as commits:
        await commits.add(Delivery("quiet", "star", "created", 7, b"{}", None))
        await commits.add(delivery(1))
        await commits.add(delivery(1))
    assert bell.rung_work == [1]


async def test_a_broken_bell_is_reported_once_and_when_it_is_back():
    bell = FakeBell(broken=True)
    with capture_logs() as said:
        async with Commits(MemoryInbox(), bell, Metrics()) as commits:
            for number in range(5):
                assert await commits.add(delivery(number))
                await until(lambda: not commits._to_ring)
            bell.broken = False
            await commits.add(delivery(6))
            await until(lambda: bell.rung_work)
    assert [line["event"] for line in said] == ["bell_failed", "bell_back"]
