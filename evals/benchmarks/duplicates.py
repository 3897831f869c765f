"""`plumbline bench duplicates`: how often a known duplicate is among the first ten, and how well pairs are told apart.

Reports are remembered in Postgres and embedded as past threads are, then searched, compared and judged by the functions
that serve threads. Where dates are given they count: what breaks today breaks for many people this week.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.domain.past import Neighbour, PastThread
from app.domain.repository_settings import DuplicateSettings
from app.knowledge.duplicates import CANDIDATES, embedding_text, neighbours_of, search_text
from app.ports import Embedder, Near, ThreadIndex
from app.teammate.index import embed_missing
from app.teammate.past import as_kept

FIRST = 10
REPOSITORY_ID = -1
"""No repository of GitHub has it, so a database in use is not disturbed."""
_UNDATED = datetime(2020, 1, 1, tzinfo=UTC)
_DATES = ("%d/%b/%y %H:%M", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%z")

Say = Callable[[str], None]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """One row of a file: its own id and its text, with the date it was written where the file gives one."""

    id: str
    title: str
    body: str
    created_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Report":
        body = row.get("body", row.get("description"))
        return cls(str(row["id"]), row["title"] or "", body or "", _date(row.get("created") or row.get("created_at")))


def duplicates(
    corpus: Annotated[
        Path | None, typer.Option(exists=True, help="JSONL of reports: id, title, description, created")
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(exists=True, help="JSONL: id of a report, duplicates: ids of the same")
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(exists=True, help="JSONL of pairs: label, a: a report, b: another")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object as the last line")] = False,
) -> None:
    """Duplicates found among the first ten (--corpus and --queries), or pairs told apart (--pairs)."""

    def say(line: str) -> None:
        typer.echo(line, err=True)

    try:
        if pairs and not corpus and not queries:
            result = asyncio.run(tell_apart(_rows(pairs, "label", "a", "b"), say))
        elif corpus and queries and not pairs:
            asked = _rows(queries, "id", "duplicates")
            result = asyncio.run(find_again(_rows(corpus, "id", "title"), asked, say))
        else:
            raise typer.BadParameter("give --corpus and --queries, or --pairs")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))


async def find_again(corpus: Sequence[Row], queries: Sequence[Row], say: Say) -> dict[str, Any]:
    """`recall_at_10`: queries with a duplicate among the first ten. `mrr`: mean of one over the first one's place.

    The query's own report is a part of the corpus and left out of what it is compared with; a duplicate that is no part
    of it cannot be found. Raises ValueError for a query whose own report is missing.
    """
    wanted = {str(row["id"]): {str(one) for one in row["duplicates"]} for row in queries}
    reports = [Report.of(row) for row in corpus]
    if unknown := wanted.keys() - {one.id for one in reports}:
        raise ValueError(f"the corpus has no report with the id {min(unknown)} that a query names")
    places: list[int | None] = []
    async with _remembered(reports, say) as history:
        for query, same in wanted.items():
            found = [one for one, _ in await history.like(query)]
            places.append(next((place for place, one in enumerate(found, start=1) if one in same), None))
    return {
        "recall_at_10": _mean([place is not None and place <= FIRST for place in places]),
        "mrr": _mean([1 / place if place else 0 for place in places]),
        "n": len(places),
        "reports": len(reports),
        "embedder": history.embedder.name if history.embedder else None,
    }


async def tell_apart(pairs: Sequence[Row], say: Say) -> dict[str, Any]:
    """How well the probability that `a` repeats `b` tells duplicates from others; the history is the whole file.

    `best_f1` is at the best threshold for this file, `f1` at the one that settings have when nobody changes them.
    """
    rows = {str(row[side]["id"]): row[side] for row in pairs for side in ("a", "b")}
    same = [row["label"] == "duplicate" for row in pairs]
    probabilities = []
    async with _remembered([Report.of(row) for row in rows.values()], say) as history:
        known: dict[str, dict[str, float]] = {}
        for row in pairs:
            first, second = str(row["a"]["id"]), str(row["b"]["id"])
            if first not in known:
                known[first] = dict(await history.like(first))
            probabilities.append(known[first].get(second, 0.0))
    shipped = DuplicateSettings().min_confidence
    return {
        "best_f1": round(max((_f1(same, probabilities, at) for at in {*probabilities}), default=0.0), 4),
        "average_precision": _average_precision(same, probabilities),
        "f1": round(_f1(same, probabilities, shipped), 4),
        "threshold": shipped,
        "n": len(pairs),
        "embedder": history.embedder.name if history.embedder else None,
    }


@dataclass(frozen=True, slots=True)
class _History:
    threads: Mapping[str, PastThread]
    index: ThreadIndex
    embedder: Embedder | None

    async def like(self, report: str) -> list[tuple[str, float]]:
        """Ids of the likeliest others and the probability that each is the same."""
        thread = self.threads[report]
        near = None
        if self.embedder:
            (vector,) = await self.embedder.embed([embedding_text(thread.title, thread.body)])
            near = Near(self.embedder.name, vector)
        question = search_text(thread.title, thread.body)
        candidates = await self.index.similar(REPOSITORY_ID, question, CANDIDATES, near=near, exclude=thread.number)
        found: Sequence[Neighbour] = neighbours_of(thread, candidates, near, limit=len(candidates))
        return [(one.thread.url, one.score) for one in found]


@asynccontextmanager
async def _remembered(reports: Sequence[Report], say: Say) -> AsyncIterator[_History]:
    """The reports in a database of their own (that of DATABASE_URL where it is set), forgotten afterwards."""
    from app.adapters.embedded_postgres import EmbeddedPostgres
    from app.adapters.embedders import open_embedder
    from app.settings import Settings
    from app.store.engine import open_database
    from app.store.migrations import migrate
    from app.store.threads import PostgresThreads

    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-bench-")))
        url = os.environ.get("DATABASE_URL", "") or await stack.enter_async_context(EmbeddedPostgres(folder))
        await migrate(url)
        index = PostgresThreads(await stack.enter_async_context(open_database(url)))
        embedder = await stack.enter_async_context(open_embedder(Settings()))
        threads = {one.id: _thread(number, one) for number, one in enumerate(reports, start=1)}
        await index.forget(REPOSITORY_ID)
        stack.push_async_callback(index.forget, REPOSITORY_ID)
        await index.remember(REPOSITORY_ID, list(threads.values()), private=False)
        if embedder:
            done = 0

            def told(more: int) -> None:
                nonlocal done
                done += more
                say(f"{done} of {len(threads)} reports embedded")

            await embed_missing(index, embedder, REPOSITORY_ID, said=told)
        yield _History(threads, index, embedder)


def _thread(number: int, report: Report) -> PastThread:
    return as_kept(
        PastThread(
            number=number,
            kind="issue",
            title=report.title,
            body=report.body,
            author="",
            created_at=report.created_at,
            updated_at=report.created_at,
            url=report.id,
        )
    )


def _date(text: str | None) -> datetime:
    """UTC; the same day for all reports where a file gives none. Raises ValueError for what is no date."""
    if not text:
        return _UNDATED
    for form in _DATES:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  the line below gives it a zone
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise ValueError(f"not a date that is understood: {text!r}")


def _rows(file: Path, *columns: str) -> list[Row]:
    """The rows of a JSONL file. Raises ValueError for one that is no JSON object or lacks one of `columns`."""
    rows = []
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{file}:{number}: not JSON ({error})") from error
            if lacking := [name for name in columns if not isinstance(row, dict) or name not in row]:
                raise ValueError(f"{file}:{number}: a row has no {lacking[0]!r}")
            rows.append(row)
    return rows


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def _f1(same: Sequence[bool], probabilities: Sequence[float], threshold: float) -> float:
    said = [probability >= threshold for probability in probabilities]
    right = sum(one and other for one, other in zip(said, same, strict=True))
    return 2 * right / (sum(said) + sum(same)) if right else 0.0


def _average_precision(same: Sequence[bool], probabilities: Sequence[float]) -> float:
    """The mean over all duplicates of the precision at their place; equal probabilities share their worst place."""
    thresholds = [probability for one, probability in zip(same, probabilities, strict=True) if one]
    precisions = []
    for threshold in thresholds:
        said = [one for one, probability in zip(same, probabilities, strict=True) if probability >= threshold]
        precisions.append(sum(said) / len(said))
    return _mean(precisions)
