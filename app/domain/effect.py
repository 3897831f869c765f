"""Effect: one write to GitHub, and the states of its outbox row.

planned -> sending -> done | unknown; unknown -> done | planned | dead after reconciling with GitHub.
`draft` waits for a person, `skipped` will never be written, `parked` waits for its installation.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.domain.thread import Frozen, ThreadRef

EffectKind = Literal["labels", "comment", "unlabel", "retract", "reaction", "check"]
EffectState = Literal["draft", "planned", "sending", "unknown", "done", "skipped", "parked", "dead"]


class LabelSuggestion(Frozen):
    """A label that waits on GitHub itself, with the reasons that its page shows to whoever decides."""

    name: str
    rationale: str
    confidence: Literal["low", "medium", "high"]


NOT_TAKEN = 501
"""The status of an answer that is ours: GitHub takes no suggestions here, and nothing was written."""


class LabelsPayload(Frozen):
    """Where `suggest` names them, labels are only offered on GitHub's own page, for a person to accept."""

    kind: Literal["labels"] = "labels"
    names: tuple[str, ...]
    suggest: tuple[LabelSuggestion, ...] = Field(default=(), exclude_if=lambda offered: not offered)


class CommentPayload(Frozen):
    """`body` is the guarded Markdown without the marker; the publisher signs and appends that.

    `asks` are ids of what it asks the author of the thread for, so that a reply can be measured by them.
    """

    kind: Literal["comment"] = "comment"
    body: str
    asks: tuple[str, ...] = ()


class UnlabelPayload(Frozen):
    """Take labels off that the effect `undoes` put on, or that a person named. What a person set meanwhile stays."""

    kind: Literal["unlabel"] = "unlabel"
    names: tuple[str, ...]
    undoes: int | None = None


class RetractPayload(Frozen):
    """Delete our own comment that the effect `undoes` became, unless a person has edited it."""

    kind: Literal["retract"] = "retract"
    remote_id: str
    undoes: int


Content = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]


class ReactionPayload(Frozen):
    """React to a comment, or to the thread itself where `comment` is empty. Twice the same is one on GitHub."""

    kind: Literal["reaction"] = "reaction"
    comment: str
    content: Content


class Annotation(Frozen):
    """A remark on one line of a file in a check run."""

    path: str
    line: int
    level: Literal["notice", "warning", "failure"]
    message: str


class CheckPayload(Frozen):
    """A finished check run on a commit. `summary` is Markdown."""

    kind: Literal["check"] = "check"
    sha: str
    name: str
    conclusion: Literal["success", "neutral", "failure"]
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()


AllowedPayload = LabelsPayload | CommentPayload
"""All that a Verdict can hold: what a model can bring about."""
EffectPayload = AllowedPayload | UnlabelPayload | RetractPayload | ReactionPayload | CheckPayload
"""The others come from a person's own act, by code that no model's words reach."""


class Wrote(Frozen):
    """What a done effect really changed: labels that were not there before, or the digest of the body as it was sent.

    It is what `undo` takes back and what a person's edit is told by.
    """

    labels: tuple[str, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """What a run wants written. One row per (`intent`, kind): planning an intent again edits what is there.

    `intent` names why the teammate speaks, e.g. `840#12:body` or `840#12:comment:99`.
    `run` is the position of the run among those concluded together that asked for it. `not_before` is when it may be
    written first, UTC; None is at once.
    """

    intent: str
    thread: ThreadRef
    node_id: str
    payload: EffectPayload
    run: int
    draft: bool = False
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """One outbox row, as leased by the publisher. Times are UTC.

    `sent_at` is the last moment a create may have left this machine; `remote_id` the comment it became;
    `revision` counts what was planned, `sent_revision` what GitHub is known to show; `done_at` is since when it does.
    """

    id: int
    run_id: int
    intent: str
    thread: ThreadRef
    node_id: str
    payload: EffectPayload
    state: EffectState
    token: UUID
    lease_until: datetime
    attempts: int
    sent_at: datetime | None
    remote_id: str | None
    revision: int
    sent_revision: int
    created_at: datetime
    wrote: Wrote | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What came back from GitHub for one write, stripped of transport.

    `status` is None when nothing came back (timeout, reset, crash of the connection).
    `stage` is `token` when the answer was to minting the token, so the write itself never left.
    `remote_id` is the id of the comment written. `retry_after` is in seconds, `reset_at` UTC. `labels` are all that the
    thread carries after labels were written, None where the answer does not say.
    """

    status: int | None
    message: str = ""
    stage: Literal["token", "write"] = "write"
    remote_id: str | None = None
    retry_after: float | None = None
    reset_at: datetime | None = None
    remaining: int | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    remote_id: str | None


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Certainly not written; try again at `at`. `whole_installation`: its other writes must wait too."""

    at: datetime
    reason: str
    whole_installation: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """The installation cannot write now (suspended, permission missing): wait until it says so itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """It must never be written: the thread is locked, gone, archived, or a person removed it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reconcile:
    """It may or may not have been written: look before doing anything else."""

    reason: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Our own mistake (a refused request): dead-letter it for a person."""

    reason: str


Outcome = Written | RetryAt | Park | Skip | Reconcile | Alert
