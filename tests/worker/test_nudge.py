"""arq as the bell of a worker: at once when nudged, deaf to what is no job of ours, back when Redis is."""

import asyncio
import pickle
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from redis.asyncio import Redis

from app.adapters.arq_bell import NUDGE, QUEUE, ArqBell
from app.settings import Settings
from tests.adapters.test_arq_bell import up, valkey
from worker.hands import Hands
from worker.process import _arq_for_ever


class Ears(Hands):
    """Hands that only note when they are woken."""

    def __init__(self) -> None:
        super().__init__("ears", 0, lambda: asyncio.sleep(0, False))
        self.heard: asyncio.Queue[float] = asyncio.Queue()

    def wake(self) -> None:
        self.heard.put_nowait(time.perf_counter())


@asynccontextmanager
async def listening(redis_url: str) -> AsyncIterator[tuple[Ears, Ears]]:
    """A worker's arq, waiting for a nudge; the hands for work and those for effects."""
    work, effects = Ears(), Ears()
    settings = Settings.model_validate({"redis_url": redis_url})
    task = asyncio.create_task(_arq_for_ever(settings, work, effects))
    async with Redis.from_url(redis_url) as client:
        await idle(client)
    try:
        yield work, effects
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def idle(client: Redis) -> None:
    """Returns when somebody waits for a nudge."""
    async with asyncio.timeout(10):
        while not any(one["cmd"] == "blpop" for one in await client.client_list()):
            await asyncio.sleep(0.005)


@pytest.fixture
async def bell(redis_url: str) -> AsyncIterator[ArqBell]:
    opened = ArqBell(redis_url)
    yield opened
    await opened.close()


async def test_a_ring_is_heard_within_milliseconds(bell: ArqBell, redis_url: str, capsys: pytest.CaptureFixture[str]):
    async with listening(redis_url) as (work, _), Redis.from_url(redis_url) as client:
        waits = []
        for number in range(30):
            await idle(client)
            began = time.perf_counter()
            await bell.work([number])
            waits.append((await asyncio.wait_for(work.heard.get(), 5) - began) * 1000)
    with capsys.disabled():
        print(f"\na ring is heard after {median(waits):.1f} ms (p50), {max(waits):.1f} ms (most)")  # noqa: T201
    assert median(waits) < 100  # it takes one or two; a worker that polls would need half its interval


async def test_each_bell_wakes_its_own_hands_once(bell: ArqBell, redis_url: str):
    async with listening(redis_url) as (work, effects), Redis.from_url(redis_url) as client:
        await bell.work([1, 2])
        await bell.effects([3])
        async with asyncio.timeout(5):
            await work.heard.get()
            await work.heard.get()
            await effects.heard.get()
        async with asyncio.timeout(5):
            while await client.keys("arq:job:*") or await client.zcard(QUEUE):
                await asyncio.sleep(0.005)
        assert (work.heard.empty(), effects.heard.empty()) == (True, True)
        assert await client.keys("arq:result:*") == []


async def test_jobs_that_came_while_nobody_listened_are_heard(bell: ArqBell, redis_url: str):
    await bell.work(range(100))  # more than arq reads at once, and than there are nudges
    async with listening(redis_url) as (work, _), asyncio.timeout(10):
        for _ in range(100):
            await work.heard.get()


async def test_what_is_no_job_of_ours_harms_nobody(bell: ArqBell, redis_url: str, tmp_path: Path):
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    async with listening(redis_url) as (work, _), Redis.from_url(redis_url) as client:
        for name, body in (
            ("pickle", pickle.dumps(Bomb())),
            ("text", b"hello"),
            ("stranger", b'{"t":null,"f":"rm","a":["/"],"k":{},"et":1}'),
            ("wrong", b'{"t":null,"f":"work","a":[],"k":{"x":1},"et":1}'),
        ):
            await client.set(f"arq:job:{name}", body)
            await client.zadd(QUEUE, {name: 1})
            await client.lpush(NUDGE, "1")
        await bell.work([7])
        async with asyncio.timeout(5):
            await work.heard.get()
    assert not (tmp_path / "ran").exists()


async def test_the_worker_comes_back_when_redis_does(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("v")
    with valkey(folder) as url:
        bell = ArqBell(url)
        await up(bell)
        listener = listening(url)
        work, _ = await listener.__aenter__()
        await bell.work([1])
        await asyncio.wait_for(work.heard.get(), 5)
    with valkey(folder) as url:
        await up(bell)
        await bell.work([2])
        await asyncio.wait_for(work.heard.get(), 20)
        await bell.close()
        await listener.__aexit__(None, None, None)


async def test_it_ends_when_told_though_redis_is_gone(tmp_path_factory: pytest.TempPathFactory):
    """A failure of the last goodbye must not take the place of the cancellation, or the worker would never end."""
    folder = tmp_path_factory.mktemp("v")
    settings = Settings.model_validate({"redis_url": f"unix://{folder / 'v.sock'}"})
    with valkey(folder) as url:
        bell = ArqBell(url)
        await up(bell)
        await bell.close()
        task = asyncio.create_task(_arq_for_ever(settings, Ears(), Ears()))
        async with Redis.from_url(url) as client:
            await idle(client)
    task.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
