"""Bootstrap: the one place where real things are chosen for the ports. Tests choose fakes instead.

Imports of SDKs stay inside the functions that need them: the web process must not pay for the worker's.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from app.adapters.system_clock import SystemClock
from app.errors import ConfigurationError
from app.ports import Model, Tracer
from app.settings import Settings
from app.teammate.parts import Parts

if TYPE_CHECKING:
    from app.store.engine import Database
    from app.web.app import App


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Everything a worker holds, opened in order and closed in reverse."""
    from app.store.engine import open_database

    async with (
        open_database(settings.database_url, pool_size=settings.hands * 2 + 4) as database,
        parts_over(settings, database) as parts,
    ):
        yield parts


@asynccontextmanager
async def parts_over(settings: Settings, database: "Database") -> AsyncIterator[Parts]:
    """The worker's ports over an open database."""
    from app.adapters.arq_bell import ArqBell
    from app.adapters.github_client import open_github
    from app.adapters.prompt_files import PromptFiles
    from app.store.inbox import PostgresInbox
    from app.store.installations import PostgresInstallations
    from app.store.keys import marker_key
    from app.store.library import PostgresLibrary
    from app.store.outbox import PostgresOutbox
    from app.store.queue import PostgresQueue

    bell = ArqBell(settings.redis_url)
    tracer = _tracer(settings)
    try:
        async with open_github(
            app_id=settings.github_app_id,
            private_key=settings.private_key(),
            api_url=settings.github_api_url,
        ) as github:
            yield Parts(
                worker=uuid4(),
                clock=SystemClock(),
                inbox=PostgresInbox(await database.raw_pool()),
                bell=bell,
                queue=PostgresQueue(database, hands_per_repository=settings.hands_per_repository),
                outbox=PostgresOutbox(
                    database,
                    write_interval_s=settings.write_interval_s,
                    writes_per_hour=settings.writes_per_hour,
                    sweep_after_s=settings.sweep_after_s,
                ),
                installations=PostgresInstallations(database, purge_after_hours=settings.purge_after_hours),
                library=PostgresLibrary(database),
                reader=github,
                writer=github,
                model=_model(settings),
                prompts=PromptFiles(settings.prompts_dir),
                tracer=tracer,
                marker_key=await marker_key(database),
                app_login=await github.app_login(),
                handle=settings.handle,
                web_origin=web_origin(settings.github_api_url),
                secrets=literal_secrets(settings),
                reconcile_after_s=settings.reconcile_after_s,
                sweep_after_s=settings.sweep_after_s,
            )
    finally:
        tracer.close()
        await bell.close()


@asynccontextmanager
async def open_web(settings: Settings) -> AsyncIterator["App"]:
    """The web process: the webhook, health, and the pages, over an open database and a bell."""
    from app.adapters.arq_bell import ArqBell
    from app.commands.doctor import findings
    from app.store.backlog import backlog
    from app.store.engine import open_database
    from app.store.history import PostgresHistory
    from app.store.inbox import PostgresInbox
    from app.web.app import create_app
    from app.web.health import Backlog, Vitals
    from app.web.pages import pages_router

    bell = ArqBell(settings.redis_url)
    async with open_database(settings.database_url, pool_size=8) as database:

        async def look() -> Backlog:
            found = await backlog(database)
            return Backlog(found.oldest_due_s, found.dead_work, found.dead_effects)

        try:
            yield create_app(
                inbox=PostgresInbox(await database.raw_pool()),
                bell=bell,
                secrets=settings.webhook_secrets(),
                handle=settings.handle,
                vitals=Vitals(backlog=look, bell=bell.ping),
                routers=(
                    pages_router(
                        PostgresHistory(database),
                        findings=lambda: findings(settings),
                        playground_url=settings.playground_url,
                    ),
                ),
            )
        finally:
            await bell.close()


def web_origin(api_url: str) -> str:
    """Where people's browsers go for an API address: github.com, or the Enterprise Server itself."""
    parts = urlsplit(api_url)
    return "https://github.com" if parts.hostname == "api.github.com" else f"{parts.scheme}://{parts.netloc}"


def literal_secrets(settings: Settings) -> tuple[str, ...]:
    """Values that must never leave in a comment, a trace or a log, whatever they look like."""
    values = [
        *(secret.get_secret_value() for secret in settings.github_webhook_secret),
        settings.anthropic_api_key.get_secret_value(),
        urlsplit(settings.database_url).password or "",
        urlsplit(settings.redis_url).password or "",
    ]
    return tuple(value for value in values if len(value) >= 8)


def _model(settings: Settings) -> Model:
    """Claude with the local model behind it; without a key the local model alone."""
    from app.adapters.local_model import LocalModel

    key = settings.anthropic_api_key.get_secret_value()
    if not key:
        return LocalModel()
    from app.adapters.anthropic_model import AnthropicModel
    from app.teammate.decide import FallbackModel

    claude = AnthropicModel(
        api_key=key, base_url=settings.anthropic_base_url, timeout_s=settings.model_timeout_s, clock=SystemClock()
    )
    return FallbackModel(claude, LocalModel())


def _tracer(settings: Settings) -> Tracer:
    from app.adapters.langsmith_tracer import tracer_from

    return tracer_from(os.environ, literals=literal_secrets(settings))


def require_servers(settings: Settings) -> None:
    """`serve` and `worker` run by themselves only where Postgres and Redis are named."""
    missing = [
        name
        for name, value in (("DATABASE_URL", settings.database_url), ("REDIS_URL", settings.redis_url))
        if not value
    ]
    if missing:
        raise ConfigurationError(
            f"{' and '.join(missing)} must be set for this command; "
            "`plumbline run` brings embedded servers and needs neither."
        )


async def require_database(settings: Settings) -> str:
    """The database of this installation: the configured one, or the embedded one if it is running."""
    if settings.database_url:
        return settings.database_url
    from app.adapters.embedded_postgres import EmbeddedPostgres

    url = await EmbeddedPostgres(settings.data_dir).running_url()
    if url is None:
        raise ConfigurationError(
            f"no database: set DATABASE_URL, or start `plumbline run` with the data directory {settings.data_dir}."
        )
    return url
