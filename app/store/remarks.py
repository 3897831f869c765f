"""Remarks in Postgres: what follows from the comments of a repository's past. `app/store/threads.py` serves them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.domain.past import Remark
from app.ports import Listing
from app.store.engine import Database

NEWEST_REPORTS = 1_000
"""Reports that show a habit: what was asked long ago says little of today."""

_UNSAY = sa.text("""
    delete from remarks using unnest(cast(:ids as bigint[]), cast(:moments as timestamptz[])) as given (id, at)
    where repository_id = :id and listing = :listing and remarks.id = given.id and remarks.at <= given.at
""")
_SAY = sa.text("""
    insert into remarks (repository_id, listing, id, number, at, asks, duplicate_of, reviewer, path)
    select :id, :listing, given.id, number, at, cast(asks as text[]), duplicate_of, reviewer, path
    from unnest(
        cast(:ids as bigint[]), cast(:number as integer[]), cast(:moments as timestamptz[]), cast(:asks as text[]),
        cast(:duplicate_of as integer[]), cast(:reviewer as text[]), cast(:path as text[])
    ) as given (id, number, at, asks, duplicate_of, reviewer, path)
    order by given.id
    on conflict (repository_id, listing, id) do update set
        number = excluded.number, at = excluded.at, asks = excluded.asks, duplicate_of = excluded.duplicate_of,
        reviewer = excluded.reviewer, path = excluded.path
    where remarks.at <= excluded.at
""")
_ASKED = sa.text("""
    with reports as (
        select number, lacks from threads
        where repository_id = :id and lacks <> '{}' and created_at <= (
            select until - cast(:ripe as interval) from readings where repository_id = :id and listing = 'comments'
        )
        order by created_at desc, number desc limit :limit
    ), asked as (
        select distinct number, unnest(asks) as what from reports join remarks using (number) where repository_id = :id
    )
    select what, count(*) as lacked, count(asked.number) as asked
    from reports cross join unnest(lacks) as lacked (what) left join asked using (number, what) group by what
""")
_REVIEWS = sa.text("""
    select number, reviewer, array_agg(distinct path order by path) as paths from remarks
    where repository_id = :id and number = any (cast(:numbers as integer[])) and reviewer <> ''
    group by number, reviewer order by number, reviewer
""")


async def note(database: Database, repository_id: int, listing: Listing, remarks: Sequence[Remark]) -> None:
    """See `ports.ThreadIndex.note`."""
    newest = {remark.id: remark for remark in sorted(remarks, key=lambda remark: remark.at)}
    saying = [remark for remark in newest.values() if remark.says_something]
    silent = [remark for remark in newest.values() if not remark.says_something]
    where = {"id": repository_id, "listing": listing}
    async with database.begin() as connection:
        if silent:
            await connection.execute(_UNSAY, where | _named(silent))
        if saying:
            said = {
                "number": [remark.number for remark in saying],
                "asks": [f"{{{','.join(remark.asks)}}}" for remark in saying],
                "duplicate_of": [remark.duplicate_of for remark in saying],
                "reviewer": [remark.reviewer for remark in saying],
                "path": [remark.path for remark in saying],
            }
            await connection.execute(_SAY, where | _named(saying) | said)


def _named(remarks: Sequence[Remark]) -> dict[str, list[object]]:
    return {"ids": [remark.id for remark in remarks], "moments": [remark.at for remark in remarks]}


async def asked_for(database: Database, repository_id: int, ripe: timedelta) -> Mapping[str, tuple[int, int]]:
    """See `ports.ThreadIndex.asked`."""
    rows = await database.run(_ASKED, id=repository_id, ripe=ripe, limit=NEWEST_REPORTS)
    return {row.what: (row.lacked, row.asked) for row in rows}


async def reviews_of(
    database: Database, repository_id: int, numbers: Sequence[int]
) -> Mapping[int, Mapping[str, tuple[str, ...]]]:
    """See `ports.ThreadIndex.reviews`."""
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for row in await database.run(_REVIEWS, id=repository_id, numbers=list(numbers)):
        found.setdefault(row.number, {})[row.reviewer] = tuple(row.paths)
    return found
