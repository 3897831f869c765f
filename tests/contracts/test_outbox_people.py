"""What every outbox promises people: drafts are theirs to judge, and what they took back stays away."""

from dataclasses import replace

import pytest

from app.domain.effect import CommentPayload, PlannedEffect, RetractPayload, UnlabelPayload, Wrote
from tests.contracts.conftest import Store
from tests.contracts.test_outbox import claimed, nothing_is_due, published, sent
from tests.contracts.values import a_comment, labels


async def only_id(store: Store, planned: PlannedEffect | None = None) -> int:
    """The id of the one effect of a thread."""
    (effect,) = await store.ledger.effects((planned or a_comment()).thread)
    return effect.id


async def test_what_was_skipped_for_now_may_be_planned_again(store: Store):
    (effect_id,) = await store.plan(a_comment("old"))
    await store.outbox.skip(await claimed(store), "the thread is paused", for_good=False)
    assert await nothing_is_due(store)
    assert await store.plan(a_comment("old")) == [effect_id]
    assert (await claimed(store)).payload == CommentPayload(body="old")


async def test_labels_that_were_skipped_for_good_stay_so(store: Store):
    await store.plan(labels("bug"))
    await store.outbox.skip(await claimed(store), "undone")
    assert await store.plan(labels("docs")) == []
    assert await nothing_is_due(store)


async def test_a_comment_that_stands_and_was_skipped_stays_so(store: Store):
    await store.plan(a_comment("old"))
    await published(store)
    await store.plan(a_comment("new"))
    await store.outbox.skip(await claimed(store), "a person edited it", for_good=False)
    assert await store.plan(a_comment("newest")) == []


async def test_what_was_planned_can_become_a_draft_after_all(store: Store):
    (effect_id,) = await store.plan(a_comment())
    await store.outbox.as_draft(await claimed(store), "everything waits here")
    assert await nothing_is_due(store)
    assert await store.outbox.accept(effect_id)
    assert (await claimed(store)).payload == CommentPayload(body="Hello.")


@pytest.mark.parametrize("words", [None, "A person's own words."])
async def test_an_accepted_draft_is_published_in_the_words_of_whoever_accepted_it(store: Store, words: str | None):
    await store.plan(a_comment("Hello.", draft=True))
    effect_id = await only_id(store)
    assert await store.outbox.accept(effect_id, words)
    assert not await store.outbox.accept(effect_id, words)
    assert not await store.outbox.decline(effect_id, "too late")
    assert await store.plan(a_comment("Second thoughts.", draft=True)) == []
    begun = await sent(store)
    assert begun.payload == CommentPayload(body=words or "Hello.")
    await store.outbox.done(begun, "c1")
    assert await nothing_is_due(store)


async def test_an_accepted_draft_of_unknown_fate_is_looked_for_first(store: Store):
    (effect_id,) = await store.plan(a_comment("planned"))
    await store.outbox.unknown(await sent(store), "no answer", store.now())
    await store.outbox.bury(await claimed(store), "no look would answer")
    await store.plan(a_comment("draft", draft=True))
    assert await store.outbox.accept(effect_id)
    assert (await claimed(store)).state == "unknown"


async def test_labels_are_accepted_as_they_are(store: Store):
    draft = replace(labels("bug"), draft=True)
    await store.plan(draft)
    effect_id = await only_id(store, draft)
    assert not await store.outbox.accept(effect_id, "words")
    assert await store.outbox.accept(effect_id)
    assert (await claimed(store)).payload == draft.payload


async def test_a_declined_draft_is_drafted_again_only_in_other_words(store: Store):
    await store.plan(a_comment("Hello.", draft=True))
    effect_id = await only_id(store)
    assert await store.outbox.decline(effect_id, "not needed")
    assert not await store.outbox.decline(effect_id, "not needed")
    await store.plan(a_comment("Hello.", draft=True))
    assert not await store.outbox.accept(effect_id)
    assert await store.plan(a_comment("Hello.")) == []
    await store.plan(a_comment("Something else.", draft=True))
    assert await store.outbox.accept(effect_id)
    assert (await claimed(store)).payload == CommentPayload(body="Something else.")


@pytest.mark.parametrize("state", ["planned", "draft", "parked", "claimed"])
async def test_what_never_left_is_withdrawn_without_a_trace(store: Store, state: str):
    await store.plan(a_comment(draft=state == "draft"))
    effect_id = await only_id(store)
    held = await claimed(store) if state in ("claimed", "parked") else None
    if held is not None and state == "parked":
        await store.outbox.park(held, "may not write")
    assert await store.outbox.withdraw(effect_id, "undone by ada")
    assert not await store.outbox.withdraw(effect_id, "undone by ada")
    if held is not None:
        assert await store.outbox.begin_send(held) is None
        await store.outbox.replan(held, "its lease was nearly over", store.now())
    await store.outbox.resume_installation(7)
    assert not await store.outbox.accept(effect_id)
    assert await store.plan(a_comment("Other words.")) == []
    assert await nothing_is_due(store)
    assert len(await store.ledger.effects(a_comment().thread)) == 1


@pytest.mark.parametrize("state", ["sending", "unknown", "dead"])
async def test_what_may_have_left_is_found_out_about_and_taken_back(store: Store, state: str):
    (effect_id,) = await store.plan(a_comment())
    begun = await sent(store)
    if state != "sending":
        await store.outbox.unknown(begun, "no answer", store.now())
    if state == "dead":
        await store.outbox.bury(await claimed(store), "no look would answer")
    assert await store.outbox.withdraw(effect_id, "undone by ada")
    if state == "sending":
        await store.outbox.done(begun, "c1")
    else:
        looked_for = await claimed(store)
        assert (looked_for.id, looked_for.state) == (effect_id, "unknown")
        await store.outbox.done(looked_for, "c1")
    assert await nothing_is_due(store)
    await store.advance(31)
    undoing = await claimed(store)
    assert undoing.payload == RetractPayload(remote_id="", undoes=effect_id)
    assert undoing.intent == f"{undoing.thread.key}:undo:{effect_id}"
    await store.outbox.done(undoing, None)
    assert [one.state for one in await store.ledger.effects(undoing.thread)] == ["skipped", "done"]
    assert await store.plan(a_comment("Other words.")) == []


async def test_an_edit_that_waits_is_withdrawn_with_the_comment_that_stands(store: Store):
    (effect_id,) = await store.plan(a_comment("old"))
    await published(store)
    await store.plan(a_comment("new"))
    assert await store.outbox.withdraw(effect_id, "undone by ada")
    await store.advance(31)
    assert (await claimed(store)).payload == RetractPayload(remote_id="", undoes=effect_id)


async def test_labels_that_may_be_there_are_taken_off(store: Store):
    (effect_id,) = await store.plan(labels("bug"))
    await store.outbox.replan(await sent(store), "no answer", store.later(5))
    assert await store.outbox.withdraw(effect_id, "undone by ada")
    await store.advance(31)
    assert (await claimed(store)).payload == UnlabelPayload(names=(), undoes=effect_id)


async def test_what_stands_of_a_plan_that_was_refused_later_is_taken_back(store: Store):
    (effect_id,) = await store.plan(labels("bug"))
    await store.outbox.done(await sent(store), None, Wrote(labels=("bug",)))
    await store.plan(labels("docs"))
    await store.outbox.skip(await claimed(store), "the thread is paused", for_good=False)
    assert await store.outbox.withdraw(effect_id, "undone by ada")
    assert not await store.outbox.withdraw(effect_id, "undone by ada")
    await store.advance(31)
    assert (await claimed(store)).payload == UnlabelPayload(names=(), undoes=effect_id)
    assert await store.plan(labels("docs")) == []


async def test_what_is_done_is_not_withdrawn_but_undone(store: Store):
    (effect_id,) = await store.plan(a_comment())
    effect = await published(store)
    assert not await store.outbox.withdraw(effect_id, "undone by ada")
    undo = replace(a_comment(), intent=f"{effect.thread.key}:undo:{effect_id}")
    await store.plan(replace(undo, payload=RetractPayload(remote_id="c1", undoes=effect_id)))
    await store.outbox.done(await sent(store), None)
    assert await store.plan(a_comment("Other words.")) == []
    assert await store.outbox.said(effect.intent) is None


async def test_nothing_that_is_unknown_can_be_decided_about(store: Store):
    assert not await store.outbox.withdraw(12345, "?")
    assert not await store.outbox.accept(12345)
    assert not await store.outbox.decline(12345, "?")


async def test_what_was_written_is_kept_with_what_was_not(store: Store):
    planned = labels("bug", "docs")
    await store.plan(planned)
    await store.outbox.done(await sent(store), None, Wrote(labels=("bug",)), reason="GitHub did not apply docs")
    (seen,) = await store.ledger.effects(planned.thread)
    assert (seen.state, seen.wrote) == ("done", Wrote(labels=("bug",)))
