"""The budget under many hands on a real database: one person's thousand issues, and everybody else's."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from app.domain.history import RunFilter
from app.domain.repository_settings import BudgetSettings
from app.domain.thread import ThreadRef
from app.domain.work import RESTS
from app.ports import CALL_USD, CROWD, NIGHT, Call, Spent
from app.store.backlog import backlog
from app.store.budget import PostgresBudget
from app.store.engine import Database
from app.store.history import PostgresHistory
from app.store.outbox import PostgresOutbox
from app.store.queue import PostgresQueue
from app.teammate.attend import attend_next
from app.teammate.parts import Parts
from tests.contracts.values import a_comment, a_run, a_thread, an_order, labels
from tests.fakes.model import FakeModel
from tests.fakes.parts import REPOSITORY, FakeHouse, as_asked
from tests.fakes.parts import a_thread as an_issue

HANDS, FLOOD, OTHERS = 8, 1_000, 50
PLENTY = BudgetSettings(usd_per_day=1000, usd_per_thread=1000, calls_per_person=1000)


async def work(parts: Parts) -> None:
    while await attend_next(parts):
        pass


async def test_a_thousand_issues_of_one_person_cost_five_calls_and_fifty_others_are_served(database: Database):
    house = FakeHouse(model=FakeModel([as_asked], name="claude"))
    house.queue.hands_per_repository = HANDS
    house.settings("labels: auto\nanswers: off\npull_requests: off\nbudget: {usd_per_day: 100}")
    authors = ["mallory"] * FLOOD
    for place in range(OTHERS):
        authors.insert(place * FLOOD // OTHERS, f"person{place}")
    for number, author in enumerate(authors, 1):
        ref = ThreadRef(REPOSITORY, "issue", number)
        house.github.add_thread(ref, an_issue(number=number, author=author))
        house.plan(thread=ref)
    parts = replace(house.parts, budget=PostgresBudget(database))
    with capture_logs():
        await asyncio.gather(*(work(parts) for _ in range(HANDS)))
    paid = [request.snapshot.author for request in house.model.requests]
    assert paid.count("mallory") == 5
    assert sorted(set(paid)) == sorted({"mallory", *(f"person{place}" for place in range(OTHERS))})
    assert len(paid) == 5 + OTHERS
    assert len(house.spare.requests) == FLOOD - 5
    assert {run.outcome for run in house.queue.runs} == {"acted"}
    assert len(house.queue.runs) == FLOOD + OTHERS


async def spent(database: Database) -> dict[str, Any]:
    [row] = await database.run(sa.text("select count(*) as calls, count(usd) as settled, sum(usd) as usd from calls"))
    return dict(row._mapping)


async def test_a_call_is_a_row_from_before_it_is_made(database: Database):
    budget = PostgresBudget(database)
    reserved = await budget.reserve(Call(a_thread(), "ada"), PLENTY)
    assert isinstance(reserved, int)
    assert await spent(database) == {"calls": 1, "settled": 0, "usd": None}
    await budget.settle(reserved, 0.25)
    assert await spent(database) == {"calls": 1, "settled": 1, "usd": 0.25}


async def test_all_repositories_share_the_money_of_a_day(database: Database):
    budget = PostgresBudget(database, usd_per_day=3 * CALL_USD)
    asked = [budget.reserve(Call(a_thread(repository_id=number), f"p{number}"), PLENTY) for number in range(20)]
    answers = await asyncio.gather(*asked)
    assert sum(isinstance(one, int) for one in answers) == 3
    assert Spent("$0.30 of $0.30 for all repositories and this day are spent") in answers


async def test_what_was_spent_and_what_waits_in_figures(database: Database, worker: UUID):
    budget, queue, outbox = PostgresBudget(database), PostgresQueue(database), PostgresOutbox(database)
    for usd in (0.25, 0.5, -1):
        reserved = await budget.reserve(Call(a_thread(), "ada"), PLENTY)
        assert isinstance(reserved, int)
        await budget.settle(reserved, usd)
    await budget.reserve(Call(a_thread(repository_id=841), "ada"), PLENTY)
    later = datetime.now(UTC) + timedelta(hours=1)
    await queue.order([an_order(1)])
    lease = await queue.claim(worker)
    assert lease is not None
    comments = [a_comment(number=number) for number in range(1, 6)]
    effects = [replace(comments[0], not_before=later), *comments[1:], replace(labels("bug"), not_before=later)]
    await queue.conclude(lease, [a_run()], effects)
    for why in (f"{NIGHT} until 07:00", f"{CROWD}; there is room at 13:00", "GitHub answered 502", None):
        effect = await outbox.claim(worker)
        assert effect is not None
        if why:
            await outbox.replan(effect, why, later, counts=False)
    await queue.order([an_order(2)])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.retry(lease, RESTS, later, counts=False)
    seen = await backlog(database)
    assert seen.spent_usd == pytest.approx(0.75 + CALL_USD)
    assert (seen.held, seen.night, seen.crowd, seen.resting) == (1, 1, 1, 1)


async def test_the_page_of_a_run_says_until_when_a_comment_is_held(database: Database, worker: UUID):
    queue, history = PostgresQueue(database), PostgresHistory(database)
    later = datetime.now(UTC) + timedelta(minutes=3)
    await queue.order([an_order(1)])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, [a_run()], [replace(a_comment(), not_before=later), labels("bug")])
    run = await history.run((await history.runs(RunFilter()))[0].id)
    assert run is not None
    assert {one.kind: one.waits_until for one in run.effects} == {"comment": later, "labels": None}
