"""GitHub's JSON in our words: only the fields we read, because typed models of all the others cost seconds."""

import io
import re
import tarfile
from datetime import datetime
from typing import Any, get_args

from app.domain.act import Act, TimelineKind
from app.domain.past import PastComment, PastThread, StateReason
from app.domain.thread import Comment, Label, Thread, ThreadKind
from app.ports import Reaction

TEXT_MOST = 400_000
"""Bytes of one file; longer ones are data, not text for people."""
STALE = re.compile(r"\b(?:stale|inactiv\w*|abandoned|auto-?closed)\b", re.IGNORECASE)
"""In the name of a label on a closed thread: nothing was decided, it only grew old."""
GHOST = "ghost"
"""Whom GitHub shows where an account was deleted."""


def rest_comment(data: dict[str, Any]) -> Comment:
    author, is_bot = _rest_author(data)
    return Comment(
        id=str(data["id"]),
        author=author,
        author_is_bot=is_bot,
        association=data.get("author_association") or "NONE",
        body=data.get("body") or "",
        created_at=data["created_at"],
        updated_at=data["updated_at"],
        hidden=_hidden(data["minimized"].get("reason")) if data.get("minimized") else "",
    )


def rest_thread(data: dict[str, Any], comments: list[dict[str, Any]]) -> Thread:
    """An issue, or a pull request seen as one."""
    author, is_bot = _rest_author(data)
    return Thread(
        kind=rest_kind(data),
        number=data["number"],
        node_id=data["node_id"],
        title=data["title"],
        body=data.get("body") or "",
        author=author,
        author_is_bot=is_bot,
        association=data.get("author_association") or "NONE",
        state="open" if data["state"] == "open" else "closed",
        locked=bool(data.get("locked")),
        labels=_labels(data),
        comments=tuple(rest_comment(comment) for comment in comments),
        created_at=data["created_at"],
        updated_at=data["updated_at"],
        draft=bool(data.get("draft")),
    )


def rest_past(data: dict[str, Any]) -> PastThread:
    """The same as a part of the repository's history."""
    author, _ = _rest_author(data)
    labels = _labels(data)
    closed = data["state"] != "open"
    return PastThread(
        number=data["number"],
        kind=rest_kind(data),
        title=data["title"],
        body=data.get("body") or "",
        author=author,
        association=data.get("author_association") or "NONE",
        labels=labels,
        state="closed" if closed else "open",
        state_reason=data.get("state_reason") if data.get("state_reason") in get_args(StateReason) else "",
        created_at=data["created_at"],
        updated_at=data["updated_at"],
        closed_at=data.get("closed_at"),
        stale=closed and any(STALE.search(label) for label in labels),
        url=data["html_url"],
        merged_at=(data.get("pull_request") or {}).get("merged_at"),
    )


def rest_past_comment(data: dict[str, Any]) -> PastComment:
    """One of a repository-wide listing, of issues or of pull requests; it names its thread by an address."""
    thread = data.get("issue_url") or data["pull_request_url"]
    return PastComment(number=int(thread.rpartition("/")[2]), comment=rest_comment(data), path=data.get("path") or "")


def rest_act(data: dict[str, Any], us: str) -> Act | None:
    """One event of an issue's timeline, `us` being our App's login; None for what nobody here needs to know."""
    kind, actor = data.get("event"), data.get("actor") or data.get("user") or {}
    if kind not in get_args(TimelineKind) or not data.get("id"):
        return None
    login = actor.get("login") or GHOST
    is_bot = actor.get("type") == "Bot" or login.endswith("[bot]")
    label = (data.get("label") or {}).get("name") or ""
    return Act(
        id=f"{kind}:{data['id']}",
        kind=kind,
        actor=login,
        by="us" if login == us else "bot" if is_bot else "person",
        subject=label or (str(data["id"]) if kind == "commented" else ""),
        detail=data.get("state_reason") or "" if kind == "closed" else "",
        at=data["created_at"],
    )


def rest_kind(data: dict[str, Any]) -> ThreadKind:
    return "pull_request" if data.get("pull_request") else "issue"


def rest_label(data: dict[str, Any]) -> Label:
    return Label(name=data["name"], description=data.get("description") or "")


def graphql_comment(data: dict[str, Any]) -> Comment:
    author, is_bot = _graphql_author(data)
    return Comment(
        id=data["id"],
        author=author,
        author_is_bot=is_bot,
        association=data["authorAssociation"],
        body=data["body"],
        created_at=data["createdAt"],
        updated_at=data["updatedAt"],
        hidden=_hidden(data["minimizedReason"]) if data.get("isMinimized") else "",
    )


def rest_reaction(data: dict[str, Any]) -> Reaction:
    user = data.get("user") or {"login": GHOST, "type": "User"}
    return Reaction(
        id=str(data["id"]),
        login=user["login"],
        content=data["content"],
        is_bot=user.get("type") == "Bot",
        at=moment(data["created_at"]),
    )


_CONTENTS = {"THUMBS_UP": "+1", "THUMBS_DOWN": "-1"}


def graphql_reaction(data: dict[str, Any]) -> Reaction:
    """GraphQL shows no App's user, so whoever has none is a bot, or gone."""
    user, content = data.get("user"), data["content"]
    return Reaction(
        id=data["id"],
        login=user["login"] if user else GHOST,
        content=_CONTENTS.get(content, content.lower()),
        is_bot=user is None,
        at=moment(data["createdAt"]),
    )


def graphql_thread(data: dict[str, Any], number: int, comments: list[dict[str, Any]]) -> Thread:
    """A discussion; replies stand among its comments in the order they were written."""
    author, is_bot = _graphql_author(data)
    said = [graphql_comment(each) for top in comments for each in (top, *top["replies"]["nodes"])]
    return Thread(
        kind="discussion",
        number=number,
        node_id=data["id"],
        title=data["title"],
        body=data["body"],
        author=author,
        author_is_bot=is_bot,
        association=data["authorAssociation"],
        state="closed" if data["closed"] else "open",
        locked=data["locked"],
        labels=tuple(label["name"] for label in data["labels"]["nodes"]),
        comments=tuple(sorted(said, key=lambda comment: comment.created_at)),
        created_at=data["createdAt"],
        updated_at=data["updatedAt"],
        answer=(data.get("answer") or {}).get("id") or "",
    )


_ENDED: dict[str, StateReason] = {"RESOLVED": "completed", "OUTDATED": "not_planned", "DUPLICATE": "duplicate"}


def graphql_past(data: dict[str, Any]) -> PastThread:
    """A discussion as a part of the repository's history. An answer settles it, whether anybody closed it or not."""
    author, _ = _graphql_author(data)
    settled = bool(data["isAnswered"])
    return PastThread(
        number=data["number"],
        kind="discussion",
        title=data["title"],
        body=data["body"],
        author=author,
        association=data["authorAssociation"],
        labels=tuple(label["name"] for label in data["labels"]["nodes"]),
        state="closed" if settled or data["closed"] else "open",
        state_reason="completed" if settled else _ENDED.get(data["stateReason"] or "", ""),
        created_at=data["createdAt"],
        updated_at=data["updatedAt"],
        closed_at=data["answerChosenAt"] or data["closedAt"],
        url=data["url"],
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def text_files(archive: bytes) -> dict[str, str]:
    """Path -> text of a tarball as GitHub packs it, below its one top folder. tarfile.TarError if it is none.

    Left out: whatever is not a plain file, not UTF-8, has a NUL in it or is longer than `TEXT_MOST`.
    """
    files: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as tar:
        for member in tar:
            path = member.name.partition("/")[2]
            if not path or not member.isfile() or member.size > TEXT_MOST:
                continue
            content = tar.extractfile(member)
            raw = content.read() if content is not None else b""
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                files[path] = text
    return files


def _labels(data: dict[str, Any]) -> tuple[str, ...]:
    return tuple(label if isinstance(label, str) else label["name"] for label in data.get("labels") or ())


def _hidden(reason: str | None) -> str:
    """As REST spells it (`off-topic`), where GraphQL may spell it `OFF_TOPIC`; of some nobody said why."""
    return (reason or "unknown").lower().replace("_", "-")


def _rest_author(data: dict[str, Any]) -> tuple[str, bool]:
    user = data.get("user") or {"login": GHOST, "type": "User"}
    return user["login"], user.get("type") == "Bot"


def _graphql_author(data: dict[str, Any]) -> tuple[str, bool]:
    """GraphQL names bots without the `[bot]` that REST gives them; ours are REST's names."""
    author = data.get("author") or {"login": GHOST, "__typename": "User"}
    is_bot = author["__typename"] == "Bot"
    return author["login"] + ("[bot]" if is_bot else ""), is_bot
