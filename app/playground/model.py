"""What the simulated GitHub remembers. Plain mutable dataclasses: the hub changes them, the routers render them.

Everything refers to everything else by login, id or number and never by object, so that the whole state is a tree
which pydantic writes to JSON and reads back unchanged. Timestamps are GitHub's own strings (UTC, whole seconds).
"""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["issue", "pull_request", "discussion"]
PersonKind = Literal["User", "Bot", "Organization"]
Role = Literal["owner", "maintainer", "member", "collaborator", "contributor", "none"]
Content = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
StateReason = Literal["completed", "not_planned", "duplicate", "reopened"]
HideReason = Literal["spam", "abuse", "off-topic", "outdated", "duplicate", "resolved", "low-quality"]
Conclusion = Literal["success", "neutral", "failure"]
CONTENTS: tuple[Content, ...] = get_args(Content)

# role -> (permission, role_name, author_association), as GitHub's REST API names the three.
ROLES: dict[Role, tuple[str, str, str]] = {
    "owner": ("admin", "admin", "OWNER"),
    "maintainer": ("write", "maintain", "MEMBER"),
    "member": ("write", "write", "MEMBER"),
    "collaborator": ("read", "triage", "COLLABORATOR"),
    "contributor": ("read", "read", "CONTRIBUTOR"),
    "none": ("none", "none", "NONE"),
}


class Refusal(Exception):
    """GitHub says no: the status, message and details that its API would answer with."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}


def invalid(resource: str, field_name: str, code: str, message: str = "") -> Refusal:
    """The 422 of https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed."""
    detail = {"resource": resource, "field": field_name, "code": code} | ({"message": message} if message else {})
    return Refusal(422, "Validation Failed", errors=[detail])


@dataclass(slots=True)
class Person:
    id: int
    login: str
    kind: PersonKind
    created_at: str


@dataclass(slots=True)
class Label:
    id: int
    name: str
    color: str
    description: str | None


@dataclass(slots=True)
class Reaction:
    id: int
    author: str
    content: Content
    created_at: str


@dataclass(slots=True)
class TimelineEvent:
    """One line of a thread's history. `detail` holds what only this kind of event has (label, rename, source...)."""

    id: int
    event: str
    actor: str
    created_at: str
    via_app: bool
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Comment:
    """A comment on a thread. `visible_from` (epoch seconds) is when listings start to show it."""

    id: int
    thread: int
    author: str
    body: str
    created_at: str
    updated_at: str
    via_app: bool
    visible_from: float
    parent: int | None = None
    reactions: list[Reaction] = field(default_factory=list)
    hidden: HideReason | None = None


@dataclass(slots=True)
class ReviewComment:
    """A comment on one file that a pull request changes."""

    id: int
    thread: int
    author: str
    path: str
    body: str
    created_at: str
    updated_at: str
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True)
class CheckRun:
    """A finished check run on a commit. `annotations` are as they were sent."""

    id: int
    sha: str
    name: str
    conclusion: Conclusion
    title: str
    summary: str
    annotations: list[dict[str, Any]]
    completed_at: str


@dataclass(slots=True)
class Head:
    """Where a pull request comes from and goes to: branch names and the commits they point at."""

    ref: str
    sha: str
    base_ref: str
    base_sha: str


@dataclass(slots=True)
class Suggestion:
    """A label that an App proposed for an issue and that waits for a person."""

    id: int
    label: int
    actor: str
    rationale: str | None
    confidence: Literal["LOW", "MEDIUM", "HIGH"] | None
    created_at: str
    updated_at: str
    state: Literal["pending", "approved", "dismissed", "replaced"] = "pending"
    resolved_by: str | None = None


@dataclass(slots=True)
class Thread:
    """An issue, a pull request or a discussion: GitHub numbers all three from one counter per repository."""

    id: int
    number: int
    kind: Kind
    author: str
    title: str
    body: str
    created_at: str
    updated_at: str
    via_app: bool
    state: Literal["open", "closed"] = "open"
    state_reason: StateReason | None = None
    closed_at: str | None = None
    locked: bool = False
    gone: bool = False
    moved_to: str | None = None
    category: str = "General"
    answer: int | None = None
    answered_at: str | None = None
    answered_by: str | None = None
    head: Head | None = None
    merged_at: str | None = None
    merged_by: str | None = None
    labels: list[int] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    comments: list[int] = field(default_factory=list)
    subscribers: list[str] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    timeline: list[TimelineEvent] = field(default_factory=list)


@dataclass(slots=True)
class Commit:
    """A commit and its tree, flat: path -> blob sha."""

    sha: str
    tree_sha: str
    tree: dict[str, str]
    parents: list[str]
    message: str
    author: str
    at: str


@dataclass(slots=True)
class Repository:
    id: int
    owner: str
    name: str
    private: bool
    description: str
    created_at: str
    updated_at: str
    default_branch: str = "main"
    archived: bool = False
    takes_suggestions: bool = True
    next_number: int = 1
    roles: dict[str, Role] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    threads: dict[int, Thread] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    review_comments: dict[int, ReviewComment] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    blobs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(slots=True)
class Installation:
    """The App on one account. `repositories` lists ids, or is None for all of the account's."""

    id: int
    account: str
    created_at: str
    updated_at: str
    permissions: dict[str, str]
    repositories: list[int] | None = None
    suspended_at: str | None = None
    suspended_by: str | None = None


@dataclass(slots=True)
class Token:
    """An installation access token: whose, for which repositories and permissions, minted and dead when (epoch)."""

    installation: int
    repositories: list[int] | None
    permissions: dict[str, str]
    minted: float
    expires: float


@dataclass(slots=True)
class App:
    """The simulated GitHub App's registration, with the secrets that GitHub shows its owner once."""

    id: int
    slug: str
    name: str
    owner: str
    created_at: str
    private_key: str
    public_key: str
    webhook_secret: str
    permissions: dict[str, str]
    events: list[str]
    setup_url: str = ""

    @property
    def login(self) -> str:
        return f"{self.slug}[bot]"


@dataclass(slots=True)
class DeliveryAttempt:
    """One POST of one webhook. Redeliveries are further attempts with the same GUID; `status` is None until sent."""

    id: int
    guid: str
    event: str
    action: str | None
    installation: int | None
    repository: int | None
    payload: bytes
    delivered_at: str
    redelivery: bool = False
    status: int | None = None
    outcome: str = "Pending"
    duration: float = 0.0
    answer: str = ""


@dataclass(slots=True)
class State:
    """Everything that a restart keeps."""

    app: App
    people: dict[str, Person] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    deliveries: list[DeliveryAttempt] = field(default_factory=list)
    notifications: dict[str, int] = field(default_factory=dict)
    next_id: int = 1_000_001


@dataclass(slots=True, frozen=True)
class RequestRecord:
    """One request to GitHub's API. `status` 0 means that the connection was closed without an answer."""

    at: float
    method: str
    path: str
    actor: str
    status: int
    body: Any
