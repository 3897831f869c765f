"""What a repository got for its money within a month, counted from runs, effects and signals."""

import sqlalchemy as sa

from app.domain.worth import MONTH_DAYS, Worth
from app.store.engine import Database

_COUNT = sa.text("""
    with ours as (
        select id from repositories where lower(name) = lower(:repository)
    ), month as (
        select id, cost_usd from runs
        where repository_id in (select id from ours) and started_at > now() - make_interval(days => :days)
    ), deeds as (
        select effects.id, kind from effects
        where repository_id in (select id from ours) and state = 'done' and kind in ('comment', 'labels')
            and done_at > now() - make_interval(days => :days)
    ), judged as (
        select distinct deeds.id, signals.polarity from deeds join signals on signals.effect_id = deeds.id
        where signals.role is not null and signals.withdrawn_at is null
    )
    select
        now() as at,
        (select min(started_at) from runs where repository_id in (select id from ours)) as first_run_at,
        (select count(*) from month) as runs,
        (select count(*) from deeds where kind = 'comment') as comments,
        (select count(*) from deeds where kind = 'labels') as labels,
        (select count(*) from judged where polarity = 'good') as good,
        (select count(*) from judged where polarity = 'bad') as bad,
        (select coalesce(sum(cost_usd), 0) from month) as cost_usd
    from ours
""")


async def worth(database: Database, repository: str) -> Worth | None:
    """None for a repository (`owner/name`) where the App is not installed."""
    rows = await database.run(_COUNT, repository=repository, days=MONTH_DAYS)
    return Worth(*rows[0]) if rows else None
