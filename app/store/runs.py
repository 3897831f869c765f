"""Reading runs back, for the pages: a filtered list, one run with everything, and what can be filtered by."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.store.engine import Database
from app.store.tables import effects, runs

FACETS_OF_NEWEST = 5_000


@dataclass(frozen=True, slots=True)
class RunFilter:
    """None means any."""

    repository: str | None = None
    skill: str | None = None
    prompt: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the list."""

    id: int
    repository: str
    thread_kind: str
    number: int
    title: str
    skill: str
    trigger: str
    prompt: str
    model: str
    outcome: str
    summary: str
    cost_usd: float
    error: str | None
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One write of a run, as it stands now."""

    id: int
    intent: str
    kind: str
    payload: dict[str, Any]
    state: str
    reason: str
    attempts: int
    remote_id: str | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunDetail:
    """One run whole; the JSON parts are as `RunRecord` wrote them. `effects` are those it planned last."""

    row: RunRow
    work_id: int
    prompt_digest: str
    snapshot: dict[str, Any]
    decision: dict[str, Any] | None
    verdict: dict[str, Any] | None
    usage: dict[str, Any]
    spans: list[dict[str, Any]]
    effects: tuple[EffectRow, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """The values that occur among the newest runs."""

    repositories: tuple[str, ...]
    skills: tuple[str, ...]
    prompts: tuple[str, ...]
    outcomes: tuple[str, ...]


_ROW = [runs.c[name] for name in RunRow.__slots__]
_EFFECT = [effects.c[name] for name in EffectRow.__slots__]
_DETAIL = ("work_id", "prompt_digest", "snapshot", "decision", "verdict", "usage", "spans")


async def list_runs(
    database: Database, wanted: RunFilter, *, before_id: int | None = None, limit: int = 50
) -> list[RunRow]:
    """Newest first; `before_id` is the last id of the page before."""
    query = sa.select(*_ROW).order_by(runs.c.id.desc()).limit(limit)
    for name in RunFilter.__slots__:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(runs.c[name] == value)
    if before_id is not None:
        query = query.where(runs.c.id < before_id)
    return [RunRow(*row) for row in await database.run(query)]


async def get_run(database: Database, run_id: int) -> RunDetail | None:
    query = sa.select(*_ROW, *(runs.c[name] for name in _DETAIL)).where(runs.c.id == run_id)
    rows = await database.run(query)
    if not rows:
        return None
    planned = await database.run(sa.select(*_EFFECT).where(effects.c.run_id == run_id).order_by(effects.c.id))
    values = tuple(rows[0])
    details: dict[str, Any] = dict(zip(_DETAIL, values[len(_ROW) :], strict=True))
    return RunDetail(
        row=RunRow(*values[: len(_ROW)]), effects=tuple(EffectRow(*effect) for effect in planned), **details
    )


async def facets(database: Database) -> Facets:
    names = ("repository", "skill", "prompt", "outcome")
    newest = sa.select(*(runs.c[name] for name in names)).order_by(runs.c.id.desc()).limit(FACETS_OF_NEWEST).subquery()
    rows = await database.run(sa.select(newest).distinct())
    return Facets(*(tuple(sorted({row[position] for row in rows})) for position in range(len(names))))
