"""Dead letters: work and effects that were given up, with their reasons, for people to read and retry."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.store.engine import Database


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`what` is `work:ID` or `effect:ID`, the word `plumbline retry` takes."""

    what: str
    where: str
    reason: str
    since: datetime


_LETTERS = sa.text("""
select 'work:' || id as what, repository || case when number > 0 then '#' || number else ' ' || kind end as place,
    reason, coalesce(finished_at, planned_at) as since
from work where state = 'dead'
union all
select 'effect:' || id, repository || '#' || number, reason, coalesce(sent_at, created_at)
from effects where state = 'dead'
order by since desc limit :limit
""")


async def dead_letters(database: Database, *, limit: int) -> list[DeadLetter]:
    """The newest first."""
    rows = await database.run(_LETTERS, limit=limit)
    return [DeadLetter(row.what, row.place, row.reason, row.since) for row in rows]
