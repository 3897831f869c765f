"""The little world most playground tests play in, and clients to reach it with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from githubkit import GitHub
from githubkit.auth import AppAuthStrategy, AppInstallationAuthStrategy
from githubkit.cache import MemCacheStrategy

from app.playground.hub import Hub

REPO = "acme/widgets"
OWNER, NAME = "acme", "widgets"


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def small_world(**settings: Any) -> Hub:
    """A public repository of an organisation with an owner, a member, files, labels and the App installed."""
    hub = Hub(**settings)
    hub.add_repository(
        REPO,
        files={"README.md": "# Widgets\n", "docs/guide.md": "Turn it on.\n", "src/a b/ü.py": "x = 1\n"},
        labels=[("bug", "broken"), "area/ui", "question"],
        owner="ada",
        roles={"grace": "member"},
    )
    for login in ("visitor", "helper-bot[bot]"):
        hub.person(login)
    hub.install(account=OWNER, actor="ada")
    return hub


def installation_id(hub: Hub) -> int:
    return next(iter(hub.state.installations))


@asynccontextmanager
async def as_installation(hub: Hub, base_url: str) -> AsyncIterator[GitHub[Any]]:
    """The production way in: githubkit with an installation token, no retries of its own."""
    app = hub.state.app
    auth = AppInstallationAuthStrategy(app.id, app.private_key, installation_id(hub))
    async with _client(auth, base_url) as client:
        yield client


@asynccontextmanager
async def as_app(hub: Hub, base_url: str) -> AsyncIterator[GitHub[Any]]:
    auth = AppAuthStrategy(hub.state.app.id, hub.state.app.private_key)
    async with _client(auth, base_url) as client:
        yield client


def _client(auth: Any, base_url: str) -> GitHub[Any]:
    # githubkit's default token cache is shared by the whole process, also between different playgrounds.
    own_cache = MemCacheStrategy()
    return GitHub(auth, base_url=base_url, auto_retry=False, timeout=10, http_cache=False, cache_strategy=own_cache)


@asynccontextmanager
async def as_person(base_url: str, login: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP with a person's token; nobody's without a login."""
    headers = {"authorization": f"Bearer ghp_{login}"} if login else {}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=10, verify=False) as client:
        yield client
