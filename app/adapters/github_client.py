"""GitHub, opened: one client that reads and writes for all tasks of a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from githubkit import UnauthAuthStrategy

from app.adapters.github_auth import GitHubAuth
from app.adapters.github_http import TIMEOUT_S, GitHubHttp, PooledGitHub
from app.adapters.github_past import GitHubPast
from app.adapters.github_suggestions import GitHubSuggestions


class GitHubClient(GitHubPast, GitHubSuggestions):
    """`ports.GitHubReader` and `ports.GitHubWriter` over one connection pool and one set of tokens."""

    def __init__(self, http: GitHubHttp, auth: GitHubAuth) -> None:
        GitHubPast.__init__(self, http, auth)
        GitHubSuggestions.__init__(self, http, auth)


@asynccontextmanager
async def open_github(*, app_id: int, private_key: str, api_url: str) -> AsyncIterator[GitHubClient]:
    """A client for github.com or an Enterprise Server (`https://host/api/v3`) until the block ends."""
    github = PooledGitHub(
        UnauthAuthStrategy(),
        base_url=api_url,
        user_agent="plumbline",
        timeout=TIMEOUT_S,
        follow_redirects=False,
        http_cache=False,
        auto_retry=False,
    )
    async with github:
        http = GitHubHttp(github, api_url)
        yield GitHubClient(http, GitHubAuth(http, app_id=app_id, private_key=private_key))
