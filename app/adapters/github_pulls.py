"""Reading pull requests from GitHub: what they change, and what a review of one says.

Source: docs.github.com, REST API, "Pulls"; GraphQL API, "PullRequestReview" and "PullRequestReviewComment".
"""

import asyncio

from app.adapters.github_graphql import REVIEW
from app.adapters.github_parse import graphql_comment
from app.adapters.github_reader import GitHubReads
from app.domain.pull import PullChanges
from app.domain.snapshot import ChangedFile
from app.domain.thread import Comment, ThreadRef
from app.errors import GitHubError


class GitHubPulls(GitHubReads):
    """Everything that `GitHubReads` does, and the changes and reviews of pull requests."""

    async def review(self, ref: ThreadRef, node_id: str) -> Comment | None:
        answer, data = await self._graphql(ref.repository, REVIEW, {"id": node_id})
        if answer.status not in (200, 404):
            raise GitHubError("review", answer)
        found = data.get("node") or {}
        pull = found.get("pullRequest") or {}
        here = (pull.get("number"), (pull.get("repository") or {}).get("databaseId"))
        return graphql_comment(found) if here == (ref.number, ref.repository.repository_id) else None

    async def changes(self, ref: ThreadRef) -> PullChanges:
        url = f"/repos/{ref.repository.name}/pulls/{ref.number}"
        pull, files = await asyncio.gather(
            self._json("pull request", ref.repository, url),
            self._all("changed files", ref.repository, f"{url}/files?per_page=100"),
        )
        return PullChanges(
            base=pull["base"]["ref"],
            head=pull["head"]["ref"],
            commit=pull["head"]["sha"],
            files=tuple(
                ChangedFile(
                    path=file["filename"],
                    status=file["status"],
                    additions=file["additions"],
                    deletions=file["deletions"],
                )
                for file in files
            ),
            patches={file["filename"]: file["patch"] for file in files if file.get("patch")},
        )
