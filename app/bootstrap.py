"""Bootstrap: the one place where real things are chosen for the ports. Tests choose fakes instead.

Imports of SDKs stay inside the functions that need them: the web process must not pay for the worker's.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from secrets import token_bytes
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from app.adapters.system_clock import SystemClock
from app.errors import ConfigurationError
from app.ports import Model, Tracer
from app.settings import Settings
from app.teammate.parts import ListenLimits, Parts

if TYPE_CHECKING:
    from app.store.engine import Database
    from app.web.app import App

SUMMARIES = "summaries"
"""The folder under the data directory."""
EAGER = timedelta(seconds=2)
SHORTEST_LITERAL = 8
"""A shorter secret would cut ordinary words out of comments."""


@asynccontextmanager
async def parts_over(settings: Settings, database: "Database") -> AsyncIterator[Parts]:
    """Everything a worker holds, over an open database; opened in order and closed in reverse."""
    from app.adapters.arq_bell import ArqBell
    from app.adapters.embedders import open_embedder
    from app.adapters.github_client import open_github
    from app.adapters.live_models import LiveModels
    from app.adapters.prompt_files import PromptFiles
    from app.store.acts import PostgresLedger
    from app.store.budget import PostgresBudget
    from app.store.cases import PostgresCases
    from app.store.erasures import PostgresErasures
    from app.store.history import PostgresHistory
    from app.store.installations import PostgresInstallations
    from app.store.keys import marker_key
    from app.store.label_models import PostgresLabelModels
    from app.store.library import PostgresLibrary
    from app.store.outbox import PostgresOutbox
    from app.store.papers import PostgresPapers
    from app.store.queue import PostgresQueue
    from app.store.signals import PostgresSignals
    from app.store.threads import PostgresThreads
    from app.store.watches import PostgresWatches

    async with AsyncExitStack() as stack:
        bell = ArqBell(settings.redis_url)
        stack.push_async_callback(bell.close)
        tracer = _tracer(settings)
        stack.callback(tracer.close)
        model, spare = await stack.enter_async_context(_open_models(settings))
        github = await stack.enter_async_context(
            open_github(
                app_id=settings.github_app_id,
                private_key=settings.private_key(),
                api_url=settings.github_api_url,
            )
        )
        key = await marker_key(database)
        yield Parts(
            worker=uuid4(),
            clock=SystemClock(),
            bell=bell,
            queue=PostgresQueue(database, hands_per_repository=settings.hands_per_repository),
            outbox=PostgresOutbox(
                database,
                write_interval_s=settings.write_interval_s,
                writes_per_hour=settings.writes_per_hour,
                sweep_after_s=settings.sweep_after_s,
            ),
            ledger=PostgresLedger(database),
            budget=PostgresBudget(database, usd_per_day=settings.usd_per_day),
            history=PostgresHistory(database),
            installations=PostgresInstallations(database, purge_after_hours=settings.purge_after_hours),
            library=PostgresLibrary(database),
            threads=PostgresThreads(database),
            label_models=PostgresLabelModels(database),
            tuned_models=LiveModels(settings.data_dir / "models"),
            papers=PostgresPapers(database),
            cases=PostgresCases(database),
            erasures=PostgresErasures(database, key),
            signals=PostgresSignals(database),
            watches=PostgresWatches(database),
            embedder=await stack.enter_async_context(open_embedder(settings)),
            reader=github,
            writer=github,
            model=model,
            spare=spare,
            prompts=PromptFiles(settings.prompts_dir),
            tracer=tracer,
            marker_key=key,
            app_login=await github.app_login(),
            handle=settings.handle,
            web_origin=web_origin(settings.github_api_url),
            secrets=literal_secrets(settings),
            reconcile_after_s=settings.reconcile_after_s,
            listening=ListenLimits(
                slow_after_s=settings.slow_after_s,
                looks_per_round=max(round(settings.looks_per_minute * settings.look_interval_s / 60), 1),
                reserve=settings.rate_reserve,
                eager=EAGER if settings.playground_url else timedelta(0),
            ),
        )


@asynccontextmanager
async def open_web(settings: Settings) -> AsyncIterator["App"]:
    """The web process: the webhook, health, and the pages, over an open database and a bell."""
    from app.adapters.arq_bell import ArqBell
    from app.adapters.embedders import open_embedder
    from app.adapters.github_manifest import exchange
    from app.adapters.summary_files import SummaryFiles
    from app.commands.doctor import findings
    from app.commands.setup import keep, registration_reader, values
    from app.store.acts import PostgresLedger
    from app.store.arrivals import arrivals
    from app.store.backlog import backlog
    from app.store.cases import PostgresCases
    from app.store.drafts import PostgresDrafts
    from app.store.engine import open_database
    from app.store.failures import PostgresFailures
    from app.store.history import PostgresHistory
    from app.store.inbox import PostgresInbox
    from app.store.keys import marker_key
    from app.store.outbox import PostgresOutbox
    from app.store.watches import hearing
    from app.store.worth import worth
    from app.web.app import create_app
    from app.web.cases import CaseDesk, cases_router
    from app.web.door import Door, Seal
    from app.web.drafts import DraftDesk, drafts_router
    from app.web.failures import failures_router
    from app.web.health import Backlog, Vitals
    from app.web.lookout import Lookout
    from app.web.pages import pages_router, site
    from app.web.repositories import repositories_router
    from app.web.setup import Desk, setup_router

    bell = ArqBell(settings.redis_url)
    async with open_database(settings.database_url, pool_size=8) as database, open_embedder(settings) as embedder:

        async def look() -> Backlog:
            found = asdict(await backlog(database)) | asdict(await hearing(database))
            return Backlog(**found)

        pages = site(settings.playground_url)
        seal = Seal(hashlib.sha256(b"setup:" + await marker_key(database)).digest())
        desk = Desk(
            app_id=0 if settings.playground_url else settings.github_app_id,
            exchange=exchange,
            keep=partial(keep, settings),
            values=values,
            registration=registration_reader(settings),
            arrivals=partial(arrivals, database),
            findings=lambda: findings(settings),
        )
        draft_desk = DraftDesk(
            drafts=PostgresDrafts(database),
            outbox=PostgresOutbox(database),
            ledger=PostgresLedger(database),
            bell=bell,
            web_origin=web_origin(settings.github_api_url),
            secrets=literal_secrets(settings),
        )
        failures = PostgresFailures(database)
        lookout = Lookout(failures, embedder)
        try:
            yield create_app(
                inbox=PostgresInbox(await database.raw_pool()),
                bell=bell,
                secrets=accepted_secrets(settings),
                handle=settings.handle,
                vitals=Vitals(backlog=look, bell=bell.ping),
                routers=(
                    pages_router(PostgresHistory(database), pages),
                    drafts_router(draft_desk, seal, pages),
                    cases_router(CaseDesk(PostgresCases(database), literal_secrets(settings)), seal, pages),
                    failures_router(failures, lookout, pages),
                    repositories_router(
                        SummaryFiles(settings.data_dir / SUMMARIES).all, partial(worth, database), pages
                    ),
                    setup_router(desk, Door(seal, settings.door_token()), seal, pages),
                ),
            )
        finally:
            await lookout.close()
            await bell.close()


def accepted_secrets(settings: Settings) -> tuple[bytes, ...]:
    """What may sign webhooks. Before there is an App nobody knows such a secret, so that nothing is taken."""
    return settings.webhook_secrets() if needs_secrets(settings) else (token_bytes(32),)


def needs_secrets(settings: Settings) -> bool:
    """Not where there is no App yet: then the web process is there for `/setup` alone."""
    return bool(settings.github_app_id or settings.github_webhook_secret)


def web_origin(api_url: str) -> str:
    """Where people's browsers go for an API address: github.com, or the Enterprise Server itself."""
    parts = urlsplit(api_url)
    return "https://github.com" if parts.hostname == "api.github.com" else f"{parts.scheme}://{parts.netloc}"


def literal_secrets(settings: Settings) -> tuple[str, ...]:
    """Values that must never leave in a comment, a trace or a log, whatever they look like."""
    values = [
        *(secret.get_secret_value() for secret in settings.github_webhook_secret),
        settings.anthropic_api_key.get_secret_value(),
        settings.langsmith_api_key.get_secret_value(),
        settings.embeddings_key.get_secret_value(),
        settings.setup_token.get_secret_value(),
        *_passwords("DATABASE_URL", settings.database_url),
        *_passwords("REDIS_URL", settings.redis_url),
    ]
    return tuple(dict.fromkeys(value for value in values if len(value) >= SHORTEST_LITERAL))


def _passwords(name: str, url: str) -> tuple[str, ...]:
    """The password in an address, before the host or as a parameter, as it stands there and as it is meant."""
    try:
        parts = urlsplit(url)
    except ValueError as error:  # brackets, which a password must not hold as they are
        raise ConfigurationError(f"{name} is no address: {error}; percent-encode the password in it.") from None
    return (parts.password or "", unquote(parts.password or ""), *parse_qs(parts.query).get("password", ()))


@asynccontextmanager
async def _open_models(settings: Settings) -> AsyncIterator[tuple[Model, Model]]:
    """Claude with the local model behind it, and that one by itself; without a key they are the same."""
    from app.adapters.local_model import LocalModel

    key = settings.anthropic_api_key.get_secret_value()
    local = LocalModel()
    if not key:
        yield local, local
        return
    from app.adapters.anthropic_model import AnthropicModel
    from app.teammate.decide import FallbackModel

    claude = AnthropicModel(
        api_key=key, base_url=settings.anthropic_base_url, timeout_s=settings.model_timeout_s, clock=SystemClock()
    )
    try:
        yield FallbackModel(claude, local), local
    finally:
        await claude.aclose()


def _tracer(settings: Settings) -> Tracer:
    """From the settings, not the environment: a key that only `.env` names counts too."""
    from app.adapters.langsmith_tracer import tracer_from

    environ = {
        "LANGSMITH_TRACING": str(settings.langsmith_tracing).lower(),
        "LANGSMITH_API_KEY": settings.langsmith_api_key.get_secret_value(),
        "LANGSMITH_ENDPOINT": settings.langsmith_endpoint,
        "LANGSMITH_PROJECT": settings.langsmith_project,
        "PLUMBLINE_TRACE_PRIVATE": str(settings.trace_private).lower(),
    }
    return tracer_from(environ, literals=literal_secrets(settings))


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


async def running_database(settings: Settings) -> str | None:
    """The database of this installation: the configured one, or the embedded one if it runs now."""
    from app.adapters.embedded_postgres import EmbeddedPostgres

    return settings.database_url or await EmbeddedPostgres(settings.data_dir).running_url()


async def running_redis(settings: Settings) -> str | None:
    """The same for Redis or the embedded Valkey."""
    from app.adapters.embedded_valkey import EmbeddedValkey

    return settings.redis_url or await EmbeddedValkey(settings.data_dir).running_url()


async def require_database(settings: Settings) -> str:
    url = await running_database(settings)
    if url is None:
        raise ConfigurationError(
            f"no database: set DATABASE_URL, or start `plumbline run` with the data directory {settings.data_dir}."
        )
    return url
