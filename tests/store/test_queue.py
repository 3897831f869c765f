"""What only the real queue can show: many claims at once, a long backlog, and what a run leaves behind."""

import asyncio
from collections import Counter
from time import perf_counter
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.domain.effect import PlannedEffect
from app.domain.work import Lease
from app.store.backlog import Backlog, backlog
from app.store.engine import Database
from app.store.outbox import PostgresOutbox
from app.store.queue import PostgresQueue
from tests.contracts.values import NOON, a_comment, a_run, an_order, labels


async def test_sixteen_hands_never_share_a_lease_nor_crowd_a_repository(database: Database, worker: UUID):
    queue = PostgresQueue(database, hands_per_repository=2)
    await queue.order([an_order(number, repository_id=r) for r in (1, 2, 3) for number in range(20)])
    holding: Counter[int] = Counter()
    worked: list[str] = []

    async def hand() -> None:
        while (lease := await queue.claim(worker)) is not None:
            holding[lease.repository_id] += 1
            assert holding[lease.repository_id] <= 2
            worked.append(lease.key)
            await asyncio.sleep(0)
            holding[lease.repository_id] -= 1
            await queue.conclude(lease, [], [])

    while len(worked) < 60:  # a hand that finds every repository crowded goes away
        await asyncio.gather(*(hand() for _ in range(16)))
    assert sorted(worked) == sorted({f"{r}#{number}" for r in (1, 2, 3) for number in range(20)})


async def test_a_long_backlog_of_one_repository_neither_slows_claims_nor_starves_others(
    database: Database, worker: UUID
):
    async def claim_time(queue: PostgresQueue) -> float:
        started = perf_counter()
        lease = await queue.claim(worker)
        took = perf_counter() - started
        assert lease is not None
        served.append(lease.repository_id)
        await queue.conclude(lease, [], [])
        return took

    queue, served = PostgresQueue(database), list[int]()
    await queue.order([an_order(number, repository_id=1) for number in range(60)])
    short = min([await claim_time(queue) for _ in range(40)])
    await queue.order([an_order(number, repository_id=1) for number in range(5_000)])
    await queue.order([an_order(1, repository_id=r) for r in range(100, 120)])
    served.clear()
    long = min([await claim_time(queue) for _ in range(40)])
    assert set(range(100, 120)) <= set(served[:21])
    assert long < 4 * short


async def test_a_run_is_stored_with_the_lease_it_came_from(database: Database, worker: UUID):
    queue = PostgresQueue(database)
    (work_id,) = await queue.order([an_order(12)])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, [a_run(title="NUL \0 in it"), a_run(outcome="failed")], [])
    first, second = await database.run(sa.text("select * from runs order by id"))
    assert (first.work_id, first.repository, first.number) == (work_id, "acme/r840", 12)
    assert (first.title, first.summary, first.cost_usd) == ("NUL \ufffd in it", "label bug", 0.25)
    assert first.snapshot["title"] == "NUL \ufffd in it"
    assert (second.decision, second.verdict, second.summary) == (None, None, second.error)


async def test_a_conclusion_that_fails_halfway_leaves_nothing(database: Database, worker: UUID):
    queue = PostgresQueue(database)
    await queue.order([an_order()])
    lease = await queue.claim(worker)
    assert lease is not None
    broken = PlannedEffect("i", a_comment().thread, "n", a_comment().payload, run=5)
    with pytest.raises(IndexError):
        await queue.conclude(lease, [a_run()], [broken])
    assert not await database.run(sa.text("select 1 from runs"))
    assert await queue.heartbeat(lease)


async def test_only_one_of_two_conclusions_writes(database: Database, worker: UUID):
    queue = PostgresQueue(database)
    await queue.order([an_order()])
    lease = await queue.claim(worker)
    assert lease is not None
    outcomes = await asyncio.gather(*(queue.conclude(lease, [a_run()], [a_comment()]) for _ in range(8)))
    assert sorted(outcome is None for outcome in outcomes) == [False] + [True] * 7
    assert len(await database.run(sa.text("select 1 from runs"))) == 1


async def test_orders_in_opposite_directions_do_not_block_each_other(database: Database):
    queue = PostgresQueue(database)
    orders = [an_order(number) for number in range(50)]
    await asyncio.gather(*(queue.order(orders if turn % 2 else orders[::-1]) for turn in range(20)))
    assert len(await queue.due(100)) == 50


async def test_expiry_passes_by_what_somebody_is_just_settling(database: Database, worker: UUID):
    queue = PostgresQueue(database)
    await queue.order([an_order()])
    lease = await queue.claim(worker)
    assert lease is not None
    await database.run(sa.text("update work set lease_until = now()"))
    async with database.begin() as settling:
        await settling.execute(sa.text("select 1 from work for update"))
        await asyncio.wait_for(queue.expire(), 5)
    assert await queue.heartbeat(lease)


async def test_the_backlog_in_figures(database: Database, worker: UUID):
    queue = PostgresQueue(database)
    assert await backlog(database) == Backlog(0, 0, 0)
    await queue.order([an_order(1), an_order(2), an_order(3)])
    await database.run(sa.text("update work set planned_at = now() - interval '90 s' where number = 2"))
    await database.run(sa.text("update work set state = 'dead' where number = 3"))
    await database.run(
        sa.text("update work set not_before = now() + interval '1 h', planned_at = '2020-01-01' where number = 1")
    )
    now = await backlog(database)
    assert 90 <= now.oldest_due_s < 95
    assert (now.dead_work, now.dead_effects) == (1, 0)


# --- planning an intent again ------------------------------------------------------------------------------


async def plan(database: Database, worker: UUID, *effects: PlannedEffect) -> list[int]:
    queue = PostgresQueue(database)
    await queue.order([an_order(99)])
    lease = await queue.claim(worker)
    assert isinstance(lease, Lease)
    due = await queue.conclude(lease, [a_run()], effects)
    assert due is not None
    return due


async def row(database: Database) -> sa.Row[tuple[object, ...]]:
    (only,) = await database.run(sa.text("select * from effects"))
    return only  # type: ignore[no-any-return]


async def put(database: Database, state: str, **columns: object) -> None:
    sets = ", ".join(f"{name} = :{name}" for name in ("state", *columns))
    await database.run(sa.text(f"update effects set {sets}"), state=state, **columns)


AGAIN = [
    # stored state, planned anew as a draft?, state afterwards, is it due?
    ("planned", False, "planned", True),
    ("sending", False, "sending", False),
    ("unknown", False, "unknown", False),
    ("done", False, "planned", True),
    ("dead", False, "planned", True),
    ("parked", False, "parked", False),
    ("draft", False, "planned", True),
    ("draft", True, "draft", False),
    ("done", True, "draft", False),
    ("dead", True, "draft", False),
]


@pytest.mark.parametrize(("stored", "draft", "after", "due"), AGAIN)
async def test_newer_words_for_an_effect(
    database: Database, worker: UUID, stored: str, draft: bool, after: str, due: bool
):
    await plan(database, worker, a_comment("old"))
    await put(database, stored)
    assert bool(await plan(database, worker, a_comment("new", draft=draft))) == due
    effect = await row(database)
    assert (effect.state, effect.revision, effect.payload["body"]) == (after, 2, "new")
    (newest,) = await database.run(sa.text("select max(id) as id from runs"))
    assert effect.run_id == newest.id


async def put_for_good(database: Database, state: str) -> None:
    """What was skipped for good is never due."""
    await put(database, state)
    if state == "skipped":
        await database.run(sa.text("update effects set not_before = 'infinity'"))


@pytest.mark.parametrize("stored", ["planned", "sending", "unknown", "parked", "skipped"])
async def test_a_draft_never_replaces_what_is_on_its_way_or_ended(database: Database, worker: UUID, stored: str):
    await plan(database, worker, a_comment("old"))
    await put_for_good(database, stored)
    assert await plan(database, worker, a_comment("new", draft=True)) == []
    effect = await row(database)
    assert (effect.state, effect.revision, effect.payload["body"]) == (stored, 1, "old")


@pytest.mark.parametrize("stored", ["planned", "sending", "unknown", "parked", "done", "skipped"])
async def test_saying_the_same_again_changes_nothing(database: Database, worker: UUID, stored: str):
    await plan(database, worker, a_comment("same"))
    await put_for_good(database, stored)
    assert await plan(database, worker, a_comment("same")) == []
    effect = await row(database)
    assert (effect.state, effect.revision) == (stored, 1)


async def test_the_same_words_again_revive_what_was_given_up(database: Database, worker: UUID):
    await plan(database, worker, a_comment("same"))
    await put(database, "dead", attempts=3)
    assert len(await plan(database, worker, a_comment("same"))) == 1
    effect = await row(database)
    assert (effect.state, effect.attempts) == ("planned", 0)


async def test_what_was_given_up_after_it_may_have_left_is_looked_for_first(database: Database, worker: UUID):
    await plan(database, worker, a_comment("old"))
    await put(database, "dead", sent_at=NOON)
    assert await plan(database, worker, a_comment("new")) == []
    assert (await row(database)).state == "unknown"
    await put(database, "dead", remote_id="c1")  # there is a comment: an edit needs no look
    assert len(await plan(database, worker, a_comment("newer"))) == 1


async def test_what_was_skipped_for_now_may_be_said_again(database: Database, worker: UUID):
    await plan(database, worker, a_comment("same"))
    await put(database, "skipped")
    assert len(await plan(database, worker, a_comment("same"))) == 1


async def test_skipped_labels_may_be_tried_again(database: Database, worker: UUID):
    await plan(database, worker, labels("bug"))
    await put(database, "skipped")
    assert len(await plan(database, worker, labels("bug", "crash"))) == 1


async def test_one_intent_may_have_labels_and_a_comment(database: Database, worker: UUID):
    comment = a_comment()
    both = PlannedEffect(comment.intent, comment.thread, "n", labels("bug").payload, run=0)
    assert len(await plan(database, worker, comment, both)) == 2
    assert await PostgresOutbox(database).due(9) == sorted(await PostgresOutbox(database).due(9))
