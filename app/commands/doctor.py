"""`plumbline doctor`: is everything set up right? Each finding says what to do about it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from pydantic import SecretStr

from app.bootstrap import literal_secrets, running_database, running_redis
from app.errors import GitHubError, PlumblineError
from app.settings import Settings, variable
from app.teammate.redact import redact

Mark = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    part: str
    mark: Mark
    sentence: str


async def examine(settings: Settings, *, as_json: bool) -> int:
    """Print the findings and every setting; 0 when nothing is wrong, else 1."""
    found = await findings(settings)
    literals = literal_secrets(settings)
    values = {
        variable(name): redact(shown(getattr(settings, name)), literals)
        for name in sorted(type(settings).model_fields, key=variable)
    }
    if as_json:
        print(json.dumps({"findings": [asdict(one) for one in found], "settings": values}))  # noqa: T201
    else:
        _print(found, values)
    return 1 if any(one.mark == "wrong" for one in found) else 0


async def findings(settings: Settings) -> list[Finding]:
    """Every check's finding, without secrets; also what the page `/setup` shows."""
    literals = literal_secrets(settings)
    found = [await _try(part, check, settings) for part, check in CHECKS]
    return [replace(one, sentence=redact(one.sentence, literals)) for one in found]


def shown(value: object) -> str:
    """A setting for people: secrets only say whether they are set."""
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    if isinstance(value, tuple):
        return f"{len(value)} set" if value else "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    no_app = isinstance(value, int) and value == 0  # 0.0 seconds, though, is a setting
    return "not set" if value in ("", None) or no_app else str(value)


async def _try(part: str, check: Callable[[Settings], Awaitable[tuple[Mark, str]]], settings: Settings) -> Finding:
    try:
        mark, sentence = await check(settings)
    except PlumblineError as error:
        return Finding(part, "wrong", str(error))
    except Exception as error:  # noqa: BLE001  whatever a check raises is its finding
        return Finding(part, "wrong", f"{type(error).__name__}: {error}")
    return Finding(part, mark, sentence)


async def _database(settings: Settings) -> tuple[Mark, str]:
    url = await running_database(settings)
    if url is None:
        return "note", "DATABASE_URL is not set: `plumbline run` starts an embedded PostgreSQL."
    from app.store.engine import open_database
    from app.store.migrations import HEAD, current_revision
    from app.store.vectors import MISSING, prepare

    async with open_database(url, pool_size=1) as database:
        if await current_revision(database) != HEAD:
            return "wrong", "the schema is not the newest: `plumbline serve` or `plumbline run` migrates it."
        if not await prepare(database):
            return "note", f"reachable, schema up to date; {MISSING}."
    return "ok", f"reachable{_whose(settings.database_url, settings)}, schema up to date."


async def _redis(settings: Settings) -> tuple[Mark, str]:
    url = await running_redis(settings)
    if url is None:
        return "note", "REDIS_URL is not set: `plumbline run` starts an embedded Valkey."
    from app.adapters.arq_bell import ArqBell

    bell = ArqBell(url)
    try:
        await bell.ping()
    except Exception as error:  # noqa: BLE001  whatever the client raises, the meaning is the same
        return "wrong", f"not reachable ({error}): work still runs, but waits for the sweeper."
    finally:
        await bell.close()
    return "ok", f"reachable{_whose(settings.redis_url, settings)}."


def _whose(configured: str, settings: Settings) -> str:
    return "" if configured else f", embedded under {settings.data_dir}"


async def _webhook(settings: Settings) -> tuple[Mark, str]:
    if not settings.github_app_id:
        return "note", "no GitHub App: `plumbline run` starts a playground in place of GitHub."
    secrets = settings.webhook_secrets()
    weak = [secret for secret in secrets if len(secret) < 16]
    if weak:
        return "note", "a webhook secret is shorter than 16 characters: choose a long random one."
    return "ok", f"{len(secrets)} webhook secret(s)."


async def _github(settings: Settings) -> tuple[Mark, str]:
    if not settings.github_app_id:
        return "note", "GITHUB_APP_ID is not set."
    from app.adapters.github_client import open_github

    async with open_github(
        app_id=settings.github_app_id, private_key=settings.private_key(), api_url=settings.github_api_url
    ) as github:
        try:
            login = await github.app_login()
            count = len(await github.installations())
        except GitHubError as error:
            return "wrong", f"{error}: check GITHUB_APP_ID, GITHUB_PRIVATE_KEY and GITHUB_API_URL."
    if not count:
        return "note", f"signed in as {login}, installed nowhere yet: install the App on an account."
    return "ok", f"signed in as {login}, installed on {count} account(s)."


async def _model(settings: Settings) -> tuple[Mark, str]:
    if not settings.anthropic_api_key.get_secret_value():
        return "note", "ANTHROPIC_API_KEY is not set: the local model answers."
    if settings.anthropic_base_url.rstrip("/").endswith("/v1"):
        return "wrong", "ANTHROPIC_BASE_URL must not end in /v1: the client adds it."
    return "ok", "a key is set (and not tried here): Claude decides, the local model stands in while it is down."


async def _embeddings(settings: Settings) -> tuple[Mark, str]:
    from app.adapters.embedders import HOW_TO_BUNDLE, open_embedder

    async with open_embedder(settings) as embedder:
        match settings.embeddings, embedder:
            case "none", _:
                return "note", "PLUMBLINE_EMBEDDINGS is none: search goes by words alone."
            case _, None:
                return "note", f"not installed, so search goes by words alone: {HOW_TO_BUNDLE}."
            case "bundled", _:
                return "ok", f"{embedder.name}, on this machine: search goes by words and by meaning."
            case _:
                return "ok", f"{embedder.name} of the service that is set (and not tried here)."


async def _prompts(settings: Settings) -> tuple[Mark, str]:
    from app.adapters.prompt_files import PromptFiles

    PromptFiles(settings.prompts_dir)
    return "ok", f"all of {settings.prompts_dir or 'the bundled ones'} can be read."


async def _traces(settings: Settings) -> tuple[Mark, str]:
    if not settings.langsmith_tracing:
        return "note", "LANGSMITH_TRACING is not set: runs are kept in the database alone."
    if not settings.langsmith_api_key.get_secret_value():
        return "wrong", "LANGSMITH_TRACING is on, but LANGSMITH_API_KEY is empty: nothing is sent."
    private = "whole" if settings.trace_private else "without their contents"
    return "ok", f"LangSmith gets a redacted copy of each run, those of private repositories {private}."


CHECKS: tuple[tuple[str, Callable[[Settings], Awaitable[tuple[Mark, str]]]], ...] = (
    ("Postgres", _database),
    ("Redis", _redis),
    ("Webhooks", _webhook),
    ("GitHub", _github),
    ("Model", _model),
    ("Embeddings", _embeddings),
    ("Prompts", _prompts),
    ("Traces", _traces),
)


def _print(found: list[Finding], values: dict[str, str]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}
    table = Table("part", "", "finding")
    for one in found:
        table.add_row(one.part, marks[one.mark], escape(one.sentence))
    console.print(table)
    listing = Table("setting", "value")
    for name, value in values.items():
        listing.add_row(name, escape(value))
    console.print(listing)
