"""The ledger: is everything settled, and what came of it? For replays, chaos runs and health, read-only."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.store.engine import Database


@dataclass(frozen=True, slots=True)
class Settled:
    """`open` counts work and effects that are not final yet; `latencies_s` are seconds from the first delivery
    of a thread to each of its effects; `guids` are all deliveries that are stored.
    """

    open: int
    dead: int
    drafts: int
    failed_runs: int
    guids: frozenset[str]
    latencies_s: tuple[float, ...]


_COUNTS = sa.text("""
select
    (select count(*) from work where state in ('planned', 'leased'))
        + (select count(*) from effects where state in ('planned', 'sending', 'unknown')) as open,
    (select count(*) from work where state = 'dead')
        + (select count(*) from effects where state = 'dead') as dead,
    (select count(*) from effects where state = 'draft') as drafts,
    (select count(*) from runs where outcome = 'failed') as failed_runs
""")

_LATENCIES = sa.text("""
select extract(epoch from effects.done_at - first.received_at)::float8
from effects
join runs on runs.id = effects.run_id
join (select work_id, min(received_at) as received_at from deliveries group by work_id) as first
    on first.work_id = runs.work_id
where effects.done_at is not null
""")


async def settled(database: Database) -> Settled:
    """One consistent look. Counting is quick; guids and latencies are read only once nothing is open."""
    async with database.begin() as connection:
        counts = (await connection.execute(_COUNTS)).one()
        if counts.open:
            return Settled(counts.open, counts.dead, counts.drafts, counts.failed_runs, frozenset(), ())
        guids = frozenset((await connection.execute(sa.text("select guid from deliveries"))).scalars())
        latencies = tuple((await connection.execute(_LATENCIES)).scalars())
    return Settled(0, counts.dead, counts.drafts, counts.failed_runs, guids, latencies)
