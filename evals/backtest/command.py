"""`plumbline backtest`: what would it have done on this repository's history? Joined to the CLI as an entry point."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.backtest.history import Record

if TYPE_CHECKING:
    from app.settings import Settings
    from evals.backtest.report import Report, Stated

_NAME = re.compile(r"[\w.-]+/[\w.-]+")


commands = typer.Typer(name="backtest")


@commands.command("backtest")
def backtest(
    source: Annotated[str, typer.Argument(metavar="OWNER/NAME|FILE.jsonl", help="a repository, or threads in a file")],
    html: Annotated[Path | None, typer.Option(help="also write the report as a page to this file")] = None,
    error_rate: Annotated[float, typer.Option(min=0.001, max=0.5, help="how often it may be wrong")] = 0.05,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="how sure that must be")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object as the last line")] = False,
) -> None:
    """What would it have done here? Replays a history in time order and proposes thresholds."""
    from rich.console import Console

    from app.settings import read_settings
    from evals.backtest.report import Stated
    from evals.backtest.report import as_json as figures_of
    from evals.backtest.terminal import show

    if html is not None and (html.is_dir() or not html.absolute().parent.is_dir()):
        raise typer.BadParameter("name a file in a folder that exists", param_hint="--html")
    report = asyncio.run(_backtest(source, Stated(error_rate, confidence), read_settings()))
    show(report, Console(stderr=as_json))
    if html is not None:
        from evals.backtest.page import page

        html.write_text(page(report), encoding="utf-8")
        typer.echo(f"the report is in {html}", err=True)
    if as_json:
        typer.echo(json.dumps(figures_of(report)))


async def _backtest(source: str, stated: "Stated", settings: "Settings") -> "Report":
    from app.adapters.embedders import open_embedder
    from app.adapters.prompt_files import PromptFiles
    from app.knowledge.labelling.fit import fit
    from evals.backtest.run import run_backtest
    from evals.backtest.served import Senses

    records = await _read(source, settings)
    name = source if _NAME.fullmatch(source) else Path(source).name
    with _progress(sum(one.thread.kind == "issue" for one in records)) as advance:
        async with open_embedder(settings) as embedder:
            return await run_backtest(
                name,
                records,
                stated,
                fit=fit,
                triage=PromptFiles(settings.prompts_dir).live("triage", source),
                senses=Senses(embedder) if embedder else None,
                advance=advance,
            )


async def _read(source: str, settings: "Settings") -> list[Record]:
    from app.adapters.github_client import open_github
    from evals.backtest.files import read_file
    from evals.backtest.github import read_history
    from evals.backtest.history import from_past

    file = Path(source)
    if await asyncio.to_thread(file.is_file):
        records, timeless = read_file(file)
        if timeless:
            typer.echo(f"{timeless:,} lines without a `created_at` are left out", err=True)
        return records
    if file.suffix == ".jsonl" or not _NAME.fullmatch(source):
        raise typer.BadParameter(f"{source!r} is neither a file nor a repository's OWNER/NAME")
    async with open_github(
        app_id=settings.github_app_id, private_key=settings.private_key(), api_url=settings.github_api_url
    ) as github:
        return from_past(source, await read_history(github, source))


@contextmanager
def _progress(issues: int) -> Iterator[Callable[[str, int], None]]:
    """A bar on stderr."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=issues)

        def advance(repository: str, more: int) -> None:
            progress.update(task, description=repository, advance=more)

        yield advance
