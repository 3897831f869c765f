"""Worth: what the teammate did for a repository within a month, what people made of it, and what it cost.

Somebody pays for it with money and attention, so it says itself when it should go.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MONTH_DAYS = 30
ENOUGH_RUNS = 100
"""Below so many runs nobody can say that it does too little."""
FEW_DEEDS = 0.02
"""Deeds per run. 689 runs for nine comments were too few for one project that removed its bot."""
ENOUGH_JUDGED = 10

Advice = Literal["young", "useful", "idle", "unwelcome"]


@dataclass(frozen=True, slots=True)
class Worth:
    """Figures of the last `MONTH_DAYS` days; `first_run_at` is ever, None without any. `comments` and `labels` were
    written, `good` and `bad` are deeds that at least one person has judged so (both, where people disagree).
    """

    at: datetime
    first_run_at: datetime | None
    runs: int
    comments: int
    labels: int
    good: int
    bad: int
    cost_usd: float

    @property
    def deeds(self) -> int:
        return self.comments + self.labels

    @property
    def advice(self) -> Advice:
        """What its owner should make of it. Nothing is proposed before it has had its month."""
        if self.first_run_at is None or (self.at - self.first_run_at).days < MONTH_DAYS:
            return "young"
        if self.good + self.bad >= ENOUGH_JUDGED and self.bad > self.good:
            return "unwelcome"
        if self.runs >= ENOUGH_RUNS and self.deeds < FEW_DEEDS * self.runs:
            return "idle"
        return "useful"
