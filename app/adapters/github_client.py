"""GitHub, opened: one client that reads and writes for all tasks of a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.github_auth import GitHubAuth
from app.adapters.github_http import GitHubHttp, pooled
from app.adapters.github_reactions import GitHubReactions
from app.adapters.github_suggestions import GitHubSuggestions


class GitHubClient(GitHubReactions, GitHubSuggestions):
    """`ports.GitHubReader` and `ports.GitHubWriter` over one connection pool and one set of tokens."""

    def __init__(self, http: GitHubHttp, auth: GitHubAuth) -> None:
        GitHubReactions.__init__(self, http, auth)
        GitHubSuggestions.__init__(self, http, auth)


@asynccontextmanager
async def open_github(*, app_id: int, private_key: str, api_url: str) -> AsyncIterator[GitHubClient]:
    """A client for github.com or an Enterprise Server (`https://host/api/v3`) until the block ends."""
    async with pooled(api_url) as github:
        http = GitHubHttp(github, api_url)
        yield GitHubClient(http, GitHubAuth(http, app_id=app_id, private_key=private_key))
