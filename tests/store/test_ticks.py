"""One schedule for many workers: each window is served once, whoever asks first."""

import asyncio

import sqlalchemy as sa

from app.store.engine import Database
from app.store.ticks import may_run


async def pass_by(database: Database, seconds: float) -> None:
    await database.run(sa.text("update ticks set ran_at = ran_at - make_interval(secs => :s)"), s=seconds)


async def test_of_eight_that_ask_at_once_one_may_in_every_window(database: Database):
    for _ in range(5):
        answers = await asyncio.gather(*(may_run(database, "sweep", 60) for _ in range(8)))
        assert sorted(answers) == [False] * 7 + [True]
        await pass_by(database, 60)


async def test_a_window_has_a_tenth_of_slack_for_clocks_that_jitter(database: Database):
    assert await may_run(database, "sweep", 60)
    await pass_by(database, 53)
    assert not await may_run(database, "sweep", 60)
    await pass_by(database, 1.5)
    assert await may_run(database, "sweep", 60)


async def test_jobs_do_not_wait_for_one_another(database: Database):
    assert await may_run(database, "sweep", 60)
    assert await may_run(database, "clean", 86_400)
    assert not await may_run(database, "clean", 86_400)


async def test_a_shorter_interval_counts_at_once(database: Database):
    """Settings may change between two starts."""
    assert await may_run(database, "sweep", 3600)
    await pass_by(database, 10)
    assert await may_run(database, "sweep", 5)
