"""Hands claim until nothing is due, never sleep through a bell, and stop with what they hold finished."""

import asyncio
from collections import deque

from worker.hands import Hands


class Bench:
    """Work on a bench: each piece is an event that the test releases, or an exception to raise."""

    def __init__(self) -> None:
        self.due: deque[asyncio.Event | Exception] = deque()
        self.started = 0
        self.finished = 0
        self.looks = 0
        self.changed = asyncio.Condition()

    async def take(self) -> bool:
        self.looks += 1
        if not self.due:
            await self._tell()
            return False
        piece = self.due.popleft()
        if isinstance(piece, Exception):
            raise piece
        self.started += 1
        await self._tell()
        await piece.wait()
        self.finished += 1
        await self._tell()
        return True

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, *, started: int | None = None, finished: int | None = None, looks: int | None = None):
        async with self.changed, asyncio.timeout(5):
            await self.changed.wait_for(
                lambda: (
                    (started is None or self.started >= started)
                    and (finished is None or self.finished >= finished)
                    and (looks is None or self.looks >= looks)
                )
            )


def ready() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def stopped(hands: Hands, task: asyncio.Task[None]) -> None:
    hands.stop()
    async with asyncio.timeout(5):
        await task


async def test_one_bell_is_enough_to_drain_everything_that_is_due():
    bench = Bench()
    hands = Hands("test", 1, bench.take)
    task = asyncio.create_task(hands.run())
    await bench.until(looks=1)
    bench.due.extend(ready() for _ in range(50))
    hands.wake()
    await bench.until(finished=50)
    await stopped(hands, task)


async def test_as_many_pieces_at_once_as_there_are_hands():
    bench = Bench()
    held = [asyncio.Event() for _ in range(5)]
    bench.due.extend(held)
    hands = Hands("test", 3, bench.take)
    task = asyncio.create_task(hands.run())
    await bench.until(started=3)
    assert bench.started == 3
    for event in held:
        event.set()
    await bench.until(finished=5)
    await stopped(hands, task)


async def test_a_bell_that_rings_during_a_look_is_heard():
    """The look began before the work was committed: it finds nothing, but must look once more."""
    looked = 0
    done = asyncio.Event()
    hands: Hands

    async def take() -> bool:
        nonlocal looked
        looked += 1
        if looked == 1:
            hands.wake()
            await asyncio.sleep(0)
            return False
        done.set()
        return False

    hands = Hands("test", 1, take)
    task = asyncio.create_task(hands.run())
    async with asyncio.timeout(5):
        await done.wait()
    await stopped(hands, task)


async def test_a_failing_look_costs_no_hand():
    bench = Bench()
    bench.due.append(RuntimeError("the database is away"))
    hands = Hands("test", 1, bench.take)
    task = asyncio.create_task(hands.run())
    while bench.looks < 1:
        await asyncio.sleep(0)
    bench.due.append(ready())
    hands.wake()
    await bench.until(finished=1)
    await stopped(hands, task)


async def test_stop_waits_for_what_is_in_hand_and_claims_nothing_more():
    bench = Bench()
    held = asyncio.Event()
    bench.due.extend([held, ready()])
    hands = Hands("test", 1, bench.take)
    task = asyncio.create_task(hands.run())
    await bench.until(started=1)
    hands.stop()
    assert not task.done()
    held.set()
    async with asyncio.timeout(5):
        await task
    assert (bench.finished, len(bench.due)) == (1, 1)
