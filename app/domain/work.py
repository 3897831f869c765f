"""Work: what one delivery asks to be done, coalesced by thread, owned by Postgres."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.thread import RepositoryRef, ThreadKind, ThreadRef

WorkKind = Literal["thread", "listen", "installation", "index", "erase"]
WorkState = Literal["planned", "leased", "done", "dead"]

MAX_ATTEMPTS = 3
LEASE_SECONDS = 60.0
CALM_SECONDS = 25.0
"""For so long no worker may have died before work that was in hand at two deaths gets its last attempt."""
LONGEST_CALM_SECONDS = 600.0
"""After so long it gets it anyway."""

STALE = "stale"
"""The trigger of a look whether an issue has grown stale."""
RESTS = "too many runs on this thread within an hour"
"""Why work waits whose thread is in a storm. A person who asks for something by name ends the wait."""


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a delivery (or the reconciler) asks for. Orders with one `key` are one piece of work.

    `trigger` says why: `body` (the thread's own text is new or changed), `comment:<id>` (a person spoke to the teammate
    there; a node id in discussions and reviews), `reply:<id>` (the author of an issue wrote more), `stale`,
    `installation.suspend` and the like, `push:<sha>` (index again). Listening is ordered by `act` (somebody did
    something), `look` (a while has passed), `run` (we did something), `bulk` (somebody did it to many threads), and by
    acts that only the webhook tells whole: `edited:<comment id>:<login>`, `deleted:<comment id>:<login>`,
    `unlabeled:<login>:<label>`, `transferred:<login>`.
    """

    key: str
    kind: WorkKind
    trigger: str
    installation_id: int
    repository_id: int = 0
    repository: str = ""
    thread_kind: ThreadKind | None = None
    number: int = 0


def thread_order(ref: ThreadRef, trigger: str) -> WorkOrder:
    """An order to attend this thread."""
    return WorkOrder(
        key=ref.key,
        kind="thread",
        trigger=trigger,
        installation_id=ref.repository.installation_id,
        repository_id=ref.repository.repository_id,
        repository=ref.repository.name,
        thread_kind=ref.kind,
        number=ref.number,
    )


def listen_order(ref: ThreadRef, trigger: str) -> WorkOrder:
    """An order to hear what people made of what we did on this thread."""
    return replace(thread_order(ref, trigger), key=f"listen:{ref.key}", kind="listen")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one piece of work until `until`, proven by `token` at every write.

    `planned_at` is when it was first due, whatever attempts there were since.
    `triggers` are those that had arrived when the lease was taken; later ones make exactly one more run.
    """

    work_id: int
    token: UUID
    until: datetime
    attempt: int
    kind: WorkKind
    key: str
    triggers: tuple[str, ...]
    installation_id: int
    repository_id: int
    repository: str
    thread_kind: ThreadKind | None
    number: int
    planned_at: datetime

    @property
    def repository_ref(self) -> RepositoryRef:
        return RepositoryRef(self.installation_id, self.repository_id, self.repository)

    @property
    def thread(self) -> ThreadRef:
        if self.thread_kind is None:
            raise ValueError(f"work {self.work_id} ({self.key}) is about no thread")
        return ThreadRef(self.repository_ref, self.thread_kind, self.number)
