"""Draft: an effect that waits for a person, with all that they need to judge it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from app.domain.effect import AllowedPayload, EffectState, LabelsPayload
from app.domain.thread import ThreadRef

DeclineReason = Literal["good", "irrelevant", "incorrect", "verbose", "hallucination", "other"]
"""The words people know from other teammates for what is right or wrong with an answer."""
DECLINE_REASONS: tuple[DeclineReason, ...] = get_args(DeclineReason)
DECLINED = "declined: "
"""How the outbox marks what a person declined, before their reason."""


ThreadState = Literal["open", "closed", "moved", "locked"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One effect as it stands now, its newest run, and what was last heard of its thread.

    `state` is `draft` until somebody decides; `revision` counts what was planned, so that nobody accepts words they did
    not see. `decision` and `snapshot` are as `RunRecord` wrote them; of the snapshot only what a decision points to.
    """

    id: int
    run_id: int
    revision: int
    thread: ThreadRef
    title: str
    thread_state: ThreadState
    payload: AllowedPayload
    state: EffectState
    reason: str
    skill: str
    prompt: str
    model: str
    summary: str
    decision: dict[str, Any] | None
    snapshot: dict[str, Any]
    drafted_at: datetime

    @property
    def confidence(self) -> float | None:
        """The highest probability that the decision gave to any of what is drafted; None where it gave none."""
        decision = self.decision or {}
        if isinstance(self.payload, LabelsPayload):
            given = [one for one in decision.get("labels", ()) if one["name"] in self.payload.names]
        else:
            given = [decision, *decision.get("findings", ())]
        return max((one["confidence"] for one in given if "confidence" in one), default=None)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many drafts wait, and of which repositories and skills."""

    total: int
    repositories: tuple[str, ...]
    skills: tuple[str, ...]
