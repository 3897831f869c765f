"""Dead letters: the newest first, each with the word that `plumbline retry` takes."""

from uuid import UUID

import sqlalchemy as sa

from app.domain.work import WorkOrder
from app.store.dead import dead_letters
from app.store.engine import Database
from app.store.queue import PostgresQueue
from tests.contracts.values import a_comment, a_run, an_order

INDEX = WorkOrder(
    key="index:840",
    kind="index",
    trigger="push",
    installation_id=7,
    repository_id=840,
    repository="acme/r840",
    thread_kind=None,
    number=0,
)


async def test_nothing_is_dead_at_first(database: Database):
    await PostgresQueue(database).order([an_order(1)])
    assert await dead_letters(database, limit=10) == []


async def test_work_and_effects_in_one_list_newest_first(database: Database, worker: UUID):
    queue = PostgresQueue(database)
    await queue.order([an_order(9, repository_id=700)])
    lease = await queue.claim(worker)
    assert lease is not None
    due = await queue.conclude(lease, [a_run()], [a_comment(number=9)])
    assert due is not None
    thread, index = await queue.order([an_order(3), INDEX])
    await database.run(
        sa.text("""
            update work set state = 'dead', reason = 'gave up', finished_at = now() - make_interval(mins => id::int)
            where id = any(:ids)
        """),
        ids=[thread, index],
    )
    await database.run(sa.text("update effects set state = 'dead', reason = '403', sent_at = now() - interval '1 day'"))
    letters = await dead_letters(database, limit=10)
    assert [(letter.what, letter.where, letter.reason) for letter in letters] == [
        (f"work:{thread}", "acme/r840#3", "gave up"),
        (f"work:{index}", "acme/r840 index", "gave up"),
        (f"effect:{due[0]}", "acme/r700#9", "403"),
    ]
    assert letters[0].since > letters[1].since > letters[2].since
    assert await dead_letters(database, limit=1) == letters[:1]
    assert await queue.revive(thread)
    assert await dead_letters(database, limit=10) == letters[1:]
