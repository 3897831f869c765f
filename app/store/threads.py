"""Past threads in Postgres: what the duplicate search looks through and what the classifier learns from.

A thread whose words are as they were keeps its row, and with it its vector: most changes are labels and comments.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.past import PastThread, Remark
from app.ports import Candidate, Listing, Near, Unembedded
from app.store.engine import Database
from app.store.remarks import asked_for, note, reviews_of
from app.store.terms import Terms, searchable
from app.store.vectors import NOTHING, Vectors, literal, parsed, prepare

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATES = 100
SPREAD = 60
TERMS, VECTORS = Terms("thread"), Vectors("thread")
_AT_ONCE = 500

_KNOW = sa.text("insert into repositories (id, installation_id) values (:id, 0) on conflict (id) do nothing")
_LOCK = sa.text("select threads from repositories where id = :id for update")
_SAME = sa.text("""
    update threads as held
    set facts = cast(given.facts as jsonb), labelled = given.labelled, lacks = cast(given.lacks as text[]),
        updated_at = given.updated_at
    from unnest(
        cast(:number as integer[]), cast(:facts as text[]), cast(:text as text[]), cast(:labelled as boolean[]),
        cast(:lacks as text[]), cast(:updated_at as timestamptz[])
    ) as given (number, facts, text, labelled, lacks, updated_at)
    where repository_id = :id and held.number = given.number and held.text = given.text
    and held.updated_at <= given.updated_at
    returning held.number
""")
_OLDER = sa.text("""
    select held.id, number from threads as held join unnest(
        cast(:numbers as integer[]), cast(:changed as timestamptz[])) as given (number, updated_at) using (number)
    where repository_id = :id and held.updated_at <= given.updated_at
""")
_NEWER = sa.text("select number from threads where repository_id = :id and number = any (cast(:numbers as integer[]))")
_DELETE = sa.text("delete from threads where repository_id = :id and id = any (cast(:ids as bigint[]))")
_NEWEST_ID = sa.text("select coalesce(max(id), 0) from threads where repository_id = :id")
_INSERT = sa.text("""
    insert into threads (repository_id, number, facts, text, labelled, created_at, updated_at, private, lacks, words)
    select :id, number, cast(facts as jsonb), text, labelled, created_at, updated_at, :private,
           cast(lacks as text[]),
           setweight(to_tsvector('english', title_words), 'B') || to_tsvector('english', body_words)
    from unnest(
        cast(:number as integer[]), cast(:facts as text[]), cast(:text as text[]), cast(:labelled as boolean[]),
        cast(:created_at as timestamptz[]), cast(:updated_at as timestamptz[]),
        cast(:lacks as text[]), cast(:title_words as text[]), cast(:body_words as text[])
    ) as t (number, facts, text, labelled, created_at, updated_at, lacks, title_words, body_words)
""")
_SETTLE = sa.text("""
    update repositories set threads = (select count(*) from threads where repository_id = :id) where id = :id
""")
_SHOW = sa.text("update threads set private = :private where repository_id = :id and private <> :private")

_ELIGIBLE = """exists (
    select from threads where threads.id = scored.id and number is distinct from cast(:exclude as integer)
    and (cast(:before as timestamptz) is null
        or (created_at, number) < (cast(:before as timestamptz), coalesce(cast(:exclude as integer), 0)))
)"""
_SIMILAR = """
    with lexical as materialized ({lexical}), near as materialized ({near}),
    placed as (
        select id, row_number() over (order by score desc, id) as place from lexical
        union all
        select id, row_number() over (order by distance, id) as place from near
    ), fused as (
        select id, sum(1.0 / ({spread} + place)) as score from placed group by id order by 2 desc, 1 limit :limit
    )
    select facts, lexical.score as words, {vector} as vector, {original} as original
    from fused join threads using (id) left join lexical using (id)
    where threads.repository_id = :id
    order by fused.score desc, id
"""
_VECTOR = "(select cast(vector as text) from thread_vectors as v where v.id = threads.id and embedder = :embedder)"
_ORIGINAL = """(
    select duplicate_of from remarks
    where remarks.repository_id = threads.repository_id and remarks.number = threads.number and duplicate_of is not null
    order by at desc, remarks.id desc limit 1
)"""
_LABELLED = sa.text("""
    select repository_id, facts from threads
    where labelled and facts ->> 'kind' = 'issue'
    and (repository_id = :id or (repository_id = any (cast(:others as bigint[])) and not private))
    order by created_at desc, number desc, repository_id limit :limit
""")
_UNLABELLED = sa.text("""
    select facts from threads where repository_id = :id and not labelled and facts ->> 'kind' = 'issue'
    order by number desc limit :limit
""")
_MERGED = sa.text("""
    select facts from threads
    where repository_id = :id and facts ->> 'merged_at' is not null order by number desc limit :limit
""")
_UNTIL = sa.text("select until from readings where repository_id = :id and listing = :listing")
_SET_UNTIL = sa.text("""
    insert into readings (repository_id, listing, until) values (:id, :listing, :until)
    on conflict (repository_id, listing) do update set until = excluded.until
""")
_NUMBERED = sa.text("select id from threads where repository_id = :id and number = any (cast(:numbers as integer[]))")
_UNSAY = sa.text("delete from remarks where repository_id = :id and number = any (cast(:numbers as integer[]))")
_FORGET = [
    sa.text(f"delete from {table} where repository_id = :id")  # noqa: S608
    for table in ("threads", "remarks", "readings")
]


class PostgresThreads:
    """`ports.ThreadIndex`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, repository_id: int, threads: Sequence[PastThread], *, private: bool) -> None:
        newest = {thread.number: thread for thread in sorted(threads, key=lambda thread: thread.updated_at)}
        async with self._database.begin() as connection:
            await self._lock(connection, repository_id)
            same = await connection.execute(_SAME, _columns(repository_id, list(newest.values()), *_SAID_AGAIN))
            for number in same.scalars():
                del newest[number]
            given = {
                "id": repository_id,
                "numbers": list(newest),
                "changed": [thread.updated_at for thread in newest.values()],
            }
            older = await connection.execute(_OLDER, given)
            await self._delete(connection, repository_id, list(older.scalars()))
            newer = await connection.execute(_NEWER, {"id": repository_id, "numbers": list(newest)})
            for number in newer.scalars():
                del newest[number]
            last = (await connection.execute(_NEWEST_ID, {"id": repository_id})).scalar_one()
            fresh = list(newest.values())
            for start in range(0, len(fresh), _AT_ONCE):
                await _insert(connection, repository_id, fresh[start : start + _AT_ONCE], private=private)
            await TERMS.add(connection, repository_id, after=last)
            await connection.execute(_SETTLE, {"id": repository_id})
            await connection.execute(_SHOW, {"id": repository_id, "private": private})

    async def similar(
        self,
        repository_id: int,
        query: str,
        limit: int,
        *,
        near: Near | None = None,
        before: datetime | None = None,
        exclude: int | None = None,
    ) -> list[Candidate]:
        async with self._database.begin() as connection:
            nearest = await VECTORS.near(connection, repository_id, near, _ELIGIBLE)
            vector = "null" if nearest == NOTHING else _VECTOR
            lexical = TERMS.likely(_ELIGIBLE)
            found = await connection.execute(
                sa.text(
                    _SIMILAR.format(lexical=lexical, near=nearest, spread=SPREAD, vector=vector, original=_ORIGINAL)
                ),
                {
                    "id": repository_id,
                    "question": searchable(query),
                    "embedder": near.embedder if near else None,
                    "vector": literal(near.vector) if near else None,
                    "before": before,
                    "exclude": exclude,
                    "weighed": max(CANDIDATES, limit),
                    "limit": limit,
                },
            )
        return [_candidate(row, near) for row in found]

    async def labelled(
        self, repository_id: int, limit: int, *, others: Collection[int] = ()
    ) -> list[tuple[int, PastThread]]:
        rows = await self._database.run(_LABELLED, id=repository_id, others=list(others), limit=limit)
        return [(row.repository_id, PastThread.model_validate(row.facts)) for row in rows]

    async def unlabelled(self, repository_id: int, limit: int) -> list[PastThread]:
        rows = await self._database.run(_UNLABELLED, id=repository_id, limit=limit)
        return [PastThread.model_validate(row.facts) for row in rows]

    async def merged(self, repository_id: int, limit: int) -> list[PastThread]:
        rows = await self._database.run(_MERGED, id=repository_id, limit=limit)
        return [PastThread.model_validate(row.facts) for row in rows]

    async def place(self, repository_id: int, number: int, near: Near) -> None:
        if await prepare(self._database):
            known = await self._database.run(_NUMBERED, id=repository_id, numbers=[number])
            await self.embed(repository_id, near.embedder, [row.id for row in known], near.vector[None][: len(known)])

    async def note(self, repository_id: int, listing: Listing, remarks: Sequence[Remark]) -> None:
        await note(self._database, repository_id, listing, remarks)

    async def asked(self, repository_id: int, ripe: timedelta) -> Mapping[str, tuple[int, int]]:
        return await asked_for(self._database, repository_id, ripe)

    async def reviews(self, repository_id: int, numbers: Sequence[int]) -> Mapping[int, Mapping[str, tuple[str, ...]]]:
        return await reviews_of(self._database, repository_id, numbers)

    async def history_until(self, repository_id: int, listing: Listing) -> datetime | None:
        rows = await self._database.run(_UNTIL, id=repository_id, listing=listing)
        return rows[0].until if rows else None

    async def set_history(self, repository_id: int, listing: Listing, until: datetime) -> None:
        await self._database.run(_SET_UNTIL, id=repository_id, listing=listing, until=until)

    async def forget(self, repository_id: int, numbers: Sequence[int] | None = None) -> None:
        async with self._database.begin() as connection:
            if numbers is not None:
                await self.forget_within(connection, repository_id, numbers)
                return
            await self._lock(connection, repository_id)
            for statement in _FORGET:
                await connection.execute(statement, {"id": repository_id})
            await TERMS.clear(connection, repository_id)
            await connection.execute(_SETTLE, {"id": repository_id})

    async def forget_within(self, connection: AsyncConnection, repository_id: int, numbers: Sequence[int]) -> int:
        """`forget` as a part of a transaction; how many threads and remarks went."""
        await self._lock(connection, repository_id)
        known = await connection.execute(_NUMBERED, {"id": repository_id, "numbers": list(numbers)})
        ids = list(known.scalars())
        await self._delete(connection, repository_id, ids)
        said = await connection.execute(_UNSAY, {"id": repository_id, "numbers": list(numbers)})
        await connection.execute(_SETTLE, {"id": repository_id})
        return len(ids) + said.rowcount

    async def unembedded(self, repository_id: int, embedder: str, limit: int) -> list[Unembedded]:
        rows = await VECTORS.missing(self._database, repository_id, embedder, limit)
        return [Unembedded(row.id, (row.text,)) for row in rows]

    async def embed(
        self, repository_id: int, embedder: str, ids: Sequence[int], vectors: "NDArray[np.float32]"
    ) -> None:
        await VECTORS.put(self._database, repository_id, embedder, ids, vectors)

    async def _lock(self, connection: AsyncConnection, repository_id: int) -> None:
        """Two changes to the threads of one repository happen one after the other."""
        for statement in (_KNOW, _LOCK):
            await connection.execute(statement, {"id": repository_id})

    async def _delete(self, connection: AsyncConnection, repository_id: int, ids: list[int]) -> None:
        if ids:
            await TERMS.remove(connection, repository_id, ids)
            await connection.execute(_DELETE, {"id": repository_id, "ids": ids})


def _candidate(row: sa.Row[Any], near: Near | None) -> Candidate:
    vector = parsed(row.vector)
    cosine = None if vector is None or near is None else float(vector @ near.vector)
    thread = PastThread.model_validate(row.facts)
    if row.original is not None:
        thread = thread.model_copy(update={"duplicate_of": row.original})
    return Candidate(thread, row.words, cosine, vector)


_SAID_AGAIN = ("number", "facts", "text", "labelled", "lacks", "updated_at")


async def _insert(
    connection: AsyncConnection, repository_id: int, threads: Sequence[PastThread], *, private: bool
) -> None:
    await connection.execute(_INSERT, _columns(repository_id, threads) | {"private": private})


def _columns(repository_id: int, threads: Sequence[PastThread], *wanted: str) -> dict[str, Any]:
    """Arrays with a value for each thread, all of them or the `wanted`."""
    columns = {
        "number": [thread.number for thread in threads],
        "facts": [thread.model_dump_json() for thread in threads],
        "text": [f"{thread.title}\n{thread.body}" for thread in threads],
        "labelled": [bool(thread.labels) for thread in threads],
        "created_at": [thread.created_at for thread in threads],
        "updated_at": [thread.updated_at for thread in threads],
        "lacks": [f"{{{','.join(thread.lacks)}}}" for thread in threads],
        "title_words": [searchable(thread.title) for thread in threads],
        "body_words": [searchable(thread.body) for thread in threads],
    }
    return {"id": repository_id} | {name: columns[name] for name in wanted or columns}
