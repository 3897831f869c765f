from uuid import UUID

import sqlalchemy as sa

from app.domain.history import Facets, RunFilter
from app.store.engine import Database
from app.store.history import PostgresHistory
from app.store.queue import PostgresQueue
from tests.contracts.values import a_comment, a_run, an_order, labels


async def conclude(database: Database, worker: UUID, repository_id: int, *runs: object, effects: object = ()) -> None:
    queue = PostgresQueue(database)
    await queue.order([an_order(repository_id=repository_id)])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, runs, effects)  # type: ignore[arg-type]


async def test_runs_are_listed_newest_first_page_by_page(database: Database, worker: UUID):
    await conclude(database, worker, 1, *(a_run(title=str(n)) for n in range(5)))
    first = await PostgresHistory(database).runs(RunFilter(), limit=2)
    second = await PostgresHistory(database).runs(RunFilter(), before_id=first[-1].id, limit=9)
    assert [row.title for row in (*first, *second)] == ["4", "3", "2", "1", "0"]
    assert (first[0].repository, first[0].skill, first[0].summary) == ("acme/r1", "triage", "label bug")


async def test_each_filter_narrows_and_all_of_them_together(database: Database, worker: UUID):
    await conclude(database, worker, 1, a_run(title="a"), a_run(title="b", outcome="failed", prompt="triage@2"))
    await conclude(database, worker, 2, a_run(title="c", outcome="failed"))

    async def titles(wanted: RunFilter) -> list[str]:
        return [row.title for row in await PostgresHistory(database).runs(wanted)]

    assert await titles(RunFilter(repository="acme/r1")) == ["b", "a"]
    assert await titles(RunFilter(outcome="failed")) == ["c", "b"]
    assert await titles(RunFilter(prompt="triage@2", outcome="failed", skill="triage")) == ["b"]
    assert await titles(RunFilter(skill="answer")) == []
    assert await PostgresHistory(database).facets() == Facets(
        ("acme/r1", "acme/r2"), ("triage",), ("triage@1", "triage@2"), ("acted", "failed")
    )


async def test_facets_of_nothing_are_empty(database: Database):
    assert await PostgresHistory(database).facets() == Facets((), (), (), ())


async def test_one_run_comes_whole_with_its_effects(database: Database, worker: UUID):
    record = a_run()
    await conclude(database, worker, 1, record, effects=[a_comment("Hi."), labels("bug")])
    (row,) = await PostgresHistory(database).runs(RunFilter())
    detail = await PostgresHistory(database).run(row.id)
    assert detail is not None
    assert detail.row == row
    assert detail.snapshot == record.snapshot.model_dump(mode="json")
    assert record.decision is not None
    assert detail.decision == record.decision.model_dump(mode="json")
    assert detail.usage == record.usage.model_dump(mode="json")
    assert detail.spans[0]["attributes"] == {"passages": 3}
    assert {effect.kind: effect.state for effect in detail.effects} == {"comment": "planned", "labels": "planned"}


async def test_a_failed_run_has_neither_decision_nor_verdict(database: Database, worker: UUID):
    await conclude(database, worker, 1, a_run(outcome="failed"))
    (row,) = await PostgresHistory(database).runs(RunFilter())
    detail = await PostgresHistory(database).run(row.id)
    assert detail is not None
    assert (detail.decision, detail.verdict, detail.row.error) == (None, None, "timeout: no answer in 90 s")


async def test_a_run_that_is_not_there_is_none(database: Database):
    assert await PostgresHistory(database).run(404) is None


async def test_the_day_in_figures(database: Database, worker: UUID):
    history = PostgresHistory(database)
    quiet = await history.day()
    assert (quiet.runs, quiet.effects, quiet.cost_usd, quiet.dead) == (0, 0, 0, 0)
    await conclude(database, worker, 1, a_run(), a_run(), effects=[a_comment()])
    await database.run(sa.text("update runs set finished_at = now() - interval '1 h'"))
    await database.run(sa.text("update effects set state = 'dead'"))
    day = await history.day()
    assert (day.runs, day.effects, day.cost_usd, day.dead) == (2, 0, 0.5, 1)
    await database.run(sa.text("update runs set finished_at = now() - interval '25 h'"))
    assert (await history.day()).runs == 0
