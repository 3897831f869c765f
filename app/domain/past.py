"""PastThread: what a repository's history keeps of a thread. Neighbours of a new thread and the classifier's
examples are such.

Texts are sanitized and bounded before they are kept; they are data, never instruction.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.domain.thread import Frozen, ThreadKind

StateReason = Literal["", "completed", "not_planned", "duplicate", "reopened"]
"""GitHub's `state_reason` of issues; empty where it gives none."""


class PastThread(Frozen):
    """An issue, pull request or discussion as it was when it was last read."""

    number: int
    kind: ThreadKind
    title: str
    body: str
    author: str
    association: str = "NONE"
    labels: tuple[str, ...] = ()
    state: Literal["open", "closed"] = "open"
    state_reason: StateReason = ""
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    duplicate_of: int | None = None
    """The number a maintainer named when they closed it as a duplicate."""
    stale: bool = False
    """Closed because nobody wrote for long, not because anything was decided."""
    url: str = ""
    merged_at: datetime | None = None
    paths: tuple[str, ...] = ()
    """Files that a merged pull request changed; empty until they have been read."""


class Neighbour(Frozen):
    """A past thread that resembles the one at hand. `score` is the probability that both are about the same."""

    thread: PastThread
    score: float = Field(ge=0, le=1)
    shared: tuple[str, ...] = ()
    """Telling words, error lines and identifiers that stand in both."""
