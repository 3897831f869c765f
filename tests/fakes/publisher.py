"""The few parts that publishing needs, and one planned effect to publish."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.domain.thread import RepositoryRef, Thread, ThreadRef
from app.ports import Clock, GitHubReader, GitHubWriter, Outbox
from tests.fakes.budget import FakeBudget
from tests.fakes.clock import START
from tests.fakes.ledger import FakeLedger
from tests.fakes.outbox import FakeOutbox

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
    handle: str = "plumbline"
    reconcile_after_s: float = 45.0
    ledger: FakeLedger = field(init=False)
    budget: FakeBudget = field(init=False)

    def __post_init__(self) -> None:
        assert isinstance(self.outbox, FakeOutbox)
        self.ledger = FakeLedger(self.outbox)
        self.budget = FakeBudget(self.outbox.now)


def a_thread(ref: ThreadRef = THREAD, **changed: object) -> Thread:
    """An open thread by grace."""
    fields: dict[str, object] = {
        "kind": ref.kind,
        "number": ref.number,
        "node_id": f"I_{ref.number}",
        "title": "It breaks",
        "body": "when I start it",
        "author": "grace",
        "author_is_bot": False,
        "association": "NONE",
        "state": "open",
        "locked": False,
        "labels": (),
        "comments": (),
        "created_at": START,
        "updated_at": START,
    }
    return Thread.model_validate({**fields, **changed})


def a_comment(body: str = "Hello", *, why: str = "comment:0", thread: ThreadRef = THREAD) -> PlannedEffect:
    return PlannedEffect(
        intent=f"{thread.key}:{why}",
        thread=thread,
        node_id=f"I_{thread.number}",
        payload=CommentPayload(body=body),
        run=0,
    )


def some_labels(*names: str, why: str = "body", thread: ThreadRef = THREAD) -> PlannedEffect:
    return PlannedEffect(
        intent=f"{thread.key}:{why}",
        thread=thread,
        node_id=f"I_{thread.number}",
        payload=LabelsPayload(names=names),
        run=0,
    )
