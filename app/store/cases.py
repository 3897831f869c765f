"""Cases in Postgres, and what people said of them."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.case import Case, CaseState, Judgement
from app.domain.thread import Frozen
from app.ports import CaseFilter
from app.ports.listening import Standing
from app.store.engine import Database
from app.store.text import dump_json
from app.teammate.cases.twins import NEAR, asked, bands, likeness

MOST_CANDIDATES = 200

T = TypeVar("T", bound=Frozen)

# Two that say the same and come at once must see each other.
_LOCK = sa.text("select pg_advisory_xact_lock(hashtext('cases'))")
_ALIKE = sa.text("""
    select distinct on (bands) id, cluster, twin_of, skill, snapshot from cases
    where run_id <> :run_id and bands && cast(:bands as text[]) order by bands, id limit :limit
""")
_THREAD = sa.text("""
    select cluster from cases where repository_id = :repository_id and number = :number and run_id <> :run_id
    order by id limit 1
""")
_JOIN = sa.text("update cases set cluster = :cluster where cluster = any (cast(:others as text[]))")
_OLDEST = sa.text("""
    select cluster from cases where cluster = any (cast(:clusters as text[])) order by id limit 1
""")
_PROPOSE = sa.text("""
    insert into cases as c (run_id, repository_id, installation_id, number, private, skill, mode, wanted, snapshot, did,
        segment, cluster, bands, twin_of, provenance)
    values (:run_id, :repository_id, :installation_id, :number, :private, :skill, :mode, cast(:wanted as jsonb),
        cast(:snapshot as jsonb), cast(:did as jsonb), cast(:segment as jsonb), :cluster, :bands, :twin_of,
        cast(:provenance as jsonb))
    on conflict (run_id) do update set
        mode = excluded.mode, wanted = excluded.wanted, segment = excluded.segment, provenance = excluded.provenance
    where c.state = 'proposed' and not exists (select from judgements where case_id = c.id)
    returning id, xmax = 0 as is_new
""")
_CASES = """
    select id, repository_id, installation_id, number, private, skill, mode, wanted, snapshot, did, segment, cluster,
        twin_of, provenance, state, assignee, proposed_at
    from cases
"""
_ONE = sa.text(f"{_CASES} where id = :id")
_FIND = sa.text(f"""
    {_CASES} where id > :after_id
    and (cast(:state as text) is null or state = :state)
    and (cast(:mode as text) is null or mode = :mode)
    and (cast(:repository_id as bigint) is null or repository_id = :repository_id)
    and (cast(:assignee as text) is null or assignee = :assignee)
    and (:twins or twin_of is null)
    order by id limit :limit
""")
_COUNT = sa.text("select state, count(*) as number from cases where twin_of is null group by 1")
_JUDGE = sa.text("""
    insert into judgements (case_id, judge, verdict, mode, wanted, note, at)
    select id, :judge, :verdict, :mode, cast(:wanted as jsonb), :note, :at from cases where id = :case_id
    on conflict (case_id, judge) do update set
        verdict = excluded.verdict, mode = excluded.mode, wanted = excluded.wanted, note = excluded.note,
        at = excluded.at
""")
_UNJUDGE = sa.text("delete from judgements where case_id = :case_id and judge = :judge")
_SETTLE = sa.text("""
    update cases set state = coalesce((
        select case verdict when 'reject' then 'rejected' else 'accepted' end from judgements
        where case_id = :id order by at desc, judge limit 1
    ), 'proposed') where id = :id and state <> 'harvested'
""")
_JUDGEMENTS = sa.text("""
    select case_id, judge, verdict, mode, wanted, note, at from judgements
    where cast(:ids as bigint[]) is null or case_id = any (cast(:ids as bigint[])) order by at, case_id, judge
""")
# What was asked to be forgotten counts until a later run has found something else.
_STANDING = sa.text("""
    select asked.id, coalesce(newest.snapshot #> '{settings,data,learn}' = 'true', false)
            and 'consent' <> all (withdrawn.whats) as learn,
        coalesce(newest.snapshot -> 'private' <> 'false', true) or 'privatized' = any (withdrawn.whats) as private
    from unnest(cast(:ids as bigint[])) as asked (id)
    cross join lateral (
        select finished_at, snapshot from runs where repository_id = asked.id order by id desc limit 1
    ) as newest
    cross join lateral (
        select coalesce(array_agg(what), '{}') as whats from erasures
        where subject = cast(asked.id as text) and asked_at >= newest.finished_at
    ) as withdrawn
""")
_ASSIGN = sa.text("update cases set assignee = :assignee where id = :id")
_HARVESTED = sa.text("""
    update cases set state = 'harvested' where id = any (cast(:ids as bigint[])) and state = 'accepted'
""")


class PostgresCases:
    """`ports.Cases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(self, case: Case) -> int | None:
        text = asked(case.snapshot)
        marks = bands(case.skill, text)
        async with self._database.begin() as connection:
            await connection.execute(_LOCK)
            cluster, twin_of = await _placed(connection, case, marks, text)
            values = case.model_dump(mode="json", include={*_JSON, *_PLAIN})
            columns = {name: values[name] if name in _PLAIN else dump_json(values[name]) for name in values}
            columns |= {"wanted": None if case.wanted is None else columns["wanted"]}
            columns |= {"run_id": case.provenance.run_id, "cluster": cluster, "twin_of": twin_of, "bands": marks}
            row = (await connection.execute(_PROPOSE, columns)).first()
        return int(row.id) if row and row.is_new else None

    async def case(self, case_id: int) -> Case | None:
        rows = await self._database.run(_ONE, id=case_id)
        return _read(Case, rows[0]) if rows else None

    async def find(self, wanted: CaseFilter, *, after_id: int = 0, limit: int = 50) -> list[Case]:
        filters = {name: getattr(wanted, name) for name in CaseFilter.__slots__}
        return [_read(Case, row) for row in await self._database.run(_FIND, **filters, after_id=after_id, limit=limit)]

    async def count(self) -> dict[CaseState, int]:
        return {row.state: row.number for row in await self._database.run(_COUNT)}

    async def judge(self, judgement: Judgement) -> Case | None:
        values = judgement.model_dump(exclude={"wanted"})
        wanted = None if judgement.wanted is None else judgement.wanted.model_dump_json()
        return await self._settled(judgement.case_id, _JUDGE, values | {"wanted": wanted})

    async def unjudge(self, case_id: int, judge: str) -> Case | None:
        return await self._settled(case_id, _UNJUDGE, {"case_id": case_id, "judge": judge})

    async def judgements(self, case_ids: Sequence[int] | None = None) -> list[Judgement]:
        ids = None if case_ids is None else list(case_ids)
        return [_read(Judgement, row) for row in await self._database.run(_JUDGEMENTS, ids=ids)]

    async def standing(self, repository_ids: Collection[int]) -> dict[int, Standing]:
        rows = await self._database.run(_STANDING, ids=list(repository_ids))
        return {row.id: Standing(learn=row.learn, private=row.private) for row in rows}

    async def assign(self, case_id: int, assignee: str) -> None:
        await self._database.run(_ASSIGN, id=case_id, assignee=assignee)

    async def harvested(self, case_ids: Sequence[int]) -> None:
        await self._database.run(_HARVESTED, ids=list(case_ids))

    async def _settled(self, case_id: int, statement: sa.TextClause, values: dict[str, Any]) -> Case | None:
        async with self._database.begin() as connection:
            await connection.execute(statement, values)
            await connection.execute(_SETTLE, {"id": case_id})
        return await self.case(case_id)


_PLAIN = frozenset({"repository_id", "installation_id", "number", "private", "skill", "mode"})
_JSON = frozenset({"wanted", "snapshot", "did", "segment", "provenance"})


async def _placed(connection: AsyncConnection, case: Case, marks: list[str], text: str) -> tuple[str, int | None]:
    """The cluster it belongs to, with all that it joins, and the oldest case that it repeats."""
    run = {"run_id": case.provenance.run_id}
    found = await connection.execute(_ALIKE, run | {"bands": marks, "limit": MOST_CANDIDATES})
    near = [row for row in found if row.skill == case.skill and likeness(text, asked(row.snapshot)) >= NEAR]
    beside = await connection.execute(_THREAD, run | {"repository_id": case.repository_id, "number": case.number})
    clusters = sorted({row.cluster for row in near} | set(beside.scalars()))
    own = f"{case.repository_id}-{case.number}"
    if not clusters:
        return own, None
    cluster = str((await connection.execute(_OLDEST, {"clusters": clusters})).scalar_one())
    if others := [one for one in clusters if one != cluster]:
        await connection.execute(_JOIN, {"cluster": cluster, "others": others})
    return cluster, min((row.twin_of or row.id for row in near), default=None)


def _read(kind: type[T], row: sa.Row[Any]) -> T:
    return kind.model_validate({name: getattr(row, name) for name in kind.model_fields})
