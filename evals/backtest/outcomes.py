"""Outcomes: what the teammate would have proposed on one past thread, and whether history agrees."""

from dataclasses import dataclass
from typing import Literal

Action = Literal["labels", "duplicates", "needs_info"]
"""Named as their sections of `.github/plumbline.yml`. Not answers: nothing in a history says which were right."""
NEVER = -1.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A label, the number of another thread, or what was to be asked for; `right` is what history says of it."""

    name: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thread, replayed. `known` says whether history tells what was right; only such threads are judged."""

    repository: str
    number: int
    proposals: tuple[Proposal, ...]
    wanted: frozenset[str]
    """What the maintainers did, in the words of the proposals."""
    known: bool

    @property
    def acts_at(self) -> float:
        """The highest threshold at which anything is done; NEVER if nothing is."""
        return max((one.confidence for one in self.proposals), default=NEVER)

    @property
    def wrong_at(self) -> float:
        """The highest threshold at which a mistake is among what is done; NEVER if there is none."""
        return max((one.confidence for one in self.proposals if not one.right), default=NEVER)

    def done(self, threshold: float) -> list[Proposal]:
        return [one for one in self.proposals if one.confidence >= threshold]
