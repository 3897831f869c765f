import asyncio
import sys
from uuid import UUID, uuid4

import sqlalchemy as sa

from app.store.engine import Database, open_database
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from tests.contracts.values import an_order


async def is_taken_back(database: Database, worker: UUID, while_alive: bool) -> bool:
    queue = PostgresQueue(database)
    if not while_alive:
        await queue.order([an_order()])
        assert await queue.claim(worker) is not None
    await queue.expire()
    return bool(await queue.due(1))


async def test_leases_stand_while_the_session_does_whatever_the_worker_is_called(database: Database):
    for first in ("00000000", "7fffffff", "80000000", "ffffffff"):
        worker = UUID(first + uuid4().hex[8:])
        async with worker_session(database, worker):
            assert not await is_taken_back(database, worker, while_alive=False)
        assert await is_taken_back(database, worker, while_alive=True)
        await database.run(sa.text("delete from work"))


async def test_a_session_that_the_server_ends_is_reported_lost(database: Database):
    async with worker_session(database, uuid4()) as session:
        assert not session.lost.is_set()
        await database.run(
            sa.text("""
                select pg_terminate_backend(pid) from pg_locks
                where locktype = 'advisory' and objsubid = 2
                and database = (select oid from pg_database where datname = current_database())
            """)
        )
        await asyncio.wait_for(session.lost.wait(), 5)


async def test_two_workers_of_the_same_first_bits_live_beside_each_other(database: Database):
    one = uuid4()
    other = UUID(one.hex[:8] + uuid4().hex[8:])
    async with worker_session(database, one), asyncio.timeout(5):
        async with worker_session(database, other):
            pass
        assert not await is_taken_back(database, other, while_alive=False)


async def test_a_lock_in_another_database_does_not_keep_a_worker_alive(database: Database, empty_database_url: str):
    worker = uuid4()
    async with open_database(empty_database_url) as elsewhere, worker_session(elsewhere, worker):
        assert await is_taken_back(database, worker, while_alive=False)


HOLDER = """
import asyncio, sys
from uuid import uuid4
from app.store.engine import open_database
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session

async def main():
    worker = uuid4()
    async with open_database(sys.argv[1]) as database, worker_session(database, worker):
        print((await PostgresQueue(database).claim(worker)).key, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_work_of_a_killed_process_comes_back_at_once(database: Database, database_url: str):
    queue = PostgresQueue(database)
    await queue.order([an_order(5)])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).decode().strip() == "840#5"
    await queue.expire()
    assert await queue.due(1) == []
    process.kill()
    await process.wait()
    async with asyncio.timeout(5):
        while not await queue.due(1):
            await queue.expire()
