"""Group commit: all deliveries that wait share one transaction, because a commit costs the same for one and many.

Two flushers, so that one batch fills while the other is being written. A delivery is answered after its commit, or
after `STORE_WITHIN_S` at most with a failure, because GitHub hangs up after ten seconds: it notes the failure, and
recovery asks for the delivery again. The bell is rung afterwards; a sweeper makes good for a ring that was lost.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from app.ports import Bell, Delivery, Inbox
from app.web.metrics import Metrics

log = structlog.get_logger("web.commits")

FLUSHERS = 2
BATCH_DELIVERIES = 64
BATCH_BYTES = 1 << 20
STORE_WITHIN_S = 6.0
RING_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    delivery: Delivery
    stored: asyncio.Future[bool]
    deadline: float


class Commits:
    """Runs between `async with`; what was accepted inside is committed before it ends."""

    def __init__(self, inbox: Inbox, bell: Bell, metrics: Metrics) -> None:
        self._inbox = inbox
        self._bell = bell
        self._metrics = metrics
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._to_ring: set[int] = set()
        self._ringable = asyncio.Event()
        self._closing = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._flush(), name=f"flusher-{n}") for n in range(FLUSHERS)]
        self._tasks.append(asyncio.create_task(self._ring(), name="ringer"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._arrived.set()
        *flushers, ringer = self._tasks
        await asyncio.gather(*flushers)
        self._ringable.set()
        await ringer

    def add(self, delivery: Delivery) -> asyncio.Future[bool]:
        """True once the delivery is durable, False when the database did not take it in time."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(delivery, loop.create_future(), loop.time() + STORE_WITHIN_S)
        self._waiting.append(waiting)
        self._arrived.set()
        return waiting.stored

    async def _flush(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._take()
            if batch:
                await self._store(batch)
            elif self._closing:
                return
            else:
                self._arrived.clear()

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < BATCH_DELIVERIES:
            size += len(self._waiting[0].delivery.body)
            if batch and size > BATCH_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        """Commit a batch; if it is refused, each by itself, so that one bad delivery fails alone."""
        try:
            async with asyncio.timeout_at(batch[0].deadline):
                work_ids = await self._inbox.add([waiting.delivery for waiting in batch])
        except Exception as error:  # noqa: BLE001 whatever the store raises, it is not stored
            if len(batch) > 1:
                for waiting in batch:
                    await self._store([waiting])
            else:
                log.warning("delivery_not_stored", delivery=batch[0].delivery.guid, error=repr(error))
                _settle(batch[0].stored, durable=False)
            return
        for waiting in batch:
            _settle(waiting.stored, durable=True)
        self._metrics.batch_size.observe(len(batch))
        planned = [work_id for work_id in work_ids if work_id is not None]
        if planned:
            self._to_ring.update(planned)
            self._ringable.set()

    async def _ring(self) -> None:
        """Ring for all that was committed since the last ring; log when the bell fails and when it is back."""
        silent = False
        while True:
            await self._ringable.wait()
            self._ringable.clear()
            work_ids, self._to_ring = sorted(self._to_ring), set()
            if work_ids:
                try:
                    async with asyncio.timeout(RING_WITHIN_S):
                        await self._bell.work(work_ids)
                except Exception as error:  # noqa: BLE001 nothing depends on a ring
                    if not silent:
                        log.warning("bell_failed", error=repr(error), consequence="the sweeper rings again")
                    silent = True
                else:
                    if silent:
                        log.info("bell_back")
                    silent = False
            if self._closing and not self._to_ring:
                return


def _settle(stored: asyncio.Future[bool], *, durable: bool) -> None:
    """Answer the request, unless it was cancelled meanwhile."""
    if not stored.done():
        stored.set_result(durable)
