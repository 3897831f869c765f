"""`plumbline bench`: measurements, joined to the CLI through an entry point. With --json the last line is JSON."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from evals.benchmarks.duplicates import duplicates
from evals.benchmarks.labels import labels
from evals.benchmarks.needs_info import needs_info
from evals.benchmarks.retrieval import retrieval
from evals.benchmarks.sentiment import sentiment

bench = typer.Typer(name="bench", help="Measure the product against floors taken in the same run, and its judgement.")

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object as the last line")]


@bench.callback()
def measurements() -> None:
    """Measure the product against floors taken in the same run."""


@bench.command()
def ingest(
    rounds: Annotated[int, typer.Option(min=1, help="how often each server is measured")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, help="length of each measurement")] = 5.0,
    payload: Annotated[str, typer.Option(help="small (12 KB), pull_request (24 KB) or 1MB")] = "small",
    as_json: AsJson = False,
) -> None:
    """Webhooks acknowledged per second of CPU, durable in Postgres, and how long a sender waits."""
    import uvloop

    from evals.benchmarks.ingest import measure, summary
    from evals.benchmarks.load import SIZES

    known = [name for name in SIZES if name == payload]
    if not known:
        raise typer.BadParameter(f"choose one of {', '.join(SIZES)}", param_hint="--payload")
    rows = uvloop.run(measure(known[0], rounds=rounds, seconds=seconds))
    typer.echo("server     conns    req/s  CPU us/req  p50 ms   p99 ms  acknowledged  stored")
    for row in rows:
        typer.echo(
            f"{row.server:<10} {row.connections:>5} {row.requests_per_s:>8.0f} {row.cpu_us or 0:>11.1f}"
            f" {row.p50_ms:>7.2f} {row.p99_ms:>8.2f} {row.acknowledged:>13} {row.stored or 0:>7}"
        )
    result = summary(known[0], rows)
    if as_json:
        typer.echo(json.dumps(result))
    if result["lost"] or result["refused"]:
        raise typer.Exit(1)


@bench.command()
def pickup(
    deliveries: Annotated[int, typer.Option(min=1, help="how many of each size")] = 200,
    idle_seconds: Annotated[float, typer.Option(min=1, help="how long Redis is watched while idle")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Milliseconds from a delivery to the start of its work, one at a time."""
    import uvloop

    from evals.benchmarks.pickup import measure

    def say(line: str) -> None:
        typer.echo(line, err=True)

    result = uvloop.run(measure(deliveries=deliveries, idle_s=idle_seconds, say=say))
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))
    if result["lost"]:
        raise typer.Exit(1)


@bench.command()
def answers(
    corpus: Annotated[Path, typer.Option(help="JSONL of pages: repo, path, text")],
    questions: Annotated[Path, typer.Option(help="JSONL: repo, title, body, gold_paths")],
    threads: Annotated[Path, typer.Option(help="JSONL of other projects' threads: repo, title, body")],
    limit: Annotated[int, typer.Option(min=1, help="threads in all, questions first")] = 300,
    as_json: AsJson = False,
) -> None:
    """Answers to real threads, and whether every link and name in them is real."""
    from app.settings import read_settings
    from evals.benchmarks.answers import measure

    def say(line: str) -> None:
        typer.echo(line, err=True)

    result = asyncio.run(measure(read_settings(), corpus, questions, threads, limit=limit, say=say))
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))
    if any(result[wrong] for wrong in ("unresolved", "invented", "lost", "errors")):
        raise typer.Exit(1)


@bench.command()
def listening(
    events: Annotated[int, typer.Option(min=1, help="webhooks in all")] = 10_000,
    seed: Annotated[int, typer.Option(help="another one is another stream")] = 0,
    as_json: AsJson = False,
) -> None:
    """Failures planted in a stream of what people do: how many become one signal of the right name, and one case."""
    from app.settings import read_settings
    from evals.benchmarks.listening import measure

    def say(line: str) -> None:
        typer.echo(line, err=True)

    result = asyncio.run(measure(read_settings(), events=events, seed=seed, say=say))
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))


bench.command()(labels)
bench.command()(duplicates)
bench.command()(retrieval)
bench.command("needs-info")(needs_info)
bench.command()(sentiment)
