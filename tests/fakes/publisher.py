"""The few parts that publishing needs, and one planned effect to publish."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.domain.thread import RepositoryRef, ThreadRef
from app.ports import Clock, GitHubReader, GitHubWriter, Outbox

THREAD = ThreadRef(RepositoryRef(5, 840, "o/r"), "issue", 12)


@dataclass
class FakePublisher:
    clock: Clock
    outbox: Outbox
    reader: GitHubReader
    writer: GitHubWriter
    worker: UUID = field(default_factory=uuid4)
    marker_key: bytes = field(default=b"k" * 32, repr=False)
    app_login: str = "plumbline[bot]"
    reconcile_after_s: float = 45.0


def a_comment(body: str = "Hello", *, why: str = "answer:body", thread: ThreadRef = THREAD) -> PlannedEffect:
    return PlannedEffect(
        intent=f"{thread.key}:{why}",
        thread=thread,
        node_id=f"I_{thread.number}",
        payload=CommentPayload(body=body),
        run=0,
    )


def some_labels(*names: str, thread: ThreadRef = THREAD) -> PlannedEffect:
    return PlannedEffect(
        intent=f"{thread.key}:body",
        thread=thread,
        node_id=f"I_{thread.number}",
        payload=LabelsPayload(names=names),
        run=0,
    )
