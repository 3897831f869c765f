"""What every keeper of papers promises."""

from collections.abc import AsyncIterator

import pytest

from app.ports import Papers
from app.store.engine import open_database
from app.store.papers import PostgresPapers
from tests.conftest import empty
from tests.fakes.papers import FakePapers


@pytest.fixture(params=["fake", "postgres"])
async def papers(request: pytest.FixtureRequest) -> AsyncIterator[Papers]:
    if request.param == "fake":
        yield FakePapers()
        return
    url: str = request.getfixturevalue("migrated_url")
    await empty(url)
    async with open_database(url, pool_size=1) as database:
        yield PostgresPapers(database)


async def test_nothing_is_known_of_a_repository_that_was_never_read(papers: Papers):
    assert await papers.files(1) == {}
    assert await papers.symbols(1) is None


async def test_the_newest_reading_replaces_the_one_before_and_no_other_repository(papers: Papers):
    await papers.keep(1, {"CODEOWNERS": "* @ada", "old": "x"}, b"one")
    await papers.keep(2, {"CODEOWNERS": "* @grace"}, b"two")
    await papers.keep(1, {"CODEOWNERS": "* @linus \0"}, b"three")
    assert (await papers.files(1)).keys() == {"CODEOWNERS"}
    assert (await papers.files(1))["CODEOWNERS"].startswith("* @linus")
    assert await papers.symbols(1) == b"three"
    assert await papers.files(2) == {"CODEOWNERS": "* @grace"}
