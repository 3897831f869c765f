"""`plumbline` as people run it: a process of its own, in a folder without `.env`, without settings but those given."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import Settings, variable

ROOT = Path(__file__).parents[2]
SETTINGS = frozenset(variable(name) for name in Settings.model_fields)


def given(**chosen: Any) -> Settings:
    """Settings from `chosen` and the defaults. Use it where the environment holds none: see `clean`."""
    return Settings.model_validate(chosen)


@dataclass
class Done:
    code: int
    out: str
    err: str


async def plumbline(*arguments: str, folder: Path, within_s: float = 60, **environment: str) -> Done:
    """Run one command to its end."""
    async with started(*arguments, folder=folder, **environment) as process:
        out, err = await asyncio.wait_for(process.communicate(), within_s)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


@asynccontextmanager
async def started(*arguments: str, folder: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that runs on; killed if it still does at the end."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", *arguments),
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # a terminal of its own, where `os.killpg` is Ctrl-C
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
