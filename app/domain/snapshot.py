"""Snapshot: all that the model was shown, frozen. Deciding reads nothing else, so any run can be replayed."""

from datetime import datetime
from typing import Literal

from app.domain.repository_settings import RepositorySettings
from app.domain.thread import Frozen, Label, ThreadKind


class Passage(Frozen):
    """A quotable piece of the repository at one commit; `start` and `end` are 1-based inclusive lines."""

    path: str
    heading: str
    """Heading trail, outermost first, joined by ` > `; empty where the file has none."""
    start: int
    end: int
    commit: str
    text: str
    url: str
    """Permalink at `commit` that opens exactly these lines."""
    score: float = 0.0


class Utterance(Frozen):
    """One sanitized comment, as shown to the model."""

    author: str
    role: str
    text: str


class Snapshot(Frozen):
    """Every string here has been sanitized; `removed` says what was taken out or cut, for the trace."""

    version: Literal[1] = 1
    repository: str
    private: bool
    kind: ThreadKind
    number: int
    node_id: str
    trigger: str
    title: str
    body: str
    author: str
    association: str
    current_labels: tuple[str, ...]
    conversation: tuple[Utterance, ...] = ()
    question: str
    """The text to be answered: the comment that asked, or title and body."""
    asked_by: str
    labels: tuple[Label, ...]
    passages: tuple[Passage, ...] = ()
    settings: RepositorySettings
    removed: tuple[str, ...] = ()
    taken_at: datetime
