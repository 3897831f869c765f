"""What waits to be said is decided anew when its thread changes; what may stand on the thread is not."""

from dataclasses import replace

from tests.contracts.conftest import Store
from tests.contracts.values import a_comment, labels


async def test_a_comment_that_waits_can_be_unsaid_and_said_again(store: Store):
    held = replace(a_comment("Which version?"), not_before=store.later(180))
    await store.plan(held)
    assert await store.outbox.said(held.intent) is not None
    assert await store.outbox.unsay(held.intent, "the thread changed")
    assert await store.outbox.said(held.intent) is None
    assert not await store.outbox.unsay(held.intent, "the thread changed")
    await store.advance(181)
    assert await store.outbox.claim(await store.worker()) is None
    await store.plan(replace(held, not_before=None))
    effect = await store.outbox.claim(await store.worker())
    assert effect is not None
    assert (effect.payload, effect.attempts) == (held.payload, 1)


async def test_what_may_stand_on_the_thread_is_not_unsaid(store: Store):
    planned = a_comment()
    await store.plan(planned)
    effect = await store.outbox.claim(await store.worker())
    assert effect is not None
    assert not await store.outbox.unsay(planned.intent, "it is being sent")
    begun = await store.outbox.begin_send(effect)
    assert begun is not None
    await store.outbox.unknown(begun, "no answer", store.now())
    assert not await store.outbox.unsay(planned.intent, "it may stand there")
    look = await store.outbox.claim(await store.worker())
    assert look is not None
    await store.outbox.done(look, "c1")
    assert not await store.outbox.unsay(planned.intent, "it stands there")
    await store.plan(a_comment("Newer words."))
    assert not await store.outbox.unsay(planned.intent, "older words stand there")


async def test_labels_and_drafts_are_not_unsaid(store: Store):
    await store.plan(labels("bug"), a_comment(number=2, draft=True))
    assert not await store.outbox.unsay(labels("bug").intent, "the thread changed")
    assert not await store.outbox.unsay(a_comment(number=2).intent, "the thread changed")
