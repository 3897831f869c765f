import asyncio
import re
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from app.store import migrations
from app.store.engine import Database, open_database
from app.store.migrations import HEAD, current_revision, migrate
from app.store.tables import metadata

SCHEMA = sa.text("""
    select 'column', table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity
    from information_schema.columns where table_schema = 'public' and table_name <> 'alembic_version'
    union all
    select 'index', tablename, indexname, indexdef, '', '', '', ''
    from pg_indexes where schemaname = 'public' and tablename <> 'alembic_version' and indexname !~ '_vectors_[0-9]+$'
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', '', ''
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'alembic_version'
    and contype <> 'n'
""")

KILL_WHO_WAITS = """
    select bool_or(pg_terminate_backend(pid)) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query ilike '%create table passages%'
"""


async def schema(database: Database) -> set[Sequence[Any]]:
    return {tuple(row) for row in await database.run(SCHEMA)}


def made_with_the_schema(name: str | None, kind: str, _: object) -> bool:
    """Indexes of vectors come with the first vector of their dimensions."""
    return not (kind == "index" and re.search(r"_vectors_\d+$", name or ""))


async def test_the_migrated_schema_is_that_of_the_tables(database: Database, empty_database_url: str):
    async with database.begin() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_name": made_with_the_schema}
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts=options), metadata)
        )
    assert differences == []
    async with open_database(empty_database_url) as created:
        async with created.begin() as connection:
            await connection.execute(sa.text("create extension vector"))
            await connection.run_sync(metadata.create_all)
        assert await schema(created) == await schema(database)


def test_head_names_the_newest_migration():
    assert ScriptDirectory(str(next(iter(migrations.__path__)))).get_current_head() == HEAD


async def test_several_processes_migrate_at_once(empty_database_url: str):
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(6)))
    async with open_database(empty_database_url) as database:
        assert await current_revision(database) == HEAD


async def test_a_migration_that_is_killed_leaves_nothing_and_can_be_repeated(empty_database_url: str):
    blocker, observer = [await asyncpg.connect(empty_database_url) for _ in range(2)]
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute("create table passages ()")  # the migration gets so far and waits
    running = asyncio.create_task(migrate(empty_database_url))
    async with asyncio.timeout(20):
        while not await observer.fetchval(KILL_WHO_WAITS):
            assert not running.done()
    with pytest.raises(DBAPIError):
        await running
    await transaction.rollback()
    assert await observer.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    await blocker.close()
    await observer.close()
    await migrate(empty_database_url)
    async with open_database(empty_database_url) as database:
        assert await current_revision(database) == HEAD


async def test_nothing_to_do_takes_no_time(database_url: str):
    started = perf_counter()
    await migrate(database_url)
    nothing_to_do = perf_counter() - started
    started = perf_counter()
    async with open_database(database_url, pool_size=1) as database:
        await database.run(sa.text("select 1"))
    assert nothing_to_do < 5 * (perf_counter() - started)
