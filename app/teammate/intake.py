"""Intake: from what a webhook says to the work it asks for. Pure, and the only place that decides this.

Bots never start work on a thread, so two of them cannot talk to each other for ever. A thread that asks to be left
alone starts none either, unless a person there speaks to the teammate by name.
"""

from collections.abc import Mapping
from typing import assert_never, cast

from app.domain.events import HEARD, CommentPart, HeardEvent, Hook
from app.domain.thread import RepositoryRef, ThreadRef
from app.domain.work import WorkOrder, listen_order, thread_order
from app.ports.erasing import What
from app.teammate.silence import silenced
from app.teammate.spoken import mentions

INSTALLATION_ACTIONS = frozenset({"created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"})
MOVED = "transferred"
_JUDGING = frozenset({"labeled", "unlabeled", "closed", "reopened", "transferred"})
_SAYING = frozenset({"created", "edited", "deleted"})
OVERHEARD: Mapping[str, frozenset[str]] = {
    "issues": _JUDGING,
    "pull_request": _JUDGING,
    "discussion": _JUDGING | {"answered", "unanswered"},
    "issue_comment": _SAYING,
    "discussion_comment": _SAYING,
}
"""What people do that may say something of what we did. Bots count, too: a label that one takes off stands no more."""
ERASED: Mapping[tuple[HeardEvent, str], What] = {
    ("issues", "deleted"): "thread",
    ("discussion", "deleted"): "thread",
    ("issue_comment", "deleted"): "comment",
    ("discussion_comment", "deleted"): "comment",
    ("pull_request_review_comment", "deleted"): "comment",
    ("repository", "deleted"): "repository",
    ("repository", "privatized"): "privatized",
}
NO_COMMIT = "0" * 40


def route(event: str, hook: Hook, *, handle: str) -> WorkOrder | None:
    """The work that a webhook asks for; None where it asks for none, as unknown events and actions do.

    `handle` is the name people mention, without @. An issue moved in from elsewhere comes as `opened`.
    """
    if event not in HEARD or not hook.installation_id:
        return None
    heard = cast("HeardEvent", event)
    return _erasure(heard, hook) or _wish(heard, hook, handle)


def _wish(heard: HeardEvent, hook: Hook, handle: str) -> WorkOrder | None:
    match heard:
        case "issues":
            said = _said_by_body(hook, {"opened", "reopened", MOVED})
        case "pull_request":
            said = _said_by_body(hook, {"opened", "reopened", "ready_for_review", "synchronize"})
        case "discussion":
            said = _said_by_body(hook, {"created"})
        case "issue_comment" | "discussion_comment":
            said = _said_by_comment(hook, handle)
        case "pull_request_review" | "pull_request_review_comment":
            said = _said_in_review(hook, handle)
        case "installation":
            return _installation(heard, hook) if hook.action in INSTALLATION_ACTIONS else None
        case "installation_repositories" | "repository":
            return _installation(heard, hook)
        case "push":
            return _index(hook)
        case _:
            assert_never(heard)
    return _thread(hook, said) if said else None


def overheard(event: str, hook: Hook, *, handle: str) -> WorkOrder | None:
    """The listening that a webhook asks for, whatever else it asks for. Its trigger tells only what nothing else would
    tell: who changed a bot's comment, and who took a label off a discussion. What an App of our name did is ours.
    """
    thread, repository = hook.thread, hook.repository
    if hook.action not in OVERHEARD.get(event, ()) or not hook.installation_id or thread is None or repository is None:
        return None
    comment, login = hook.comment, hook.sender.login if hook.sender else ""
    if login.casefold() == f"{handle}[bot]".casefold():
        return None
    trigger = "act"
    if comment is not None and _by_bot(comment):
        if hook.action == "created" or (comment.user and comment.user.login == login):
            return None
        trigger = f"{hook.action}:{comment.node_id if hook.discussion else comment.id}:{login}"
    elif hook.action == "transferred":
        trigger = f"transferred:{login}"
    elif event == "discussion" and hook.action == "unlabeled" and hook.label:
        trigger = f"unlabeled:{login}:{hook.label.name}"
    ref = RepositoryRef(hook.installation_id, repository.id, repository.full_name)
    return listen_order(ThreadRef(ref, *thread), trigger)


def _said_by_body(hook: Hook, actions: set[str]) -> str | None:
    """`body` where the thread's own text (or code) is new or changed."""
    edited = hook.action == "edited" and hook.changes and (hook.changes.title or hook.changes.body)
    if not edited and hook.action not in actions:
        return None
    return None if hook.action != MOVED and _left_alone(hook) else "body"


def _left_alone(hook: Hook) -> bool:
    """Whether the thread itself says that nothing unasked is wanted, or not yet."""
    part = hook.part
    if part is None:
        return False
    labels = [label.name for label in part.labels or ()]
    return bool(part.draft or silenced(part.title or "", part.body or "", labels))


def _said_by_comment(hook: Hook, handle: str) -> str | None:
    """`comment:<id>` where a person asks the teammate by name; the id is the node id in a discussion. `reply:<id>`
    where the author of an issue writes more about it: it may be what we asked for.
    """
    comment = hook.comment
    if comment is None or hook.action not in {"created", "edited"} or _by_bot(comment):
        return None
    if mentions(comment.body or "", handle):
        return f"comment:{comment.node_id if hook.discussion else comment.id}"
    issue = hook.issue
    own = issue and not issue.pull_request and issue.user and comment.user and issue.user.login == comment.user.login
    if not own or not comment.user or not comment.user.login or _left_alone(hook):
        return None
    return f"reply:{comment.id}"


def _said_in_review(hook: Hook, handle: str) -> str | None:
    """`comment:<node id>` where a review, or a comment on a line of the changes, speaks to the teammate."""
    said = hook.comment or hook.review
    if said is None or hook.action not in {"submitted", "created", "edited"} or _by_bot(said) or not said.node_id:
        return None
    return f"comment:{said.node_id}" if mentions(said.body or "", handle) else None


def _by_bot(said: CommentPart) -> bool:
    return bool(said.user and said.user.is_bot)


def _thread(hook: Hook, trigger: str) -> WorkOrder | None:
    if hook.repository is None or hook.thread is None or (hook.sender and hook.sender.is_bot):
        return None
    repository = RepositoryRef(hook.installation_id, hook.repository.id, hook.repository.full_name)
    return thread_order(ThreadRef(repository, *hook.thread), trigger)


def _installation(event: HeardEvent, hook: Hook) -> WorkOrder:
    """What is installed where has changed: the newest state is asked of GitHub, the trigger says only why."""
    return WorkOrder(
        key=f"installation:{hook.installation_id}",
        kind="installation",
        trigger=f"{event}.{hook.action}",
        installation_id=hook.installation_id,
    )


def _erasure(event: HeardEvent, hook: Hook) -> WorkOrder | None:
    """What was deleted on GitHub is forgotten here; nobody's bot needs that for what it said itself."""
    if hook.repository is None or (event, hook.action) not in ERASED:
        return None
    what = ERASED[event, hook.action]
    subject = str(hook.repository.id)
    if what in ("thread", "comment"):
        if hook.thread is None:
            return None
        subject += f"#{hook.thread[1]}"
    key = subject
    if what == "comment":
        comment = hook.comment
        if comment is None or _by_bot(comment) or not comment.user or not comment.user.login:
            return None
        subject += f":{comment.node_id if hook.discussion else comment.id}:{comment.user.login}"
    return WorkOrder(
        key=f"erase:{key}",
        kind="erase",
        trigger=f"{what}:{subject}",
        installation_id=hook.installation_id,
        repository_id=hook.repository.id,
        repository=hook.repository.full_name,
    )


def _index(hook: Hook) -> WorkOrder | None:
    """The default branch has a new commit, so what is known of the repository is old."""
    repository = hook.repository
    if repository is None or not hook.after or hook.after == NO_COMMIT:
        return None
    if hook.ref != f"refs/heads/{repository.default_branch}":
        return None
    return WorkOrder(
        key=f"index:{repository.id}",
        kind="index",
        trigger=f"push:{hook.after}",
        installation_id=hook.installation_id,
        repository_id=repository.id,
        repository=repository.full_name,
    )
