"""The clock: what happens every few seconds or hours, in this process, with or without Redis.

Each job asks the database whether its window was served already, so several workers share one schedule.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

log = structlog.get_logger("worker.schedule")


@dataclass(frozen=True, slots=True)
class Periodic:
    """`job` runs about every `every_s` seconds. `alone`: once in the whole installation, not in each worker."""

    name: str
    every_s: float
    job: Callable[[], Awaitable[object]]
    alone: bool = True


async def keep(periodic: Periodic, may_run: Callable[[str, float], Awaitable[bool]]) -> None:
    """Run `periodic` for ever, first at once; a failure is logged and the next turn comes all the same."""
    while True:
        try:
            if not periodic.alone or await may_run(periodic.name, periodic.every_s):
                await periodic.job()
        except Exception:
            log.exception("periodic_failed", job=periodic.name)
        await asyncio.sleep(periodic.every_s)
