"""Reading pull requests from GitHub: what they change. Source: docs.github.com, REST API, "Pulls"."""

import asyncio

from app.adapters.github_reader import GitHubReads
from app.domain.pull import PullChanges
from app.domain.snapshot import ChangedFile
from app.domain.thread import ThreadRef


class GitHubPulls(GitHubReads):
    """`ports.GitHubReader`, whole: everything that `GitHubReads` does, and the changes of pull requests."""

    async def changes(self, ref: ThreadRef) -> PullChanges:
        url = f"/repos/{ref.repository.name}/pulls/{ref.number}"
        pull, files = await asyncio.gather(
            self._json("pull request", ref.repository, url),
            self._all("changed files", ref.repository, f"{url}/files?per_page=100"),
        )
        return PullChanges(
            base=pull["base"]["ref"],
            head=pull["head"]["ref"],
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
