"""Intake: from what a webhook says to the work it asks for. Pure, and the only place that decides this.

Bots never start work on a thread, so two of them cannot talk to each other for ever.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import assert_never, cast

from app.domain.events import HEARD, HeardEvent, Hook
from app.domain.thread import RepositoryRef, ThreadRef
from app.domain.work import WorkOrder

INSTALLATION_ACTIONS = frozenset({"created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"})
NO_COMMIT = "0" * 40


def route(event: str, hook: Hook, *, handle: str) -> WorkOrder | None:
    """The work that a webhook asks for; None where it asks for none, as unknown events and actions do.

    `handle` is the name people mention, without @. An issue moved in from elsewhere comes as `opened`.
    """
    if event not in HEARD or not hook.installation_id:
        return None
    heard = cast("HeardEvent", event)
    match heard:
        case "issues":
            said = _said_by_body(hook, {"opened", "reopened", "deleted", "transferred"})
        case "pull_request":
            said = _said_by_body(hook, {"opened", "reopened", "ready_for_review", "synchronize"})
        case "discussion":
            said = _said_by_body(hook, {"created"})
        case "issue_comment" | "discussion_comment":
            said = _said_by_comment(hook, handle)
        case "installation":
            return _installation(heard, hook) if hook.action in INSTALLATION_ACTIONS else None
        case "installation_repositories" | "repository":
            return _installation(heard, hook)
        case "push":
            return _index(hook)
        case _:
            assert_never(heard)
    return _thread(hook, said) if said else None


def _said_by_body(hook: Hook, actions: set[str]) -> str | None:
    """`body` where the thread's own text (or code) is new or changed."""
    edited = hook.action == "edited" and hook.changes and (hook.changes.title or hook.changes.body)
    return "body" if edited or hook.action in actions else None


def _said_by_comment(hook: Hook, handle: str) -> str | None:
    """`comment:<id>` where a person asks the teammate by name; the id is the node id in a discussion. `reply:<id>`
    where the author of an issue writes more about it: it may be what we asked for.
    """
    comment = hook.comment
    if comment is None or hook.action not in {"created", "edited"} or (comment.user and comment.user.is_bot):
        return None
    if mentions(comment.body or "", handle):
        return f"comment:{comment.node_id if hook.discussion else comment.id}"
    issue = hook.issue
    own = issue and not issue.pull_request and issue.user and comment.user and issue.user.login == comment.user.login
    return f"reply:{comment.id}" if own and comment.user and comment.user.login else None


def _thread(hook: Hook, trigger: str) -> WorkOrder | None:
    if hook.repository is None or hook.thread is None or (hook.sender and hook.sender.is_bot):
        return None
    repository = RepositoryRef(hook.installation_id, hook.repository.id, hook.repository.full_name)
    kind, number = hook.thread
    return WorkOrder(
        key=ThreadRef(repository, kind, number).key,
        kind="thread",
        trigger=trigger,
        installation_id=repository.installation_id,
        repository_id=repository.repository_id,
        repository=repository.name,
        thread_kind=kind,
        number=number,
    )


def _installation(event: HeardEvent, hook: Hook) -> WorkOrder:
    """What is installed where has changed: the newest state is asked of GitHub, the trigger says only why."""
    return WorkOrder(
        key=f"installation:{hook.installation_id}",
        kind="installation",
        trigger=f"{event}.{hook.action}",
        installation_id=hook.installation_id,
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


# --- is the teammate spoken to? --------------------------------------------------------------------------

FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")
CLOSING_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*$")
INDENTED = re.compile(r" {4}| {0,3}\t")
LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
HIDING = re.compile(r"\\[`<\\]|`+|<!--")


def mentions(text: str, handle: str) -> bool:
    """Whether Markdown speaks to @handle where a reader sees it: not in code, a quote or an HTML comment.

    Takes time linear in the text: anybody may write to a public repository, and this runs while GitHub waits.
    """
    name = _mention(handle)
    if not name.search(text):
        return False
    return any(name.search(_visible(block)) for block in _spoken_blocks(text))


@lru_cache(maxsize=8)
def _mention(handle: str) -> re.Pattern[str]:
    """`@handle` or `@handle[bot]` that is not a part of an address, another name or a team."""
    return re.compile(rf"(?<![\w@/])@{re.escape(handle)}(?!\w|-+\w|/\w)", re.IGNORECASE)


def _spoken_blocks(text: str) -> Iterator[str]:
    """Runs of lines without fenced, indented, quoted and commented-out ones; no markup crosses their ends."""
    block: list[str] = []
    fence = ""
    hidden = in_list = fence_in_list = False
    for line in text.splitlines():
        start = line.lstrip()
        unindented = start == line != ""
        if fence and not (fence_in_list and unindented):
            closing = CLOSING_FENCE.match(line)
            if closing and closing[1].startswith(fence):
                fence = ""
            continue
        fence = ""
        if hidden:
            hidden = "-->" not in line
            continue
        item = bool(LIST_ITEM.match(line))
        in_list = item or (in_list and (bool(block) or not unindented))
        indented = not in_list and INDENTED.match(line)
        opening = None if indented else FENCE.match(line)
        if opening:
            fence, fence_in_list = opening[1], item or (in_list and not unindented)
        hidden = not indented and start.startswith("<!--") and "-->" not in start[2:]
        quoted = not indented and start.startswith(">")
        unheard = opening or hidden or quoted or (indented and not block)
        if unheard or item or not start:
            yield "\n".join(block)
            block = []
        if start and not unheard:
            block.append(line)
    yield "\n".join(block)


def _visible(block: str) -> str:
    """The block without its code spans and HTML comments."""
    runs: dict[int, list[int]] = defaultdict(list)
    for run in re.finditer(r"`+", block):
        runs[len(run[0])].append(run.start())
    shown: list[str] = []
    at = 0
    last_comment_end = block.rfind("-->")
    for token in HIDING.finditer(block):
        if token.start() < at or token[0][0] == "\\":
            continue
        if token[0] == "<!--":
            end = block.find("-->", token.start() + 2) + 3 if token.start() + 2 <= last_comment_end else 0
        else:
            same = runs[len(token[0])]
            following = bisect_left(same, token.end())
            end = same[following] + len(token[0]) if following < len(same) else 0
        if end:
            shown += [block[at : token.start()], " "]
            at = end
    return "".join([*shown, block[at:]])
