"""The bell over real Valkey: arq reads what it writes, nothing piles up, and a restart costs at most a ring."""

import asyncio
import json
import pickle
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.adapters.arq_bell import EXPIRES_MS, MAX_NUDGES, NUDGE, QUEUE, ArqBell, dump_job, load_job
from app.adapters.embedded_valkey import EmbeddedValkey


@pytest.fixture
async def redis(redis_url: str):
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
async def bell(redis_url: str):
    opened = ArqBell(redis_url)
    yield opened
    await opened.close()


async def nudges(redis: Redis) -> int:
    waiting: Any = redis.llen(NUDGE)
    return int(await waiting)


async def arqs_view(redis_url: str) -> ArqRedis:
    return await create_pool(
        RedisSettings.from_dsn(redis_url), job_serializer=dump_job, job_deserializer=load_job, default_queue_name=QUEUE
    )


async def test_arq_reads_the_jobs(bell: ArqBell, redis_url: str):
    await bell.work([7, 8])
    await bell.effects([7])
    async with await arqs_view(redis_url) as pool:
        jobs = await pool.queued_jobs()
    assert sorted((job.function, *job.args, job.job_id) for job in jobs) == [
        ("effects", 7, "effects:7"),
        ("work", 7, "work:7"),
        ("work", 8, "work:8"),
    ]


async def test_jobs_are_json_with_an_id_and_an_end(bell: ArqBell, redis: Redis):
    await bell.work([7])
    body = json.loads(await redis.get("arq:job:work:7"))
    assert (body["f"], body["a"], body["k"]) == ("work", [7], {})
    assert 0 < await redis.pttl("arq:job:work:7") <= EXPIRES_MS


def test_a_pickle_is_refused_not_run(tmp_path: Path):
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    with pytest.raises(ValueError):
        load_job(pickle.dumps(Bomb()))
    assert not (tmp_path / "ran").exists()


async def test_a_job_that_waits_is_not_rung_again(bell: ArqBell, redis: Redis):
    await bell.work([7, 7, 7])
    before = await redis.get("arq:job:work:7")
    await asyncio.gather(*(bell.work([7]) for _ in range(50)))  # more at once than there are connections
    assert await redis.zrange(QUEUE, 0, -1) == ["work:7"]
    assert await nudges(redis) == 1
    assert await redis.get("arq:job:work:7") == before


async def test_nudges_nobody_takes_are_trimmed_and_jobs_are_not(bell: ArqBell, redis: Redis):
    await bell.effects(range(500))
    await bell.work(range(500))
    assert await nudges(redis) == MAX_NUDGES
    assert await redis.zcard(QUEUE) == 1000


async def test_a_server_that_forgot_everything_is_rung_all_the_same(bell: ArqBell, redis: Redis):
    await bell.work([1])
    await redis.script_flush()
    await redis.flushdb()
    await bell.work([1])
    assert await redis.zrange(QUEUE, 0, -1) == ["work:1"]


async def test_errors_reach_the_caller():
    bell = ArqBell("redis://127.0.0.1:1")
    for ring in (bell.work([1]), bell.effects([1]), bell.ping()):
        with pytest.raises(RedisError):
            await ring
    await bell.close()


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A server on a socket that is the same each time, killed at the end like in a power cut."""
    socket = folder / "v.sock"
    socket.unlink(missing_ok=True)
    program = EmbeddedValkey(folder)._program()
    arguments = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL) as server:
        try:
            yield f"unix://{socket}"
        finally:
            server.kill()


async def up(bell: ArqBell) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                return await bell.ping()
            except RedisError:
                await asyncio.sleep(0.02)


async def test_a_restart_of_the_server_is_survived(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("v")
    with valkey(folder) as url:
        bell = ArqBell(url)
        await up(bell)
        await asyncio.gather(*(bell.work([number]) for number in range(20)))
    with pytest.raises(RedisError):
        await bell.work([1])
    with valkey(folder) as url:
        await up(bell)
        await asyncio.gather(*(bell.work([number]) for number in range(20)))
        async with Redis.from_url(url) as client:
            assert await client.zcard(QUEUE) == 20
        await bell.close()


async def test_nothing_to_ring_asks_nothing(tmp_path_factory: pytest.TempPathFactory):
    with valkey(tmp_path_factory.mktemp("v")) as url:  # nobody else talks to this one
        bell = ArqBell(url)
        await up(bell)
        before = await bell.commands_processed()
        await bell.work([])
        await bell.effects([])
        assert await bell.commands_processed() - before == 1  # the first question itself
        await bell.close()
