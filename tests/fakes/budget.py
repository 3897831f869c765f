"""The budget in memory. No method awaits anything, so each is one transaction; `now` is the database's clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.effect import Effect
from app.domain.repository_settings import BudgetSettings, NotifySettings
from app.ports import CALL_USD, Call, Spent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class FakeCall:
    call: Call
    at: datetime
    usd: float | None = None

    @property
    def repository_id(self) -> int:
        return self.call.thread.repository.repository_id

    @property
    def counts_as(self) -> float:
        return CALL_USD if self.usd is None else self.usd


@dataclass(frozen=True)
class Notice:
    people: tuple[str, ...]
    repository_id: int
    at: datetime


@dataclass
class FakeBudget:
    now: Callable[[], datetime]
    usd_per_day: float = 0.0
    calls: dict[int, FakeCall] = field(default_factory=dict)
    notices: dict[int, Notice] = field(default_factory=dict)
    reserved: int = 0

    async def reserve(self, call: Call, limits: BudgetSettings) -> int | Spent:
        if why := self._why_not(call, limits):
            return Spent(why)
        self.reserved += 1
        self.calls[self.reserved] = FakeCall(call, self.now())
        return self.reserved

    def _why_not(self, call: Call, limits: BudgetSettings) -> str:
        now, everywhere = self.now(), list(self.calls.values())
        here = [one for one in everywhere if one.repository_id == call.thread.repository.repository_id]
        if sum(one.call.actor == call.actor and one.at > now - HOUR for one in here) >= limits.calls_per_person:
            return f"{call.actor} has had {limits.calls_per_person} model calls within an hour"
        for spent, limit, whose in (
            (
                [one for one in here if one.call.thread.number == call.thread.number],
                limits.usd_per_thread,
                "this thread",
            ),
            ([one for one in here if one.at > now - DAY], limits.usd_per_day, "this repository and day"),
            (
                [one for one in everywhere if one.at > now - DAY],
                self.usd_per_day or None,
                "all repositories and this day",
            ),
        ):
            usd = sum(one.counts_as for one in spent)
            if limit is not None and usd + CALL_USD > limit + 1e-9:
                return f"${usd:.2f} of ${limit:.2f} for {whose} are spent"
        return ""

    async def settle(self, reservation: int, usd: float) -> None:
        if usd < 0:
            self.calls.pop(reservation, None)
        else:
            self.calls[reservation].usd = usd

    async def notify(self, effect: Effect, people: Sequence[str], limits: NotifySettings) -> datetime | None:
        self.notices.pop(effect.id, None)
        now, repository_id = self.now(), effect.thread.repository.repository_id
        lately = [one for one in self.notices.values() if one.at > now - HOUR]
        full = [
            *(_filled([one.at for one in lately if person in one.people], limits.per_person) for person in set(people)),
            _filled([one.at for one in lately if one.repository_id == repository_id], limits.per_hour),
            now if 0 in (limits.per_person, limits.per_hour) else None,
        ]
        if since := max((at for at in full if at is not None), default=None):
            return since + HOUR
        self.notices[effect.id] = Notice(tuple(people), repository_id, now)
        return None


def _filled(moments: list[datetime], most: int) -> datetime | None:
    """The oldest of the newest `most`; None where there are fewer."""
    return sorted(moments)[-most] if 0 < most <= len(moments) else None
