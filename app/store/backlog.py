"""What waits and what was given up, in figures: for health, metrics and whoever watches them."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.domain.work import RESTS
from app.ports import CALL_USD, CROWD, NIGHT
from app.store.engine import Database

_LOOK = sa.text("""
    select
        cast(coalesce((
            select extract(epoch from now() - min(planned_at)) from work
            where state = 'planned' and not_before <= now()
        ), 0) as double precision),
        (select count(*) from work where state = 'dead'),
        (select count(*) from effects where state = 'dead'),
        (select coalesce(sum(coalesce(usd, :call_usd)), 0) from calls where at > now() - interval '1 day'),
        waiting.held, waiting.night, waiting.crowd,
        (select count(*) from work where state = 'planned' and not_before > now() and reason = :rests)
    from (
        select
            count(*) filter (where reason = '') as held,
            count(*) filter (where starts_with(reason, :night)) as night,
            count(*) filter (where starts_with(reason, :crowd)) as crowd
        from effects where state = 'planned' and kind = 'comment' and not_before > now()
    ) as waiting
""")


@dataclass(frozen=True, slots=True)
class Backlog:
    """`oldest_due_s`: seconds that the oldest due work has waited, 0 when none does. `spent_usd`: on paid model calls
    within a day. Comments wait because people go first, because of quiet hours, or because people have had enough;
    threads rest while they are in a storm.
    """

    oldest_due_s: float
    dead_work: int
    dead_effects: int
    spent_usd: float = 0.0
    held: int = 0
    night: int = 0
    crowd: int = 0
    resting: int = 0


async def backlog(database: Database) -> Backlog:
    words = {"call_usd": CALL_USD, "rests": RESTS, "night": NIGHT, "crowd": CROWD}
    return Backlog(*(await database.run(_LOOK, **words))[0])
