"""The work queue in Postgres. Redis only rings: which work is next, and whose it is, is decided here.

See docs/design/005-work-queue.md for why claims are serialized and how a lane is found without reading its backlog.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from app.domain.effect import PlannedEffect
from app.domain.run import RunRecord
from app.domain.work import CALM_SECONDS, LEASE_SECONDS, LONGEST_CALM_SECONDS, MAX_ATTEMPTS, RESTS, Lease, WorkOrder
from app.store.engine import Database
from app.store.outbox import expire_effects
from app.store.plan import insert_runs, plan_effects
from app.store.sessions import IS_ALIVE

_LOCK = 0x706C756D63

# Work that was finished or given up starts afresh; a leased one keeps the trigger for exactly one more run. The same
# rules, for deliveries, are in `inbox.py`.
_ORDER = sa.text("""
    insert into work (key, kind, installation_id, repository_id, repository, thread_kind, number, triggers)
    select key, min(kind), max(installation_id), max(repository_id), max(repository), max(thread_kind),
           max(number), array_agg(trigger order by position)
    from (
        select distinct on (key, trigger) *
        from unnest(
            cast(:key as text[]), cast(:kind as text[]), cast(:installation_id as bigint[]),
            cast(:repository_id as bigint[]), cast(:repository as text[]), cast(:thread_kind as text[]),
            cast(:number as integer[]), cast(:trigger as text[])
        ) with ordinality as o (
            key, kind, installation_id, repository_id, repository, thread_kind, number, trigger, position
        )
        order by key, trigger, position
    ) as orders
    group by key
    order by key
    on conflict (key) do update set
        installation_id = excluded.installation_id,
        repository = excluded.repository,
        thread_kind = excluded.thread_kind,
        triggers = work.triggers
            || array(select t from unnest(excluded.triggers) as t where t <> all (work.triggers)),
        state = case when work.state in ('done', 'dead') then 'planned' else work.state end,
        attempts = case when work.state in ('done', 'dead') then 0 else work.attempts end,
        deaths = case when work.state in ('done', 'dead') then 0 else work.deaths end,
        reason = case when work.state in ('done', 'dead') then '' else work.reason end,
        not_before = case
            when work.state in ('done', 'dead') then now()
            when work.reason = :rests and exists (select from unnest(excluded.triggers) as t where t like 'comment\\:%')
                then now()
            else work.not_before end,
        planned_at = case when work.state in ('done', 'dead') then now() else work.planned_at end
    returning id, state
""")

# One claim at a time: each sees the leases of all before it, so neither the cap nor fairness can be overrun, and what
# it chose nobody else can have claimed. Losing the commit of a claim in a crash of Postgres loses only the claim, so
# it need not wait for the disk. The statistics of a table that grows from nothing to thousands of rows within a second
# mislead the planner; the index is always right.
_ONE_AT_A_TIME = sa.text("""
    select pg_advisory_xact_lock(:lock), set_config('synchronous_commit', 'off', true),
           set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
""")

_CLAIM = sa.text("""
    with recursive lane (repository_id) as (
        (select repository_id from work where state = 'planned' order by repository_id limit 1)
        union all
        select (
            select w.repository_id from work as w
            where w.state = 'planned' and w.repository_id > lane.repository_id
            order by w.repository_id limit 1
        )
        from lane where lane.repository_id is not null
    ),
    chosen as (
        select lane.repository_id, head.id
        from lane
        cross join lateral (
            select w.id from work as w
            where w.state = 'planned' and w.repository_id = lane.repository_id
            and w.not_before <= statement_timestamp()
            and (w.deaths < 2 or not exists (select from work where state = 'leased' and deaths >= 2))
            order by w.not_before, w.id limit 1
        ) as head
        cross join lateral (
            select count(*) as leases from work as w
            where w.state = 'leased' and w.repository_id = lane.repository_id
        ) as busy
        left join lanes on lanes.repository_id = lane.repository_id
        where busy.leases < :hands_per_repository
        order by busy.leases, lanes.served_at nulls first, head.id
        limit 1
    ),
    served as (
        insert into lanes (repository_id, served_at) select repository_id, clock_timestamp() from chosen
        on conflict (repository_id) do update set served_at = excluded.served_at
    )
    update work set
        state = 'leased', worker = :worker, token = :token,
        lease_until = clock_timestamp() + make_interval(secs => :lease_s),
        attempts = attempts + 1, leased_triggers = triggers, triggers = '{}', started_at = clock_timestamp()
    from chosen where work.id = chosen.id
    returning work.*
""")

_HEARTBEAT = sa.text("""
    update work set lease_until = now() + make_interval(secs => :lease_s)
    where id = :id and token = :token and state = 'leased' returning id
""")

# Who gives work back leaves everything that was asked for in it: the leased triggers first, then the later ones.
_GIVEN_BACK = """
    triggers = leased_triggers || array(select t from unnest(triggers) as t where t <> all (leased_triggers)),
    leased_triggers = '{}', worker = null, token = null, lease_until = null
"""

_RETRY = sa.text(f"""
    update work set
        state = case when :counts and attempts >= :max_attempts then 'dead' else 'planned' end,
        finished_at = case when :counts and attempts >= :max_attempts then now() end,
        attempts = attempts - case when :counts then 0 else 1 end,
        not_before = :at, reason = :reason, {_GIVEN_BACK}
    where id = :id and token = :token and state = 'leased'
""")  # noqa: S608

# A row that somebody holds is being settled, and two statements that lock several must not wait for each other.
_EXPIRE = sa.text(f"""
    update work set
        state = case when attempts >= :max_attempts then 'dead' else 'planned' end,
        finished_at = case when attempts >= :max_attempts then now() end,
        deaths = deaths + 1, not_before = now(), reason = 'worker died or lease ran out', {_GIVEN_BACK}
    where id in (
        select id from work where state = 'leased' and (lease_until <= now() or not {IS_ALIVE})
        for update skip locked
    )
    returning id
""")  # noqa: S608

# What is in hand while processes die again and again is rarely what kills them: its last attempt waits for calm.
_AWAIT_CALM = sa.text("""
    update work set not_before = greatest(
        not_before, least(now() + make_interval(secs => :calm_s), started_at + make_interval(secs => :longest_s))
    )
    where state = 'planned' and deaths >= 2
""")

_LOCK_LEASED = sa.text("select * from work where id = :id and token = :token and state = 'leased' for update")

_CONCLUDE = sa.text("""
    update work set
        state = case when triggers = '{}' then 'done' else 'planned' end,
        planned_at = case when triggers = '{}' then planned_at else now() end,
        not_before = now(), finished_at = now(), attempts = 0, deaths = 0, reason = '',
        leased_triggers = '{}', worker = null, token = null, lease_until = null
    where id = :id
""")

_DUE = sa.text("""
    select id from work where state = 'planned' and not_before <= now() order by not_before, id limit :limit
""")

_RESUME = sa.text("""
    update work set not_before = now()
    where installation_id = :id and state = 'planned' and not_before > now() and deaths < 2
""")

_REVIVE = sa.text("""
    update work set state = 'planned', attempts = 0, deaths = 0, reason = '', not_before = now(), planned_at = now()
    where id = :id and state = 'dead' returning id
""")


class PostgresQueue:
    """`ports.WorkQueue`. At most `hands_per_repository` leases of one repository exist at any moment."""

    def __init__(self, database: Database, *, hands_per_repository: int = 3) -> None:
        self._database = database
        self._hands_per_repository = hands_per_repository

    async def order(self, orders: Sequence[WorkOrder]) -> list[int]:
        names = (
            "key", "kind", "installation_id", "repository_id", "repository", "thread_kind", "number", "trigger",
        )  # fmt: skip
        columns = {name: [getattr(order, name) for order in orders] for name in names}
        rows = await self._database.run(_ORDER, **columns, rests=RESTS)
        return [row.id for row in rows if row.state == "planned"]

    async def claim(self, worker: UUID) -> Lease | None:
        async with self._database.begin() as connection:
            await connection.execute(_ONE_AT_A_TIME, {"lock": _LOCK})
            result = await connection.execute(
                _CLAIM,
                {
                    "worker": worker,
                    "token": uuid4(),
                    "lease_s": LEASE_SECONDS,
                    "hands_per_repository": self._hands_per_repository,
                },
            )
            row = result.first()
        return _lease(row) if row is not None else None

    async def heartbeat(self, lease: Lease) -> bool:
        rows = await self._database.run(_HEARTBEAT, lease_s=LEASE_SECONDS, id=lease.work_id, token=lease.token)
        return bool(rows)

    async def conclude(
        self, lease: Lease, runs: Sequence[RunRecord], effects: Sequence[PlannedEffect]
    ) -> list[int] | None:
        async with self._database.begin() as connection:
            held = await connection.execute(_LOCK_LEASED, {"id": lease.work_id, "token": lease.token})
            if held.first() is None:
                return None
            run_ids = await insert_runs(connection, lease, runs)
            due = await plan_effects(connection, run_ids, effects)
            await connection.execute(_CONCLUDE, {"id": lease.work_id})
        return due

    async def retry(self, lease: Lease, reason: str, at: datetime, *, counts: bool = True) -> None:
        await self._database.run(
            _RETRY,
            id=lease.work_id,
            token=lease.token,
            reason=reason,
            at=at,
            counts=counts,
            max_attempts=MAX_ATTEMPTS,
        )

    async def expire(self) -> None:
        """A killed worker's attempt counts, so that work which kills its process cannot do so for ever."""
        if await self._database.run(_EXPIRE, max_attempts=MAX_ATTEMPTS):
            await self._database.run(_AWAIT_CALM, calm_s=CALM_SECONDS, longest_s=LONGEST_CALM_SECONDS)
        await expire_effects(self._database)

    async def due(self, limit: int) -> list[int]:
        return [row.id for row in await self._database.run(_DUE, limit=limit)]

    async def resume(self, installation_id: int) -> None:
        await self._database.run(_RESUME, id=installation_id)

    async def unknown_keys(self, keys: Sequence[str]) -> set[str]:
        known = await self._database.run(sa.text("select key from work where key = any(:keys)"), keys=list(keys))
        return set(keys) - {row.key for row in known}

    async def revive(self, work_id: int) -> bool:
        return bool(await self._database.run(_REVIVE, id=work_id))


def _lease(row: sa.Row[Any]) -> Lease:
    return Lease(
        work_id=row.id,
        token=row.token,
        until=row.lease_until,
        attempt=row.attempts,
        kind=row.kind,
        key=row.key,
        triggers=tuple(row.leased_triggers),
        installation_id=row.installation_id,
        repository_id=row.repository_id,
        repository=row.repository,
        thread_kind=row.thread_kind,
        number=row.number,
        planned_at=row.planned_at,
    )
