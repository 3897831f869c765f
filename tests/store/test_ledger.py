"""The ledger calls nothing settled that is not, and says what came of it."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from app.ports import Delivery
from app.store.engine import Database
from app.store.inbox import PostgresInbox
from app.store.ledger import Settled, settled
from app.store.queue import PostgresQueue
from tests.contracts.values import a_comment, a_run, an_order, labels


def a_delivery(guid: str) -> Delivery:
    return Delivery(guid, "issues", "opened", 7, b"{}", an_order(1, repository_id=700))


async def heard_and_done(database: Database, worker: UUID) -> None:
    """Two deliveries of one thread, a second apart; a run that planned a comment and labels."""
    inbox, queue = PostgresInbox(await database.raw_pool()), PostgresQueue(database)
    await inbox.add([a_delivery("a"), a_delivery("b")])
    await database.run(sa.text("update deliveries set received_at = received_at + interval '1 s' where guid = 'b'"))
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, [a_run()], [a_comment(), labels("bug")])


async def test_nothing_at_all_is_settled(database: Database):
    assert await settled(database) == Settled(0, 0, 0, 0, frozenset(), ())


@pytest.mark.parametrize("state", ["planned", "leased"])
async def test_open_work_is_open(state: str, database: Database):
    await PostgresQueue(database).order([an_order(1), an_order(2)])
    await database.run(sa.text("update work set state = 'done' where number = 2"))
    await database.run(sa.text("update work set state = :state where number = 1"), state=state)
    assert (await settled(database)).open == 1


@pytest.mark.parametrize("state", ["planned", "sending", "unknown"])
async def test_open_effects_are_open_and_hide_the_rest(state: str, database: Database, worker: UUID):
    await heard_and_done(database, worker)
    await database.run(sa.text("update effects set state = 'done', done_at = now()"))
    await database.run(sa.text("update effects set state = :state where kind = 'labels'"), state=state)
    now = await settled(database)
    assert (now.open, now.guids, now.latencies_s) == (1, frozenset(), ())


@pytest.mark.parametrize("state", ["done", "draft", "skipped", "parked", "dead"])
async def test_every_other_state_of_an_effect_is_final(state: str, database: Database, worker: UUID):
    await heard_and_done(database, worker)
    await database.run(sa.text("update effects set state = :state"), state=state)
    now = await settled(database)
    assert now.open == 0
    assert (now.drafts, now.dead) == (2 * (state == "draft"), 2 * (state == "dead"))
    assert now.guids == {"a", "b"}


async def test_latencies_run_from_the_first_delivery_of_the_thread(database: Database, worker: UUID):
    await heard_and_done(database, worker)
    await database.run(
        sa.text("""
            update effects set state = 'done', done_at = d.received_at + interval '3 s'
            from deliveries d where d.guid = 'a' and kind = 'comment'
        """)
    )
    await database.run(sa.text("update effects set state = 'skipped' where kind = 'labels'"))
    assert (await settled(database)).latencies_s == (3.0,)


async def test_failed_runs_and_dead_work_are_counted(database: Database, worker: UUID):
    queue = PostgresQueue(database)
    await queue.order([an_order(1)])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, [a_run(outcome="failed"), a_run()], [])
    await queue.order([an_order(2)])
    await database.run(sa.text("update work set state = 'dead' where number = 2"))
    now = await settled(database)
    assert (now.open, now.dead, now.failed_runs) == (0, 1, 1)
