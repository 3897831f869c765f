"""The web process over a database of its own, and people who visit it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page

from app.bootstrap import open_web
from app.playground.serve import QuietServer
from app.settings import Settings
from app.store.engine import Database, open_database
from tests.conftest import empty


@pytest_asyncio.fixture(loop_scope="session")
async def database(migrated_url: str) -> AsyncIterator[Database]:
    await empty(migrated_url)
    async with open_database(migrated_url, pool_size=2) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def url(database: Database, redis_url: str) -> AsyncIterator[str]:
    """The web process over this database."""
    settings = Settings.model_validate(
        {"database_url": database.dsn, "redis_url": redis_url, "github_webhook_secret": "0123456789abcdef"}
    )
    async with open_web(settings) as app:
        server = QuietServer(uvicorn.Config(app, port=0, ws="none", log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve())
        await server.ready.wait()
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.stop.set()
            await serving


@asynccontextmanager
async def person(browser: Browser, address: str, **options: object) -> AsyncIterator[Page]:
    """A browser of one person's own, on the page at `address`; its console must stay silent."""
    said: list[str] = []
    context: BrowserContext = await browser.new_context(**options)  # type: ignore[arg-type]
    page = await context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        await page.goto(address)
        yield page
    finally:
        await context.close()
    assert said == []
