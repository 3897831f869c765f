"""Failing: what the pages of failures show of what was heard. Plain rows."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.act import Role
from app.domain.failure import ModeName
from app.domain.signal import SignalKind

WEEKS = 12


@dataclass(frozen=True, slots=True)
class ModeCount:
    """Runs that failed so, by week, oldest first; the last of `WEEKS` is the seven days up to now. `mode` None: it has
    no name yet.
    """

    mode: ModeName | None
    weeks: tuple[int, ...]

    @property
    def this_week(self) -> int:
        return self.weeks[-1]


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One signal with its run. `id` and `repository_id` name it."""

    repository_id: int
    id: str
    kind: SignalKind
    actor: str
    role: Role | None
    text: str
    at: datetime
    run_id: int
    repository: str
    number: int
    title: str
    skill: str
    prompt: str
    model: str


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days: runs, and those of them about which people said something good or bad."""

    runs: int
    good: int
    bad: int
