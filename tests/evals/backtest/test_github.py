from typing import cast

import pytest

from app.domain.thread import RepositoryRef
from app.errors import ConfigurationError
from app.ports import GitHubReader, InstallationInfo
from evals.backtest.github import read_history
from tests.evals.backtest.pasts import past


class Reader:
    """The part of `ports.GitHubReader` that a history needs."""

    async def installations(self):
        return [InstallationInfo(1, "other", suspended=False), InstallationInfo(2, "Acme", suspended=False)]

    async def installation_repositories(self, installation_id):
        assert installation_id == 2
        return [RepositoryRef(2, 20, "Acme/tools"), RepositoryRef(2, 21, "Acme/Widgets")]

    async def history(self, ref, since=None):
        assert ref.repository_id == 21
        yield [past(1), past(2)]
        yield [past(3)]


def reader() -> GitHubReader:
    return cast("GitHubReader", Reader())


async def test_all_pages_of_the_repository_that_is_named_in_any_case():
    assert [thread.number for thread in await read_history(reader(), "acme/widgets")] == [1, 2, 3]


@pytest.mark.parametrize("name", ["acme/gears", "nobody/widgets"])
async def test_where_the_app_is_not_installed_it_says_so(name):
    with pytest.raises(ConfigurationError, match=f"not installed on {name}"):
        await read_history(reader(), name)
