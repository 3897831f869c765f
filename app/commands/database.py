"""The database for commands that work by themselves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    from app.store.engine import Database


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator["Database"]:
    """The configured one, or the embedded one: started for as long as this takes where it does not run already."""
    from app.adapters.embedded_postgres import EmbeddedPostgres
    from app.store.engine import open_database
    from app.store.migrations import migrate

    if settings.database_url:
        await migrate(settings.database_url)
        async with open_database(settings.database_url, pool_size=2) as database:
            yield database
        return
    async with EmbeddedPostgres(settings.data_dir) as url:
        await migrate(url)
        async with open_database(url, pool_size=2) as database:
            yield database
