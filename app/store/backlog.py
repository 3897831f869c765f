"""What waits and what was given up, in figures: for health, metrics and whoever watches them."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.store.engine import Database

_LOOK = sa.text("""
    select
        cast(coalesce((
            select extract(epoch from now() - min(planned_at)) from work
            where state = 'planned' and not_before <= now()
        ), 0) as double precision),
        (select count(*) from work where state = 'dead'),
        (select count(*) from effects where state = 'dead')
""")


@dataclass(frozen=True, slots=True)
class Backlog:
    """`oldest_due_s`: seconds that the oldest due work has waited, 0 when none does."""

    oldest_due_s: float
    dead_work: int
    dead_effects: int


async def backlog(database: Database) -> Backlog:
    return Backlog(*(await database.run(_LOOK))[0])
