"""The passages of each repository in Postgres: written file by file, found by words and by meaning."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.snapshot import Passage
from app.knowledge.chunking import permalink
from app.knowledge.ranking import Found, ranked
from app.knowledge.windows import windows
from app.ports import Edition, IndexedFile, Near, Unembedded
from app.store.engine import Database
from app.store.terms import Terms, searchable
from app.store.vectors import NOTHING, Vectors, literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATES = 100
"""Passages found by words, and vectors found by meaning, that are ranked together."""
TERMS, VECTORS = Terms("passage"), Vectors("passage")
_AT_ONCE = 1_000

_KNOW = sa.text("""
    insert into repositories (id, installation_id, indexed_commit, web_url) values (:id, 0, :commit, :web_url)
    on conflict (id) do update set indexed_commit = excluded.indexed_commit, web_url = excluded.web_url
""")
_INDEXED = sa.text("select indexed_commit from repositories where id = :id")
_FILES = sa.text("select path, digest, passages from files where repository_id = :id")
_OF_PATHS = sa.text("select id from passages where repository_id = :id and path = any (cast(:paths as text[]))")
_KEPT = sa.text("select count(*) as kept, coalesce(max(id), 0) as newest from passages where repository_id = :id")
_DELETE = sa.text("delete from passages where repository_id = :id and id = any (cast(:ids as bigint[]))")
_DELETE_FILES = sa.text("delete from files where repository_id = :id and path = any (cast(:paths as text[]))")
_CLEAR = [sa.text(f"delete from {table} where repository_id = :id") for table in ("passages", "files")]  # noqa: S608
_INSERT_FILES = sa.text("""
    insert into files (repository_id, path, digest, passages)
    select :id, * from unnest(cast(:path as text[]), cast(:digest as text[]), cast(:passages as integer[]))
""")
_INSERT = sa.text("""
    insert into passages (repository_id, path, heading, start_line, end_line, text, private, words)
    select :id, path, heading, start_line, end_line, text, :private,
           setweight(to_tsvector('english', heading_words), 'B') || to_tsvector('english', text_words)
    from unnest(
        cast(:path as text[]), cast(:heading as text[]), cast(:start as integer[]), cast(:end as integer[]),
        cast(:text as text[]), cast(:heading_words as text[]), cast(:text_words as text[])
    ) as p (path, heading, start_line, end_line, text, heading_words, text_words)
""")
_SETTLE = sa.text("""
    update repositories set passages = (select count(*) from passages where repository_id = :id),
        embedded_by = case when :fresh * 10 > :kept then '' else embedded_by end
    where id = :id
""")
_EMBEDDED = sa.text("update repositories set embedded_by = :embedder where id = :id")
_EMBEDDED_BY = sa.text("select embedded_by from repositories where id = :id")
_SHOW = sa.text("update passages set private = :private where repository_id = :id and private <> :private")

_SEARCH = """
    with lexical as materialized ({lexical}), near as materialized ({near}), found as (
        select id from lexical union select id from near
    )
    select id, path, lexical.score as words, {cosine} as cosine
    from found join passages using (id) left join lexical using (id)
    where repository_id = :id
"""
_COSINE = """(
    select max(-(vector <#> (select cast(cast(:vector as text) as halfvec)))) from passage_vectors as v
    where v.id = passages.id and embedder = :embedder
)"""
_READ = sa.text("""
    select passages.id, path, heading, start_line, end_line, indexed_commit, text, web_url
    from passages join repositories on repositories.id = repository_id
    where repository_id = :id and passages.id = any (cast(:ids as bigint[]))
""")


class PostgresLibrary:
    """`ports.Library`. A search sees the passages of the repository it names and no others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def turn(self, repository_id: int) -> asyncio.Lock:
        return self._turns.setdefault(repository_id, asyncio.Lock())

    async def indexed_commit(self, repository_id: int) -> str | None:
        rows = await self._database.run(_INDEXED, id=repository_id)
        return rows[0].indexed_commit if rows else None

    async def files(self, repository_id: int) -> dict[str, tuple[str, int]]:
        rows = await self._database.run(_FILES, id=repository_id)
        return {row.path: (row.digest, row.passages) for row in rows}

    async def update(
        self, repository_id: int, edition: Edition, changed: Mapping[str, IndexedFile], gone: Collection[str]
    ) -> None:
        """One transaction: a search finds the old passages or the new ones, never a mixture."""
        async with self._database.begin() as connection:
            # First, because it locks: two updates of one repository happen one after the other.
            known = {"id": repository_id, "commit": edition.commit, "web_url": edition.web_url}
            await connection.execute(_KNOW, known)
            await self._delete(connection, repository_id, [*changed, *gone])
            before = (await connection.execute(_KEPT, {"id": repository_id})).one()
            await _insert_files(connection, repository_id, changed)
            passages = [passage for file in changed.values() for passage in file.passages]
            for start in range(0, len(passages), _AT_ONCE):
                await _insert(connection, repository_id, passages[start : start + _AT_ONCE], private=edition.private)
            await TERMS.add(connection, repository_id, after=before.newest)
            settled = {"id": repository_id, "fresh": len(passages), "kept": before.kept}
            await connection.execute(_SETTLE, settled)
            if before.kept:
                await connection.execute(_SHOW, {"id": repository_id, "private": edition.private})

    async def search(self, repository_id: int, query: str, limit: int, *, near: Near | None = None) -> list[Passage]:
        async with self._database.begin() as connection:
            # Passages without a vector look far away: while there are many of them, words must do.
            whole = (await connection.execute(_EMBEDDED_BY, {"id": repository_id})).scalar()
            near = near if near and near.embedder == whole else None
            nearest = await VECTORS.near(connection, repository_id, near)
            cosine = "null" if nearest == NOTHING else _COSINE
            found = await connection.execute(
                sa.text(_SEARCH.format(lexical=TERMS.likely(), near=nearest, cosine=cosine)),
                {
                    "id": repository_id,
                    "question": searchable(query),
                    "embedder": near.embedder if near else None,
                    "vector": literal(near.vector) if near else None,
                    "weighed": max(CANDIDATES, limit),
                },
            )
            candidates = {row.id: Found(row.id, row.path, row.words, row.cosine) for row in found}
            best = dict(ranked(list(candidates.values()), limit))
            rows = await connection.execute(_READ, {"id": repository_id, "ids": list(best)})
            passages = {row.id: _passage(row, best[row.id], candidates[row.id].cosine) for row in rows}
        return [passages[id_] for id_ in best if id_ in passages]

    async def forget(self, repository_id: int) -> None:
        async with self._database.begin() as connection:
            await connection.execute(_KNOW, {"id": repository_id, "commit": None, "web_url": ""})
            await self._clear(connection, repository_id)
            await connection.execute(_SETTLE, {"id": repository_id, "fresh": 1, "kept": 0})

    async def unembedded(self, repository_id: int, embedder: str, limit: int) -> list[Unembedded]:
        rows = await VECTORS.missing(self._database, repository_id, embedder, limit)
        if not rows:
            await self._database.run(_EMBEDDED, id=repository_id, embedder=embedder)
        return [Unembedded(row.id, tuple(windows(row.heading, row.text))) for row in rows]

    async def embed(
        self, repository_id: int, embedder: str, ids: Sequence[int], vectors: "NDArray[np.float32]"
    ) -> None:
        await VECTORS.put(self._database, repository_id, embedder, ids, vectors)
        if not await VECTORS.missing(self._database, repository_id, embedder, 1):
            await self._database.run(_EMBEDDED, id=repository_id, embedder=embedder)

    async def _delete(self, connection: AsyncConnection, repository_id: int, paths: list[str]) -> None:
        found = await connection.execute(_OF_PATHS, {"id": repository_id, "paths": paths})
        ids = list(found.scalars())
        kept = (await connection.execute(_KEPT, {"id": repository_id})).one().kept - len(ids)
        if not kept:
            await self._clear(connection, repository_id)
            return
        if ids:
            await TERMS.remove(connection, repository_id, ids)
            await connection.execute(_DELETE, {"id": repository_id, "ids": ids})
        await connection.execute(_DELETE_FILES, {"id": repository_id, "paths": paths})

    async def _clear(self, connection: AsyncConnection, repository_id: int) -> None:
        for statement in _CLEAR:
            await connection.execute(statement, {"id": repository_id})
        await TERMS.clear(connection, repository_id)


def _passage(row: sa.Row[Any], score: float, near: float | None) -> Passage:
    return Passage(
        path=row.path,
        heading=row.heading,
        start=row.start_line,
        end=row.end_line,
        commit=row.indexed_commit or "",
        text=row.text,
        url=permalink(row.web_url, row.indexed_commit or "", row.path, row.start_line, row.end_line),
        score=score,
        near=near,
    )


async def _insert_files(connection: AsyncConnection, repository_id: int, files: Mapping[str, IndexedFile]) -> None:
    columns = {
        "path": list(files),
        "digest": [file.digest for file in files.values()],
        "passages": [len(file.passages) for file in files.values()],
    }
    await connection.execute(_INSERT_FILES, {"id": repository_id, **columns})


async def _insert(
    connection: AsyncConnection, repository_id: int, passages: Sequence[Passage], *, private: bool
) -> None:
    columns = {
        name: [getattr(passage, name) for passage in passages] for name in ("path", "heading", "start", "end", "text")
    }
    await connection.execute(
        _INSERT,
        {
            "id": repository_id,
            "private": private,
            "heading_words": [searchable(f"{passage.path} {passage.heading}") for passage in passages],
            "text_words": [searchable(passage.text) for passage in passages],
            **columns,
        },
    )
