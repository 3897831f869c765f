"""Runs as people read them back: newest first, filtered, whole; and the day in five figures."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from app.domain.history import Day, Facets, RunFilter
from app.store.engine import Database
from app.store.history import PostgresHistory
from app.store.queue import PostgresQueue
from tests.contracts.values import a_comment, a_run, an_order, labels


async def conclude(
    database: Database, worker: UUID, repository_id: int, *runs: object, effects: object = (), number: int = 1
) -> None:
    queue = PostgresQueue(database)
    await queue.order([an_order(number, repository_id=repository_id)])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, runs, effects)  # type: ignore[arg-type]


async def test_runs_are_listed_newest_first_page_by_page(database: Database, worker: UUID):
    history = PostgresHistory(database)
    await conclude(database, worker, 1, *(a_run(title=str(n)) for n in range(5)))
    first = await history.runs(RunFilter(), limit=2)
    second = await history.runs(RunFilter(), before_id=first[-1].id, limit=9)
    assert [row.title for row in (*first, *second)] == ["4", "3", "2", "1", "0"]
    assert (first[0].repository, first[0].skill, first[0].summary) == ("acme/r1", "triage", "label bug")
    assert first[0].duration_s == 0


async def test_each_filter_narrows_and_all_of_them_together(database: Database, worker: UUID):
    history = PostgresHistory(database)
    await conclude(database, worker, 1, a_run(title="a"), a_run(title="b", outcome="failed", prompt="triage@2"))
    await conclude(database, worker, 2, a_run(title="c", outcome="failed"), number=7)

    async def titles(**wanted: str | int) -> list[str]:
        return [row.title for row in await history.runs(RunFilter(**wanted))]  # type: ignore[arg-type]

    assert await titles(repository="acme/r1") == ["b", "a"]
    assert await titles(outcome="failed") == ["c", "b"]
    assert await titles(number=7) == ["c"]
    assert await titles(prompt="triage@2", outcome="failed", skill="triage") == ["b"]
    assert await titles(skill="answer") == []
    assert await titles(repository="acme/r1' or true --\0") == []
    assert await history.facets() == Facets(
        ("acme/r1", "acme/r2"), ("triage",), ("triage@1", "triage@2"), ("acted", "failed")
    )


async def test_facets_of_nothing_are_empty(database: Database):
    assert await PostgresHistory(database).facets() == Facets((), (), (), ())


async def test_one_run_comes_whole_with_its_effects(database: Database, worker: UUID):
    history, record = PostgresHistory(database), a_run()
    await conclude(database, worker, 1, record, effects=[a_comment("Hi."), labels("bug")])
    (row,) = await history.runs(RunFilter())
    detail = await history.run(row.id)
    assert detail is not None
    assert detail.row == row
    assert detail.snapshot == record.snapshot.model_dump(mode="json")
    assert record.decision is not None
    assert detail.decision == record.decision.model_dump(mode="json")
    assert detail.usage == record.usage.model_dump(mode="json")
    assert (detail.prompt_digest, detail.spans[0]["attributes"]) == ("d1", {"passages": 3})
    assert {effect.kind: effect.state for effect in detail.effects} == {"comment": "planned", "labels": "planned"}
    assert {effect.kind: effect.done_at for effect in detail.effects} == {"comment": None, "labels": None}


async def test_a_failed_run_has_neither_decision_nor_verdict(database: Database, worker: UUID):
    history = PostgresHistory(database)
    await conclude(database, worker, 1, a_run(outcome="failed"))
    (row,) = await history.runs(RunFilter())
    detail = await history.run(row.id)
    assert detail is not None
    assert (detail.decision, detail.verdict, detail.row.error) == (None, None, "timeout: no answer in 90 s")


@pytest.mark.parametrize("run_id", [404, 2**63 - 1])
async def test_a_run_that_is_not_there_is_none(run_id: int, database: Database):
    assert await PostgresHistory(database).run(run_id) is None


async def test_the_day_of_nothing_is_nothing(database: Database):
    assert await PostgresHistory(database).day() == Day(runs=0, effects=0, cost_usd=0, dead=0, oldest_s=None)


async def test_the_day_counts_its_last_24_hours_and_what_waits_whenever(database: Database, worker: UUID):
    await conclude(database, worker, 1, a_run(), a_run(), a_run(), effects=[a_comment(), labels("bug")])
    await database.run(sa.text("update runs set finished_at = now() - interval '23 hours'"))
    await database.run(
        sa.text("update runs set finished_at = now() - interval '25 hours' where id = (select min(id) from runs)")
    )
    await database.run(sa.text("update effects set state = 'done', done_at = now() where kind = 'comment'"))
    await database.run(sa.text("update effects set state = 'dead' where kind = 'labels'"))
    await PostgresQueue(database).order([an_order(2), an_order(3), an_order(4)])
    await database.run(sa.text("update work set state = 'dead' where number = 2"))
    await database.run(sa.text("update work set planned_at = now() - interval '90 s' where number = 3"))
    day = await PostgresHistory(database).day()
    assert (day.runs, day.effects, day.cost_usd, day.dead) == (2, 1, 0.5, 2)
    assert day.oldest_s is not None
    assert 90 <= day.oldest_s < 95
