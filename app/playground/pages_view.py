"""What the playground's pages show, made ready for templates: voices, threads as one column, files as lines.

Pure: it reads the world and changes nothing. Texts of people go through `html`, the only place that makes markup.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import islice
from typing import Any, Literal, get_args

import orjson
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.playground.model import (
    CONTENTS,
    Comment,
    Content,
    DeliveryAttempt,
    Kind,
    Reaction,
    Refusal,
    Repository,
    Thread,
    TimelineEvent,
)
from app.playground.places import GHOST
from app.playground.rest_checks import newest
from app.playground.world import World

Speaker = Literal["owner", "maintainer", "member", "collaborator", "contributor", "outsider", "bot"]
Part = Literal[Speaker, "teammate", "organization"]
SPEAKERS: tuple[Part, ...] = get_args(Speaker)

KINDS: dict[Kind, str] = {"issue": "Issue", "pull_request": "Pull request", "discussion": "Discussion"}
EMOJI: dict[Content, str] = dict(zip(CONTENTS, ["👍", "👎", "😄", "😕", "❤️", "🎉", "🚀", "👀"], strict=True))
MOST_VOICES = 9
DELIVERIES_SEARCHED = 40

_REFERENCE = re.compile(r"(?<![\w&/#])#(\d{1,9})\b")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# HTML is parsed so that comments can vanish as they do on GitHub; every other tag is shown as text.
_markdown = MarkdownIt("gfm-like", {"html": True, "linkify": True, "breaks": True}).disable("image")


def _threads_linked(_: object, tokens: Sequence[Token], index: int, *__: object) -> str:
    """`#12` in plain text leads to its thread: a relative address, since all threads of a repository are siblings."""
    text = escape(tokens[index].content, quote=False)
    depth = sum({"link_open": 1, "link_close": -1}.get(token.type, 0) for token in tokens[:index])
    return text if depth else _REFERENCE.sub(r'<a href="\1">#\1</a>', text)


def _shown_as_text(_: object, tokens: Sequence[Token], index: int, *__: object) -> str:
    return escape(_COMMENT.sub("", tokens[index].content).strip())


for _rule in ("html_block", "html_inline"):
    _markdown.add_render_rule(_rule, _shown_as_text)
_markdown.add_render_rule("text", _threads_linked)


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody and what they are to a repository."""

    login: str
    part: Part


@dataclass(frozen=True, slots=True)
class Tag:
    """A label on a thread. `ours`: the teammate put it there."""

    name: str
    description: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Feeling:
    """All reactions of one kind to one text. `mine` is the id of the viewer's own."""

    content: Content
    emoji: str
    who: str
    count: int
    mine: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """The thread's own text (`comment` None) or a comment."""

    anchor: str
    by: Voice
    at: str
    text: Markup
    feelings: Sequence[Feeling]
    comment: int | None = None
    edited: bool = False
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of history: who did what, and the labels or the link that it was about."""

    by: Voice
    at: str
    did: str
    labels: tuple[str, ...] = ()
    link: str = ""


@lru_cache(maxsize=1024)
def html(text: str) -> Markup:
    """Markdown as GitHub shows it: HTML comments (the teammate's hidden marker) are gone, other HTML is plain text."""
    return Markup(_markdown.render(text))  # noqa: S704  the renderer escapes all raw HTML


def sentence(refusal: Refusal) -> str:
    """A refusal for people: what GitHub's error details say, in words."""
    words = {"missing_field": "is missing", "already_exists": "exists already"}
    details = [
        item.get("message") or f"{item['field'].capitalize()} {words.get(item['code'], item['code'].replace('_', ' '))}"
        for item in refusal.errors or []
    ]
    gone = "That is not there any more." if refusal.message == "Not Found" else refusal.message
    return "; ".join(details) or gone


# --- people ---


def voice(world: World, repo: Repository, login: str) -> Voice:
    person, role = world.find_person(login), world.role(repo, login)
    if login == world.state.app.login:
        return Voice(login, "teammate")
    if person is not None and person.kind == "Bot":
        return Voice(login, "bot")
    if person is not None and person.kind == "Organization":
        return Voice(login, "organization")
    return Voice(login, "outsider" if role == "none" else role)


def voices(world: World, repo: Repository, *, also: Sequence[str] = ()) -> list[Voice]:
    """Whom a visitor may speak as: the repository's people, whoever is asked for with `also`, and who came first."""
    logins = dict.fromkeys(login.lower() for login in (*also, *repo.roles, *world.state.people))
    known = (person for login in logins if (person := world.find_person(login)) and person.login != GHOST)
    found = (one for person in known if (one := voice(world, repo, person.login)).part in SPEAKERS)
    return sorted(islice(found, MOST_VOICES), key=lambda one: SPEAKERS.index(one.part))


def trusted(world: World, repo: Repository, login: str) -> bool:
    """May label, close, edit and delete what others wrote: people from triage up, and installed bots."""
    return voice(world, repo, login).part not in ("outsider", "contributor")


# --- threads ---


def tags(world: World, repo: Repository, thread: Thread) -> list[Tag]:
    givers = {event.detail["label"]["name"]: event.actor for event in thread.timeline if event.event == "labeled"}
    labels = (repo.labels[label_id] for label_id in thread.labels)
    ours = world.state.app.login
    return [Tag(label.name, label.description or "", givers.get(label.name) == ours) for label in labels]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A label that waits for somebody to apply it; `why` is plain text."""

    id: int
    name: str
    why: str
    confidence: str


def suggested(repo: Repository, thread: Thread) -> list[Proposal]:
    """Labels that the teammate suggested and nobody has decided about."""
    return [
        Proposal(one.id, repo.labels[one.label].name, one.rationale or "", (one.confidence or "").lower())
        for one in thread.suggestions
        if one.state == "pending"
    ]


def checks(repo: Repository, thread: Thread) -> list[dict[str, Any]]:
    """The checks of a pull request's head, ready to show."""
    found = newest(repo, thread.head.sha) if thread.head else []
    return [
        {
            "name": run.name,
            "conclusion": run.conclusion,
            "title": run.title,
            "summary": html(run.summary),
            "annotations": run.annotations,
            "at": run.completed_at,
        }
        for run in found
    ]


def column(world: World, repo: Repository, thread: Thread, viewer: str) -> list[Said | Happened]:
    """The thread from top to bottom: its text, then comments (each with its replies) and what happened between."""
    comments = {comment_id: repo.comments[comment_id] for comment_id in thread.comments}
    top = voice(world, repo, thread.author)
    found: list[Said | Happened] = [
        Said("top", top, thread.created_at, html(thread.body), feelings(thread.reactions, viewer))
    ]
    for event in thread.timeline:
        if event.event != "commented":
            _happened(found, world, repo, event)
        elif (comment := comments.get(event.detail["comment"])) is not None and comment.parent not in comments:
            replies = (other for other in comments.values() if other.parent == comment.id)
            found.extend(_said(world, repo, item, viewer) for item in (comment, *replies))
    return found


def _said(world: World, repo: Repository, comment: Comment, viewer: str) -> Said:
    return Said(
        anchor=f"issuecomment-{comment.id}",
        by=voice(world, repo, comment.author),
        at=comment.created_at,
        text=html(comment.body),
        feelings=feelings(comment.reactions, viewer),
        comment=comment.id,
        edited=comment.updated_at != comment.created_at,
        parent=comment.parent,
    )


def _happened(found: list[Said | Happened], world: World, repo: Repository, event: TimelineEvent) -> None:
    """Append one event; labels that one person gives in a row share a line."""
    did, labels, link = _words(event)
    last = found[-1]
    if labels and isinstance(last, Happened) and (last.by.login, last.did) == (event.actor, did):
        labels = (*last.labels, *labels)
        found.pop()
    found.append(Happened(voice(world, repo, event.actor), event.created_at, did, labels, link))


def _words(event: TimelineEvent) -> tuple[str, tuple[str, ...], str]:
    detail = event.detail
    match event.event:
        case "labeled" | "unlabeled":
            return "added" if event.event == "labeled" else "removed", (detail["label"]["name"],), ""
        case "closed":
            return f"closed this as {detail.get('state_reason') or 'done'}".replace("_", " "), (), ""
        case "renamed":
            return f"changed the title from “{detail['rename']['from']}”", (), ""
        case "marked_as_duplicate":
            return f"marked this as a duplicate of #{detail['canonical']}", (), ""
        case "cross-referenced":
            return "mentioned this in", (), f"{detail['repo']}#{detail['number']}"
        case "comment_deleted":
            return "deleted a comment", (), ""
        case other:
            return f"{other.replace('_', ' ')} this", (), ""


def feelings(reactions: Sequence[Reaction], viewer: str) -> list[Feeling]:
    """One entry per kind of reaction in GitHub's order, those that nobody gave included."""
    found = []
    for content, emoji in EMOJI.items():
        own = [reaction for reaction in reactions if reaction.content == content]
        mine = next((item.id for item in own if item.author.lower() == viewer.lower()), None)
        found.append(Feeling(content, emoji, ", ".join(item.author for item in own), len(own), mine))
    return found


def heard(deliveries: Sequence[DeliveryAttempt], repo: Repository, number: int) -> DeliveryAttempt | None:
    """The newest recent webhook about a thread: did the teammate hear of it?"""
    for attempt in reversed(deliveries[-DELIVERIES_SEARCHED:]):
        if attempt.repository == repo.id:
            payload: dict[str, Any] = orjson.loads(attempt.payload)
            subjects = (payload.get(name) or {} for name in ("issue", "pull_request", "discussion"))
            if any(subject.get("number") == number for subject in subjects):
                return attempt
    return None


# --- files ---


def resolve(repo: Repository, rest: str) -> tuple[str, str, str]:
    """(ref, commit sha, path) of what follows `/blob/`: names may hold slashes, commits may be shortened."""
    named = repo.tags | repo.branches
    for name in sorted(named, key=len, reverse=True):
        if rest == name or rest.startswith(f"{name}/"):
            return name, named[name], rest[len(name) + 1 :]
    ref, _, path = rest.partition("/")
    found = [sha for sha in repo.commits if len(ref) >= 7 and sha.startswith(ref.lower())]
    if len(found) != 1:
        raise Refusal(404, f"{repo.full_name} has no branch, tag or commit {ref:.60}.")
    return found[0], found[0], path


def diff(patch: str) -> Iterator[tuple[str, str]]:
    """(class, line) of a unified diff."""
    kinds = {"+": "added", "-": "gone", "@": "hunk"}
    for line in patch.splitlines():
        yield kinds.get(line[:1], ""), line
