"""Drafts as people read them back: what waits, with its run, and what was last heard of its thread."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.act import Act, ActKind
from app.domain.draft import Draft, Queue
from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.domain.run import RunRecord
from app.store.acts import PostgresLedger
from app.store.drafts import PostgresDrafts
from app.store.engine import Database
from app.store.outbox import PostgresOutbox
from app.store.queue import PostgresQueue
from app.store.threads import PostgresThreads
from tests.contracts.values import NOON, a_past, a_run, a_thread, an_order


async def draft(
    database: Database,
    worker: UUID,
    number: int = 1,
    body: str = "Hi.",
    *,
    labels: tuple[str, ...] = (),
    repository_id: int = 840,
    run: RunRecord | None = None,
) -> None:
    queue, thread = PostgresQueue(database), a_thread(number, repository_id=repository_id)
    await queue.order([an_order(number, repository_id=repository_id)])
    lease = await queue.claim(worker)
    assert lease is not None
    payload = LabelsPayload(names=labels) if labels else CommentPayload(body=body)
    effect = PlannedEffect(f"{thread.key}:body", thread, "I_1", payload, run=0, draft=True)
    await queue.conclude(lease, [run or a_run()], [effect])


async def only(drafts: PostgresDrafts) -> Draft:
    [found] = await drafts.waiting()
    return found


async def test_drafts_come_newest_first_page_by_page_and_filtered(database: Database, worker: UUID):
    drafts = PostgresDrafts(database)
    for number in range(1, 6):
        await draft(database, worker, number, labels=("bug",) if number % 2 else ())
    await draft(database, worker, 1, repository_id=841)
    first = await drafts.waiting(limit=2)
    second = await drafts.waiting(before=(first[-1].run_id, first[-1].id), limit=9)
    places = [(one.thread.repository.repository_id, one.thread.number) for one in (*first, *second)]
    assert places == [(841, 1), (840, 5), (840, 4), (840, 3), (840, 2), (840, 1)]
    assert len(await drafts.waiting(repository="acme/r841")) == 1
    assert len(await drafts.waiting(skill="triage")) == 6
    assert await drafts.waiting(skill="answer", repository="acme/r840' or true --\0") == []
    assert await drafts.queue() == Queue(6, ("acme/r840", "acme/r841"), ("triage",))


async def test_a_draft_comes_with_its_run(database: Database, worker: UUID):
    run = a_run(title="It crashes")
    await draft(database, worker, labels=("bug",), run=run)
    found = await only(PostgresDrafts(database))
    assert run.decision is not None
    assert found.decision == run.decision.model_dump(mode="json")
    assert (found.title, found.skill, found.prompt, found.confidence) == ("It crashes", "triage", "triage@1", 0.9)
    assert (found.payload, found.state, found.revision) == (LabelsPayload(names=("bug",)), "draft", 1)
    assert found.snapshot == {"neighbours": [], "needs": [], "pull": None}
    assert found.thread == a_thread()
    assert await PostgresDrafts(database).one(found.id) == found


async def test_what_was_drafted_again_is_newer(database: Database, worker: UUID):
    drafts = PostgresDrafts(database)
    await draft(database, worker, 1)
    await draft(database, worker, 2)
    await draft(database, worker, 1, "Newer.")
    newest, older = await drafts.waiting()
    assert (newest.payload, newest.revision, older.thread.number) == (CommentPayload(body="Newer."), 2, 2)


async def test_what_is_decided_waits_no_longer(database: Database, worker: UUID):
    drafts, outbox = PostgresDrafts(database), PostgresOutbox(database)
    await draft(database, worker)
    found = await only(drafts)
    assert await outbox.accept(found.id, "Mine.")
    assert await drafts.waiting() == []
    accepted = await drafts.one(found.id)
    assert accepted is not None
    assert (accepted.state, accepted.payload) == ("planned", CommentPayload(body="Mine."))
    assert await drafts.queue() == Queue(0, (), ())


@pytest.mark.parametrize("effect_id", [404, 2**63 - 1])
async def test_a_draft_that_is_not_there_is_none(effect_id: int, database: Database):
    assert await PostgresDrafts(database).one(effect_id) is None
    assert not await PostgresDrafts(database).restore(effect_id)


async def test_a_decline_is_taken_back_once(database: Database, worker: UUID):
    drafts, outbox = PostgresDrafts(database), PostgresOutbox(database)
    await draft(database, worker)
    found = await only(drafts)
    assert await outbox.decline(found.id, "verbose: half of it")
    declined = await drafts.one(found.id)
    assert declined is not None
    assert (declined.state, declined.reason) == ("skipped", "declined: verbose: half of it")
    assert await drafts.restore(found.id)
    assert await only(drafts) == found
    assert not await drafts.restore(found.id)


async def test_what_was_skipped_otherwise_is_not_restored(database: Database, worker: UUID):
    drafts, outbox = PostgresDrafts(database), PostgresOutbox(database)
    await draft(database, worker)
    found = await only(drafts)
    assert await outbox.withdraw(found.id, "declined: by a command")
    assert not await drafts.restore(found.id)
    assert await drafts.waiting() == []


@pytest.mark.parametrize(
    ("known", "heard", "state"),
    [
        ("", [], "open"),
        ("open", [], "open"),
        ("closed", [], "closed"),
        ("open", [(1, "closed")], "closed"),
        ("closed", [(1, "reopened")], "open"),
        ("closed", [(-1, "reopened")], "closed"),
        ("", [(1, "closed"), (2, "reopened"), (3, "labeled")], "open"),
        ("open", [(1, "transferred")], "moved"),
        ("closed", [(-1, "locked")], "locked"),
        ("closed", [(1, "locked"), (2, "unlocked")], "closed"),
    ],
)
async def test_a_draft_says_what_was_last_heard_of_its_thread(
    known: str, heard: list[tuple[int, ActKind]], state: str, database: Database, worker: UUID
):
    await draft(database, worker)
    if known:
        await PostgresThreads(database).remember(840, [a_past(1, "It crashes", state=known)], private=False)
    acts = [
        Act(id=f"{kind}{hours}", kind=kind, actor="ada", by="person", at=NOON + timedelta(hours=hours))
        for hours, kind in heard
    ]
    await PostgresLedger(database).record(a_thread(), acts)
    assert (await only(PostgresDrafts(database))).thread_state == state
