"""RepositorySettings: what `.github/plumbline.yml` says. Quiet by default; nothing needs to be set."""

from typing import Literal

from pydantic import Field

from app.domain.decision import SkillName
from app.domain.thread import Frozen

Mode = Literal["off", "mention", "draft", "auto"]
"""off: do nothing. mention: only when asked by name. draft: decide, show on the page, write nothing.
auto: write."""


class LabelSettings(Frozen):
    """Only labels of the repository's own list, and only when at least `min_confidence` sure."""

    mode: Mode | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    max: int = Field(default=3, ge=0, le=3)
    min_confidence: float = Field(default=0.6, ge=0, le=1)


class SkillSettings(Frozen):
    mode: Mode | None = None


class DuplicateSettings(SkillSettings):
    min_confidence: float = Field(default=0.7, ge=0, le=1)


class NeedsInfoSettings(SkillSettings):
    min_confidence: float = Field(default=0.5, ge=0, le=1)


_SECTIONS: dict[SkillName, str] = {
    "triage": "labels",
    "answer": "answers",
    "duplicates": "duplicates",
    "needs-info": "needs_info",
    "pull-request": "pull_requests",
}
_FOLLOWING: frozenset[SkillName] = frozenset({"triage", "answer", "pull-request"})
"""Skills that the overall mode covers. The others speak of a thread unasked, so each must be switched on by name."""


class RepositorySettings(Frozen):
    """A missing `mode` of a section means the overall one where that covers it, else off. Without any, `draft`."""

    mode: Mode | None = None
    labels: LabelSettings = LabelSettings()
    answers: SkillSettings = SkillSettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    needs_info: NeedsInfoSettings = NeedsInfoSettings()
    pull_requests: SkillSettings = SkillSettings()

    def mode_of(self, skill: SkillName) -> Mode:
        """An overall `off` is off for everything."""
        if self.mode == "off":
            return "off"
        own: Mode | None = getattr(self, _SECTIONS[skill]).mode
        return own or ((self.mode or "draft") if skill in _FOLLOWING else "off")
