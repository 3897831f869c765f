"""What stands between a worker and the world: calls that may be interrupted, and a clock that is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.scheduler import Scheduler, pause


class Paused:
    """A port whose every call may be interrupted before it is made and after it was done."""

    def __init__(self, port: object, random: Random) -> None:
        self._port, self._random = port, random

    def __getattr__(self, name: str) -> Any:
        method, random = getattr(self._port, name), self._random

        async def call(*args: Any, **options: Any) -> Any:
            await pause(random.random() * 0.2)
            result = await method(*args, **options)
            await pause(random.random() * (1.5 if random.random() < 0.05 else 0.05))
            return result

        return call


@dataclass
class SkewedClock:
    """A machine's own clock: wrong by some seconds, like any."""

    scheduler: Scheduler
    skew: timedelta

    def now(self) -> datetime:
        return self.scheduler.now() + self.skew

    async def sleep(self, seconds: float) -> None:
        await pause(seconds)
