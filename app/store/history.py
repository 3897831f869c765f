"""Reading runs back, for the pages: a filtered list, one run with everything, and what can be filtered by."""

from typing import Any

import sqlalchemy as sa

from app.domain.history import Day, EffectRow, Facets, RunDetail, RunFilter, RunRow
from app.store.backlog import backlog
from app.store.engine import Database
from app.store.tables import effects, runs

FACETS_OF_NEWEST = 5_000

_ROW = [runs.c[name] for name in RunRow.__slots__]
_EFFECT = [effects.c[name] for name in EffectRow.__slots__]
_DETAIL = ("work_id", "prompt_digest", "snapshot", "decision", "verdict", "usage", "spans")

_DAY = sa.text("""
select
    (select count(*) from runs where finished_at > now() - interval '1 day') as runs,
    (select count(*) from effects where done_at > now() - interval '1 day') as effects,
    (select coalesce(sum(cost_usd), 0) from runs where finished_at > now() - interval '1 day') as cost_usd
""")


class PostgresHistory:
    """Implements ports.History."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def runs(self, wanted: RunFilter, *, before_id: int | None = None, limit: int = 50) -> list[RunRow]:
        query = sa.select(*_ROW).order_by(runs.c.id.desc()).limit(limit)
        for name in RunFilter.__slots__:
            if (value := getattr(wanted, name)) is not None:
                query = query.where(runs.c[name] == value)
        if before_id is not None:
            query = query.where(runs.c.id < before_id)
        return [RunRow(*row) for row in await self._database.run(query)]

    async def run(self, run_id: int) -> RunDetail | None:
        query = sa.select(*_ROW, *(runs.c[name] for name in _DETAIL)).where(runs.c.id == run_id)
        rows = await self._database.run(query)
        if not rows:
            return None
        planned = await self._database.run(sa.select(*_EFFECT).where(effects.c.run_id == run_id).order_by(effects.c.id))
        values = tuple(rows[0])
        details: dict[str, Any] = dict(zip(_DETAIL, values[len(_ROW) :], strict=True))
        return RunDetail(
            row=RunRow(*values[: len(_ROW)]), effects=tuple(EffectRow(*effect) for effect in planned), **details
        )

    async def facets(self) -> Facets:
        names = ("repository", "skill", "prompt", "outcome")
        columns = [runs.c[name] for name in names]
        newest = sa.select(*columns).order_by(runs.c.id.desc()).limit(FACETS_OF_NEWEST).subquery()
        rows = await self._database.run(sa.select(newest).distinct())
        return Facets(*(tuple(sorted({row[place] for row in rows})) for place in range(len(names))))

    async def day(self) -> Day:
        look = await backlog(self._database)
        done = (await self._database.run(_DAY))[0]
        return Day(
            runs=done.runs,
            effects=done.effects,
            cost_usd=done.cost_usd,
            dead=look.dead_work + look.dead_effects,
            oldest_s=look.oldest_due_s or None,
        )
