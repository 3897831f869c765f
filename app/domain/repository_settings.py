"""RepositorySettings: what `.github/plumbline.yml` says. Quiet by default; nothing needs to be set."""

from typing import Literal

from pydantic import Field

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


class AnswerSettings(Frozen):
    mode: Mode | None = None


class RepositorySettings(Frozen):
    """A missing `mode` of an action means the overall one."""

    mode: Mode = "draft"
    labels: LabelSettings = LabelSettings()
    answers: AnswerSettings = AnswerSettings()

    def mode_of(self, skill: Literal["triage", "answer"]) -> Mode:
        own = self.labels.mode if skill == "triage" else self.answers.mode
        return own if own is not None and self.mode != "off" else self.mode
