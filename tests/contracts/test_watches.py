"""What every store of watches promises."""

from dataclasses import replace
from datetime import timedelta

from app.domain.effect import LabelsPayload, LabelSuggestion, PlannedEffect, ReactionPayload, Wrote
from app.ports import Reaction, Watched
from app.teammate.listen.timing import FIRST
from tests.contracts.conftest import Store
from tests.contracts.values import NOON, a_comment, a_thread, labels

THREAD = a_thread(1, repository_id=700)
SOON, MINUTE = timedelta(seconds=70), timedelta(minutes=1)


async def done(store: Store, *effects: PlannedEffect, wrote: Wrote | None = None) -> None:
    """Effects that were planned and written."""
    await store.plan(*effects)
    worker = await store.worker()
    for number in range(len(effects)):
        effect = await store.outbox.claim(worker)
        assert effect is not None
        comment = effect.payload.kind == "comment"
        known = wrote or Wrote(labels=("bug",))
        await store.outbox.done(effect, f"c{number}" if comment else None, None if comment else known)
        await store.outbox.reserve_write(7)
        await store.advance(2)


async def test_what_is_done_is_watched_from_a_minute_on(store: Store):
    await done(store, a_comment())
    assert await store.watches.watch_new(store.now(), FIRST) == 1
    assert await store.watches.watch_new(store.now(), FIRST) == 0
    assert await store.watches.due(store.now(), 10) == []
    [watched] = await store.watches.due(store.now() + SOON, 10)
    assert (watched.thread, watched.remote_id, watched.known, watched.etag) == (THREAD, "c0", (), "")
    assert watched.due_at - watched.done_at == MINUTE
    assert (watched.looks, watched.unchanged) == (0, 0)
    [effect] = await store.ledger.effects(THREAD)
    assert (watched.effect_id, watched.run_id) == (effect.id, effect.run_id)


async def test_labels_are_watched_where_they_stand(store: Store):
    await done(store, labels("bug"))
    offered = LabelSuggestion(name="docs", rationale="It says so.", confidence="low")
    payload = LabelsPayload(names=("docs",), suggest=(offered,))
    await done(store, replace(labels("docs", number=2), payload=payload), wrote=Wrote())
    reaction = ReactionPayload(comment="5", content="eyes")
    await done(store, replace(a_comment(number=3), payload=reaction), wrote=Wrote())
    await store.plan(a_comment(number=4, draft=True))
    assert await store.watches.watch_new(store.now(), FIRST) == 1
    [watched] = await store.watches.due(store.now() + SOON, 10)
    assert (watched.thread, watched.remote_id) == (THREAD, "")


async def test_what_was_done_long_ago_is_not(store: Store):
    await done(store, a_comment())
    assert await store.watches.watch_new(store.now() + timedelta(days=61), FIRST) == 0


async def test_what_is_taken_nobody_else_gets_for_a_minute(store: Store):
    await done(store, a_comment())
    await store.watches.watch_new(store.now(), FIRST)
    then = store.now() + SOON
    assert len(await store.watches.due(then, 10)) == 1
    assert await store.watches.due(then, 10) == []
    assert len(await store.watches.due(then + MINUTE, 10)) == 1


async def test_the_oldest_first_and_no_more_than_asked_for(store: Store):
    for number in (1, 2, 3):
        await done(store, a_comment(number=number))
    await store.watches.watch_new(store.now(), FIRST)
    then = store.now() + SOON
    assert [one.thread.number for one in await store.watches.due(then, 2)] == [1, 2]
    assert [one.thread.number for one in await store.watches.due(then, 2)] == [3]


async def test_what_was_seen_is_kept(store: Store):
    await done(store, a_comment())
    await store.watches.watch_new(store.now(), FIRST)
    then = store.now() + SOON
    [watched] = await store.watches.due(then, 10)
    known = (Reaction("1", "grace", "-1", is_bot=False, at=NOON), Reaction("2", "nul \0", "+1", is_bot=True, at=NOON))
    seen = replace(watched, etag='W/"1"', known=known, looks=3, unchanged=2)
    await store.watches.looked(seen, then + timedelta(minutes=3))
    assert await store.watches.due(then + timedelta(minutes=2), 10) == []
    [again] = await store.watches.due(then + timedelta(minutes=3), 10)
    assert _but_odd(again) == _but_odd(replace(seen, due_at=then + timedelta(minutes=3)))


def _but_odd(watched: Watched) -> Watched:
    """Without the login that not every store can hold as it is."""
    return replace(watched, known=watched.known[:1])


async def test_a_watch_ends(store: Store):
    await done(store, a_comment())
    await store.watches.watch_new(store.now(), FIRST)
    [watched] = await store.watches.due(store.now() + SOON, 10)
    await store.watches.looked(watched, None)
    assert await store.watches.due(store.now() + timedelta(days=300), 10) == []
    assert await store.watches.watch_new(store.now(), FIRST) == 0
