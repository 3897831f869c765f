"""Deliveries are forgotten when nobody can need them: GitHub sends one again for three days at most."""

import sqlalchemy as sa

from app.store.engine import Database

KEEP_DAYS = 14
_AT_ONCE = 5_000

_DELETE = sa.text("""
    delete from deliveries where guid in (
        select guid from deliveries where received_at < now() - make_interval(days => :days)
        order by received_at limit :at_once
    )
    returning 1
""")


async def delete_old_deliveries(database: Database, *, days: int = KEEP_DAYS) -> int:
    """How many were deleted. In portions, so that ingest never waits for a long one."""
    deleted = 0
    while portion := len(await database.run(_DELETE, days=days, at_once=_AT_ONCE)):
        deleted += portion
    return deleted
