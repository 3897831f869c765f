"""The ground the hub stands on: state, clock, ids, and looking things up the way GitHub does.

Split from the hub so that rendering and authentication can read the world without seeing the verbs that change it.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from app.playground.faults import Faults
from app.playground.model import (
    ROLES,
    App,
    Comment,
    Installation,
    Person,
    PersonKind,
    Refusal,
    Repository,
    RequestRecord,
    Role,
    State,
    Thread,
)

RATE_LIMIT = 15_000
RATE_WINDOW_S = 3600


class World:
    """State and everything that reads it. `clock` gives seconds since the epoch."""

    def __init__(self, state: State, *, clock: Callable[[], float] = time.time, seed: int = 0) -> None:
        self.state = state
        self.clock = clock
        self.rng = Random(seed)  # noqa: S311  faults must repeat, not surprise
        self.faults = Faults()
        self.requests: list[RequestRecord] = []
        self.codes: dict[str, tuple[float, App]] = {}
        self.base_url = "http://127.0.0.1:8090"
        self.rate_limit = RATE_LIMIT
        self.changed = asyncio.Event()
        self._used: dict[tuple[str, int], int] = {}

    # --- time, ids, accounting ---

    def now(self) -> str:
        return stamp(self.clock())

    def new_id(self) -> int:
        self.state.next_id += 1
        return self.state.next_id

    def touch(self) -> None:
        """Something that a restart must keep has changed."""
        self.changed.set()

    def spend(self, login: str, *, cost: int = 1) -> tuple[int, int]:
        """Count a request against the caller's hour; how many it has used and when (epoch) the hour ends."""
        window = int(self.clock() // RATE_WINDOW_S)
        used = self._used[login, window] = self._used.get((login, window), 0) + cost
        return used, (window + 1) * RATE_WINDOW_S

    # --- people ---

    def find_person(self, login: str) -> Person | None:
        return self.state.people.get(login.lower())

    def person(self, login: str) -> Person:
        """The person of this login, who comes into being when first spoken of (real threads name thousands)."""
        found = self.find_person(login)
        return found or self.add_person(login, kind="Bot" if login.endswith("[bot]") else "User")

    def add_person(self, login: str, *, kind: PersonKind = "User") -> Person:
        person = Person(id=self.new_id(), login=login, kind=kind, created_at=self.now())
        return self.state.people.setdefault(login.lower(), person)

    def role(self, repository: Repository, login: str) -> Role:
        if login.lower() == repository.owner.lower():
            return "owner"
        return repository.roles.get(login.lower(), "none")

    def association(self, repository: Repository, login: str) -> str:
        return ROLES[self.role(repository, login)][2]

    def permission(self, repository: Repository, login: str) -> tuple[str, str]:
        """(permission, role_name); anyone may read what is public."""
        permission, role_name, _ = ROLES[self.role(repository, login)]
        return ("read", "read") if permission == "none" and not repository.private else (permission, role_name)

    # --- repositories and what is in them ---

    def repository(self, full_name: str) -> Repository:
        found = self.state.repositories.get(full_name.lower())
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def repository_by_id(self, repository_id: int) -> Repository:
        for repository in self.state.repositories.values():
            if repository.id == repository_id:
                return repository
        raise Refusal(404, "Not Found")

    def thread(self, repository: Repository, number: int) -> Thread:
        """The thread of this number, or GitHub's refusal: 404 unknown, 410 deleted, 301 transferred away."""
        thread = repository.threads.get(number)
        if thread is None:
            raise Refusal(404, "Not Found")
        if thread.gone:
            raise Refusal(410, "This issue was deleted")
        if thread.moved_to is not None:
            raise Refusal(301, "Moved Permanently", headers={"location": self.base_url + thread.moved_to})
        return thread

    def find_comment(self, repository: Repository, comment_id: int) -> Comment:
        found = repository.comments.get(comment_id)
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def comments(self, repository: Repository, thread: Thread) -> list[Comment]:
        """What a listing shows now: a comment under listing lag exists but is not in it yet."""
        now = self.clock()
        found = (repository.comments[comment_id] for comment_id in thread.comments)
        return [comment for comment in found if comment.visible_from <= now]

    def installation_for(self, repository: Repository) -> Installation | None:
        """The active installation of the App that covers this repository."""
        for installation in self.state.installations.values():
            if (
                installation.account.lower() == repository.owner.lower()
                and installation.suspended_at is None
                and (installation.repositories is None or repository.id in installation.repositories)
            ):
                return installation
        return None

    def files(self, repository: Repository, commit_sha: str) -> dict[str, str]:
        """The text files of a commit, path -> text."""
        commit = repository.commits[commit_sha]
        return {path: repository.blobs[sha] for path, sha in commit.tree.items()}


def stamp(epoch: float) -> str:
    """GitHub's timestamp: UTC, whole seconds, `Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
