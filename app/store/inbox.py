"""The inbox: deliveries and the work they ask for, durable before anybody is told that they were accepted.

One statement for all deliveries that wait together, because a commit costs the same for one and for many (see
docs/design/003-ingest.md). It speaks asyncpg directly: this is the one path on which a webhook's sender waits.
"""

from collections.abc import Sequence

import asyncpg

from app.domain.work import RESTS
from app.ports import Delivery
from app.store.text import clean_text

ADD = """
with incoming as (
    select * from unnest(
        $1::text[], $2::text[], $3::text[], $4::bigint[],
        $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::integer[], $14::boolean[]
    ) with ordinality as arrived (
        guid, event, action, installation_id,
        key, kind, trigger, repository_id, repository, thread_kind, number, also, place
    )
), target as (
    select
        key, coalesce(known.id, nextval(pg_get_serial_sequence('work', 'id'))) as id,
        case when known.state = 'planned' then known.triggers end as waiting,
        known.repository as named, known.installation_id as installed
    from (select distinct key from incoming where key is not null) as asked
    left join work as known using (key)
), fresh as (
    insert into deliveries (guid, event, action, installation_id, work_id, body)
    select guid, event, action, installation_id, target.id, ($12::bytea[])[place]
    from incoming left join target using (key)
    where not also
    order by guid
    on conflict (guid) do nothing
    returning guid
), asked as (
    select key, trigger, min(place) as first, max(place) as last
    from incoming join fresh using (guid) join target using (key)
    where (trigger = any (waiting) and repository = named and installation_id = installed) is not true
    group by key, trigger
), planned as (
    insert into work as w (
        id, key, kind, installation_id, repository_id, repository, thread_kind, number, triggers
    )
    select target.id, key, kind, installation_id, repository_id, repository, thread_kind, number, triggers
    from (
        select key, array_agg(trigger order by first) as triggers, max(last) as place from asked group by key
    ) as coalesced
    join incoming using (key, place)
    join target using (key)
    order by key
    on conflict (key) do update set
        installation_id = excluded.installation_id,
        repository = excluded.repository,
        thread_kind = excluded.thread_kind,
        triggers = w.triggers || array(
            select trigger from unnest(excluded.triggers) with ordinality as added (trigger, place)
            where trigger <> all (w.triggers) order by place
        ),
        state = case when w.state = 'leased' then 'leased' else 'planned' end,
        attempts = case when w.state in ('done', 'dead') then 0 else w.attempts end,
        deaths = case when w.state in ('done', 'dead') then 0 else w.deaths end,
        reason = case when w.state in ('done', 'dead') then '' else w.reason end,
        not_before = case
            when w.state in ('done', 'dead') then now()
            when w.reason = $13 and exists (select from unnest(excluded.triggers) as t where t like 'comment:%')
                then now()
            else w.not_before end,
        planned_at = case when w.state in ('done', 'dead') then now() else w.planned_at end
    returning id, key
)
select guid, coalesce(planned.id, target.id) as id, planned.id <> target.id as moved
from fresh join incoming using (guid) join target using (key) left join planned using (key)
where not also
"""
"""Rows are written in the order of guid, then of key, so that two statements cannot wait for each other in a ring.

A delivery cannot be updated in the statement that inserts it, so its `work_id` is chosen first: that of the work
which is there, or the next one. `moved` says that another statement made the work meanwhile, under its own id.

A delivery may ask for two pieces of work, in two rows: `also` marks the second, which is no delivery of its own.

Work that waits for this very trigger is left alone, not even locked: whoever leases it does so after this event, and
will read the thread as it is then. So a storm of edits costs no more than its deliveries. A person who asks by name
waits for no storm to end.
"""

MOVE = "update deliveries set work_id = moved.id from unnest($1::text[], $2::bigint[]) as moved (guid, id) \
where deliveries.guid = moved.guid"


class PostgresInbox:
    """`app.ports.Inbox` over a pool of asyncpg connections, which it does not close."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, deliveries: Sequence[Delivery]) -> list[int | None]:
        new = list({delivery.guid: delivery for delivery in deliveries}.values())
        first = [(delivery, delivery.order or delivery.listen, False) for delivery in new]
        second = [(delivery, delivery.listen, True) for delivery in new if delivery.order and delivery.listen]
        asked = first + second
        orders = [order for _, order, _ in asked]
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                ADD,
                [delivery.guid for delivery, _, _ in asked],
                [delivery.event for delivery, _, _ in asked],
                [clean_text(delivery.action) for delivery, _, _ in asked],
                [delivery.installation_id for delivery, _, _ in asked],
                [order and order.key for order in orders],
                [order and order.kind for order in orders],
                [order and clean_text(order.trigger) for order in orders],
                [order and order.repository_id for order in orders],
                [order and clean_text(order.repository) for order in orders],
                [order and order.thread_kind for order in orders],
                [order and order.number for order in orders],
                [delivery.body for delivery in new],
                RESTS,
                [also for _, _, also in asked],
            )
            moved = [row for row in rows if row["moved"]]
            if moved:
                await connection.execute(MOVE, [row["guid"] for row in moved], [row["id"] for row in moved])
        ids = {row["guid"]: row["id"] for row in rows}
        return [ids.get(delivery.guid) for delivery in deliveries]

    async def body(self, guid: str) -> bytes | None:
        body: bytes | None = await self._pool.fetchval("select body from deliveries where guid = $1", guid)
        return body
