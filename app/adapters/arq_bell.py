"""The bell: wakes a worker through arq's own keys in Redis. It carries ids only and may forget everything.

arq's `enqueue_job` costs three round trips a job; one script rings for a whole batch in one, writes the
same keys (read in arq 0.28 `connections.py` and `jobs.py`), and pushes a nudge on which the worker blocks, so that
work starts in milliseconds without polling.
"""

import json
import time
from collections.abc import Iterator, Sequence

from redis.asyncio import BlockingConnectionPool, Redis

QUEUE = "arq:queue"
NUDGE = "plumbline:nudge"
EXPIRES_MS = 3_600_000
MAX_NUDGES = 32
CONNECTIONS = 8

# KEYS: queue, nudge. ARGV: now, expiry, most nudges kept, then job id and job body for each bell.
# A job already queued is left alone: the hand it wakes will find the newer work as well.
_RING = """
local rung = 0
for i = 4, #ARGV, 2 do
  if redis.call('SET', 'arq:job:' .. ARGV[i], ARGV[i + 1], 'PX', ARGV[2], 'NX') then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
    redis.call('LPUSH', KEYS[2], '1')
    rung = rung + 1
  end
end
redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
return rung
"""


def dump_job(job: object) -> bytes:
    """arq's serializer, as JSON: a pickle in Redis would be code that anyone who can write there may run."""
    return json.dumps(job, separators=(",", ":"), default=repr).encode()  # of a failed job arq dumps the exception


def load_job(data: bytes) -> dict[str, object]:
    job: dict[str, object] = json.loads(data)
    return job


class ArqBell:
    """`ports.Bell` over one small connection pool; errors reach the caller, who logs and forgets them."""

    def __init__(self, redis_url: str) -> None:
        # Who finds all of them busy waits for one: a plain pool would raise, and the ring be lost.
        pool = BlockingConnectionPool.from_url(
            redis_url, max_connections=CONNECTIONS, timeout=2, socket_timeout=2, socket_connect_timeout=2
        )
        self._redis = Redis.from_pool(pool)
        self._ring = self._redis.register_script(_RING)

    async def work(self, work_ids: Sequence[int]) -> None:
        await self._call("work", work_ids)

    async def effects(self, effect_ids: Sequence[int]) -> None:
        await self._call("effects", effect_ids)

    async def ping(self) -> None:
        """Raise when nobody would hear the bell."""
        await self._redis.ping()

    async def commands_processed(self) -> int:
        """Commands the server has processed since its start, this one not counted: what an idle worker costs."""
        stats = await self._redis.info("stats")
        return int(stats["total_commands_processed"])

    async def close(self) -> None:
        await self._redis.aclose()

    async def _call(self, function: str, ids: Sequence[int]) -> None:
        if not ids:
            return
        now = int(time.time() * 1000)
        await self._ring(keys=[QUEUE, NUDGE], args=[now, EXPIRES_MS, MAX_NUDGES, *_jobs(function, ids, now)])


def _jobs(function: str, ids: Sequence[int], now: int) -> Iterator[str | bytes]:
    for number in dict.fromkeys(ids):
        yield f"{function}:{number}"
        yield dump_job({"t": None, "f": function, "a": [number], "k": {}, "et": now})
