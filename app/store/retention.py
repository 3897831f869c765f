"""What nobody can need any more is forgotten, in portions, so that no other query waits for a long one."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.store.engine import Database

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of `table` are kept for `days` after the moment in column `since`."""

    table: str
    since: str
    days: int

    @property
    def delete(self) -> sa.TextClause:
        return sa.text(f"""
            delete from {self.table} where ctid in (
                select ctid from {self.table} where {self.since} < now() - make_interval(days => :days)
                order by {self.since} limit :at_once
            )
            returning 1
        """)  # noqa: S608  names of our own tables


DELIVERIES = Kept("deliveries", "received_at", 14)
"""GitHub sends one again for three days at most."""
NOTICES = Kept("notices", "at", 14)
"""How often people were notified counts by the hour."""
CALLS = Kept("calls", "at", 400)
"""What a thread has cost counts against its budget for as long as people come back to threads."""
ALL = (DELIVERIES, NOTICES, CALLS)


async def delete_old(database: Database) -> dict[str, int]:
    """How many rows of each table were deleted."""
    return {kept.table: await _delete(database, kept) for kept in ALL}


async def _delete(database: Database, kept: Kept) -> int:
    deleted = 0
    while portion := len(await database.run(kept.delete, days=kept.days, at_once=_AT_ONCE)):
        deleted += portion
    return deleted
