"""What every library promises."""

from app.domain.snapshot import Passage
from tests.contracts.conftest import Store
from tests.contracts.values import a_passage

ROTATE = a_passage("Set both secrets, newest first.", heading="Webhooks > Rotate the webhook secret", start=10)
INSTALL = a_passage("Run the installer and wait.", heading="Install", start=20)


def unscored(passages: list[Passage]) -> list[Passage]:
    return [passage.model_copy(update={"score": 0.0}) for passage in passages]


async def test_nothing_is_known_at_first(store: Store):
    assert await store.library.indexed_commit(1) is None
    assert await store.library.search(1, "webhook", 5) == []


async def test_the_best_passage_comes_first_whole_and_scored(store: Store):
    await store.library.replace(1, "c1", [INSTALL, ROTATE])
    assert await store.library.indexed_commit(1) == "c1"
    found = await store.library.search(1, "wait: how do I rotate the webhook secret?", 5)
    assert unscored(found) == [ROTATE, INSTALL]
    assert found[0].score > found[1].score > 0
    assert unscored(await store.library.search(1, "wait: how do I rotate the webhook secret?", 1)) == [ROTATE]


async def test_replacing_leaves_nothing_of_the_old(store: Store):
    await store.library.replace(1, "c1", [ROTATE])
    await store.library.replace(1, "c2", [INSTALL])
    assert await store.library.indexed_commit(1) == "c2"
    assert await store.library.search(1, "rotate webhook secret", 5) == []
    await store.library.replace(1, "c3", [])
    assert await store.library.indexed_commit(1) == "c3"
    assert await store.library.search(1, "installer", 5) == []


async def test_a_search_never_leaves_its_repository(store: Store):
    for repository_id in range(1, 21):
        await store.library.replace(repository_id, "c1", [a_passage(f"The canary {repository_id} sings alone.")])
    for repository_id in range(1, 21):
        found = await store.library.search(repository_id, "canary sings 1 2 3 4 5 @7", 50)
        assert [passage.text for passage in found] == [f"The canary {repository_id} sings alone."]


async def test_a_forgotten_repository_is_unknown(store: Store):
    await store.library.replace(1, "c1", [ROTATE])
    await store.library.replace(2, "c1", [ROTATE])
    await store.library.forget(1)
    await store.library.forget(3)
    assert await store.library.indexed_commit(1) is None
    assert await store.library.search(1, "rotate", 5) == []
    assert len(await store.library.search(2, "rotate", 5)) == 1


async def test_a_question_without_words_finds_nothing(store: Store):
    await store.library.replace(1, "c1", [ROTATE])
    for question in ("", "   ", "?!", "'|&!()\\:*", "\0"):
        assert await store.library.search(1, question, 5) == []
