"""What only the real outbox can show: pacing over an hour, many claims at once, and fates nobody knows."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.domain.effect import Effect
from app.store.engine import Database
from app.store.installations import PostgresInstallations
from app.store.outbox import PostgresOutbox
from app.store.queue import PostgresQueue
from tests.contracts.values import a_comment, a_run, an_order


async def plan(database: Database, worker: UUID, *effects: object) -> None:
    queue = PostgresQueue(database)
    await queue.order([an_order(99)])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, [a_run()], effects)  # type: ignore[arg-type]


async def claimed(outbox: PostgresOutbox, worker: UUID) -> Effect:
    effect = await outbox.claim(worker)
    assert effect is not None
    return effect


async def test_claims_at_once_take_one_effect_of_each_installation(database: Database, worker: UUID):
    outbox = PostgresOutbox(database)
    effects = [a_comment(number=number, installation_id=i) for i in range(1, 6) for number in range(4)]
    await plan(database, worker, *effects)
    answers = await asyncio.gather(*(outbox.claim(worker) for _ in range(16)))
    taken = [effect.thread.repository.installation_id for effect in answers if effect is not None]
    assert sorted(taken) == [1, 2, 3, 4, 5]


async def test_installations_take_turns_by_when_they_may_write(database: Database, worker: UUID):
    outbox = PostgresOutbox(database)
    await plan(database, worker, *(a_comment(number=n, installation_id=i) for i in (1, 2) for n in (1, 2)))
    order = []
    for _ in range(4):
        effect = await claimed(outbox, worker)
        order.append(effect.thread.repository.installation_id)
        await outbox.reserve_write(order[-1])
        await outbox.done(effect, "c")
    assert order == [1, 2, 1, 2]


async def test_no_more_writes_in_an_hour_than_allowed(database: Database):
    outbox = PostgresOutbox(database, write_interval_s=0.01, writes_per_hour=5)
    slots = [await outbox.reserve_write(7) for _ in range(5)]
    refused = [await outbox.reserve_write(7) for _ in range(3)]
    assert refused == [slots[0] + timedelta(hours=1)] * 3  # told, not taken: asking costs nothing
    await database.run(sa.text("update writes set slot = slot - interval '59 min 55 s'"))
    await database.run(sa.text("update installations set next_write_at = next_write_at - interval '59 min 55 s'"))
    soon = await outbox.reserve_write(7)
    assert timedelta(0) < soon - slots[0] < timedelta(seconds=10)
    await database.run(sa.text("update writes set slot = slot - interval '2 h'"))
    await outbox.reserve_write(7)
    assert len(await database.run(sa.text("select 1 from writes"))) == 1  # the old ones are forgotten


async def test_slots_reserved_at_once_are_all_different(database: Database):
    outbox = PostgresOutbox(database, write_interval_s=0.5)
    slots = sorted(await asyncio.gather(*(outbox.reserve_write(7) for _ in range(12))))
    assert {later - earlier for earlier, later in pairwise(slots)} == {timedelta(seconds=0.5)}


async def test_the_hourly_limit_holds_when_many_ask_at_once(database: Database):
    outbox = PostgresOutbox(database, write_interval_s=0, writes_per_hour=6)
    slots = sorted(await asyncio.gather(*(outbox.reserve_write(7) for _ in range(15))))
    assert sum(slot - slots[0] < timedelta(minutes=30) for slot in slots) == 6


async def test_a_suspended_installation_is_not_offered(database: Database, worker: UUID):
    outbox, installations = PostgresOutbox(database), PostgresInstallations(database)
    await plan(database, worker, a_comment())
    await installations.set_state(7, "acme", "suspended")
    assert await outbox.claim(worker) is None
    assert await outbox.due(9) == []
    await installations.set_state(7, "acme", "active")
    await claimed(outbox, worker)


@pytest.mark.parametrize("how", ["bury", "park"])
async def test_a_fate_nobody_knows_stays_unknown_when_it_comes_back(database: Database, worker: UUID, how: str):
    outbox = PostgresOutbox(database)
    await plan(database, worker, a_comment())
    begun = await outbox.begin_send(await claimed(outbox, worker))
    assert begun is not None
    await outbox.unknown(begun, "no answer", begun.created_at)
    looked = await claimed(outbox, worker)
    if how == "bury":
        await outbox.bury(looked, "its thread cannot be searched")
        assert await outbox.revive(looked.id)
    else:
        await outbox.park(looked, "may not read")
        await outbox.resume_installation(7)
    assert (await claimed(outbox, worker)).state == "unknown"


async def test_a_refusal_settles_the_fate(database: Database, worker: UUID):
    outbox = PostgresOutbox(database)
    await plan(database, worker, a_comment())
    begun = await outbox.begin_send(await claimed(outbox, worker))
    assert begun is not None
    await outbox.bury(begun, "422: body is too long")
    assert await outbox.revive(begun.id)
    assert (await claimed(outbox, worker)).state == "sending"


async def test_two_sweepers_do_not_get_the_same_comment(database: Database, worker: UUID):
    outbox = PostgresOutbox(database, sweep_after_s=0)
    await plan(database, worker, *(a_comment(installation_id=i) for i in range(1, 6)))
    for _ in range(5):
        await outbox.done(await claimed(outbox, worker), "c1")
    async with database.begin() as other:
        await other.execute(sa.text("select 1 from effects where installation_id <= 2 for update"))
        ours = await asyncio.wait_for(outbox.to_sweep(9), 5)
    assert sorted(effect.thread.repository.installation_id for effect in ours) == [3, 4, 5]
    rest = await outbox.to_sweep(9)
    assert sorted(effect.thread.repository.installation_id for effect in rest) == [1, 2]
    assert await outbox.to_sweep(9) == []


async def test_a_sweep_that_knows_no_comment_keeps_what_is_known(database: Database, worker: UUID):
    outbox = PostgresOutbox(database, sweep_after_s=0)
    await plan(database, worker, a_comment())
    await outbox.done(await claimed(outbox, worker), "c1")
    (effect,) = await outbox.to_sweep(1)
    await outbox.swept(effect, "")
    (row,) = await database.run(sa.text("select remote_id from effects"))
    assert row.remote_id == "c1"


async def test_claims_stay_quick_with_thousands_planned_for_one_installation(database: Database, worker: UUID):
    outbox = PostgresOutbox(database)
    await plan(database, worker, a_comment(installation_id=2), a_comment(installation_id=3))
    await database.run(
        sa.text("""
            insert into effects (run_id, intent, kind, installation_id, repository_id, number, payload)
            select max(id), 'i' || n, 'comment', 1, 1, n, '{"kind": "comment", "body": ""}'
            from runs, generate_series(1, 5000) as n group by n
        """)
    )
    for _ in range(3):
        await claimed(outbox, worker)
    assert await asyncio.wait_for(outbox.claim(worker), 1) is None
