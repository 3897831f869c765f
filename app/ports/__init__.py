"""Ports: the narrow mouths through which the teammate touches anything outside itself.

Each has one real implementation in `adapters` or `store`, one fake in `tests/fakes`, and one suite in
`tests/contracts` that both must pass. Times are UTC, durations seconds.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from app.domain.act import Act
from app.domain.effect import (
    CheckPayload,
    CommentPayload,
    Content,
    Effect,
    LabelSuggestion,
    PlannedEffect,
    WriteAnswer,
    Wrote,
)
from app.domain.past import PastComment, PastThread
from app.domain.prompt import ModelReply, ModelRequest, PromptVersion
from app.domain.pull import PullChanges
from app.domain.run import RunRecord
from app.domain.thread import Comment, Repository, RepositoryRef, Thread, ThreadRef
from app.domain.work import Lease, WorkOrder
from app.ports.history import History, Runs
from app.ports.knowing import (
    Candidate,
    Edition,
    Embedder,
    IndexedFile,
    LabelModels,
    Library,
    Listing,
    Near,
    Papers,
    Shelf,
    ThreadIndex,
    Tuned,
    TunedModels,
    Unembedded,
)
from app.ports.listening import (
    CaseFilter,
    Cases,
    HeardSignal,
    Reaction,
    ReactionReader,
    Reactions,
    SignalFilter,
    Signals,
    Watched,
    Watches,
)
from app.ports.manners import CALL_USD, CROWD, NIGHT, Budget, Call, Ledger, Looks, Spent

__all__ = [
    "CALL_USD",
    "CROWD",
    "NIGHT",
    "Bell",
    "Budget",
    "Call",
    "Candidate",
    "CaseFilter",
    "Cases",
    "Clock",
    "Delivery",
    "Edition",
    "Embedder",
    "FailedDelivery",
    "GitHubReader",
    "GitHubWriter",
    "HeardSignal",
    "History",
    "Inbox",
    "IndexedFile",
    "InstallationInfo",
    "InstallationState",
    "Installations",
    "LabelModels",
    "Ledger",
    "Library",
    "Listing",
    "Looks",
    "Model",
    "Near",
    "Outbox",
    "Papers",
    "Permission",
    "Prompts",
    "Reaction",
    "Reactions",
    "Runs",
    "Shelf",
    "SignalFilter",
    "Signals",
    "Spent",
    "ThreadIndex",
    "Tracer",
    "Tuned",
    "TunedModels",
    "Unembedded",
    "Watched",
    "Watches",
    "WorkQueue",
]


class Clock(Protocol):
    """Time as a port, so that waiting can be simulated."""

    def now(self) -> datetime: ...
    async def sleep(self, seconds: float) -> None: ...


# --- hearing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook POST, bytes as they came. `order` is the work it asks for, if any, and `listen` that of hearing."""

    guid: str
    event: str
    action: str
    installation_id: int
    body: bytes
    order: WorkOrder | None
    listen: WorkOrder | None = None


class Inbox(Protocol):
    """Durable before it returns; one transaction for all deliveries that wait together."""

    async def add(self, deliveries: Sequence[Delivery]) -> list[int | None]:
        """For each delivery the id of the work it planned or touched; None if known or nothing to do."""

    async def body(self, guid: str) -> bytes | None: ...


class Bell(Protocol):
    """Wakes a hand. A ring may fail or be forgotten: the sweeper rings again, so nobody waits for it."""

    async def work(self, work_ids: Sequence[int]) -> None: ...
    async def effects(self, effect_ids: Sequence[int]) -> None: ...


# --- working ---------------------------------------------------------------------------------------------


class WorkQueue(Protocol):
    """Postgres owns the states; every method is one short transaction."""

    async def order(self, orders: Sequence[WorkOrder]) -> list[int]:
        """Plan work nobody delivered (reconciler, sweeps), coalescing by key; ids of what is now planned."""

    async def claim(self, worker: UUID) -> Lease | None:
        """The fairest due work: the repository with the fewest leases, then the one served longest ago."""

    async def heartbeat(self, lease: Lease) -> bool:
        """Extend by a whole lease; False when the lease is lost."""

    async def conclude(
        self, lease: Lease, runs: Sequence[RunRecord], effects: Sequence[PlannedEffect]
    ) -> list[int] | None:
        """Store runs, plan effects and finish the work in one transaction; ids of effects to publish.

        None when the lease is lost: nothing was written. Triggers that came meanwhile plan the work again.
        """

    async def retry(self, lease: Lease, reason: str, at: datetime, *, counts: bool = True) -> None:
        """Give the work back for `at`; after the last attempt that counts it is dead with this reason."""

    async def expire(self) -> None:
        """Take back leases that ran out or whose worker's database session is gone."""

    async def due(self, limit: int) -> list[int]:
        """Ids of planned work whose time has come, for the sweeper to ring."""

    async def resume(self, installation_id: int) -> None:
        """What waits for this installation need wait no longer; what waits for calm after deaths still does."""

    async def unknown_keys(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that no work was ever planned for."""

    async def revive(self, work_id: int) -> bool:
        """Plan dead work again, on a person's command."""


class Outbox(Protocol):
    """The effect protocol's rows. A method with a `token` does nothing and says so when the lease is lost."""

    async def claim(self, worker: UUID, *, effect_id: int | None = None) -> Effect | None:
        """Lease the next effect that is due, one at a time per installation.

        A `planned` effect comes as `sending`; an `unknown` one, or a `sending` one whose lease ran out after
        `begin_send`, comes as `unknown` and must be reconciled.
        """

    async def said(self, intent: str) -> CommentPayload | None:
        """What the comment of this intent says, or is about to say, on its thread; None for drafts and what was
        given up or taken away.
        """

    async def unsay(self, intent: str, reason: str) -> bool:
        """Take the comment of this intent back where it waits and cannot stand on its thread: it is decided anew, and a
        run may plan it again. False when there is nothing like that.
        """

    async def reserve_write(self, installation_id: int) -> datetime:
        """The moment at which this installation may write next; moves its pacing forward."""

    async def hold_writes(self, installation_id: int, until: datetime) -> None: ...
    async def park_installation(self, installation_id: int, reason: str) -> None: ...
    async def resume_installation(self, installation_id: int) -> None: ...

    async def begin_send(self, effect: Effect) -> Effect | None:
        """Durably record that a create may leave now; None unless enough of the lease is left."""

    async def done(
        self, effect: Effect, remote_id: str | None, wrote: Wrote | None = None, *, reason: str = ""
    ) -> None:
        """`wrote` is what all its writes together changed; None leaves what is known of that. `reason` says what GitHub
        did not do of it. What a done effect `undoes` is skipped for good.
        """

    async def unknown(self, effect: Effect, reason: str, look_at: datetime) -> None: ...
    async def replan(self, effect: Effect, reason: str, at: datetime, *, counts: bool = True) -> None: ...
    async def skip(self, effect: Effect, reason: str, *, for_good: bool = True) -> None:
        """It is not written. Unless `for_good`, a run may plan it again."""

    async def as_draft(self, effect: Effect, reason: str) -> None:
        """It waits for a person after all."""

    async def park(self, effect: Effect, reason: str) -> None: ...
    async def bury(self, effect: Effect, reason: str) -> None: ...

    async def due(self, limit: int) -> list[int]: ...

    async def to_sweep(self, limit: int) -> list[Effect]:
        """Done comments whose keep-oldest check is due (2 minutes after the write, then hourly for a day)."""

    async def swept(self, effect: Effect, remote_id: str) -> None:
        """The sweep kept `remote_id`."""

    async def revive(self, effect_id: int) -> bool: ...

    # What people decide, without a lease.

    async def withdraw(self, effect_id: int, reason: str) -> bool:
        """See to it that nothing of this effect comes to stand on its thread any more: it is skipped for good, and what
        it wrote or may have written is taken back. False for what is done, which only an effect that `undoes` it
        takes back, and for what was skipped and of which nothing stands.
        """

    async def accept(self, effect_id: int, body: str | None = None) -> bool:
        """Plan a draft, with a person's own words where `body` is given; False when it is no draft any more."""

    async def decline(self, effect_id: int, reason: str) -> bool:
        """A person wants no such effect: the same is not drafted again. False when it is no draft any more."""


# --- GitHub ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """One line of the App's delivery log."""

    id: int
    guid: str
    event: str
    delivered_at: datetime
    status: int


@dataclass(frozen=True, slots=True)
class InstallationInfo:
    """`created_at` is known only where GitHub was asked."""

    installation_id: int
    account: str
    suspended: bool
    created_at: datetime | None = field(default=None, compare=False)


Permission = Literal["admin", "maintain", "write", "triage", "read", "none"]


class GitHubReader(ReactionReader, Protocol):
    """Reads. Each raises GitHubError; GETs are retried below within their deadline."""

    async def repository(self, ref: RepositoryRef) -> Repository: ...
    async def thread(self, ref: ThreadRef) -> Thread: ...
    async def review(self, ref: ThreadRef, node_id: str) -> Comment | None:
        """A review of a pull request, or a comment on a line of its changes, by node id; None where there is none."""

    async def own_comments(self, ref: ThreadRef, since: datetime) -> list[Comment]:
        """Comments written by this App on the thread since then, all pages, oldest first."""

    async def file(self, ref: RepositoryRef, path: str, *, commit: str = "") -> str | None:
        """Text of one file at this commit, else on the default branch; None where there is none."""

    async def tags(self, ref: RepositoryRef) -> dict[str, str]:
        """Name -> commit of the repository's tags, the first few hundred in GitHub's order."""

    async def archive(self, ref: RepositoryRef, commit: str) -> dict[str, str]:
        """Text files of one commit, path -> text; binaries and files over 400 KB left out."""

    async def changed_threads(self, ref: RepositoryRef, since: datetime) -> list[ThreadRef]:
        """Issues and pull requests updated since then, oldest change first."""

    async def changes(self, ref: ThreadRef) -> PullChanges:
        """What a pull request changes."""

    def history(self, ref: RepositoryRef, since: datetime | None = None) -> AsyncIterator[list[PastThread]]:
        """Issues and pull requests changed since then, by pages, the oldest change first; texts as GitHub has them."""

    def past_discussions(self, ref: RepositoryRef, since: datetime | None = None) -> AsyncIterator[list[PastThread]]:
        """Discussions changed since then, by pages, the newest change first. One with an answer counts as closed."""

    def past_comments(self, ref: RepositoryRef, since: datetime) -> AsyncIterator[list[PastComment]]:
        """Comments on issues and pull requests changed since then, by pages, the oldest change first."""

    def past_reviews(self, ref: RepositoryRef, since: datetime) -> AsyncIterator[list[PastComment]]:
        """The same for comments on files of pull requests."""

    async def installations(self) -> list[InstallationInfo]: ...
    async def installation_repositories(self, installation_id: int) -> list[RepositoryRef]: ...
    async def failed_deliveries(self, since: datetime) -> list[FailedDelivery]:
        """Deliveries of the App's log that never got a 2xx on any attempt, oldest first."""

    async def permission(self, ref: RepositoryRef, login: str) -> Permission: ...
    async def acts(self, ref: ThreadRef) -> list[Act]:
        """What happened on an issue or a pull request, oldest first; discussions have no timeline, so nothing there."""


class GitHubWriter(Protocol):
    """All the teammate can do to the world. Never raises, never retries; only the publisher calls it."""

    async def add_labels(self, ref: ThreadRef, names: Sequence[str]) -> WriteAnswer: ...
    async def suggest_labels(self, ref: ThreadRef, labels: Sequence[LabelSuggestion]) -> WriteAnswer:
        """Offer labels on GitHub's own page of an issue; `NOT_TAKEN` where it takes none."""

    async def post_comment(self, ref: ThreadRef, node_id: str, body: str) -> WriteAnswer: ...
    async def edit_comment(self, ref: ThreadRef, comment_id: str, body: str) -> WriteAnswer: ...
    async def delete_comment(self, ref: ThreadRef, comment_id: str) -> WriteAnswer: ...
    async def redeliver(self, delivery_id: int) -> WriteAnswer: ...
    async def remove_label(self, ref: ThreadRef, name: str) -> WriteAnswer: ...
    async def react(self, ref: ThreadRef, comment_id: str, content: Content) -> WriteAnswer:
        """To the thread itself where `comment_id` is empty."""

    async def check(self, ref: RepositoryRef, payload: CheckPayload) -> WriteAnswer: ...


# --- deciding --------------------------------------------------------------------------------------------


class Model(Protocol):
    async def complete(self, request: ModelRequest) -> ModelReply:
        """One decision in the closed schema, or a ModelError."""


class Prompts(Protocol):
    def live(self, name: str, thread_key: str) -> PromptVersion:
        """The version `live.toml` names; a canary takes its share of threads by hash of `thread_key`."""


# --- installations ---------------------------------------------------------------------------------------


InstallationState = Literal["active", "suspended", "deleted"]


class Installations(Protocol):
    """Who installed the App where. Deleting schedules the removal of everything known about it."""

    async def set_state(self, installation_id: int, account: str, state: InstallationState) -> None: ...
    async def set_repositories(self, installation_id: int, refs: Sequence[RepositoryRef]) -> None: ...
    async def active(self) -> list[InstallationInfo]: ...
    async def repositories(self, installation_id: int) -> list[RepositoryRef]: ...
    async def reconciled_until(self, repository_id: int) -> datetime | None: ...
    async def set_reconciled(self, repository_id: int, until: datetime) -> None: ...
    async def purge_deleted(self, now: datetime) -> int:
        """Remove the data of installations deleted more than their grace ago; how many were removed."""


# --- tracing ---------------------------------------------------------------------------------------------


class Tracer(Protocol):
    """A redacted copy of each run for people who use LangSmith. Never blocks, never raises."""

    def run(self, record: RunRecord, run_key: str) -> None: ...
    def close(self) -> None: ...
