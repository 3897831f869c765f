"""Thread: an issue, a pull request or a discussion, as GitHub says it is right now.

Untrusted text (titles, bodies, names of labels and people) is data here, never instruction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

ThreadKind = Literal["issue", "pull_request", "discussion"]


class Frozen(BaseModel):
    """A value: compared by content, never changed, refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class RepositoryRef:
    """A repository as one installation sees it; `name` is `owner/name` and may change, the ids do not."""

    installation_id: int
    repository_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """Where a thread lives. Writes take one of these and nothing else, so no text can choose a target."""

    repository: RepositoryRef
    kind: ThreadKind
    number: int

    @property
    def key(self) -> str:
        """Stable identity; GitHub numbers issues, pull requests and discussions in one sequence."""
        return f"{self.repository.repository_id}#{self.number}"


class Label(Frozen):
    name: str
    description: str = ""


class Comment(Frozen):
    """One comment. `id` is the REST id of issue comments and the node id of discussion comments."""

    id: str
    author: str
    author_is_bot: bool
    association: str
    body: str
    created_at: datetime
    updated_at: datetime
    hidden: str = ""
    """GitHub's reason why it is shown folded up ("minimized"); empty where it is not."""


class Thread(Frozen):
    """A thread with its comments in the order they were written."""

    kind: ThreadKind
    number: int
    node_id: str
    title: str
    body: str
    author: str
    author_is_bot: bool
    association: str
    state: Literal["open", "closed"]
    locked: bool
    labels: tuple[str, ...]
    comments: tuple[Comment, ...]
    created_at: datetime
    updated_at: datetime
    draft: bool = False
    """A pull request that its author calls unfinished."""
    answer: str = ""
    """The id of the comment that people chose as the answer of a discussion."""


class Repository(Frozen):
    """What the teammate may know of a repository: its label list, its visibility, its newest commit."""

    name: str
    private: bool
    archived: bool
    default_branch: str
    head: str
    """SHA of the default branch's newest commit; permalinks are pinned to it."""
    labels: tuple[Label, ...]
    web_url: str
    """`https://github.com/owner/name`, or the same on an Enterprise Server."""
