"""Reading a repository's past from GitHub: threads, and what was said below them, each listing in pages.

Source: docs.github.com, REST API, "List repository issues", "List issue comments for a repository", "List review
comments in a repository"; GraphQL API, "Discussions".
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from app.adapters import github_parse as parse
from app.adapters.github_graphql import DISCUSSIONS
from app.adapters.github_pulls import GitHubPulls
from app.adapters.github_reader import PAGES_MOST, stamp
from app.domain.past import PastComment, PastThread
from app.domain.thread import RepositoryRef

_PAGE = 100


class GitHubPast(GitHubPulls):
    """`ports.GitHubReader`, whole: everything that `GitHubPulls` does, and what happened before."""

    async def history(self, ref: RepositoryRef, since: datetime | None = None) -> AsyncIterator[list[PastThread]]:
        async for page in self._by_change("history", ref, "issues", since, state="all"):
            yield [parse.rest_past(data) for data in page]

    async def past_comments(self, ref: RepositoryRef, since: datetime) -> AsyncIterator[list[PastComment]]:
        async for page in self._by_change("past comments", ref, "issues/comments", since):
            yield [parse.rest_past_comment(data) for data in page]

    async def past_reviews(self, ref: RepositoryRef, since: datetime) -> AsyncIterator[list[PastComment]]:
        async for page in self._by_change("past reviews", ref, "pulls/comments", since):
            yield [parse.rest_past_comment(data) for data in page]

    async def past_discussions(
        self, ref: RepositoryRef, since: datetime | None = None
    ) -> AsyncIterator[list[PastThread]]:
        """Newest first, because this listing cannot be asked from a moment on. Whoever changes while we read moves to
        its beginning: something may come twice, nothing is skipped.
        """
        if not (await self._json("repository", ref, f"/repos/{ref.name}"))["has_discussions"]:
            return
        after: str | None = None
        for _ in range(PAGES_MOST):
            listed = (await self._in_repository(ref, "discussions", DISCUSSIONS, {"after": after}))["discussions"]
            threads = [parse.graphql_past(data) for data in listed["nodes"]]
            fresh = [thread for thread in threads if since is None or thread.updated_at >= since]
            if fresh:
                yield fresh
            after = listed["pageInfo"]["endCursor"]
            if len(fresh) < len(threads) or not listed["pageInfo"]["hasNextPage"]:
                return

    async def _by_change(
        self, what: str, ref: RepositoryRef, listing: str, since: datetime | None, **more: str
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """A hundred at a time. Whatever changes while we read moves to the end and every number of a page with it, so
        each page is asked for by the moment the last one ended with; by its number only within one moment.
        """
        reached, page = since, 1
        while True:
            query = {"sort": "updated", "direction": "asc", "per_page": _PAGE, "page": page, **more}
            moment = {"since": stamp(reached)} if reached else {}
            url = f"/repos/{ref.name}/{listing}?{urlencode(query | moment)}"
            listed = await self._json(what, ref, url, conditional=False)
            if listed:
                yield listed
            if len(listed) < _PAGE:
                return
            last = parse.moment(listed[-1]["updated_at"])
            reached, page = (last, 1) if reached is None or last > reached else (reached, page + 1)
