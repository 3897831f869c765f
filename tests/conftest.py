"""Real servers for the tests: one PostgreSQL and one Valkey for the whole run, shared by all xdist workers.

They stop with the last worker, or by themselves when the run is killed. Each worker has a database and a Valkey
database number of its own, emptied before each test that uses them.
"""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import pytest
import structlog
from redis.asyncio import Redis
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.adapters.embedded_valkey import EmbeddedValkey
from app.store.engine import Database, open_database
from app.store.migrations import migrate
from app.store.tables import metadata

T = TypeVar("T")

# Where this is set, each process of a run would compile anew what changed since the set-up, and pytest its tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
LINGER_S = 2.0
VALKEY_DATABASES = 16  # its default
TOGETHER = "tests/journeys/together"


class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out tests one by one, and those that share a stage at once: `xdist_group` does nothing in pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler | None:
    return Scheduler(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def servers_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all workers of the run: the first to come starts a server in it, the others adopt it."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "servers"


@pytest.fixture(scope="session")
def postgres_url(servers_dir: Path) -> Iterator[str]:
    """The server's own database, for tests that make databases of their own."""
    server = EmbeddedPostgres(servers_dir, linger=LINGER_S)
    yield _elsewhere(server.start())
    _elsewhere(server.stop())


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    """This worker's database, as the test before left it: take `database_url` unless a test runs its own loop."""
    url = postgres_url.replace("/plumbline?", f"/test{WORKER}?")
    _elsewhere(_create_database(postgres_url, f"test{WORKER}"))
    _elsewhere(migrate(url))
    return url


@pytest.fixture
async def database_url(migrated_url: str) -> str:
    """A migrated database in which there is nothing and nobody."""
    await empty(migrated_url)
    return migrated_url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, pool_size=20) as opened:
        yield opened


@pytest.fixture
async def empty_database_url(postgres_url: str) -> AsyncIterator[str]:
    """A database without a schema, gone after the test."""
    name = f"empty_{uuid4().hex}"
    await _create_database(postgres_url, name)
    yield postgres_url.replace("/plumbline?", f"/{name}?")
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture(autouse=True)
def no_context() -> None:
    """Simulated crashes leave coroutines behind that never unbind what they told the logs."""
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def valkey_url(servers_dir: Path) -> Iterator[str]:
    server = EmbeddedValkey(servers_dir, linger=LINGER_S)
    yield _elsewhere(server.start())
    _elsewhere(server.stop())


@pytest.fixture
async def redis_url(valkey_url: str) -> str:
    """An empty Valkey database of this worker's own."""
    url = f"{valkey_url}?db={WORKER % VALKEY_DATABASES}"
    async with Redis.from_url(url) as client:
        await client.flushdb()
    return url


async def empty(url: str) -> None:
    """Leave the schema alone. Deleting a test's few rows is quicker by far than making a new database."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    await connection.execute(";".join(f"delete from {table}" for table in reversed(metadata.sorted_tables)))
    await connection.close()


async def _create_database(postgres_url: str, name: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"drop database if exists {name} with (force)")
    await connection.execute(f"create database {name}")
    # Tests need not survive a power cut, and committing to memory spares the disk that all of them share.
    await connection.execute(f"alter database {name} set synchronous_commit = off")
    await connection.close()


def _elsewhere(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it on a loop of its own: session fixtures may be needed first while a test's loop runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def pytest_collection_finish() -> None:
    """What collecting made stays for the whole session: the garbage collector need not look through it in every test,
    least of all in those that measure how time grows.
    """
    gc.collect()
    gc.freeze()
