"""What every outbox promises."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from app.domain.effect import CommentPayload, Effect
from app.domain.work import MAX_ATTEMPTS
from tests.contracts.conftest import Store
from tests.contracts.values import a_comment, labels


async def claimed(store: Store, worker: UUID | None = None) -> Effect:
    effect = await store.outbox.claim(worker or await store.worker())
    assert effect is not None
    return effect


async def nothing_is_due(store: Store) -> bool:
    return await store.outbox.claim(await store.worker()) is None


async def sent(store: Store) -> Effect:
    """An effect whose create left and whose fate is open."""
    begun = await store.outbox.begin_send(await claimed(store))
    assert begun is not None
    return begun


async def published(store: Store, remote_id: str = "c1") -> Effect:
    effect = await sent(store)
    await store.outbox.done(effect, remote_id)
    return effect


async def test_an_empty_outbox_has_nothing_to_claim(store: Store):
    assert await nothing_is_due(store)
    assert await store.outbox.due(9) == []
    assert await store.outbox.to_sweep(9) == []


async def test_a_claimed_effect_says_all_that_was_planned(store: Store):
    planned = a_comment("Hello.")
    (effect_id,) = await store.plan(planned)
    effect = await claimed(store)
    assert (effect.id, effect.intent, effect.thread) == (effect_id, planned.intent, planned.thread)
    assert (effect.node_id, effect.payload, effect.state) == ("I_1", planned.payload, "sending")
    assert (effect.attempts, effect.revision, effect.sent_revision) == (1, 1, 0)
    assert (effect.sent_at, effect.remote_id) == (None, None)
    assert 80 < (effect.lease_until - store.now()).total_seconds() <= 90


async def test_labels_come_back_as_labels(store: Store):
    await store.plan(labels("bug", "crash"))
    assert (await claimed(store)).payload == labels("bug", "crash").payload


async def test_a_draft_is_not_due(store: Store):
    assert await store.plan(a_comment(draft=True)) == []
    assert await nothing_is_due(store)


async def test_one_effect_of_an_installation_is_on_its_way_at_a_time(store: Store):
    await store.plan(a_comment(number=1), a_comment(number=2), a_comment(installation_id=8))
    worker = await store.worker()
    first, other = await claimed(store, worker), await claimed(store, worker)
    assert {first.thread.repository.installation_id, other.thread.repository.installation_id} == {7, 8}
    assert await nothing_is_due(store)
    await store.outbox.done(first, "c1")
    assert (await claimed(store)).thread.repository.installation_id == first.thread.repository.installation_id


async def test_a_named_effect_is_claimed_or_nothing(store: Store):
    one, two = await store.plan(a_comment(number=1), a_comment(number=2))
    effect = await store.outbox.claim(await store.worker(), effect_id=two)
    assert effect is not None
    assert effect.id == two
    assert await store.outbox.claim(await store.worker(), effect_id=one) is None
    assert await store.outbox.claim(await store.worker(), effect_id=two + 1000) is None


async def test_a_create_is_recorded_before_it_leaves(store: Store):
    await store.plan(a_comment())
    begun = await sent(store)
    assert begun.sent_at is not None
    assert abs(begun.sent_at - store.now()) < timedelta(seconds=5)


async def test_nothing_leaves_when_the_lease_is_nearly_over_or_lost(store: Store):
    await store.plan(a_comment())
    effect = await claimed(store)
    await store.advance(66)
    assert await store.outbox.begin_send(effect) is None
    await store.advance(25)
    again = await claimed(store)
    assert again.id == effect.id
    assert await store.outbox.begin_send(effect) is None
    assert await store.outbox.begin_send(again) is not None


@pytest.mark.parametrize("dies", [True, False])
async def test_what_never_began_is_sent_again_and_what_began_is_looked_for(store: Store, *, dies: bool):
    async def lose(worker: UUID) -> None:
        if dies:
            await store.kill(worker)
            await store.queue.expire()
        else:
            await store.advance(91)

    await store.plan(a_comment())
    worker = await store.worker()
    await claimed(store, worker)
    await lose(worker)
    worker = await store.worker()
    again = await claimed(store, worker)
    assert (again.state, again.attempts) == ("sending", 1)
    begun = await store.outbox.begin_send(again)
    assert begun is not None
    await lose(worker)
    looked_for = await claimed(store)
    assert (looked_for.state, looked_for.attempts) == ("unknown", 1)
    assert looked_for.sent_at is not None
    await store.outbox.done(looked_for, "c7")
    assert await nothing_is_due(store)


async def test_a_lost_lease_settles_nothing(store: Store):
    await store.plan(a_comment())
    lost = await sent(store)
    await store.advance(91)
    held = await claimed(store)
    await store.outbox.done(lost, "c1")
    await store.outbox.unknown(lost, "?", store.now())
    await store.outbox.replan(lost, "?", store.now())
    await store.outbox.skip(lost, "?")
    await store.outbox.park(lost, "?")
    await store.outbox.bury(lost, "?")
    assert await nothing_is_due(store)
    await store.outbox.unknown(held, "not visible yet", store.now())
    again = await claimed(store)
    assert (again.id, again.state, again.remote_id) == (held.id, "unknown", None)


async def test_workers_that_die_before_they_send_use_up_no_attempt(store: Store):
    await store.plan(a_comment())
    for _ in range(2 * MAX_ATTEMPTS):
        worker = await store.worker()
        assert (await claimed(store, worker)).attempts == 1
        await store.kill(worker)
        await store.queue.expire()


async def test_an_unknown_effect_is_looked_for_when_it_was_asked_to(store: Store):
    await store.plan(a_comment())
    await store.outbox.unknown(await sent(store), "no answer", store.later(10))
    assert await nothing_is_due(store)
    await store.advance(11)
    effect = await claimed(store)
    assert effect.state == "unknown"
    assert effect.sent_at is not None


async def test_an_absent_one_is_sent_again_and_three_times_at_most(store: Store):
    (effect_id,) = await store.plan(a_comment())
    for attempt in range(1, MAX_ATTEMPTS + 1):
        begun = await sent(store)
        assert begun.attempts == attempt
        await store.outbox.unknown(begun, "no answer", store.now())
        await store.outbox.replan(await claimed(store), "GitHub never showed it", store.now())
    assert await nothing_is_due(store)
    assert await store.outbox.revive(effect_id)
    assert not await store.outbox.revive(effect_id)
    revived = await claimed(store)
    assert (revived.state, revived.attempts) == ("sending", 1)


async def test_waiting_does_not_count_as_an_attempt(store: Store):
    await store.plan(a_comment())
    for _ in range(2 * MAX_ATTEMPTS):
        effect = await claimed(store)
        assert effect.attempts == 1
        await store.outbox.replan(effect, "not its turn", store.later(5), counts=False)
        assert await nothing_is_due(store)
        await store.advance(6)


async def test_newer_words_edit_the_comment_that_is_there(store: Store):
    await store.plan(a_comment("old"))
    await published(store)
    (effect_id,) = await store.plan(a_comment("new"))
    edit = await claimed(store)
    assert (edit.id, edit.remote_id, edit.payload) == (effect_id, "c1", CommentPayload(body="new"))
    assert (edit.revision, edit.sent_revision, edit.attempts) == (2, 1, 1)
    await store.outbox.done(edit, None)
    assert await nothing_is_due(store)


async def test_an_edit_that_never_began_is_sent_again_without_a_look(store: Store):
    await store.plan(a_comment("old"))
    await published(store)
    await store.plan(a_comment("new"))
    worker = await store.worker()
    await claimed(store, worker)
    await store.kill(worker)
    await store.queue.expire()
    assert (await claimed(store)).state == "sending"


async def test_newer_words_while_one_is_being_sent_are_an_edit_afterwards(store: Store):
    await store.plan(a_comment("old"))
    begun = await sent(store)
    assert await store.plan(a_comment("new")) == []
    await store.outbox.done(begun, "c1")
    edit = await claimed(store)
    assert (edit.remote_id, edit.payload, edit.sent_revision) == ("c1", CommentPayload(body="new"), 1)


async def test_newer_words_while_one_waits_are_what_is_sent(store: Store):
    await store.plan(a_comment("old"))
    effect = await claimed(store)
    await store.plan(a_comment("new"))
    begun = await store.outbox.begin_send(effect)
    assert begun is not None
    assert (begun.payload, begun.revision) == (CommentPayload(body="new"), 2)
    await store.outbox.done(begun, "c1")
    assert await nothing_is_due(store)


@pytest.mark.parametrize("state", ["planned", "sending", "unknown", "done"])
async def test_the_same_again_changes_nothing(store: Store, state: str):
    (effect_id,) = await store.plan(a_comment())
    begun = await sent(store) if state != "planned" else None
    if begun is not None and state == "unknown":
        await store.outbox.unknown(begun, "no answer", store.now())
    if begun is not None and state == "done":
        await store.outbox.done(begun, "c1")
    assert await store.plan(a_comment()) == []
    if begun is not None and state == "sending":
        await store.outbox.done(begun, "c1")
    if state in ("sending", "done"):
        assert await nothing_is_due(store)
    else:
        again = await claimed(store)
        assert (again.id, again.revision, again.attempts) == (effect_id, 1, 1)


async def test_a_draft_takes_back_an_edit_but_not_the_comment(store: Store):
    (effect_id,) = await store.plan(a_comment("shown"))
    await published(store)
    assert await store.plan(a_comment("thought", draft=True)) == []
    assert await nothing_is_due(store)
    await store.advance(121)
    assert await store.outbox.to_sweep(9) == []
    assert await store.plan(a_comment("thought")) == [effect_id]
    edit = await claimed(store)
    assert (edit.remote_id, edit.payload) == ("c1", CommentPayload(body="thought"))
    assert (edit.state, edit.revision, edit.sent_revision) == ("sending", 3, 1)


async def test_the_same_words_as_a_draft_leave_what_is_shown_alone(store: Store):
    await store.plan(a_comment())
    await published(store)
    assert await store.plan(a_comment(draft=True)) == []
    await store.advance(121)
    assert [effect.state for effect in await store.outbox.to_sweep(9)] == ["done"]


async def test_a_skipped_comment_is_never_written_again(store: Store):
    await store.plan(a_comment("old"))
    await store.outbox.skip(await claimed(store), "a person removed it")
    assert await store.plan(a_comment("new")) == []
    assert await nothing_is_due(store)


async def test_a_buried_effect_comes_back_when_it_is_planned_anew(store: Store):
    await store.plan(a_comment("bad"))
    await store.outbox.bury(await claimed(store), "refused")
    assert await nothing_is_due(store)
    await store.plan(a_comment("good"))
    effect = await claimed(store)
    assert (effect.payload, effect.attempts) == (CommentPayload(body="good"), 1)


@pytest.mark.parametrize("again", ["revived", "planned", "planned anew", "planned after a draft"])
async def test_what_may_have_left_before_it_was_buried_is_looked_for(store: Store, again: str):
    (effect_id,) = await store.plan(a_comment("planned"))
    await store.outbox.unknown(await sent(store), "no answer", store.now())
    await store.outbox.bury(await claimed(store), "no look would answer")
    assert await nothing_is_due(store)
    if again == "revived":
        assert await store.outbox.revive(effect_id)
    else:
        if again == "planned after a draft":
            assert await store.plan(a_comment("draft", draft=True)) == []
        assert await store.plan(a_comment(again)) == []  # due, but not to be sent
    effect = await claimed(store)
    assert (effect.id, effect.state, effect.attempts) == (effect_id, "unknown", 0)
    assert effect.sent_at is not None
    assert effect.remote_id is None


async def test_a_buried_edit_is_revived_as_an_edit(store: Store):
    (effect_id,) = await store.plan(a_comment("old"))
    await published(store)
    await store.plan(a_comment("new"))
    await store.outbox.bury(await sent(store), "refused")
    assert await store.outbox.revive(effect_id)
    edit = await claimed(store)
    assert (edit.state, edit.remote_id, edit.attempts) == ("sending", "c1", 1)


async def test_what_is_looked_for_waits_for_its_installation_too(store: Store):
    (effect_id,) = await store.plan(a_comment())
    await store.outbox.unknown(await sent(store), "no answer", store.now())
    await store.outbox.park_installation(7, "suspended")
    assert await nothing_is_due(store)
    assert await store.outbox.claim(await store.worker(), effect_id=effect_id) is None
    await store.outbox.resume_installation(7)
    await store.outbox.hold_writes(7, store.later(60))
    assert await nothing_is_due(store)
    assert await store.outbox.due(9) == []
    await store.advance(61)
    assert await store.outbox.due(9) == [effect_id]
    assert (await claimed(store)).state == "unknown"


async def test_what_is_due_behind_another_is_told_in_order(store: Store):
    one, two, other = await store.plan(a_comment(number=1), a_comment(number=2), a_comment(installation_id=8))
    assert await store.outbox.due(9) == [one, two, other]
    assert await store.outbox.due(2) == [one, two]
    await store.outbox.claim(await store.worker(), effect_id=one)
    assert await store.outbox.due(9) == [two, other]


async def test_an_installation_that_never_wrote_is_first(store: Store):
    first, second = await store.plan(a_comment(), a_comment(installation_id=8))
    await store.outbox.reserve_write(7)
    assert [(await claimed(store)).id for _ in range(2)] == [second, first]


async def test_parked_effects_come_back_when_their_installation_does(store: Store):
    await store.plan(a_comment(number=1), a_comment(number=2), a_comment(installation_id=8))
    worker = await store.worker()
    first, second = await claimed(store, worker), await claimed(store, worker)
    parked, other = sorted((first, second), key=lambda effect: effect.thread.repository.installation_id)
    await store.outbox.park(parked, "may not write")
    await store.outbox.park_installation(7, "suspended")
    await store.outbox.done(other, "c8")
    assert await nothing_is_due(store)
    assert await store.outbox.due(9) == []
    await store.outbox.resume_installation(7)
    assert len(await store.outbox.due(9)) >= 1
    for _ in range(2):
        await store.outbox.done(await claimed(store), "c")
    assert await nothing_is_due(store)


async def test_writes_of_an_installation_keep_their_distance(store: Store):
    slots = [await store.outbox.reserve_write(7) for _ in range(4)]
    assert abs(slots[0] - store.now()) < timedelta(seconds=2)
    assert [later - earlier for earlier, later in pairwise(slots)] == [timedelta(seconds=1)] * 3
    assert await store.outbox.reserve_write(8) < slots[1]


async def test_held_writes_wait_and_are_not_offered(store: Store):
    await store.plan(a_comment())
    until = store.later(60)
    await store.outbox.hold_writes(7, until)
    await store.outbox.hold_writes(7, store.later(30))  # the longer one stands
    assert await store.outbox.reserve_write(7) == until
    assert await nothing_is_due(store)
    assert await store.outbox.due(9) == []
    await store.advance(61)
    await claimed(store)


async def test_a_comment_is_swept_after_two_minutes_and_then_hourly_for_a_day(store: Store):
    await store.plan(a_comment(), labels("bug"))
    await published(store)
    await published(store)
    assert await store.outbox.to_sweep(9) == []
    await store.advance(121)
    looks, kept = 0, "c1"
    while due := await store.outbox.to_sweep(9):
        (effect,) = due
        assert (effect.state, effect.remote_id) == ("done", kept)
        kept = f"c{looks}"
        await store.outbox.swept(effect, kept)
        looks += 1
        await store.advance(1800)
        assert await store.outbox.to_sweep(9) == []
        await store.advance(1801)
    assert looks == 24
    await store.advance(7 * 86_400)
    assert await store.outbox.to_sweep(9) == []
