"""Events: the few fields of a webhook that we read, out of the hundreds that GitHub sends.

Our own small models, because a closed model of the whole payload refuses a third of GitHub's own examples.
Unknown fields, events and actions are ignored: new ones may appear any day. What a payload says is a hint
of what changed; deciding reads the thread afresh.
Source: docs.github.com, "Webhook events and payloads".
"""

import json
from typing import Annotated, Literal, NoReturn, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.domain.thread import ThreadKind

HeardEvent = Literal[
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "discussion",
    "discussion_comment",
    "installation",
    "installation_repositories",
    "repository",
    "push",
]
HEARD: frozenset[str] = frozenset(get_args(HeardEvent))

TOO_DEEP = "The body is nested too deeply to be a webhook of GitHub."

Id = Annotated[int, Field(ge=0, lt=2**63)]
Number = Annotated[int, Field(ge=0, lt=2**31)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Present(_Part):
    """Says that GitHub sent an object here, whatever is in it."""


class Person(_Part):
    login: str = ""
    type: str = ""

    @property
    def is_bot(self) -> bool:
        return self.type == "Bot" or self.login.endswith("[bot]")


class InstallationPart(_Part):
    id: Id


class RepositoryPart(_Part):
    id: Id
    full_name: str
    default_branch: str = ""


class LabelPart(_Part):
    name: str = ""


class ThreadPart(_Part):
    """An issue, a pull request or a discussion; an issue with `pull_request` is one in truth.

    `draft` is GitHub's: a pull request that is not ready to be looked at.
    """

    number: Number
    user: Person | None = None
    pull_request: Present | None = None
    title: str | None = None
    body: str | None = None
    labels: tuple[LabelPart, ...] | None = None
    draft: bool | None = None


class CommentPart(_Part):
    id: Id
    node_id: str = ""
    user: Person | None = None
    body: str | None = None


class Changes(_Part):
    """What an edit replaced; None where it left the field alone."""

    title: Present | None = None
    body: Present | None = None


class Hook(_Part):
    """What one webhook says, of any event. A part that the event does not have is None.

    `ref` and `after` are of a push: the branch (`refs/heads/...`) and the commit it is at now.
    """

    action: str = ""
    installation: InstallationPart | None = None
    repository: RepositoryPart | None = None
    sender: Person | None = None
    issue: ThreadPart | None = None
    pull_request: ThreadPart | None = None
    discussion: ThreadPart | None = None
    comment: CommentPart | None = None
    review: CommentPart | None = None
    changes: Changes | None = None
    label: LabelPart | None = None
    ref: str | None = None
    after: str | None = None

    @property
    def installation_id(self) -> int:
        """0 where the webhook belongs to no installation."""
        return self.installation.id if self.installation else 0

    @property
    def part(self) -> ThreadPart | None:
        """The thread it is about, if it is about one."""
        return self.discussion or self.pull_request or self.issue

    @property
    def thread(self) -> tuple[ThreadKind, int] | None:
        """Its kind and number."""
        if self.discussion:
            return "discussion", self.discussion.number
        if self.pull_request:
            return "pull_request", self.pull_request.number
        if self.issue:
            return ("pull_request" if self.issue.pull_request else "issue"), self.issue.number
        return None


class _Envelope(_Part):
    """All we ask of an event we do not hear: its other parts may have any shape."""

    action: str = ""
    installation: InstallationPart | None = None


def parse(event: str, body: bytes) -> Hook:
    """Read the body of one webhook, once, from its raw bytes.

    Raises ValueError with a sentence for the sender when the body is not a JSON object (RFC 8259), or when a
    part that we read of a heard event has another type than GitHub documents.
    """
    try:
        return _read(event, body)
    except ValidationError as error:
        if error.errors(include_input=False)[0]["type"] != "json_invalid":
            _refuse(error)
    try:
        return _read(event, _repaired(body))
    except ValidationError as error:
        _refuse(error)


def _read(event: str, body: bytes) -> Hook:
    if event in HEARD:
        return Hook.model_validate_json(body)
    try:
        envelope = _Envelope.model_validate_json(body)
    except ValidationError as error:
        if all(detail["loc"] for detail in error.errors(include_input=False)):
            return Hook()
        raise
    return Hook(action=envelope.action, installation=envelope.installation)


def _repaired(body: bytes) -> bytes:
    """The same JSON without what the fast parser refuses: a byte order mark and lone surrogates."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except ValueError as error:
        raise ValueError(f"The body is not JSON: {error}.") from None


def _refuse(error: ValidationError) -> NoReturn:
    detail = error.errors(include_input=False)[0]
    if "recursion limit" in detail["msg"]:
        raise ValueError(TOO_DEEP) from None
    if not detail["loc"]:
        raise ValueError(f"The body is not a webhook: {detail['msg']}.") from None
    where = ".".join(map(str, detail["loc"]))
    raise ValueError(f"The body is not a webhook as GitHub documents it: {where}: {detail['msg']}.") from None
