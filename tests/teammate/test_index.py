import asyncio

from app.domain.thread import Repository, RepositoryRef
from app.teammate import index
from app.teammate.index import index_repository
from tests.fakes.clock import FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.library import FakeLibrary
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
    written = await index_repository(github(), library, REF)
    assert written == len(library.passages[840]) > 15
    assert library.commits[840] == "a" * 40
    assert {one.commit for one in library.passages[840]} == {"a" * 40}
    assert all(one.url.startswith(f"https://github.com/ada/engine/blob/{'a' * 40}/") for one in library.passages[840])


async def test_an_index_that_is_there_costs_one_read():
    hub, library = github(), FakeLibrary()
    await index_repository(hub, library, REF)
    hub.reads.clear()
    assert await index_repository(hub, library, REF) is None
    assert [what for what, _ in hub.reads] == ["repository"]


async def test_a_known_repository_is_not_read_again():
    hub, library = github(), FakeLibrary()
    await index_repository(hub, library, REF, repository=hub.repositories[840])
    assert [what for what, _ in hub.reads] == ["archive"]


async def test_a_new_head_replaces_everything():
    library = FakeLibrary()
    await index_repository(github(**{"docs/old.md": "# Old\n\nGone tomorrow."}), library, REF)
    await index_repository(github("b" * 40, **{"docs/new.md": "# New\n\nHere today."}), library, REF)
    assert {one.path for one in library.passages[840]} == {"docs/new.md"}


async def test_an_empty_repository_has_nothing_to_index():
    hub, library = github(head=""), FakeLibrary()
    assert await index_repository(hub, library, REF) is None
    assert library.commits == {}


async def test_noise_is_left_out_and_documentation_comes_first(monkeypatch):
    monkeypatch.setattr(index, "MAX_PASSAGES", 2)
    files = {"app/a.py": "x = 1\n", "docs/z.md": "# Z\n\nText.", "README.md": "# Read me\n\nText.", "uv.lock": "x"}
    library = FakeLibrary()
    assert await index_repository(github(**files), library, REF) == 2
    assert [one.path for one in library.passages[840]] == ["README.md", "docs/z.md"]


async def test_others_run_while_a_repository_is_read():
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(heart())
    await index_repository(github(), FakeLibrary(), REF)
    task.cancel()
    assert beats >= len(handbook())
