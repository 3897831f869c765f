"""`plumbline doctor`: is everything set up right? Each finding says what to do about it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import SecretStr

from app.errors import PlumblineError
from app.settings import Settings

Mark = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    part: str
    mark: Mark
    sentence: str


async def examine(settings: Settings, *, as_json: bool) -> int:
    """Print the findings and every setting; 0 when nothing is wrong, else 1."""
    found = await findings(settings)
    values = {name: shown(value) for name, value in sorted(_environment(settings).items())}
    if as_json:
        print(json.dumps({"findings": [asdict(one) for one in found], "settings": values}))  # noqa: T201
    else:
        _print(found, values)
    return 1 if any(one.mark == "wrong" for one in found) else 0


async def findings(settings: Settings) -> list[Finding]:
    """Every check's finding; also what the page `/setup` shows."""
    return [await _try(part, check, settings) for part, check in CHECKS]


def shown(value: object) -> str:
    """A setting for people: secrets only say whether they are set."""
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    if isinstance(value, tuple):
        return f"{len(value)} set" if value else "not set"
    return str(value) if value not in ("", None, 0) else "not set"


def _environment(settings: Settings) -> dict[str, object]:
    """Settings by the names of their environment variables."""
    return {
        str(field.validation_alias or f"PLUMBLINE_{name}".upper()): getattr(settings, name)
        for name, field in type(settings).model_fields.items()
    }


async def _try(part: str, check: Callable[[Settings], Awaitable[tuple[Mark, str]]], settings: Settings) -> Finding:
    try:
        mark, sentence = await check(settings)
    except PlumblineError as error:
        return Finding(part, "wrong", str(error))
    except Exception as error:  # noqa: BLE001  whatever a check raises is its finding
        return Finding(part, "wrong", f"{type(error).__name__}: {error}")
    return Finding(part, mark, sentence)


async def _database(settings: Settings) -> tuple[Mark, str]:
    if not settings.database_url:
        return "note", "DATABASE_URL is not set: `plumbline run` starts an embedded PostgreSQL."
    from app.store.engine import open_database
    from app.store.migrations import HEAD, current_revision

    async with open_database(settings.database_url, pool_size=1) as database:
        if await current_revision(database) != HEAD:
            return "wrong", "the schema is not the newest: `plumbline serve` or `plumbline run` migrates it."
    return "ok", "reachable, schema up to date."


async def _redis(settings: Settings) -> tuple[Mark, str]:
    if not settings.redis_url:
        return "note", "REDIS_URL is not set: `plumbline run` starts an embedded Valkey."
    from app.adapters.arq_bell import ArqBell

    bell = ArqBell(settings.redis_url)
    try:
        await bell.ping()
    except Exception as error:  # noqa: BLE001  whatever the client raises, the meaning is the same
        return "wrong", f"not reachable ({error}): work still runs, but waits for the sweeper."
    finally:
        await bell.close()
    return "ok", "reachable."


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
        login = await github.app_login()
        count = len(await github.installations())
    return "ok", f"signed in as {login}, installed on {count} account(s)."


async def _model(settings: Settings) -> tuple[Mark, str]:
    if not settings.anthropic_api_key.get_secret_value():
        return "note", "ANTHROPIC_API_KEY is not set: the local model answers."
    if settings.anthropic_base_url.rstrip("/").endswith("/v1"):
        return "wrong", "ANTHROPIC_BASE_URL must not end in /v1: the client adds it."
    return "ok", "Claude answers, the local model stands in while it is down."


CHECKS: tuple[tuple[str, Callable[[Settings], Awaitable[tuple[Mark, str]]]], ...] = (
    ("Postgres", _database),
    ("Redis", _redis),
    ("Webhooks", _webhook),
    ("GitHub", _github),
    ("Model", _model),
)


def _print(found: list[Finding], values: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}
    table = Table("part", "", "finding")
    for one in found:
        table.add_row(one.part, marks[one.mark], one.sentence)
    console.print(table)
    listing = Table("setting", "value")
    for name, value in values.items():
        listing.add_row(name, value)
    console.print(listing)
