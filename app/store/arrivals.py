"""Deliveries that came in lately, for people who wait for the first one."""

from datetime import datetime

import sqlalchemy as sa

from app.domain.registration import Arrival
from app.store.engine import Database

_NEWEST = sa.text("""
    select event, action, coalesce(work.repository, '') as repository, received_at
    from deliveries left join work on work.id = deliveries.work_id
    where received_at >= :since order by received_at desc limit :limit
""")


async def arrivals(database: Database, since: datetime, *, limit: int = 5) -> list[Arrival]:
    """The newest first."""
    rows = await database.run(_NEWEST, since=since, limit=limit)
    return [Arrival(row.event, row.action, row.repository, row.received_at) for row in rows]
