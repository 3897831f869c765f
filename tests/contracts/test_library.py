"""What every library promises."""

import numpy as np

from app.domain.snapshot import Passage
from app.ports import Near
from tests.contracts.conftest import Store
from tests.contracts.values import a_passage, an_edition, indexed, shelve

ROTATE = a_passage("Set both secrets, newest first.", heading="Webhooks > Rotate the webhook secret", start=10)
INSTALL = a_passage("Run the installer and wait.", heading="Install", start=20)
PROXY = a_passage("Behind a proxy, set the address.", path="docs/proxy.md", start=30)
EAST, NORTH = np.eye(3, dtype=np.float32)[:2]


def unscored(passages: list[Passage]) -> list[Passage]:
    return [passage.model_copy(update={"score": 0.0}) for passage in passages]


async def texts(store: Store, question: str, repository_id: int = 1, near: Near | None = None) -> list[str]:
    return [one.text for one in await store.library.search(repository_id, question, 50, near=near)]


async def test_nothing_is_known_at_first(store: Store):
    assert await store.library.indexed_commit(1) is None
    assert await store.library.files(1) == {}
    assert await store.library.search(1, "webhook", 5) == []
    assert await store.library.unembedded(1, "e", 5) == []


async def test_the_best_passage_comes_first_whole_and_scored(store: Store):
    await shelve(store.library, 1, "c1", [INSTALL, ROTATE])
    assert await store.library.indexed_commit(1) == "c1"
    found = await store.library.search(1, "wait: how do I rotate the webhook secret?", 5)
    assert unscored(found) == [ROTATE, INSTALL]
    assert found[0].score > found[1].score > 0
    assert unscored(await store.library.search(1, "wait: how do I rotate the webhook secret?", 1)) == [ROTATE]


async def test_an_update_touches_only_the_files_it_names(store: Store):
    await store.library.update(1, an_edition("c1"), indexed(ROTATE, INSTALL, PROXY, digest="old"), ())
    changed = a_passage("Ask the installer.", start=1)
    await store.library.update(1, an_edition("c2"), indexed(changed, digest="new"), ())
    assert await store.library.files(1) == {"docs/a.md": ("new", 1), "docs/proxy.md": ("old", 1)}
    assert await texts(store, "rotate webhook secret") == []
    assert await texts(store, "installer") == ["Ask the installer."]
    await store.library.update(1, an_edition("c3"), {}, ["docs/a.md", "docs/unknown.md"])
    assert await texts(store, "installer proxy") == [PROXY.text]


async def test_every_row_opens_at_the_indexed_commit(store: Store):
    await store.library.update(1, an_edition("c1"), indexed(ROTATE, PROXY), ())
    await store.library.update(1, an_edition("c2"), indexed(ROTATE), ())
    (found,) = await store.library.search(1, "proxy address", 5)
    assert found.commit == "c2"
    assert found.url == "https://github.com/acme/r/blob/c2/docs/proxy.md#L30-L32"


async def test_a_rename_or_a_forced_push_leaves_nothing_of_the_old(store: Store):
    await shelve(store.library, 1, "c1", [ROTATE])
    moved = ROTATE.model_copy(update={"path": "docs/b.md"})
    await store.library.update(1, an_edition("c2"), indexed(moved), ["docs/a.md"])
    assert [one.path for one in await store.library.search(1, "rotate", 5)] == ["docs/b.md"]
    await shelve(store.library, 1, "c3", [INSTALL])
    assert await texts(store, "rotate webhook secret") == []
    await shelve(store.library, 1, "c4", [])
    assert await store.library.indexed_commit(1) == "c4"
    assert await texts(store, "installer") == []


async def test_a_search_never_leaves_its_repository(store: Store):
    for repository_id in range(1, 21):
        await shelve(store.library, repository_id, "c1", [a_passage(f"The canary {repository_id} sings alone.")])
    for repository_id in range(1, 21):
        found = await store.library.search(repository_id, "canary sings 1 2 3 4 5 @7", 50)
        assert [passage.text for passage in found] == [f"The canary {repository_id} sings alone."]


async def test_meaning_finds_what_no_word_does(store: Store):
    await shelve(store.library, 1, "c1", [ROTATE, INSTALL])
    waiting = await store.library.unembedded(1, "e", 1)
    assert [row.texts for row in waiting] == [(f"{ROTATE.heading}\n{ROTATE.text}",)]
    rows = await store.library.unembedded(1, "e", 5)
    await store.library.embed(1, "e", [row.id for row in rows], np.stack([EAST, NORTH]))
    assert await store.library.unembedded(1, "e", 5) == []
    assert (await texts(store, "unheard", near=Near("e", NORTH)))[0] == INSTALL.text
    assert (await texts(store, "unheard", near=Near("e", EAST)))[0] == ROTATE.text
    assert await texts(store, "unheard", near=Near("other", EAST)) == []
    assert await texts(store, "unheard", 2, near=Near("e", EAST)) == []


async def test_the_nearest_window_speaks_for_a_long_passage(store: Store):
    long = a_passage(f"{'First of all. ' * 40}\n\n{'And another thing. ' * 40}")
    await shelve(store.library, 1, "c1", [long, PROXY])
    rows = await store.library.unembedded(1, "e", 5)
    assert [len(row.texts) for row in rows] == [2, 1]
    ids = [row.id for row in rows for _ in row.texts]
    await store.library.embed(1, "e", ids, np.stack([EAST, NORTH, (EAST + NORTH) / np.sqrt(2)]))
    for towards in (EAST, NORTH):
        assert await texts(store, "unheard", near=Near("e", towards)) == [long.text, PROXY.text]


async def test_another_embedder_fills_all_vectors_anew(store: Store):
    await shelve(store.library, 1, "c1", [ROTATE])
    (row,) = await store.library.unembedded(1, "e", 5)
    await store.library.embed(1, "e", [row.id], EAST[None])
    assert [again.id for again in await store.library.unembedded(1, "f", 5)] == [row.id]
    await store.library.embed(1, "f", [row.id], np.eye(5, dtype=np.float32)[:1])
    assert await texts(store, "unheard", near=Near("e", EAST)) == []
    assert len(await texts(store, "unheard", near=Near("f", np.eye(5, dtype=np.float32)[0]))) == 1


async def test_what_did_not_change_keeps_its_vector_and_what_did_waits_for_one(store: Store):
    others = [a_passage(f"Page {number}.", path=f"docs/{number}.md") for number in range(10)]
    await shelve(store.library, 1, "c1", [ROTATE, PROXY, *others])
    rows = await store.library.unembedded(1, "e", 2)
    await store.library.embed(1, "e", [row.id for row in rows], np.stack([EAST, NORTH]))
    left = await store.library.unembedded(1, "e", 50)
    await store.library.embed(1, "e", [row.id for row in left], np.stack([-NORTH] * 10))
    await store.library.update(1, an_edition("c2"), indexed(INSTALL), ())
    assert [row.texts for row in await store.library.unembedded(1, "e", 5)] == [(f"{INSTALL.heading}\n{INSTALL.text}",)]
    assert (await texts(store, "unheard", near=Near("e", NORTH)))[0] == PROXY.text
    await store.library.embed(1, "e", [row.id for row in rows], np.stack([EAST, NORTH]))  # one of them is gone
    assert (await texts(store, "unheard", near=Near("e", NORTH)))[0] == PROXY.text


async def test_a_forgotten_repository_is_unknown(store: Store):
    await shelve(store.library, 1, "c1", [ROTATE])
    await shelve(store.library, 2, "c1", [ROTATE])
    await store.library.forget(1)
    await store.library.forget(3)
    assert await store.library.indexed_commit(1) is None
    assert await store.library.files(1) == {}
    assert await store.library.search(1, "rotate", 5) == []
    assert len(await store.library.search(2, "rotate", 5)) == 1


async def test_a_question_without_words_finds_nothing(store: Store):
    await shelve(store.library, 1, "c1", [ROTATE])
    for question in ("", "   ", "?!", "'|&!()\\:*", "\0"):
        assert await store.library.search(1, question, 5) == []
