"""What the setup pages do outside the web: keep a new App, start again with it, and ask GitHub about it."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from app.domain.registration import Kept, NewApp, Registration, Server
from app.settings import Settings

RENEW = "PLUMBLINE_RENEW"
"""Names the process of `plumbline run` to its children: SIGUSR1 makes it start again with the settings of then."""
FRESH_S = 5.0
ENV_FILE = Path(".env")


async def keep(settings: Settings, app: NewApp, server: Server) -> Kept:
    """Write the App into `.env`, and have `plumbline run` start again where that is what runs us."""
    from app.adapters.env_file import keep_app

    if os.environ.get("GITHUB_APP_ID") and not settings.playground_url:
        return "not kept"  # the environment itself names an App, and wins over any file
    try:
        await asyncio.to_thread(keep_app, app, server, env_file=ENV_FILE, data_dir=settings.data_dir)
    except OSError:
        return "not kept"
    return "restarting" if ask_to_renew() else "kept"


def ask_to_renew() -> bool:
    """False where nobody promised to listen."""
    with suppress(ProcessLookupError, PermissionError):
        if parent := os.environ.get(RENEW):
            os.kill(int(parent), signal.SIGUSR1)
            return True
    return False


def values(app: NewApp, server: Server) -> dict[str, str]:
    from app.adapters.env_file import app_values

    return app_values(app, server, private_key=app.private_key)


def registration_reader(settings: Settings) -> Callable[[], Awaitable[Registration | None]]:
    """Asks GitHub at most every five seconds, however many pages follow it. Raises what `read_registration` does."""
    known: list[tuple[float, Registration]] = []

    async def read() -> Registration | None:
        from app.adapters.github_registration import read_registration

        if not settings.github_app_id or settings.playground_url:
            return None
        if not known or time.monotonic() > known[-1][0] + FRESH_S:
            found = await read_registration(
                app_id=settings.github_app_id, private_key=settings.private_key(), api_url=settings.github_api_url
            )
            known[:] = [(time.monotonic(), found)]
        return known[-1][1]

    return read
