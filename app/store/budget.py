"""The budget in Postgres: paid model calls, and whom our comments reached.

Each question is one transaction behind a lock that all workers share, so that nobody can spend or say twice what there
is room for once. That costs a millisecond before a call that takes seconds.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.domain.effect import Effect
from app.domain.repository_settings import BudgetSettings, NotifySettings
from app.ports import CALL_USD, Call, Spent
from app.store.engine import Database

_MONEY, _NOTICES = 0x706C756D65, 0x706C756D66
_ROUNDING = 1e-9
"""Sums of dollars are inexact; so much above a limit is at it."""

_ONE_AT_A_TIME = sa.text("select pg_advisory_xact_lock(:lock)")
_SPENT = sa.text("""
    select
        (select count(*) from calls where repository_id = :repository_id and actor = :actor
            and at > statement_timestamp() - interval '1 hour') as calls,
        (select coalesce(sum(coalesce(usd, :call_usd)), 0) from calls
            where repository_id = :repository_id and number = :number) as thread_usd,
        (select coalesce(sum(coalesce(usd, :call_usd)), 0) from calls
            where repository_id = :repository_id and at > statement_timestamp() - interval '1 day') as day_usd,
        (select coalesce(sum(coalesce(usd, :call_usd)), 0) from calls
            where at > statement_timestamp() - interval '1 day') as all_usd
""")
_RESERVE = sa.text("""
    insert into calls (installation_id, repository_id, number, actor, at)
    values (:installation_id, :repository_id, :number, :actor, statement_timestamp()) returning id
""")
_SETTLE = sa.text("update calls set usd = :usd where id = :id")
_NEVER_MADE = sa.text("delete from calls where id = :id")

_COUNT_ANEW = sa.text("delete from notices where effect_id = :effect_id")
# The newest so many that fill an hour: one more has room an hour after the oldest of them.
_ROOM = sa.text("""
    with heard as (
        select at, row_number() over (partition by person order by at desc) as place from notices
        where person = any (:people) and at > statement_timestamp() - interval '1 hour'
    ),
    said as (
        select max(at) as at, row_number() over (order by max(at) desc) as place from notices
        where repository_id = :repository_id and at > statement_timestamp() - interval '1 hour' group by effect_id
    )
    select interval '1 hour' + greatest(
        (select max(at) from heard where place = :per_person),
        (select at from said where place = :per_hour),
        case when least(:per_person, :per_hour) = 0 then statement_timestamp() end
    )
""")
_NOTIFY = sa.text("""
    insert into notices (effect_id, person, repository_id, at)
    select :effect_id, person, :repository_id, statement_timestamp() from unnest(cast(:people as text[])) as person
""")


class PostgresBudget:
    """`ports.Budget`. `usd_per_day` bounds all repositories together; 0 is no such bound."""

    def __init__(self, database: Database, *, usd_per_day: float = 0.0) -> None:
        self._database = database
        self._usd_per_day = usd_per_day

    async def reserve(self, call: Call, limits: BudgetSettings) -> int | Spent:
        where = call.thread.repository
        place = {
            "installation_id": where.installation_id,
            "repository_id": where.repository_id,
            "number": call.thread.number,
            "actor": call.actor,
        }
        async with self._database.begin() as connection:
            await connection.execute(_ONE_AT_A_TIME, {"lock": _MONEY})
            spent = (await connection.execute(_SPENT, {**place, "call_usd": CALL_USD})).one()
            if why := self._why_not(spent, call, limits):
                return Spent(why)
            return int((await connection.execute(_RESERVE, place)).scalar_one())

    def _why_not(self, spent: sa.Row[tuple[int, float, float, float]], call: Call, limits: BudgetSettings) -> str:
        if spent.calls >= limits.calls_per_person:
            return f"{call.actor} has had {spent.calls} model calls within an hour"
        for usd, limit, whose in (
            (spent.thread_usd, limits.usd_per_thread, "this thread"),
            (spent.day_usd, limits.usd_per_day, "this repository and day"),
            (spent.all_usd, self._usd_per_day or None, "all repositories and this day"),
        ):
            if limit is not None and usd + CALL_USD > limit + _ROUNDING:
                return f"${usd:.2f} of ${limit:.2f} for {whose} are spent"
        return ""

    async def settle(self, reservation: int, usd: float) -> None:
        if usd < 0:
            await self._database.run(_NEVER_MADE, id=reservation)
        else:
            await self._database.run(_SETTLE, id=reservation, usd=usd)

    async def notify(self, effect: Effect, people: Sequence[str], limits: NotifySettings) -> datetime | None:
        """A comment that is tried again is counted when it is tried: who hears of it, hears of it then."""
        where = {"effect_id": effect.id, "repository_id": effect.thread.repository.repository_id}
        reached = sorted(set(people))
        async with self._database.begin() as connection:
            await connection.execute(_ONE_AT_A_TIME, {"lock": _NOTICES})
            await connection.execute(_COUNT_ANEW, {"effect_id": effect.id})
            bounds = {"people": reached, "per_person": limits.per_person, "per_hour": limits.per_hour}
            room: datetime | None = (
                await connection.execute(_ROOM, {"repository_id": where["repository_id"], **bounds})
            ).scalar_one()
            if room is None:
                # A comment that reaches nobody is still one of the repository's.
                await connection.execute(_NOTIFY, {**where, "people": reached or [""]})
        return room
