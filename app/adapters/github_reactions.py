"""What GitHub sends no event for, read when somebody looks: reactions, and the original that people chose.

Source: docs.github.com, REST API, "List reactions for an issue comment"; GraphQL API, "Reactable", "Issue.duplicateOf".
A conditional request that is answered with 304 costs nothing of the rate limit ("Best practices for using the REST
API"). GraphQL knows no such requests, so that of discussions the digest of what was found takes their place.
"""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

from app.adapters import github_parse as parse
from app.adapters.github_graphql import ORIGINAL, REACTIONS
from app.adapters.github_http import Raw, read_answer
from app.adapters.github_past import GitHubPast
from app.adapters.github_reader import NEXT, PAGES_MOST, Variables
from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef, ThreadRef
from app.errors import GitHubError
from app.ports import Reaction, Reactions


class GitHubReactions(GitHubPast):
    """`ports.GitHubReader`, whole, with what only a look can tell."""

    async def reactions(self, ref: ThreadRef, comment_id: str, etag: str) -> Reactions | None:
        if ref.kind == "discussion":
            return await self._discussed(ref.repository, comment_id, etag)
        url = f"/repos/{ref.repository.name}/issues/comments/{comment_id}/reactions?per_page=100"
        first = await self._get(ref.repository, url, etag=etag)
        if first.status == 304:
            return None
        pages = [first] + [page async for page in self._following(ref.repository, first)]
        if refused := next((page for page in pages if page.status != 200), None):
            raise GitHubError("reactions", read_answer(refused))
        found = tuple(parse.rest_reaction(data) for page in pages for data in _listed(page))
        # The tag is the first page's: a reaction that is added later stands on the last one.
        tag = first.headers.get("etag", "") if len(pages) == 1 and len(found) < 100 else ""
        return Reactions(found, tag, read_answer(pages[-1]).remaining)

    async def original(self, ref: ThreadRef) -> int | None:
        if ref.kind != "issue":
            return None
        found = await self._in_repository(ref.repository, "issue", ORIGINAL, {"number": ref.number})
        chosen: int | None = (found["issue"].get("duplicateOf") or {}).get("number")
        return chosen

    async def _following(self, ref: RepositoryRef, page: Raw) -> AsyncIterator[Raw]:
        for _ in range(PAGES_MOST):
            following = NEXT.search(page.headers.get("link", ""))
            if following is None:
                return
            page = await self._get(ref, following[1])
            yield page

    async def _discussed(self, ref: RepositoryRef, comment_id: str, etag: str) -> Reactions | None:
        found: list[Reaction] = []
        variables: Variables = {"id": comment_id, "after": None}
        for _ in range(PAGES_MOST):
            answer, data = await self._graphql(ref, REACTIONS, variables)
            listed = ((data.get("node") or {}).get("reactions")) or None
            if listed is None:
                raise GitHubError("reactions", answer if answer.status != 200 else WriteAnswer(404, "no such comment"))
            found += [parse.graphql_reaction(one) for one in listed["nodes"]]
            variables = {"id": comment_id, "after": listed["pageInfo"]["endCursor"]}
            if not listed["pageInfo"]["hasNextPage"]:
                break
        digest = sha256("\n".join(sorted(one.id for one in found)).encode()).hexdigest()
        return None if digest == etag else Reactions(tuple(found), digest, answer.remaining)


def _listed(page: Raw) -> list[dict[str, Any]]:
    try:
        listed: list[dict[str, Any]] = page.json()
    except ValueError:
        raise GitHubError("reactions", WriteAnswer(None, "GitHub's answer was cut off")) from None
    return listed
