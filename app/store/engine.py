"""The database as everything in the store sees it: short transactions, and one raw pool for the ingest hot path."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.errors import ConfigurationError
from app.store.text import clean_text, dump_json

CONNECT_WITHIN_S = 10.0
CLOSE_WITHIN_S = 5.0
SERVER_SETTINGS = {
    "application_name": "plumbline",
    "timezone": "UTC",
    "jit": "off",  # every query here takes milliseconds; compiling one takes more
    "statement_timeout": "30s",
    # Claims are serialized by a lock: a process frozen inside one must not stop all the others for long.
    "idle_in_transaction_session_timeout": "10s",
}
RAW_CONNECTIONS = 4


class Database:
    """An open database. `begin` gives a transaction; `run` is one statement in a transaction of its own."""

    def __init__(self, dsn: str, engine: AsyncEngine) -> None:
        self.dsn = dsn
        self.engine = engine
        self._raw: asyncpg.Pool | None = None

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.engine.begin()

    async def run(self, statement: sa.Executable, **parameters: Any) -> Sequence[Any]:
        """Its rows, each a named tuple of columns; none for a statement that returns none."""
        async with self.engine.begin() as connection:
            result = await connection.execute(statement, parameters)
            return result.all() if result.returns_rows else ()

    async def raw_pool(self) -> asyncpg.Pool:
        """A pool of asyncpg, without a layer above it. Nothing cleans text on this way: see `clean_text`."""
        if self._raw is None:
            self._raw = asyncpg.create_pool(
                self.dsn,
                min_size=1,
                max_size=RAW_CONNECTIONS,
                timeout=CONNECT_WITHIN_S,
                server_settings=SERVER_SETTINGS,
                reset=_nothing_to_reset,
            )
        await self._raw  # does nothing the second time
        return self._raw

    async def close(self) -> None:
        if self._raw is not None:
            try:
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await self._raw.close()
            except TimeoutError:
                self._raw.terminate()
        await self.engine.dispose()


@asynccontextmanager
async def open_database(url: str, *, pool_size: int = 8) -> AsyncIterator[Database]:
    """The database at `url`: `postgresql://`, `postgres://` or `postgresql+asyncpg://`, sockets as `?host=/dir`.

    Connects when first used. A wrong URL is a ConfigurationError.
    """
    dsn = _dsn(url)

    async def connect(*_: Any, **__: Any) -> asyncpg.Connection:
        return await connect_raw(dsn)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,  # asyncpg reads the URL itself, so both pools understand the same ones
        pool_size=pool_size,
        max_overflow=0,
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
    )
    sa.event.listen(engine.sync_engine, "before_cursor_execute", _clean_parameters, retval=True)
    database = Database(dsn, engine)
    try:
        yield database
    finally:
        await database.close()


async def connect_raw(dsn: str) -> asyncpg.Connection:
    """One connection outside the pools, with the settings of all of ours."""
    return await asyncpg.connect(dsn, timeout=CONNECT_WITHIN_S, server_settings=SERVER_SETTINGS)


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """Single statements leave nothing behind, and asyncpg's own reset costs a round trip per commit."""


def _dsn(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise ConfigurationError(
            "DATABASE_URL must be a PostgreSQL address like postgresql://user:password@host/database"
            + ("; it is empty." if not url else f"; it starts with {scheme[:20]!r}." if separator else ".")
        )
    return f"postgresql://{rest}"


def _clean_parameters(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
) -> tuple[str, Any]:
    return statement, [_cleaned(row) for row in parameters] if many else _cleaned(parameters)


def _cleaned(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_clean_value(value) for value in row)


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    return value
