"""`plumbline backup` and `plumbline restore`: one file with everything that cannot be made again.

That is the database (configured or embedded), the App's keys of the data directory, and `.env`. What follows from these
or from GitHub is left out: the embedded servers' files, summaries, traces that were not sent.
"""

import asyncio
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from app.adapters.env_file import write_privately
from app.commands.setup import ENV_FILE
from app.errors import ConfigurationError
from app.settings import Settings

Say = Callable[[str], None]

DATABASE, ENVIRONMENT, KEYS = "database.dump", "env", "keys/"
_ANYTHING = "select count(*) from pg_tables where schemaname = 'public'"
_OTHERS = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


async def back_up(settings: Settings, file: Path, *, say: Say) -> None:
    """Write `file`, readable by us alone, whole or not at all. Nobody needs to stop for it."""
    from app.adapters.postgres_programs import dump

    with tempfile.TemporaryDirectory() as folder:
        dumped = Path(folder) / DATABASE
        async with _database(settings) as url:
            await dump(url, dumped)
        size = await asyncio.to_thread(_pack, file, dumped, settings.data_dir)
    say(f"{file} holds the database, the keys and .env: {size >> 10} kB. Keep it as you keep passwords.")


async def restore_backup(settings: Settings, file: Path, *, over: bool, say: Say) -> None:
    """Put a backup back: into an empty database, or with `over` in place of what is there.

    Keys and `.env` come back only where there are none. An older backup is migrated. ConfigurationError while anybody
    else uses the database.
    """
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread(_unpack, file, Path(folder))
        async with _database(settings) as url:
            await _make_room(url, over=over)
            await _fill(url, Path(folder) / DATABASE)
        returned = await asyncio.to_thread(_return_files, Path(folder), settings.data_dir)
    say(f"restored the database{''.join(f', {name}' for name in returned)}; start Plumbline again")


async def _fill(url: str, dumped: Path) -> None:
    from app.adapters.postgres_programs import restore
    from app.store.engine import open_database
    from app.store.migrations import migrate
    from app.store.restored import doubt_what_was_planned

    await restore(url, dumped)
    await migrate(url)
    async with open_database(url, pool_size=1) as database:
        await doubt_what_was_planned(database)


async def _make_room(url: str, *, over: bool) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval(_OTHERS):
            raise ConfigurationError("the database is in use: stop Plumbline first, web process and every worker.")
        if await connection.fetchval(_ANYTHING):
            if not over:
                raise ConfigurationError("the database is not empty: --over puts the backup in place of what is there.")
            await connection.execute("drop schema public cascade; create schema public")
    finally:
        await connection.close()


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[str]:
    """The configured one, or the embedded one: started for as long as this takes where it does not run already."""
    from app.adapters.embedded_postgres import EmbeddedPostgres

    if settings.database_url:
        yield settings.database_url
        return
    async with EmbeddedPostgres(settings.data_dir) as url:
        yield url


def _pack(file: Path, dumped: Path, data_dir: Path) -> int:
    """Its size in bytes."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
                archive.add(dumped, DATABASE)
                for key in sorted(data_dir.glob("*.pem")):
                    archive.add(key, KEYS + key.name)
                if ENV_FILE.is_file():
                    archive.add(ENV_FILE.resolve(), ENVIRONMENT)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror or error}") from None
    return file.stat().st_size


def _unpack(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file, "r|gz") as archive:  # from front to back, so that a pipe will do
            archive.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise ConfigurationError(f"{file} is no backup of Plumbline: {error}") from None
    if not (folder / DATABASE).is_file():
        raise ConfigurationError(f"{file} is no backup of Plumbline: there is no {DATABASE} in it")


def _return_files(folder: Path, data_dir: Path) -> list[str]:
    """Those that were not there; what is there is newer than any backup."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {data_dir / key.name: key for key in sorted((folder / KEYS).glob("*.pem"))}
    wanted |= {ENV_FILE: folder / ENVIRONMENT} if (folder / ENVIRONMENT).is_file() else {}
    missing = {place: kept for place, kept in wanted.items() if not place.exists()}
    for place, kept in missing.items():
        write_privately(place, kept.read_text())
    return [place.name for place in missing]
