"""When an installation may write: one write at a time, a pause between two, and never more in an hour than allowed.

GitHub asks for a second between writes and stops at 500 an hour, per installation
(docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
"""

from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa

from app.store.engine import Database

RESERVE_AHEAD_S = 10.0
"""A slot further away is told but not taken: the publisher does not wait so long, and comes back for another."""

IS_OPEN = f"""
    coalesce(i.state, 'active') = 'active' and coalesce(i.parked, '') = ''
    and (i.next_write_at is null or i.next_write_at <= statement_timestamp() + interval '{RESERVE_AHEAD_S} s')
"""
"""SQL: may effects of installation `i` be claimed? One never heard of may; `i` then is a row of nulls."""

# Makes the row where it is missing, and holds it: what the transaction reads next, no other one changes.
_KNOW = sa.text("insert into installations (id) values (:id) on conflict (id) do update set id = excluded.id")

# The window: as many writes ago as an hour may hold, plus an hour. `greatest` ignores its null while there are fewer.
_NEXT_SLOT = sa.text("""
    select clock_timestamp() as now, greatest(next_write_at, clock_timestamp(), (
        select slot + interval '1 hour' from writes
        where installation_id = i.id order by slot desc offset :writes_per_hour - 1 limit 1
    )) as slot
    from installations as i where id = :id
""")
_TAKE = sa.text("""
    with old as (
        delete from writes where installation_id = :id and slot < cast(:slot as timestamptz) - interval '1 hour'
    )
    insert into writes (installation_id, slot) values (:id, :slot) on conflict do nothing
""")
_NEXT_NOT_BEFORE = sa.text("update installations set next_write_at = greatest(next_write_at, :at) where id = :id")
_PARK = sa.text("update installations set parked = :reason where id = :id")


class Pacing:
    """The pacing of all installations, kept in the database and so shared by all workers."""

    def __init__(self, database: Database, *, write_interval_s: float, writes_per_hour: int) -> None:
        self._database = database
        self._interval = timedelta(seconds=write_interval_s)
        self._writes_per_hour = writes_per_hour

    async def reserve(self, installation_id: int) -> datetime:
        async with self._database.begin() as connection:
            await connection.execute(_KNOW, {"id": installation_id})
            result = await connection.execute(
                _NEXT_SLOT, {"id": installation_id, "writes_per_hour": self._writes_per_hour}
            )
            now, slot = cast("tuple[datetime, datetime]", result.one())
            taken = slot - now <= timedelta(seconds=RESERVE_AHEAD_S)
            if taken:
                await connection.execute(_TAKE, {"id": installation_id, "slot": slot})
            await connection.execute(
                _NEXT_NOT_BEFORE, {"id": installation_id, "at": slot + self._interval if taken else slot}
            )
        return slot

    async def hold(self, installation_id: int, until: datetime) -> None:
        await self._database.run(_KNOW, id=installation_id)
        await self._database.run(_NEXT_NOT_BEFORE, id=installation_id, at=until)

    async def park(self, installation_id: int, reason: str) -> None:
        """An empty reason opens it again."""
        await self._database.run(_KNOW, id=installation_id)
        await self._database.run(_PARK, id=installation_id, reason=reason)
