"""Summary: what the teammate would have done in a repository, measured on its own history. For its owner's eyes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.domain.thread import Frozen

Proposed = Literal["auto", "draft", "off", "unknown"]
"""What history speaks for; `unknown` where there is too little of it."""


class ActionSummary(Frozen):
    """One action from the confidence `threshold` on. Shares are 0 to 1 of `judged` threads; `more_needed` is how many
    more are needed before anything can be promised, where that is so.
    """

    action: str
    proposed: Proposed
    threshold: float
    precision: float | None
    coverage: float
    judged: int
    notifications_a_week: float
    more_needed: int | None = None


class Summary(Frozen):
    """`reason` says why a failed one failed. `settings` is what history proposes for `.github/plumbline.yml`, `modes`
    what is in force there by section, `left_out` what could not be judged, in sentences.
    """

    repository_id: int
    repository: str
    state: Literal["running", "done", "failed"]
    at: datetime
    reason: str = ""
    threads: int = 0
    error_rate: float = 0.0
    actions: tuple[ActionSummary, ...] = ()
    settings: str = ""
    modes: dict[str, str] = Field(default_factory=dict)
    left_out: tuple[str, ...] = ()
