"""A worker's life as a lock: while its session holds the lock it is alive, and Postgres frees it when it dies.

So the leases of a killed process can be taken back at once, instead of when they run out.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.store.engine import Database, connect_raw

_SPACE = 0x706C756D  # the first of an advisory lock's two numbers; the second is the worker's first 32 bits

IS_ALIVE = f"""
    ('x' || left(worker::text, 8))::bit(32)::bigint in (
        select objid::bigint from pg_locks
        where locktype = 'advisory' and classid = {_SPACE} and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
    )
"""  # noqa: S608
"""SQL: is the session of the row's `worker` open? Two workers of the same 32 bits only fall back to the lease's end."""


@dataclass(frozen=True, slots=True)
class WorkerSession:
    """`lost` is set when the connection ends: from then on others may take the worker's leases."""

    lost: asyncio.Event


@asynccontextmanager
async def worker_session(database: Database, worker: UUID) -> AsyncIterator[WorkerSession]:
    """Declare `worker` alive for as long as the block runs, on a connection of its own.

    Claim only inside: leases of a worker without a session are taken back by the next `expire`.
    """
    session = WorkerSession(asyncio.Event())
    connection = await connect_raw(database.dsn)
    try:
        connection.add_termination_listener(lambda _: session.lost.set())
        # Shared, so that an unlikely namesake can live beside us.
        await connection.execute("select pg_advisory_lock_shared($1, $2)", _SPACE, _second(worker))
        yield session
    finally:
        await _close(connection)


def _second(worker: UUID) -> int:
    """The first 32 bits as the signed integer that Postgres takes; `pg_locks` shows them unsigned."""
    return int.from_bytes(worker.bytes[:4], signed=True)


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=5)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
