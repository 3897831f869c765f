"""Snapshot: all that the model was shown, frozen. Deciding reads nothing else, so any run can be replayed."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.domain.past import Neighbour
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
    near: float | None = None
    """Cosine to the question; None where it was found by words alone."""


class Utterance(Frozen):
    """One sanitized comment, as shown to the model."""

    author: str
    role: str
    text: str


class Need(Frozen):
    """Something the author may be asked for. `id` is stable: what was asked once is not asked again."""

    id: str
    ask: str
    """The request, short and imperative."""
    why: str
    """What speaks for it: a required field of the form, what maintainers asked before."""
    probability: float = Field(ge=0, le=1)
    """That it is missing here and a maintainer would need it."""


class ChangedFile(Frozen):
    path: str
    status: str
    additions: int
    deletions: int


class PullView(Frozen):
    """What a pull request changes, and what code found worth saying about it."""

    files: tuple[ChangedFile, ...]
    patch: str
    """The diff, bounded; what was cut is said in it."""
    size: str
    remarks: tuple[str, ...] = ()
    """Facts with their evidence, one sentence each; the decision names them by number, from 1."""
    reviewers: tuple[str, ...] = ()
    """Logins, likeliest first, never the author."""
    wants_summary: bool = False


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
    removed_labels: tuple[str, ...] = ()
    """Names, case folded, that somebody took off this thread: they stay off."""
    conversation: tuple[Utterance, ...] = ()
    question: str
    """The text to be answered: the comment that asked, or title and body."""
    asked_by: str
    labels: tuple[Label, ...]
    passages: tuple[Passage, ...] = ()
    tag: str = ""
    """The tag that `passages` are of: the version the thread names. Empty: they are of the newest commit."""
    known: tuple[str, ...] = ()
    """Code-like names of the thread that exist in the repository, though they stand in no passage."""
    neighbours: tuple[Neighbour, ...] = ()
    """Past threads that resemble this one, most alike first."""
    evidence: dict[str, float] = Field(default_factory=dict)
    """Label -> probability, by the classifier trained on the repository's history."""
    evidence_from: str = ""
    """The version of that classifier."""
    needs: tuple[Need, ...] = ()
    """What may be asked for, likeliest first."""
    insufficiency: float = Field(default=0.0, ge=0, le=1)
    """Probability that the description is not enough to act on."""
    asked: tuple[str, ...] = ()
    """Ids of what this thread's author was asked for before."""
    pull: PullView | None = None
    language: str = ""
    """ISO 639-1 code of what the author writes; empty where that is unsure."""
    settings: RepositorySettings
    removed: tuple[str, ...] = ()
    taken_at: datetime
