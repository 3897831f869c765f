"""The state as one JSON file, so that a restarted playground goes on with the same ids, keys and threads.

The request log is not kept: it is the oracle of one process's life.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.playground.hub import Hub
from app.playground.model import State

DEBOUNCE_S = 0.5
DELIVERIES_KEPT = 200


class StateUnreadable(Exception):
    """The file is not a playground's state."""


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[State]:
    return TypeAdapter(State)


def load(path: Path) -> State | None:
    """The saved state, None where there is none; StateUnreadable says what to do about a broken file."""
    try:
        return _adapter().validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise StateUnreadable(f"{path} does not hold a playground ({problem}); move it away to start afresh") from None


def save(path: Path, state: State) -> None:
    """Write the state atomically: a crash leaves the old file or the new one, never half of one."""
    _write(path, _encoded(state))


@asynccontextmanager
async def autosaved(hub: Hub, path: Path) -> AsyncIterator[None]:
    """Save soon after every change, and once more at the end."""
    task = asyncio.create_task(_save_changes(hub, path))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        save(path, hub.state)


async def _save_changes(hub: Hub, path: Path) -> None:
    while True:
        await hub.changed.wait()
        await asyncio.sleep(DEBOUNCE_S)
        hub.changed.clear()
        # Encoding stays in the loop, which alone changes the state; only the disk is left to a thread.
        await asyncio.to_thread(_write, path, _encoded(hub.state))


def _encoded(state: State) -> bytes:
    return _adapter().dump_json(replace(state, deliveries=state.deliveries[-DELIVERIES_KEPT:]))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
