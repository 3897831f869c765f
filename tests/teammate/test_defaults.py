"""An owner's defaults: read where the App may read them, remembered for a while, never forgotten for an outage."""

from dataclasses import replace

import pytest

from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef
from app.errors import GitHubError
from app.teammate.defaults import KEPT_FOR, Defaults, defaults_for
from app.teammate.repository_settings import SETTINGS_PATH
from tests.fakes.parts import INSTALLATION, REPOSITORY, FakeHouse

HOME = RepositoryRef(INSTALLATION, 99, "Ada/.github")
FOUND = Defaults("mode: off", f"ada/.github: {SETTINGS_PATH}")


async def house(text: str | None = "mode: off", *, covered: bool = True) -> FakeHouse:
    made = FakeHouse()
    await made.installations.set_repositories(INSTALLATION, [REPOSITORY, HOME] if covered else [REPOSITORY])
    if text is not None:
        made.github.files[HOME.repository_id, SETTINGS_PATH] = text
    return made


def files_read(made: FakeHouse) -> int:
    return sum(what == "file" for what, _ in made.github.reads)


async def test_they_come_from_the_owners_own_repository():
    assert await defaults_for((await house()).parts, REPOSITORY) == FOUND


async def test_without_a_file_or_without_access_there_are_none():
    for made in (await house(None), await house(covered=False)):
        assert await defaults_for(made.parts, REPOSITORY) == Defaults()


async def test_that_repositorys_own_file_is_no_default_for_itself():
    made = await house()
    assert await defaults_for(made.parts, replace(HOME, name="ada/.GitHub")) == Defaults()
    assert files_read(made) == 0


async def test_they_are_read_again_after_some_minutes_only():
    made = await house()
    await defaults_for(made.parts, REPOSITORY)
    made.github.files[HOME.repository_id, SETTINGS_PATH] = "mode: auto"
    assert await defaults_for(made.parts, REPOSITORY) == FOUND
    assert files_read(made) == 1
    made.clock.advance(KEPT_FOR.total_seconds())
    assert (await defaults_for(made.parts, REPOSITORY)).text == "mode: auto"


async def test_one_process_may_serve_several_installations_and_owners():
    made = await house()
    assert await defaults_for(made.parts, REPOSITORY) == FOUND
    assert await defaults_for(made.parts, RepositoryRef(INSTALLATION, 5, "grace/tools")) == Defaults()
    assert await defaults_for(made.parts, RepositoryRef(8, 6, "ada/other")) == Defaults()


@pytest.mark.parametrize("status", [403, 404, 422])
async def test_what_github_refuses_is_none(status):
    made = await house()
    made.github.failures.append(WriteAnswer(status, "Resource not accessible by integration", stage="token"))
    assert await defaults_for(made.parts, REPOSITORY) == Defaults()


async def test_an_outage_forgets_nothing():
    made = await house()
    made.github.failures.append(WriteAnswer(502, "Bad Gateway"))
    with pytest.raises(GitHubError):
        await defaults_for(made.parts, REPOSITORY)
    assert await defaults_for(made.parts, REPOSITORY) == FOUND
    made.clock.advance(KEPT_FOR.total_seconds())
    made.github.failures.append(WriteAnswer(502, "Bad Gateway"))
    assert await defaults_for(made.parts, REPOSITORY) == FOUND
