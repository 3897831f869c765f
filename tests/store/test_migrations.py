import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from app.domain.effect import LabelsPayload, PlannedEffect
from app.store import migrations
from app.store.engine import Database, open_database
from app.store.installations import PostgresInstallations
from app.store.migrations import HEAD, current_revision, migrate
from app.store.outbox import PostgresOutbox
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from app.store.tables import metadata
from tests.contracts.values import a_run, a_thread

SCRIPTS = ScriptDirectory(str(next(iter(migrations.__path__))))

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
    assert SCRIPTS.get_current_head() == HEAD


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


REVISIONS = sorted(script.revision for script in SCRIPTS.walk_revisions())
INDEXED_ANEW = {"passages", "terms"}
"""What was known of files before 0002 can be had from GitHub again."""
LITERALS = {
    "int8": "1",
    "int4": "1",
    "float8": "0",
    "bool": "false",
    "text": "'x'",
    "bytea": "'x'",
    "jsonb": "'{}'",
    "uuid": "gen_random_uuid()",
    "timestamptz": "now()",
    "tsvector": "'x'",
    "_text": "'{}'",
    "_int4": "'{}'",
}
GIVEN = {
    ("work", "kind"): "'thread'",
    ("work", "thread_kind"): "'issue'",
    ("work", "key"): "'1/issue/1'",
    ("effects", "kind"): "'labels'",
    ("effects", "payload"): """'{"kind": "labels", "names": ["bug"]}'""",
    ("effects", "thread_kind"): "'issue'",
}
NEEDED = """
    select column_name, udt_name from information_schema.columns
    where table_schema = 'public' and table_name = $1
    and is_nullable = 'NO' and column_default is null and is_identity = 'NO'
"""
TABLES = "select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'"


async def upgrade_to(revision: str, url: str) -> None:
    config = Config()
    config.set_main_option("script_location", SCRIPTS.dir)
    async with open_database(url, pool_size=1) as database, database.begin() as connection:
        config.attributes["connection"] = connection.sync_connection
        await connection.run_sync(lambda _: command.upgrade(config, revision))


async def live_in(url: str) -> dict[str, int]:
    """Put a row into every table there is; how many each has then."""
    connection = await asyncpg.connect(url)
    tables = {row[0] for row in await connection.fetch(TABLES)}
    for table in sorted(tables, key=lambda name: (name != "runs", name)):  # effects refer to runs
        needed = {row[0]: LITERALS[row[1]] for row in await connection.fetch(NEEDED, table)}
        values = needed | {column: value for (of, column), value in GIVEN.items() if of == table}
        names = ", ".join(f'"{name}"' for name in values)
        await connection.execute(f"insert into {table} ({names}) values ({', '.join(values.values())})")
    found = {table: await connection.fetchval(f"select count(*) from {table}") for table in tables}
    await connection.close()
    return found


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_database_of_each_version_that_was_lived_in_is_worked_on(revision: str, empty_database_url: str):
    await upgrade_to(revision, empty_database_url)
    before = await live_in(empty_database_url)
    assert set(before.values()) == {1}
    await migrate(empty_database_url)
    async with open_database(empty_database_url, pool_size=4) as database:
        assert await current_revision(database) == HEAD
        for table in before.keys() - INDEXED_ANEW:
            assert [tuple(row) for row in await database.run(sa.text(f"select count(*) from {table}"))] == [(1,)]
        queue, outbox, worker = PostgresQueue(database), PostgresOutbox(database), uuid4()
        async with worker_session(database, worker):
            lease = await queue.claim(worker)
            assert lease is not None
            assert lease.key == "1/issue/1"
            planned = PlannedEffect("new:triage", a_thread(1), "I_1", LabelsPayload(names=("bug",)), run=0)
            assert await queue.conclude(lease, [a_run()], [planned])
            effect = await outbox.claim(worker)
            assert effect is not None
        installations = PostgresInstallations(database, purge_after_hours=0)
        await installations.set_state(1, "acme", "deleted")
        assert await installations.purge_deleted(datetime.now(UTC) + timedelta(minutes=1)) == 1


async def test_nothing_to_do_takes_no_time(database_url: str):
    started = perf_counter()
    await migrate(database_url)
    nothing_to_do = perf_counter() - started
    started = perf_counter()
    async with open_database(database_url, pool_size=1) as database:
        await database.run(sa.text("select 1"))
    assert nothing_to_do < 5 * (perf_counter() - started)
