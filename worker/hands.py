"""Hands: a fixed number of loops that each claim one thing, do it, and claim again until nothing is due.

They live beside arq, not inside it: arq dies with Redis, and work must go on without Redis. A hand that finds
nothing sleeps until somebody wakes it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger("worker.hands")


class Hands:
    """`take` does one piece of work and says whether there was any."""

    def __init__(self, name: str, count: int, take: Callable[[], Awaitable[bool]]) -> None:
        self._name = name
        self._count = count
        self._take = take
        self._rings = 0
        self._waiting = 0
        self._wake = asyncio.Semaphore(0)
        self._stopping = False

    def wake(self) -> None:
        """One more hand looks for work; busy ones look again by themselves when they are done."""
        self._rings += 1
        if self._waiting > 0:
            self._waiting -= 1
            self._wake.release()

    def wake_all(self) -> None:
        for _ in range(max(1, self._waiting)):
            self.wake()

    def stop(self) -> None:
        """Finish what is in hand, claim nothing more."""
        self._stopping = True
        self.wake_all()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self._count):
                group.create_task(self._loop(), name=f"{self._name}-{number}")

    async def _loop(self) -> None:
        while not self._stopping:
            rings = self._rings
            # A bell that rang while this hand was looking may be about work its look could not see yet.
            if not await self._look() and rings == self._rings and not self._stopping:
                self._waiting += 1
                await self._wake.acquire()

    async def _look(self) -> bool:
        try:
            return await self._take()
        except Exception:
            # The database may be away for a moment. Rest until the sweeper wakes the hands; a lease that was
            # taken runs out by itself.
            log.exception("hand_failed", hands=self._name)
            return False
