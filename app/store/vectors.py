"""Vectors of passages and threads, where the server has pgvector. Without it every search is lexical.

They stand in narrow tables of their own, because passages are written first and can be searched at once, and vectors
follow minutes later. Small repositories are searched exactly; an HNSW index for each number of dimensions, made with
the first vector that has it, serves the large ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ports import Near
from app.store.engine import Database

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = structlog.get_logger("store.vectors")

EXACT_UP_TO = 2_500
"""Rows of one repository whose vectors are compared one by one: quicker than an index that others share."""
MISSING = "the extension `vector` (pgvector) is not available to this database: searches are lexical"

_LOCK = 0x706C766563
_HAVE = sa.text("select to_regclass('passage_vectors') is not null and to_regclass('thread_vectors') is not null")
_LOCKED = sa.text("select set_config('statement_timeout', '0', true), pg_advisory_xact_lock(:lock)")
_CREATE = [
    "create extension if not exists vector",
    *(
        statement.format(shelf=shelf)
        for shelf in ("passage", "thread")
        for statement in (
            """create table if not exists {shelf}_vectors (
                id bigint not null references {shelf}s (id) on delete cascade,
                repository_id bigint not null,
                embedder text not null,
                vector halfvec not null
            )""",
            "create index if not exists ix_{shelf}_vectors_id on {shelf}_vectors (id)",
            "create index if not exists ix_{shelf}_vectors_repository on {shelf}_vectors (repository_id, embedder)",
        )
    ),
]


async def prepare(database: Database) -> bool:
    """Make the tables for vectors unless they are there; False where the server has no pgvector for us."""
    if (await database.run(_HAVE))[0][0]:
        return True
    try:
        async with database.begin() as connection:
            await connection.execute(_LOCKED, {"lock": _LOCK})
            for statement in _CREATE:
                await connection.execute(sa.text(statement))
    except DBAPIError as error:
        log.warning("no_vectors", what=MISSING, why=str(error.orig))
        return False
    return True


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of one shelf."""

    shelf: Literal["passage", "thread"]

    async def missing(self, database: Database, repository_id: int, embedder: str, limit: int) -> Sequence[sa.Row[Any]]:
        """Rows without a vector of this embedder, in the order they were written."""
        if not await prepare(database):
            return []
        statement = sa.text(_UNEMBEDDED.format(shelf=self.shelf))
        return await database.run(statement, id=repository_id, embedder=embedder, limit=limit)

    async def put(
        self, database: Database, repository_id: int, embedder: str, ids: Sequence[int], vectors: "NDArray[np.float32]"
    ) -> None:
        """The vectors of these rows; rows that were replaced meanwhile are passed over."""
        async with database.begin() as connection:
            held = set((await connection.execute(self._sql(_HELD), {"id": repository_id, "ids": list(ids)})).scalars())
            kept = [(id_, literal(vector)) for id_, vector in zip(ids, vectors, strict=True) if id_ in held]
            written = {"ids": [id_ for id_, _ in kept], "vectors": [vector for _, vector in kept]}
            await self._index(connection, int(vectors.shape[1]))
            await connection.execute(self._sql(_DROP), {"ids": list(held)})
            await connection.execute(self._sql(_PUT), {"id": repository_id, "embedder": embedder, **written})

    async def near(self, connection: AsyncConnection, repository_id: int, near: Near | None, only: str = "true") -> str:
        """The query `id, distance` of the rows whose vectors are the `:weighed` nearest to `:vector`, of those where
        `only` holds; of none where there are no vectors.
        """
        if near is None or not (await connection.execute(_HAVE)).scalar_one():
            return NOTHING
        found = await connection.execute(self._sql(_AS_INDEXED), {"id": repository_id})
        many = bool(found.scalar_one_or_none())
        column = f"cast(vector as halfvec({near.vector.size}))" if many else "vector"
        return _NEAR.format(shelf=self.shelf, column=column, dimensions=near.vector.size, only=only)

    def _sql(self, statement: str) -> sa.TextClause:
        return sa.text(statement.format(shelf=self.shelf))

    async def _index(self, connection: AsyncConnection, dimensions: int) -> None:
        name = f"ix_{self.shelf}_vectors_{dimensions}"
        if (await connection.execute(sa.text("select to_regclass(:name)"), {"name": name})).scalar_one() is None:
            await connection.execute(_LOCKED, {"lock": _LOCK})
            await connection.execute(sa.text(_HNSW.format(shelf=self.shelf, name=name, dimensions=dimensions)))


_UNEMBEDDED = """
    select * from {shelf}s as wanted
    where repository_id = :id and not exists (
        select from {shelf}_vectors as vectors where vectors.id = wanted.id and embedder = :embedder
    )
    order by id limit :limit
"""
_HELD = """
    select id from {shelf}s where repository_id = :id and id = any (cast(:ids as bigint[])) order by id for key share
"""
_DROP = "delete from {shelf}_vectors where id = any (cast(:ids as bigint[]))"
_PUT = """
    insert into {shelf}_vectors (id, repository_id, embedder, vector)
    select id, :id, :embedder, cast(vector as halfvec)
    from unnest(cast(:ids as bigint[]), cast(:vectors as text[])) as given (id, vector)
"""
_AS_INDEXED = f"""
    select {{shelf}}s > {EXACT_UP_TO}, set_config('hnsw.iterative_scan', 'relaxed_order', true),
           set_config('hnsw.ef_search', '200', true)
    from repositories where id = :id
"""  # noqa: S608
_HNSW = """
    create index if not exists {name} on {shelf}_vectors
    using hnsw (cast(vector as halfvec({dimensions})) halfvec_ip_ops) where vector_dims(vector) = {dimensions}
"""
# The text is read in a query of its own: as a parameter it would be read again for every row.
_NEAR = """
    select id, min(distance) as distance from (
        select id, {column} <#> (select cast(cast(:vector as text) as halfvec({dimensions}))) as distance
        from {shelf}_vectors as scored
        where repository_id = :id and embedder = :embedder and vector_dims(vector) = {dimensions} and {only}
        order by 2 limit :weighed
    ) as nearest group by id
"""
NOTHING = """
    select cast(null as bigint) as id, cast(null as double precision) as distance
    where cast(:vector as text) <> cast(:embedder as text)
"""


def literal(vector: "NDArray[np.float32]") -> str:
    """As pgvector reads it; half precision has three digits."""
    return f"[{','.join(f'{number:.4g}' for number in vector.tolist())}]"


def parsed(text: str | None) -> "NDArray[np.float32] | None":
    """The vector that pgvector wrote."""
    import numpy as np

    return None if text is None else np.asarray(orjson.loads(text), dtype=np.float32)
