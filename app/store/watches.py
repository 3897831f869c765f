"""Watches in Postgres: which of our effects are looked at again, and when."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from app.domain.thread import RepositoryRef, ThreadRef
from app.ports import Reaction, Watched
from app.store.engine import Database
from app.store.text import dump_json

_REACTIONS: TypeAdapter[tuple[Reaction, ...]] = TypeAdapter(tuple[Reaction, ...])
_AT_ONCE = 1_000

# Only what stands on GitHub: labels that were only offered there do not.
_WATCH_NEW = sa.text("""
    insert into watches (effect_id, due_at)
    select id, done_at + cast(:first as interval) from effects as e
    where state = 'done' and done_at > cast(:now as timestamptz) - interval '60 days'
    and case kind when 'comment' then remote_id is not null
        when 'labels' then jsonb_array_length(wrote -> 'labels') > 0 end
    and not exists (select from watches where effect_id = e.id)
    order by id limit :at_once
    on conflict do nothing
    returning effect_id
""")
_DUE = sa.text("""
    update watches as w set due_at = cast(:now as timestamptz) + interval '1 minute'
    from (
        select effect_id, due_at from watches where due_at <= :now
        order by due_at, effect_id limit :limit for update skip locked
    ) as taken
    join effects as e on e.id = taken.effect_id
    where w.effect_id = taken.effect_id
    returning w.effect_id, w.etag, w.known, w.looks, w.unchanged, taken.due_at,
        e.run_id, e.installation_id, e.repository_id, e.repository, e.thread_kind, e.number,
        case when e.kind = 'comment' then coalesce(e.remote_id, '') else '' end as remote_id,
        coalesce(e.done_at, e.created_at) as done_at
""")
_LOOKED = sa.text("""
    update watches set etag = :etag, known = cast(:known as jsonb), looks = :looks, unchanged = :unchanged,
        due_at = :next_at
    where effect_id = :effect_id
""")
_FACTS = sa.text("""
    select
        (select count(*) from watches where due_at is not null) as watched,
        (select count(*) from watches where due_at < now() - interval '2 minutes') as late,
        coalesce((select sum(looks) from watches), 0) as looks,
        coalesce((select sum(unchanged) from watches), 0) as unchanged,
        (select count(*) from signals where heard_at > now() - interval '1 day') as signals,
        cast(coalesce((
            select percentile_cont(0.5) within group (order by extract(epoch from heard_at - at)) from signals
            where kind = 'reaction' and at > now() - interval '1 day'
        ), 0) as double precision) as reaction_s
""")


@dataclass(frozen=True, slots=True)
class Hearing:
    """Listening in figures: effects that are `watched`, those whose look is `late`, looks so far and how many of them
    cost nothing, signals within a day, and the median from a reaction to its signal in seconds, of that day.
    """

    watched: int
    late: int
    looks: int
    unchanged: int
    signals: int
    reaction_s: float


async def hearing(database: Database) -> Hearing:
    return Hearing(*(await database.run(_FACTS))[0])


class PostgresWatches:
    """`ports.Watches`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def watch_new(self, now: datetime, first: timedelta) -> int:
        return len(await self._database.run(_WATCH_NEW, now=now, first=first, at_once=_AT_ONCE))

    async def due(self, now: datetime, limit: int) -> list[Watched]:
        rows: Sequence[Any] = await self._database.run(_DUE, now=now, limit=limit)
        return [_watched(row) for row in sorted(rows, key=lambda row: (row.due_at, row.effect_id))]

    async def looked(self, watched: Watched, next_at: datetime | None) -> None:
        known = [asdict(reaction) | {"at": reaction.at.isoformat()} for reaction in watched.known]
        await self._database.run(
            _LOOKED,
            effect_id=watched.effect_id,
            etag=watched.etag,
            known=dump_json(known),
            looks=watched.looks,
            unchanged=watched.unchanged,
            next_at=next_at,
        )


def _watched(row: sa.Row[Any]) -> Watched:
    repository = RepositoryRef(row.installation_id, row.repository_id, row.repository)
    return Watched(
        thread=ThreadRef(repository, row.thread_kind, row.number),
        known=_REACTIONS.validate_python(row.known),
        **{
            name: getattr(row, name)
            for name in ("effect_id", "run_id", "remote_id", "done_at", "due_at", "etag", "looks")
        },
        unchanged=row.unchanged,
    )
