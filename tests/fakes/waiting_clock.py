"""A clock on which people really wait: whoever sleeps wakes when a test has moved time far enough."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.fakes.clock import FakeClock


@dataclass
class WaitingClock(FakeClock):
    waiting: list[tuple[datetime, asyncio.Future[None]]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        woken = asyncio.get_running_loop().create_future()
        self.waiting.append((self.moment + timedelta(seconds=seconds), woken))
        await woken

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        for at, woken in self.waiting:
            if at <= self.moment and not woken.done():
                woken.set_result(None)
