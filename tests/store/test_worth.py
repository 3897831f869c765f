"""What a month was worth, counted in the database."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from app.domain.effect import CommentPayload, EffectPayload, LabelsPayload, PlannedEffect
from app.store.engine import Database
from app.store.installations import PostgresInstallations
from app.store.outbox import PostgresOutbox
from app.store.queue import PostgresQueue
from app.store.worth import worth
from tests.contracts.values import a_run, a_thread, an_order

AGED = sa.text("update runs set started_at = now() - cast(:age as interval) where id = (select max(id) from runs)")
DONE = sa.text("update effects set done_at = now() - cast(:age as interval) where id = (select max(id) from effects)")
HEARD = sa.text("""
    insert into signals (repository_id, id, installation_id, number, run_id, effect_id, kind, polarity, actor, role, at,
        withdrawn_at)
    select 840, :id || id, 7, number, run_id, id, 'reaction', :polarity, :id, :role, now(),
        case when :withdrawn then now() end
    from effects where id = (select max(id) from effects)
""")


async def did(database: Database, worker: UUID, number: int, payload: EffectPayload | None, *, days: int = 1) -> None:
    """A run on its own thread so many days ago, and what it wrote then."""
    queue, outbox, thread = PostgresQueue(database), PostgresOutbox(database, write_interval_s=0), a_thread(number)
    await queue.order([an_order(number, repository_id=840)])
    lease = await queue.claim(worker)
    assert lease is not None
    planned = [PlannedEffect(f"{thread.key}:body", thread, "I_1", payload, run=0)] if payload else []
    await queue.conclude(lease, [a_run()], planned)
    await database.run(AGED, age=timedelta(days=days))
    if payload:
        effect = await outbox.claim(worker)
        assert effect is not None
        await outbox.done(effect, f"c{effect.id}")
        await database.run(DONE, age=timedelta(days=days))


async def said(
    database: Database, who: str, polarity: str, *, role: str | None = "maintainer", withdrawn: bool = False
):
    await database.run(HEARD, id=who, polarity=polarity, role=role, withdrawn=withdrawn)


async def test_a_repository_without_the_app_is_worth_nothing(database: Database):
    assert await worth(database, "acme/r840") is None


async def test_a_month_is_counted(database: Database, worker: UUID):
    refs = [a_thread().repository]
    await PostgresInstallations(database, purge_after_hours=1).set_repositories(7, refs)
    empty = await worth(database, "ACME/r840")
    assert empty is not None
    assert (empty.first_run_at, empty.runs, empty.deeds, empty.advice) == (None, 0, 0, "young")

    await did(database, worker, 1, CommentPayload(body="Hi."), days=40)
    await said(database, "ada", "bad")
    await did(database, worker, 2, CommentPayload(body="Hi."))
    await said(database, "ada", "bad")
    await said(database, "grace", "bad")
    await said(database, "linus", "good")
    await did(database, worker, 3, LabelsPayload(names=("bug",)))
    await said(database, "eve", "bad", withdrawn=True)
    await said(database, "", "good", role=None)
    await did(database, worker, 4, None)
    month = await worth(database, "acme/r840")
    assert month is not None
    assert (month.runs, month.comments, month.labels, month.good, month.bad) == (3, 1, 1, 1, 1)
    assert month.cost_usd == 0.75
    assert month.first_run_at is not None
    assert (month.at - month.first_run_at).days == 40
    assert month.advice == "useful"
