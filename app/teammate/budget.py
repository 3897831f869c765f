"""Budget: paid calls only while there is money for them, and comments only while people have had few.

What is spent never stops the teammate: the local model decides then, which costs nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from app.domain.effect import Effect
from app.domain.prompt import ModelReply, ModelRequest, Usage
from app.domain.repository_settings import BudgetSettings, NotifySettings, RepositorySettings
from app.domain.thread import Thread
from app.errors import ModelUnavailable
from app.ports import CALL_USD, CROWD, NIGHT, Budget, Call, Model, Spent
from app.teammate.decide import PaidReply
from app.teammate.pace import DAY, wakes_at
from app.teammate.publisher import Publisher

log = structlog.get_logger("teammate.budget")

GHOST = "ghost"
"""Whom GitHub shows in place of deleted accounts: nobody reads their mail."""
UNBOUNDED = NotifySettings(per_person=1000, per_hour=1000)


@dataclass(slots=True)
class Metered:
    """Implements ports.Model: `model` within `limits`, and `spare`, which is free, where they are reached.

    Where `spare` is the model itself, nothing is paid for. `why` says why the spare one decided; else it is empty.
    """

    model: Model
    spare: Model
    budget: Budget
    call: Call
    limits: BudgetSettings
    why: str = ""

    async def complete(self, request: ModelRequest) -> ModelReply:
        """A reservation that is never settled, because this process died, counts all the same."""
        if self.model is self.spare:
            return await self.model.complete(request)
        reserved = await self.budget.reserve(self.call, self.limits)
        if isinstance(reserved, Spent):
            self.why = reserved.why
            log.info("budget_spent", why=reserved.why, prompts=request.id)
            return await self.spare.complete(request)
        try:
            reply = await self.model.complete(request)
        except PaidReply as error:
            await self.budget.settle(reserved, _usd(error.usage))
            raise
        except ModelUnavailable:
            await self.budget.settle(reserved, -1)
            raise
        await self.budget.settle(reserved, _usd(reply.usage))
        return reply


def _usd(usage: Usage) -> float:
    """Tokens of a model whose price nobody knows were not free."""
    return usage.cost_usd or (CALL_USD if usage.input_tokens else 0.0)


@dataclass(frozen=True, slots=True)
class Later:
    """A comment waits until `at`; None is for a person to say."""

    at: datetime | None
    reason: str


async def room_for(parts: Publisher, effect: Effect, thread: Thread, *, asked: bool) -> Later | None:
    """Count a new comment on `thread`; when it may be written where that is not now, and then it is not counted.

    What a person asked for is counted and does not wait. What has waited for a day is no news any more.
    """
    settings = await parts.ledger.settings(effect)
    people = sorted(set(_reached(thread, parts.app_login)))
    if asked:
        await parts.budget.notify(effect, people, UNBOUNDED)
        return None
    now = parts.clock.now()
    later = _night(settings, now)
    if later is None and 0 in (settings.notify.per_person, settings.notify.per_hour):
        later = Later(None, "the settings allow no comments")
    if later is None and (room := await parts.budget.notify(effect, people, settings.notify)):
        later = Later(room, f"{CROWD}; there is room at {room:%H:%M} UTC")
    if later and later.at and now - effect.created_at > DAY:
        return Later(None, f"it has waited for a day: {later.reason}")
    return later


def _night(settings: RepositorySettings, now: datetime) -> Later | None:
    wakes = wakes_at(settings.quiet_hours, now)
    if wakes == now:
        return None
    return Later(wakes, f"{NIGHT} until {wakes:%Y-%m-%d %H:%M} UTC" if wakes else f"{NIGHT} that never end")


def _reached(thread: Thread, app_login: str) -> Iterator[str]:
    """Whom GitHub tells of a new comment, as far as the thread shows: who wrote it and who wrote on it."""
    said = [(one.author, one.author_is_bot) for one in thread.comments]
    for login, is_bot in ((thread.author, thread.author_is_bot), *said):
        if not is_bot and login not in (app_login, GHOST):
            yield login.casefold()
