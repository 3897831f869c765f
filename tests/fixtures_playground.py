"""A running playground for any test that wants a GitHub to talk to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.playground.hub import Hub
from app.playground.serve import running


@asynccontextmanager
async def running_playground(
    hub: Hub | None = None, *, seed: int = 0, webhook_url: str | None = None, state_file: Path | None = None
) -> AsyncIterator[tuple[Hub, str]]:
    """Serve a hub (a new empty one by default) on an ephemeral port; yields it with its base URL."""
    hub = hub or Hub(seed=seed)
    hub.webhook_url = webhook_url
    async with running(hub, state_file=state_file) as base_url:
        yield hub, base_url
