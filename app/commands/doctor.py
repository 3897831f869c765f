"""`plumbline doctor`: is everything set up right? Each finding says what to do about it."""

import asyncio
import json
from dataclasses import asdict, replace

from pydantic import SecretStr

from app.bootstrap import literal_secrets
from app.commands import checks, checks_github
from app.commands.findings import Check, Finding
from app.errors import PlumblineError
from app.settings import Settings, variable
from app.teammate.redact import redact

WITHIN_S = 20.0
CHECKS: tuple[tuple[str, Check], ...] = (
    ("Postgres", checks.database),
    ("Redis", checks.redis),
    ("Files", checks.files),
    ("Webhooks", checks.webhook_secrets),
    ("GitHub", checks_github.github),
    ("Model", checks.model),
    ("Embeddings", checks.embeddings),
    ("Prompts", checks.prompts),
    ("Traces", checks.traces),
)


async def examine(settings: Settings, *, as_json: bool, tried: bool = False) -> int:
    """Print the findings and every setting; 0 when nothing is wrong, else 1. `tried`: also ask the model something."""
    found = await findings(settings, tried=tried)
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


async def findings(settings: Settings, *, tried: bool = False) -> list[Finding]:
    """Every check's findings, without secrets; also what the page `/setup` shows."""
    literals = literal_secrets(settings)
    wanted = [(part, checks.tried_model if tried and part == "Model" else check) for part, check in CHECKS]
    found = await asyncio.gather(*(_try(part, check, settings) for part, check in wanted))
    return [replace(one, sentence=redact(one.sentence, literals)) for several in found for one in several]


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


async def _try(part: str, check: Check, settings: Settings) -> list[Finding]:
    try:
        async with asyncio.timeout(WITHIN_S):
            return list(await check(settings))
    except TimeoutError:
        return [Finding(part, "wrong", f"no answer within {WITHIN_S:.0f} s: is the network there?")]
    except PlumblineError as error:
        return [Finding(part, "wrong", str(error))]
    except Exception as error:  # noqa: BLE001  whatever a check raises is its finding
        return [Finding(part, "wrong", f"{type(error).__name__}: {error}")]


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
