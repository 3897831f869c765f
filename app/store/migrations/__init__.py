"""Schema migrations, run from the library: `migrate` needs no ini file and no command line.

A new one is a file in `versions/` and its number here; `tests/store/test_migrations.py` compares the outcome with
`tables.py`, so neither can be forgotten.
"""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from app.store.engine import Database, open_database
from app.store.vectors import prepare

HEAD = "0006"
"""Known without importing Alembic, so that a start with nothing to do costs one query."""

_LOCK = 0x706C756D62
_LIMITS_OFF = "select set_config('statement_timeout', '0', true), pg_advisory_xact_lock(:lock)"


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema. Several processes may do so at once.

    One transaction holds all of it: a process killed on the way leaves the schema as it was. The tables for vectors
    come afterwards, because a server without pgvector may be given it on any later day.
    """
    async with open_database(url, pool_size=1) as database:
        if await current_revision(database) != HEAD:
            await _upgrade(database)
        await prepare(database)


async def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for one that was never migrated."""
    try:
        rows = await database.run(sa.text("select version_num from alembic_version"))
    except ProgrammingError:  # there is no such table yet
        return None
    return rows[0][0] if rows else None


async def _upgrade(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    async with database.begin() as connection:
        await connection.execute(sa.text(_LIMITS_OFF), {"lock": _LOCK})
        config.attributes["connection"] = connection.sync_connection
        await connection.run_sync(lambda _: command.upgrade(config, "head"))
