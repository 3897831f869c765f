"""arq's worker with a nudge in place of its polling clock.

arq 0.28 looks for jobs every `poll_delay` seconds: half of that is the median wait before a job starts, and
a short delay costs hundreds of Redis commands a second. Here the loop blocks on a list that the bell pushes
to, looks at once when nudged, and otherwise once every two seconds (for jobs that were deferred).
"""

import asyncio
from typing import Any

from arq.connections import create_pool
from arq.worker import Worker

from app.adapters.arq_bell import NUDGE

LOOK_EVERY_S = 2


class NudgedWorker(Worker):
    """Same jobs, same keys; only the waiting differs."""

    async def main(self) -> None:
        self._pool = await create_pool(
            self.redis_settings,
            job_deserializer=self.job_deserializer,
            job_serializer=self.job_serializer,
            default_queue_name=self.queue_name,
        )
        self.ctx["redis"] = self._pool
        while True:
            await self._poll_iteration()
            nudged: Any = self._pool.blpop([NUDGE], timeout=LOOK_EVERY_S)
            await nudged

    async def close(self) -> None:
        """Ends the jobs and the connections. arq's own asks Redis first: with Redis gone it raises, and what it raises
        would take the place of the cancellation that ends a worker.
        """
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        if self._pool is not None:
            await self._pool.aclose(close_connection_pool=True)


async def run_arq(worker: NudgedWorker) -> None:
    """Run until cancelled or Redis goes away; connections are closed either way."""
    try:
        await worker.async_run()
    finally:
        await asyncio.shield(worker.close())
