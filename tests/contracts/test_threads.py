"""What every index of past threads promises."""

from datetime import timedelta

import numpy as np

from app.ports import Near
from tests.contracts.conftest import Store
from tests.contracts.values import NOON, a_past

EAST, NORTH = np.eye(3, dtype=np.float32)[:2]
CRASH = a_past(1, "Crash when the lease expires", "It dies with LeaseLost.", labels=("bug",))
DARK = a_past(2, "Dark mode", "The pages are too bright at night.", days=1, kind="pull_request")
SLOW = a_past(3, "The lease is renewed slowly", "It takes a minute.", days=2, labels=("bug", "slow"))


async def numbers(store: Store, query: str, repository_id: int = 1, limit: int = 10, **wanted: object) -> list[int]:
    found = await store.threads.similar(repository_id, query, limit, **wanted)  # type: ignore[arg-type]
    return [one.thread.number for one in found]


async def test_nothing_is_known_at_first(store: Store):
    assert await numbers(store, "crash") == []
    assert await store.threads.labelled(1, 5) == []
    assert await store.threads.history_until(1) is None
    await store.threads.forget(1)
    await store.threads.forget(1, [1, 2])


async def test_threads_that_say_the_same_come_first_and_whole(store: Store):
    await store.threads.remember(1, [CRASH, DARK, SLOW], private=False)
    found = await store.threads.similar(1, "LeaseLost: lease expires, crash", 5)
    assert [one.thread for one in found] == [CRASH, SLOW]
    assert found[0].words is not None
    assert found[1].words is not None
    assert found[0].words > found[1].words > 0
    assert found[0].cosine is None
    assert await numbers(store, "lease", limit=1) in ([1], [3])


async def test_only_older_threads_and_never_the_one_at_hand(store: Store):
    await store.threads.remember(1, [CRASH, DARK, SLOW], private=False)
    assert await numbers(store, "lease", exclude=1) == [3]
    assert await numbers(store, "lease", before=SLOW.created_at) == [1]
    assert await numbers(store, "lease", before=NOON - timedelta(days=9)) == []


async def test_what_is_read_again_replaces_what_was_read_before(store: Store):
    await store.threads.remember(1, [CRASH, CRASH], private=False)
    closed = CRASH.model_copy(
        update={"title": "Closed now", "state": "closed", "updated_at": NOON + timedelta(hours=1), "labels": ()}
    )
    await store.threads.remember(1, [closed], private=False)
    await store.threads.remember(1, [CRASH], private=False)  # an old reading that comes late
    assert [one.thread for one in await store.threads.similar(1, "closed crash", 5)] == [closed]
    assert await store.threads.labelled(1, 5) == []
    await store.threads.remember(1, [], private=False)


async def test_labelled_threads_come_newest_first(store: Store):
    await store.threads.remember(1, [SLOW, CRASH, DARK], private=False)
    assert await store.threads.labelled(1, 5) == [(1, SLOW), (1, CRASH)]
    assert await store.threads.labelled(1, 1) == [(1, SLOW)]
    assert await store.threads.labelled(2, 5) == []


async def test_meaning_finds_what_no_word_does(store: Store):
    await store.threads.remember(1, [CRASH, DARK], private=False)
    rows = await store.threads.unembedded(1, "e", 5)
    assert [row.texts for row in rows] == [(f"{CRASH.title}\n{CRASH.body}",), (f"{DARK.title}\n{DARK.body}",)]
    await store.threads.embed(1, "e", [row.id for row in rows], np.stack([EAST, NORTH]))
    found = await store.threads.similar(1, "unheard", 5, near=Near("e", NORTH))
    assert found[0].thread == DARK
    assert found[0].words is None
    assert found[0].cosine == 1
    assert found[0].vector is not None
    assert found[0].vector.tolist() == NORTH.tolist()
    assert await numbers(store, "unheard", near=Near("e", NORTH), exclude=2) == [1]
    assert await numbers(store, "unheard", near=Near("f", NORTH)) == []
    assert await numbers(store, "unheard", 2, near=Near("e", NORTH)) == []


async def test_a_search_never_leaves_its_repository(store: Store):
    for repository_id in range(1, 21):
        await store.threads.remember(repository_id, [a_past(repository_id, "The canary sings")], private=True)
    for repository_id in range(1, 21):
        assert await numbers(store, "canary sings 1 2 3", repository_id) == [repository_id]


async def test_threads_are_forgotten_one_by_one_or_all(store: Store):
    for repository_id in (1, 2):
        await store.threads.remember(repository_id, [CRASH, SLOW], private=False)
        await store.threads.set_history(repository_id, NOON)
    await store.threads.forget(1, [1, 99])
    assert await numbers(store, "lease") == [3]
    assert await store.threads.history_until(1) == NOON
    await store.threads.forget(1)
    assert await numbers(store, "lease") == []
    assert await store.threads.history_until(1) is None
    assert len(await numbers(store, "lease", 2)) == 2
    assert await store.threads.history_until(2) == NOON
