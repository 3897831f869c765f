"""What every bell promises: whoever is rung for is heard, and only a failure to ring is an error."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.adapters.arq_bell import QUEUE, ArqBell
from app.ports import Bell
from tests.conftest import VALKEY_DATABASES, WORKER
from tests.fakes.bell import FakeBell


class Tower(ABC):
    """A bell, and ears for it."""

    bell: Bell

    @abstractmethod
    async def heard(self) -> set[str]:
        """`work:<id>` and `effects:<id>` of everything rung for so far."""

    @abstractmethod
    def broken(self) -> Bell:
        """A bell that nobody can hear."""


class FakeTower(Tower):
    def __init__(self) -> None:
        self.bell = self.fake = FakeBell()

    async def heard(self) -> set[str]:
        return {f"work:{one}" for one in self.fake.rung_work} | {f"effects:{one}" for one in self.fake.rung_effects}

    def broken(self) -> Bell:
        return FakeBell(broken=True)


class ArqTower(Tower):
    def __init__(self, bell: ArqBell, unreachable: ArqBell, redis: Redis) -> None:
        self.bell, self._unreachable, self._redis = bell, unreachable, redis

    async def heard(self) -> set[str]:
        return {job.decode() for job in await self._redis.zrange(QUEUE, 0, -1)}

    def broken(self) -> Bell:
        return self._unreachable


@pytest.fixture(params=["fake", "arq"])
async def tower(request: pytest.FixtureRequest) -> AsyncIterator[Tower]:
    if request.param == "fake":
        yield FakeTower()
        return
    url = f"{request.getfixturevalue('valkey_url')}?db={WORKER % VALKEY_DATABASES}"
    bell, unreachable = ArqBell(url), ArqBell("redis://127.0.0.1:1/0")
    async with Redis.from_url(url) as redis:
        await redis.flushdb()
        yield ArqTower(bell, unreachable, redis)
    await bell.close()
    await unreachable.close()


async def test_everything_rung_for_is_heard(tower: Tower):
    await tower.bell.work([1, 2, 3])
    await tower.bell.effects([2])
    assert await tower.heard() == {"work:1", "work:2", "work:3", "effects:2"}


async def test_nothing_is_heard_for_nothing(tower: Tower):
    await tower.bell.work([])
    await tower.bell.effects([])
    assert await tower.heard() == set()


async def test_ringing_again_or_twice_at_once_is_no_mistake(tower: Tower):
    await tower.bell.work([1, 1])
    await tower.bell.work([1, 2])
    assert await tower.heard() == {"work:1", "work:2"}


async def test_a_whole_sweep_is_heard(tower: Tower):
    await tower.bell.work(range(1, 5_001))
    assert len(await tower.heard()) == 5_000


async def test_many_may_ring_at_once(tower: Tower):
    await asyncio.gather(*(tower.bell.work([number]) for number in range(50)))
    assert await tower.heard() == {f"work:{number}" for number in range(50)}


async def test_the_largest_id_is_heard(tower: Tower):
    await tower.bell.effects([2**63 - 1])
    assert await tower.heard() == {f"effects:{2**63 - 1}"}


async def test_a_bell_that_nobody_can_hear_says_so(tower: Tower):
    broken = tower.broken()
    with pytest.raises((OSError, RedisError)):
        await broken.work([1])
    with pytest.raises((OSError, RedisError)):
        await broken.effects([1])
