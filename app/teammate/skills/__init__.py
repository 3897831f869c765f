"""Skills: when each one speaks, and how loudly. What it says is in `prompts/`, what it may do in the guard."""

from typing import Literal

from app.domain.decision import SkillName
from app.domain.repository_settings import RepositorySettings
from app.domain.thread import ThreadKind

Loudness = Literal["write", "draft", "off"]

TRUSTED_ASSOCIATIONS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""GitHub's `author_association` of people who maintain the repository."""


def skills_for(kind: ThreadKind, trigger: str) -> tuple[SkillName, ...]:
    """Which skills look at a thread: its own text is triaged and answered, a mention is answered."""
    if trigger.startswith("comment:"):
        return ("answer",)
    match kind:
        case "issue":
            return ("triage", "answer")
        case "pull_request":
            return ("triage",)
        case "discussion":
            return ("answer",)


def loudness(settings: RepositorySettings, skill: SkillName, trigger: str, association: str) -> Loudness:
    """How far the repository's settings let a skill go for this trigger, asked by somebody of this standing.

    A mention by a maintainer is answered even where everything else waits as a draft; a mention by anybody
    else only where the repository said `auto`.
    """
    mode = settings.mode_of(skill)
    asked = trigger.startswith("comment:")
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
