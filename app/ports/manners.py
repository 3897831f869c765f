"""Ports of manners: what was done on each thread and by whom, and what may still be spent and said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.act import Act, Stance
from app.domain.effect import Effect
from app.domain.repository_settings import BudgetSettings, NotifySettings, RepositorySettings
from app.domain.thread import ThreadRef

CALL_USD = 0.10
"""What a paid call counts as until it is settled: more than one costs, with a long thread and a long answer."""
NIGHT, CROWD = "quiet hours", "enough comments for an hour"
"""How the reason begins why a comment waits on its row."""


@dataclass(frozen=True, slots=True)
class Looks:
    """When skills looked at a thread: `first` ever, None if never, and `lately` each time since a moment, in order.

    All skills of one call look at once.
    """

    first: datetime | None = None
    lately: tuple[datetime, ...] = ()


class Ledger(Protocol):
    """What people did on each thread, and what we wrote there. Nothing in it is ever changed, only added."""

    async def record(self, thread: ThreadRef, acts: Sequence[Act]) -> None:
        """Remember acts; one whose id is known already is the same act."""

    async def acts(self, thread: ThreadRef) -> list[Act]:
        """Oldest first."""

    async def stance(self, thread: ThreadRef) -> Stance: ...
    async def set_stance(self, thread: ThreadRef, stance: Stance) -> None: ...

    async def effects(self, thread: ThreadRef) -> list[Effect]:
        """All that we wrote or mean to write there, oldest first, whatever became of it. Nobody's lease."""

    async def looks(self, thread: ThreadRef, since: datetime) -> Looks: ...
    async def settings(self, effect: Effect) -> RepositorySettings:
        """What the repository's settings said when the run decided on this effect."""

    async def asking(self, before: datetime) -> list[tuple[datetime, ThreadRef]]:
        """Threads where a comment of ours still asks the author for something, and since when, if since before then."""


@dataclass(frozen=True, slots=True)
class Call:
    """A paid model call that is about to be made: for which thread, and who caused it."""

    thread: ThreadRef
    actor: str


@dataclass(frozen=True, slots=True)
class Spent:
    """There is no money left; `why` is a sentence for the trace."""

    why: str


class Budget(Protocol):
    """What may be spent and how often people may be notified. Each method is one transaction: a budget holds however
    many ask at once.
    """

    async def reserve(self, call: Call, limits: BudgetSettings) -> int | Spent:
        """Take one call out of the hour of its actor and check the day's and the thread's money; its id, to settle."""

    async def settle(self, reservation: int, usd: float) -> None:
        """What the call has cost; one that was never made costs nothing and counts no longer (`usd` below 0). What is
        never settled counts as `CALL_USD`.
        """

    async def notify(self, effect: Effect, people: Sequence[str], limits: NotifySettings) -> datetime | None:
        """Count a comment that reaches `people` once, however often it is tried; the moment when there is room for it
        where there is none now, and then nothing is counted.
        """
