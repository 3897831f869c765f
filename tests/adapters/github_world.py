"""A playground with one repository, and the real client talking to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.adapters.github_client import GitHubClient, open_github
from app.domain.thread import RepositoryRef, ThreadKind, ThreadRef
from app.playground.faults import Shot
from app.playground.hub import Hub
from app.playground.model import Installation, Repository, RequestRecord, Thread
from tests.fixtures_playground import running_playground

FILES = {
    "README.md": "# Tool\n\nIt works.\n",
    "docs/guide.md": "Grüße\n",
    "data/big.txt": "x" * 500_000,
    ".github/plumbline.yml": "mode: auto\n",
}


@dataclass
class GitHubWorld:
    hub: Hub
    base_url: str
    github: GitHubClient
    repository: Repository
    installation: Installation
    ref: RepositoryRef = field(init=False)

    def __post_init__(self) -> None:
        self.ref = RepositoryRef(self.installation.id, self.repository.id, self.repository.full_name)

    def open(self, kind: ThreadKind = "issue", **more: str) -> tuple[Thread, ThreadRef]:
        words = {"title": "Help", "body": "It breaks.", "actor": "visitor", "repo": self.ref.name} | more
        if kind == "pull_request":
            thread = self.hub.open_pull_request(**words, files={"new.md": "x"})
        else:
            thread = self.hub.open_thread(**words, kind=kind)
        return thread, ThreadRef(self.ref, kind, thread.number)

    def comment(self, thread: ThreadRef, body: str, actor: str = "visitor") -> str:
        return str(self.hub.comment(actor=actor, repo=self.ref.name, number=thread.number, body=body).id)

    def next(self, fault: str, *, method: str = "*", path: str = "", times: int = 1, **more: object) -> None:
        """The next requests that match get this fault."""
        shot = Shot.model_validate({"fault": fault, "method": method, "path": path, **more})
        self.hub.faults.next.extend([shot] * times)

    def asked(self, *, method: str = "", path: str = "") -> list[RequestRecord]:
        return [seen for seen in self.hub.requests if seen.method.startswith(method) and path in seen.path]


@asynccontextmanager
async def github_world(*, prefix: str = "") -> AsyncIterator[GitHubWorld]:
    hub = Hub(seed=1)
    async with running_playground(hub) as (_, base_url):
        repository = hub.add_repository(
            "acme/tool", files=FILES, labels=[("bug", "It breaks"), "docs"], owner="ada", roles={"grace": "member"}
        )
        installation = hub.install(account="acme")
        app = hub.state.app
        async with open_github(app_id=app.id, private_key=app.private_key, api_url=base_url + prefix) as github:
            yield GitHubWorld(hub, base_url, github, repository, installation)
