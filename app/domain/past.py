"""PastThread: what a repository's history keeps of a thread. Neighbours of a new thread and the classifier's
examples are such.

Texts are sanitized and bounded before they are kept; they are data, never instruction. Of what people wrote below a
thread no text is kept, only what follows from it: a Remark.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.domain.thread import Comment, Frozen, ThreadKind

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
    lacks: tuple[str, ...] = ()
    """What a report did not say, as `app.knowledge.needs` names it; empty for everything that is no report."""


class PastComment(Frozen):
    """A comment somebody wrote below thread `number`; `path` is the file that a review spoke about, else empty. It is
    read and not kept.
    """

    number: int
    comment: Comment
    path: str = ""


class Remark(Frozen):
    """All that is kept of a comment. `id` is GitHub's; a remark that says nothing takes back what the comment said
    before it was edited.
    """

    id: int
    number: int
    at: datetime
    asks: tuple[str, ...] = ()
    """What a maintainer asked the author of the thread for, as `app.knowledge.needs` names it."""
    duplicate_of: int | None = None
    """The number a maintainer named as the original."""
    reviewer: str = ""
    path: str = ""
    """The file that `reviewer` spoke about."""

    @property
    def says_something(self) -> bool:
        return bool(self.asks or self.duplicate_of or self.reviewer)


class Neighbour(Frozen):
    """A past thread that resembles the one at hand. `score` is the probability that both are about the same."""

    thread: PastThread
    score: float = Field(ge=0, le=1)
    shared: tuple[str, ...] = ()
    """Telling words, error lines and identifiers that stand in both."""
