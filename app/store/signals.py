"""Signals in Postgres: what was heard about our runs, each fact once, and how long our effects stood."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from app.domain.act import Act
from app.domain.run import RunRecord
from app.domain.signal import Signal, Survival
from app.domain.thread import RepositoryRef, ThreadRef
from app.ports import HeardSignal, SignalFilter
from app.ports.listening import BULK, Bulk, PastRun
from app.store.engine import Database
from app.store.text import dump_json

RUNS = 100
"""Of one thread, the newest, that are read at once."""

_SIGNAL = ", ".join(f"s.{name}" for name in Signal.model_fields)
_RECORD = sa.text("""
    insert into signals as s (
        repository_id, id, installation_id, number, run_id, effect_id, kind, polarity, actor,
        role, mode, wanted, text, at
    )
    select :repository_id, :id, :installation_id, :number, runs.id, :effect_id, :kind, :polarity, :actor,
           :role, :mode, cast(:wanted as jsonb), :text, :at
    from runs where runs.id = :run_id
    on conflict (repository_id, id) do update set withdrawn_at = null where s.withdrawn_at is not null
    returning s.id, xmax = 0 as new
""")
_WITHDRAW = sa.text("""
    update signals set withdrawn_at = :at
    where repository_id = :repository_id and id = any (cast(:ids as text[])) and withdrawn_at is null
""")
_OF_THREAD = sa.text(f"""
    select {_SIGNAL} from signals as s
    where repository_id = :repository_id and number = :number order by at, id
""")  # noqa: S608
_HEARD = sa.text(f"""
    select {_SIGNAL}, s.heard_at, r.repository, r.number, r.skill, r.prompt, r.prompt_digest, r.model
    from signals as s join runs as r on r.id = s.run_id
    where (cast(:repository_id as bigint) is null or s.repository_id = :repository_id)
    and (cast(:run_id as bigint) is null or s.run_id = :run_id)
    and (cast(:mode as text) is null or s.mode = :mode)
    and (cast(:since as timestamptz) is null or s.at >= :since)
    order by s.at desc, s.id limit :limit
""")  # noqa: S608
_RUN_FIELDS = tuple(RunRecord.model_fields)
_RUNS = sa.text(f"""
    select id, {", ".join(_RUN_FIELDS)} from runs
    where repository_id = :repository_id and number = :number order by id desc limit :limit
""")  # noqa: S608
# Who does it to so many threads within a minute, and where a signal stands that came of it before that could be seen.
_BULK = sa.text("""
    with asked as (
        select * from unnest(
            cast(:ids as text[]), cast(:actors as text[]), cast(:kinds as text[]), cast(:at as timestamptz[])
        ) as a (id, actor, kind, at)
    ),
    together as (
        select asked.id, acts.number, acts.at
        from asked join acts on acts.repository_id = :repository_id and acts.actor = asked.actor
        and acts.kind = asked.kind and acts.at between asked.at - interval '1 minute' and asked.at + interval '1 minute'
    ),
    bulk as (select id from together group by id having count(distinct number) >= :least)
    select bulk.id, runs.installation_id, runs.repository_id, runs.repository, runs.thread_kind, runs.number
    from bulk left join together using (id)
    left join signals as s on s.repository_id = :repository_id and s.number = together.number and s.at = together.at
        and s.number <> :number and s.withdrawn_at is null and s.actor <> ''
    left join runs on runs.id = s.run_id
    order by runs.number
""")
_SURVIVED = sa.text("""
    insert into survivals (effect_id, "window", fate, at)
    select :effect_id, :window, :fate, :at from effects where id = :effect_id
    on conflict do nothing
""")
_SURVIVALS = sa.text("""
    select effect_id, "window", fate, at from survivals
    where effect_id = any (cast(:ids as bigint[])) order by effect_id, at
""")


class PostgresSignals:
    """`ports.Signals`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, thread: ThreadRef, signals: Sequence[Signal]) -> list[str]:
        where = _place(thread) | {"installation_id": thread.repository.installation_id}
        new: list[str] = []
        async with self._database.begin() as connection:
            # In one order everywhere, so that two who hear the same do not wait for each other in a ring.
            for signal in sorted(signals, key=lambda signal: signal.id):
                values = signal.model_dump(exclude={"wanted", "withdrawn_at"})
                wanted = dump_json(signal.wanted.model_dump(mode="json")) if signal.wanted else None
                row = (await connection.execute(_RECORD, where | values | {"wanted": wanted})).first()
                if row is not None and row.new:
                    new.append(row.id)
        return new

    async def withdraw(self, thread: ThreadRef, ids: Sequence[str], at: datetime) -> None:
        if ids:
            repository_id = thread.repository.repository_id
            await self._database.run(_WITHDRAW, repository_id=repository_id, ids=list(ids), at=at)

    async def of_thread(self, thread: ThreadRef) -> list[Signal]:
        return [_signal(row) for row in await self._database.run(_OF_THREAD, **_place(thread))]

    async def runs(self, thread: ThreadRef) -> list[PastRun]:
        rows = await self._database.run(_RUNS, **_place(thread), limit=RUNS)
        found = [(row.id, _record(row)) for row in reversed(rows)]
        return [PastRun(run_id, record) for run_id, record in found if record is not None]

    async def bulk(self, thread: ThreadRef, acts: Sequence[Act]) -> Bulk:
        if not acts:
            return Bulk()
        rows = await self._database.run(
            _BULK,
            **_place(thread),
            ids=[act.id for act in acts],
            actors=[act.actor for act in acts],
            kinds=[act.kind for act in acts],
            at=[act.at for act in acts],
            least=BULK,
        )
        others = {
            ThreadRef(RepositoryRef(*where), kind, number): None
            for _, *where, kind, number in rows
            if number is not None
        }
        return Bulk(frozenset(row.id for row in rows), tuple(others))

    async def heard(self, wanted: SignalFilter, *, limit: int = 1000) -> list[HeardSignal]:
        filters = {name: getattr(wanted, name) for name in SignalFilter.__slots__}
        rows = await self._database.run(_HEARD, **filters, limit=limit)
        names = [name for name in HeardSignal.__slots__ if name != "signal"]
        return [HeardSignal(signal=_signal(row), **{name: getattr(row, name) for name in names}) for row in rows]

    async def survived(self, survivals: Sequence[Survival]) -> None:
        async with self._database.begin() as connection:
            for one in survivals:
                await connection.execute(_SURVIVED, one.model_dump())

    async def survivals(self, effect_ids: Sequence[int]) -> list[Survival]:
        rows = await self._database.run(_SURVIVALS, ids=list(effect_ids))
        return [Survival.model_validate(row._asdict()) for row in rows]


def _signal(row: sa.Row[Any]) -> Signal:
    return Signal.model_validate({name: getattr(row, name) for name in Signal.model_fields})


def _record(row: sa.Row[Any]) -> RunRecord | None:
    """None for what an earlier version recorded in words that we no longer know."""
    try:
        return RunRecord.model_validate({name: getattr(row, name) for name in _RUN_FIELDS})
    except ValidationError:
        return None


def _place(thread: ThreadRef) -> dict[str, int]:
    return {"repository_id": thread.repository.repository_id, "number": thread.number}
