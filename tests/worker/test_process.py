"""One worker process: it does what is due, ends politely when told, and ends by itself when its session is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.playground.control import environment
from app.playground.hub import Hub
from app.store.engine import Database
from app.store.queue import PostgresQueue
from tests.commands.shell import started
from tests.contracts.values import an_order
from tests.fixtures_playground import running_playground

OURS = """
    from pg_locks where locktype = 'advisory' and classid = :space and objsubid = 2
    and database = (select oid from pg_database where datname = current_database())
"""
LOCKS = f"select count(*) as held {OURS}"
END_SESSIONS = f"select pg_terminate_backend(pid) {OURS}"
SPACE = 0x706C756D


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with running_playground() as (opened, _):
        opened.add_repository("acme/tool")
        opened.install(account="acme")
        yield opened


@asynccontextmanager
async def worker(
    hub: Hub, folder: Path, database_url: str, redis_url: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    async with started(
        "worker", folder=folder, DATABASE_URL=database_url, REDIS_URL=redis_url, **environment(hub)
    ) as process:
        yield process


async def until(database: Database, condition: Callable[[Any], bool], query: str, **values: Any) -> None:
    async with asyncio.timeout(20):
        while not condition((await database.run(sa.text(query), **values))[0][0]):
            await asyncio.sleep(0.02)


@pytest.fixture
async def due(database: Database, hub: Hub) -> int:
    """Work on a thread that GitHub does not know: it is attended, finds nothing, and is done."""
    (installation,) = hub.state.installations
    order = an_order(404, repository_id=hub.repository("acme/tool").id, installation_id=installation)
    (work_id,) = await PostgresQueue(database).order([replace(order, repository="acme/tool")])
    return work_id


async def ended(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    text = await asyncio.wait_for(process.stderr.read(), 15)
    await process.wait()
    return text.decode()


async def test_it_does_what_is_due_and_ends_when_told(
    hub: Hub, database: Database, database_url: str, redis_url: str, due: int, tmp_path: Path
):
    async with worker(hub, tmp_path, database_url, redis_url) as process:
        await until(database, lambda state: state == "done", "select state from work where id = :id", id=due)
        process.terminate()
        said = await ended(process)
    assert process.returncode == 0, said
    assert "session_lost=False" in said
    assert "Traceback" not in said


async def test_without_a_session_it_ends_because_others_may_have_its_work(
    hub: Hub, database: Database, database_url: str, redis_url: str, tmp_path: Path
):
    async with worker(hub, tmp_path, database_url, redis_url) as process:
        await until(database, lambda held: held == 1, LOCKS, space=SPACE)
        await database.run(sa.text(END_SESSIONS), space=SPACE)
        said = await ended(process)
    assert process.returncode == 0, said
    assert "session_lost=True" in said


async def test_without_redis_it_works_and_ends_all_the_same(
    hub: Hub, database: Database, database_url: str, due: int, tmp_path: Path
):
    async with worker(hub, tmp_path, database_url, "redis://127.0.0.1:1") as process:
        await until(database, lambda state: state == "done", "select state from work where id = :id", id=due)
        process.terminate()
        said = await ended(process)
    assert process.returncode == 0, said
