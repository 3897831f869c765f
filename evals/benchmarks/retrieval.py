"""`plumbline bench retrieval`: is the page that answers an issue among the first five that are found?

Each repository of the corpus is indexed in Postgres as a tenant of its own and searched by the functions that serve
threads, with their settings; those nobody asks about get no vectors.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from app.ports import Edition, Embedder, Library
from app.teammate.find import find_passages
from app.teammate.index import embed_missing, index_files

FIRST = 5
BY_HAND = "annotated"
"""`gold_source` of a page that somebody chose; the others were linked in the thread itself."""

Say = Callable[[str], None]
Row = Mapping[str, Any]


def retrieval(
    corpus: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSONL of pages: repo, path, text")],
    queries: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="JSONL: repo, title, body, gold_paths, gold_source")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object as the last line")] = False,
) -> None:
    """Pages found for issues that a page of the documentation answers."""
    from app.adapters.embedders import open_embedder
    from app.settings import read_settings

    def say(line: str) -> None:
        typer.echo(line, err=True)

    async def run() -> dict[str, Any]:
        async with open_embedder(read_settings()) as embedder:
            return await measure(_rows(corpus), _rows(queries), embedder, say)

    result = asyncio.run(run())
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))


async def measure(corpus: Sequence[Row], queries: Sequence[Row], embedder: Embedder | None, say: Say) -> dict[str, Any]:
    """`recall_at_5`: questions with a right page among the first five. `mrr`: mean of one over the first one's place.

    `recall_at_5_linked` is over the questions whose page was linked in the thread. In the database of DATABASE_URL
    where it is set; what is indexed there is forgotten afterwards. Raises ValueError for a question to no repository.
    """
    names = sorted({row["repo"] for row in corpus})
    ids = {name: -place for place, name in enumerate(names, start=1)}  # no repository of GitHub has such an id
    if unknown := {row["repo"] for row in queries} - ids.keys():
        raise ValueError(f"the corpus has no page of {min(unknown)}, which the questions name")
    places: list[int | None] = []
    times: list[float] = []
    async with AsyncExitStack() as stack:
        library = await _library(stack)
        chunks = 0
        for name in names:
            stack.push_async_callback(library.forget, ids[name])
            files = {row["path"]: row["text"] for row in corpus if row["repo"] == name}
            edition = Edition("0" * 40, f"https://github.com/{name}", private=False)
            chunks += await index_files(library, ids[name], edition, files)
        for name in sorted({row["repo"] for row in queries}):
            if embedder:
                say(f"embedding {name}")
                await embed_missing(library, embedder, ids[name])
        for row in queries:
            started = time.perf_counter()
            found = await find_passages(library, embedder, ids[row["repo"]], row["title"], row["body"] or "")
            times.append((time.perf_counter() - started) * 1_000)
            pages = list(dict.fromkeys(one.path for one in found))
            places.append(min((pages.index(page) + 1 for page in row["gold_paths"] if page in pages), default=None))
    hit = [place is not None and place <= FIRST for place in places]
    linked = [one for one, row in zip(hit, queries, strict=True) if row["gold_source"] != BY_HAND]
    return {
        "recall_at_5": _mean(hit),
        "mrr": _mean([1 / place if place else 0 for place in places]),
        "recall_at_5_linked": _mean(linked),
        "n": len(hit),
        "n_linked": len(linked),
        "per_repo": {
            name: _mean([one for one, row in zip(hit, queries, strict=True) if row["repo"] == name])
            for name in sorted({row["repo"] for row in queries})
        },
        "chunks": chunks,
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(sorted(times)[int(0.95 * (len(times) - 1))], 1),
        "embedder": embedder.name if embedder else None,
    }


async def _library(stack: AsyncExitStack) -> Library:
    from app.adapters.embedded_postgres import EmbeddedPostgres
    from app.store.engine import open_database
    from app.store.library import PostgresLibrary
    from app.store.migrations import migrate

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-bench-")))
    url = os.environ.get("DATABASE_URL", "") or await stack.enter_async_context(EmbeddedPostgres(folder))
    await migrate(url)
    return PostgresLibrary(await stack.enter_async_context(open_database(url)))


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
