import asyncio
from dataclasses import replace

import numpy as np
import pytest

from app.domain.thread import Repository, RepositoryRef
from app.errors import EmbeddingError
from app.teammate import index
from app.teammate.index import (
    attend_index,
    embed_missing,
    index_files,
    index_order,
    index_repository,
)
from tests.contracts.values import a_past, an_edition
from tests.fakes.clock import FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.library import FakeLibrary
from tests.fakes.papers import FakePapers
from tests.fakes.parts import REPOSITORY, FakeHouse
from tests.fakes.threads import FakeThreads
from tests.fakes.work_queue import Work
from tests.knowledge.shelf import handbook

REF = RepositoryRef(7, 840, "ada/engine")


def github(head: str = "a" * 40, **files: str) -> FakeGitHub:
    hub = FakeGitHub(FakeClock())
    hub.repositories[840] = Repository(
        name="ada/engine",
        private=False,
        archived=False,
        default_branch="main",
        head=head,
        labels=(),
        web_url="https://github.com/ada/engine",
    )
    hub.archives[head] = files or handbook()
    return hub


async def test_a_repository_is_read_into_passages_of_its_head():
    library = FakeLibrary()
    written = await index_repository(github(), library, FakePapers(), REF)
    assert written == len(library.passages[840]) > 15
    assert library.commits[840] == "a" * 40
    assert {one.commit for one in library.passages[840]} == {"a" * 40}
    assert all(one.url.startswith(f"https://github.com/ada/engine/blob/{'a' * 40}/") for one in library.passages[840])


async def test_an_index_that_is_there_costs_one_read_and_follows_the_visibility():
    hub, library = github(), FakeLibrary()
    await index_repository(hub, library, FakePapers(), REF)
    assert library.private[840] is False
    hub.reads.clear()
    hub.repositories[840] = hub.repositories[840].model_copy(update={"private": True})
    assert await index_repository(hub, library, FakePapers(), REF) is None
    assert [what for what, _ in hub.reads] == ["repository"]
    assert library.private[840] is True
    assert len(library.passages[840]) > 15


async def test_a_known_repository_is_not_read_again():
    hub, library = github(), FakeLibrary()
    await index_repository(hub, library, FakePapers(), REF, repository=hub.repositories[840])
    assert [what for what, _ in hub.reads] == ["archive"]


async def test_two_who_need_an_index_at_once_make_one():
    hub, library = github(), FakeLibrary()
    written = await asyncio.gather(*(index_repository(hub, library, FakePapers(), REF) for _ in range(3)))
    assert sorted(number or 0 for number in written) == [0, 0, len(library.passages[840])]
    assert [what for what, _ in hub.reads].count("archive") == 1


async def test_a_push_costs_only_the_files_it_changed():
    library = FakeLibrary()
    files = {
        f"docs/{name}.md": f"# {name}\n\n{said}." for name, said in zip("abcd", ("Same", "Old", "C", "D"), strict=True)
    }
    await index_repository(github(**files), library, FakePapers(), REF)
    pushed = {"docs/a.md": "# a\n\nSame.", "docs/b.md": "# b\n\nNew.", "docs/e.md": "# c\n\nC."}
    assert await index_repository(github("b" * 40, **pushed), library, FakePapers(), REF) == 2
    assert {one.path: one.text for one in library.passages[840]} == pushed
    assert {one.commit for one in library.passages[840]} == {"b" * 40}


async def test_a_new_way_of_reading_reads_everything_again(monkeypatch: pytest.MonkeyPatch):
    library = FakeLibrary()
    files = {"docs/a.md": "# A\n\nSame."}
    assert await index_files(library, 840, an_edition("c1"), files) == 1
    assert await index_files(library, 840, an_edition("c2"), files) == 0
    monkeypatch.setattr(index, "READING", "another")
    assert await index_files(library, 840, an_edition("c3"), files) == 1


async def test_an_empty_repository_has_nothing_to_index():
    hub, library = github(head=""), FakeLibrary()
    assert await index_repository(hub, library, FakePapers(), REF) is None
    assert library.commits == {}


async def test_noise_is_left_out_and_documentation_comes_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index, "MAX_PASSAGES", 2)
    files = {"app/a.py": "x = 1\n", "docs/z.md": "# Z\n\nText.", "README.md": "# Read me\n\nText.", "uv.lock": "x"}
    library = FakeLibrary()
    assert await index_repository(github(**files), library, FakePapers(), REF) == 2
    assert [one.path for one in library.passages[840]] == ["README.md", "docs/z.md"]
    del files["README.md"]
    assert await index_repository(github("b" * 40, **files), library, FakePapers(), REF) == 1
    assert sorted(one.path for one in library.passages[840]) == ["app/a.py", "docs/z.md"]


async def test_others_run_while_a_repository_is_read():
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(heart())
    await index_repository(github(), FakeLibrary(), FakePapers(), REF)
    task.cancel()
    assert beats >= len(handbook())


# --- vectors


class OneByOne:
    """An embedder that counts, and fails when told to."""

    name, dimensions = "one", 2

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.left = 10**9

    async def embed(self, texts):
        self.left -= 1
        if self.left < 0:
            raise EmbeddingError("gone")
        self.seen += texts
        return np.tile(np.array([1, 0], dtype=np.float32), (len(texts), 1))


async def test_vectors_follow_in_batches_and_go_on_where_they_stopped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index, "EMBEDDED_AT_ONCE", 2)
    library, embedder = FakeLibrary(), OneByOne()
    await index_files(library, 840, an_edition(), {f"docs/{n}.md": f"# Page {n}\n\nText." for n in range(5)})
    embedder.left = 1
    with pytest.raises(EmbeddingError):
        await embed_missing(library, embedder, 840)
    assert len(embedder.seen) == 2
    embedder.left = 10
    told: list[int] = []
    assert not await embed_missing(library, embedder, 840, most=2, said=told.append)
    assert await embed_missing(library, embedder, 840, said=told.append)
    assert told == [2, 1]
    assert len(embedder.seen) == len(set(embedder.seen)) == 5


async def test_threads_are_embedded_the_same_way():
    threads, embedder = FakeThreads(), OneByOne()
    await threads.remember(840, [a_past(1, "Crash", "It dies.")], private=False)
    assert await embed_missing(threads, embedder, 840)
    assert embedder.seen == ["Crash\nIt dies."]


# --- as work


async def attended(house: FakeHouse, embedder: OneByOne | None) -> Work:
    """The order of a push, attended once and concluded."""
    parts = replace(house.parts, embedder=embedder)
    row = house.queue.plan(index_order(REPOSITORY, "push:b"))
    lease = await parts.queue.claim(parts.worker)
    assert lease is not None
    await attend_index(parts, lease)
    await parts.queue.conclude(lease, (), ())
    return row


@pytest.fixture
def house() -> FakeHouse:
    built = FakeHouse()
    built.library.commits.clear()
    built.library.passages.clear()
    built.github.archives["0" * 40] = {f"docs/{n}.md": f"# Page {n}\n\nText." for n in range(3)}
    built.github.past[840] = [a_past(1, "It crashes")]
    return built


async def test_files_history_and_vectors_in_one_go(house: FakeHouse):
    embedder = OneByOne()
    assert (await attended(house, embedder)).state == "done"
    assert len(house.library.passages[840]) == 3
    assert house.threads.known[840].keys() == {1}
    assert len(embedder.seen) == 4


async def test_without_an_embedder_words_are_all(house: FakeHouse):
    assert (await attended(house, None)).state == "done"
    assert len(house.library.passages[840]) == 3
    assert house.threads.known[840].keys() == {1}


async def test_vectors_that_are_left_are_ordered_again(house: FakeHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index, "EMBEDDED_AT_ONCE", 2)
    monkeypatch.setattr(index, "EMBEDDED_A_TURN", 2)
    embedder = OneByOne()
    row = await attended(house, embedder)
    assert (row.state, row.triggers, len(embedder.seen)) == ("planned", ["more"], 2)
    row = await attended(house, embedder)
    assert (row.state, len(embedder.seen)) == ("done", 4)
