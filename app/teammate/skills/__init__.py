"""Skills: when each one speaks, and how loudly. What it says is in `prompts/`, what it may do in the guard."""

from typing import Literal, assert_never

from app.domain.decision import SkillName
from app.domain.repository_settings import RepositorySettings
from app.domain.run import RunSkill
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadKind
from app.knowledge.needs import NOT_ENOUGH, WORTH_ASKING
from app.teammate.spoken import mentions

Loudness = Literal["write", "draft", "off"]

TRUSTED_ASSOCIATIONS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""GitHub's `author_association` of people who maintain the repository."""


SPEAKING_ORDER: tuple[RunSkill, ...] = ("duplicates", "answer", "needs-info", "pull-request", "triage")
"""Who comments where several have something to say: what is known already needs no answer, what is answered needs
nothing more from its author."""
LABELLING: frozenset[SkillName] = frozenset({"triage", "pull-request"})
"""Skills that have something to do where nobody would hear a comment."""


def is_asked(trigger: str) -> bool:
    """A person spoke to us by name."""
    return trigger.startswith("comment:")


def is_reply(trigger: str) -> bool:
    """The author of the thread wrote a comment that asks nothing of us: it may bring what we asked for."""
    return trigger.startswith("reply:")


def skills_for(kind: ThreadKind, trigger: str) -> tuple[SkillName, ...]:
    """Which skills look at a thread: at its own text all that fit its kind, at a mention the one that answers, at the
    author's reply the one that asked.
    """
    cause, _, _ = trigger.partition(":")
    match cause, kind:
        case "reply", _:
            return ("needs-info",)
        case "comment", "pull_request":
            return ("pull-request", "answer")
        case "comment", _:
            return ("answer",)
        case _, "issue":
            return ("triage", "duplicates", "needs-info", "answer")
        case _, "pull_request":
            return ("pull-request",)
        case _:
            return ("answer",)


def concerns(skill: SkillName, snapshot: Snapshot) -> bool:
    """Whether there is anything for a skill to decide: without it, asking a model would be a waste."""
    match skill:
        case "duplicates":
            return bool(snapshot.neighbours)
        case "needs-info":
            unclear = bool(snapshot.needs) and snapshot.insufficiency >= NOT_ENOUGH
            return bool(snapshot.asked) or unclear or any(one.probability >= WORTH_ASKING for one in snapshot.needs)
        case "pull-request":
            pull = snapshot.pull
            return pull is not None and (snapshot.trigger == "body" or pull.wants_summary)
        case "triage" | "answer":
            return True
        case _:
            assert_never(skill)


def people_talk(snapshot: Snapshot, handle: str) -> bool:
    """Whether somebody besides its author has commented on a thread: they talk to each other, unless it was to us."""
    people = (one for one in snapshot.conversation if one.role not in ("bot", "note"))
    return any(one.author != snapshot.author and not mentions(one.text, handle) for one in people)


def loudness(
    settings: RepositorySettings, skill: SkillName, trigger: str, association: str, kind: ThreadKind = "issue"
) -> Loudness:
    """How far the repository's settings let a skill go for this trigger, asked by somebody of this standing.

    A mention by a maintainer is answered even where everything else waits as a draft; a mention by anybody
    else only where the repository said `auto`.
    """
    mode = settings.mode_of(skill, kind)
    asked = is_asked(trigger)
    match mode:
        case "off":
            return "off"
        case "auto":
            return "write"
        case "draft":
            return "write" if asked and association in TRUSTED_ASSOCIATIONS else "draft"
        case "mention":
            if not asked:
                return "off"
            return "write" if association in TRUSTED_ASSOCIATIONS else "draft"
