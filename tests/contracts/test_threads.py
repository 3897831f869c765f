"""What every index of past threads promises."""

from datetime import timedelta
from typing import Any

import numpy as np

from app.domain.past import Remark
from app.ports import Near
from tests.contracts.conftest import Store
from tests.contracts.values import NOON, a_past

EAST, NORTH = np.eye(3, dtype=np.float32)[:2]
HOUR = timedelta(hours=1)
CRASH = a_past(1, "Crash when the lease expires", "It dies with LeaseLost.", labels=("bug",))
DARK = a_past(2, "Dark mode", "The pages are too bright at night.", days=1, kind="pull_request")
SLOW = a_past(3, "The lease is renewed slowly", "It takes a minute.", days=2, labels=("bug", "slow"))


async def numbers(store: Store, query: str, repository_id: int = 1, limit: int = 10, **wanted: object) -> list[int]:
    found = await store.threads.similar(repository_id, query, limit, **wanted)  # type: ignore[arg-type]
    return [one.thread.number for one in found]


async def test_nothing_is_known_at_first(store: Store):
    assert await numbers(store, "crash") == []
    assert await store.threads.labelled(1, 5) == []
    assert await store.threads.history_until(1, "threads") is None
    assert await store.threads.asked(1, timedelta(0)) == {}
    assert await store.threads.reviews(1, [1]) == {}
    await store.threads.note(1, "comments", [])
    await store.threads.place(1, 1, Near("e", EAST))
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
    assert await numbers(store, "lease", before=CRASH.created_at, exclude=9) == [1]  # within one second
    assert await numbers(store, "lease", before=CRASH.created_at) == []


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
        await store.threads.set_history(repository_id, "threads", NOON)
        await store.threads.note(
            repository_id, "reviews", [a_review(1, 1, "ada", "a.py"), a_review(2, 3, "ada", "b.py")]
        )
    await store.threads.forget(1, [1, 99])
    assert await numbers(store, "lease") == [3]
    assert await store.threads.history_until(1, "threads") == NOON
    assert await store.threads.reviews(1, [1, 3]) == {3: {"ada": ("b.py",)}}
    await store.threads.forget(1)
    assert await numbers(store, "lease") == []
    assert await store.threads.history_until(1, "threads") is None
    assert await store.threads.reviews(1, [1, 3]) == {}
    assert len(await numbers(store, "lease", 2)) == 2
    assert await store.threads.history_until(2, "threads") == NOON
    assert len(await store.threads.reviews(2, [1, 3])) == 2


async def test_a_thread_whose_words_stay_keeps_its_vector(store: Store):
    await store.threads.remember(1, [CRASH, SLOW], private=False)
    await store.threads.place(1, 1, Near("e", NORTH))
    assert [row.texts[0].splitlines()[0] for row in await store.threads.unembedded(1, "e", 5)] == [SLOW.title]
    labelled = CRASH.model_copy(update={"labels": ("urgent",), "state": "closed", "updated_at": NOON + HOUR})
    await store.threads.remember(1, [labelled], private=False)
    (found, *_) = await store.threads.similar(1, "unheard", 5, near=Near("e", NORTH))
    assert (found.thread, found.cosine) == (labelled, 1)
    await store.threads.remember(1, [CRASH], private=False)  # an old reading that comes late
    assert (await store.threads.labelled(1, 5))[-1] == (1, labelled)
    reworded = labelled.model_copy(update={"body": "It dies at once."})
    await store.threads.remember(1, [reworded], private=False)
    assert len(await store.threads.unembedded(1, "e", 5)) == 2


# --- what was said below them


def a_remark(id_: int, number: int, *, minutes: int = 0, **said: Any) -> Remark:
    return Remark(id=id_, number=number, at=NOON + timedelta(minutes=minutes), **said)


def a_review(id_: int, number: int, reviewer: str, path: str) -> Remark:
    return a_remark(id_, number, reviewer=reviewer, path=path)


async def original(store: Store, repository_id: int = 1) -> int | None:
    (found, *_) = await store.threads.similar(repository_id, "LeaseLost crash", 5)
    return found.thread.duplicate_of


async def test_the_newest_that_names_an_original_counts_until_it_is_taken_back(store: Store):
    for repository_id in (1, 2):
        await store.threads.remember(repository_id, [CRASH, SLOW], private=False)
    await store.threads.note(
        1, "comments", [a_remark(10, 1, duplicate_of=8), a_remark(11, 1, minutes=1, duplicate_of=9)]
    )
    assert (await original(store), await original(store, 2)) == (9, None)
    await store.threads.remember(1, [CRASH.model_copy(update={"updated_at": NOON + HOUR})], private=False)
    assert await original(store) == 9
    await store.threads.note(1, "comments", [a_remark(11, 1, minutes=2)])
    assert await original(store) == 8
    await store.threads.note(1, "comments", [a_remark(10, 1, minutes=-5, duplicate_of=7)])  # comes late
    assert await original(store) == 8
    await store.threads.note(1, "comments", [a_remark(10, 1, minutes=-5)])
    assert await original(store) == 8


async def test_what_reports_lacked_and_was_asked_for(store: Store):
    lacks = ("version", "error")
    reports = [a_past(number, f"Crash {number}", days=number, lacks=lacks) for number in range(1, 5)]
    wish = a_past(9, "Dark mode", days=1)
    await store.threads.remember(1, [*reports, wish], private=False)
    asks = [
        a_remark(20, 1, asks=("version", "log")),
        a_remark(21, 1, asks=("version",)),
        a_remark(22, 4, asks=("error",)),
    ]
    await store.threads.note(1, "comments", [*asks, a_remark(23, 9, asks=("version",))])
    assert await store.threads.asked(1, timedelta(days=1)) == {}
    await store.threads.set_history(1, "comments", NOON + timedelta(days=4))
    assert await store.threads.asked(1, timedelta(days=1)) == {"version": (3, 1), "error": (3, 0)}
    assert await store.threads.asked(1, timedelta(0)) == {"version": (4, 1), "error": (4, 1)}
    await store.threads.note(1, "comments", asks)  # read again after a death
    assert await store.threads.asked(1, timedelta(0)) == {"version": (4, 1), "error": (4, 1)}
    assert await store.threads.asked(2, timedelta(0)) == {}


async def test_who_spoke_about_which_files(store: Store):
    said = [a_review(1, 5, "ada", "b.py"), a_review(2, 5, "ada", "a.py"), a_review(3, 5, "ada", "a.py")]
    await store.threads.note(1, "reviews", [*said, a_review(4, 5, "grace", "c.py"), a_review(5, 6, "ada", "d.py")])
    await store.threads.note(1, "comments", [a_remark(1, 5, asks=("log",))])  # ids of listings are their own
    assert await store.threads.reviews(1, [5, 7]) == {5: {"ada": ("a.py", "b.py"), "grace": ("c.py",)}}
    assert await store.threads.reviews(2, [5]) == {}


async def test_each_listing_is_read_to_a_moment_of_its_own(store: Store):
    await store.threads.set_history(1, "threads", NOON)
    await store.threads.set_history(1, "comments", NOON - HOUR)
    await store.threads.set_history(1, "comments", NOON + HOUR)
    assert await store.threads.history_until(1, "threads") == NOON
    assert await store.threads.history_until(1, "comments") == NOON + HOUR
    assert await store.threads.history_until(1, "reviews") is None
