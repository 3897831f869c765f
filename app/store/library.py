"""Full-text search over the passages of one repository, in Postgres.

`ts_rank` does not know how rare a word is, which matters most: so the words of a question are weighed by it here. And
only the rarest words choose the passages to weigh: common ones would choose nearly all, and weighing takes the time.
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.snapshot import Passage
from app.store.engine import Database

RAREST = 24
CANDIDATES = 2_000
"""The rarest words choose passages until they stand in so many; the others only help to weigh those."""
WEIGHED = 200
"""So many of the passages that `ts_rank` likes best are weighed word by word."""
_AT_ONCE = 1_000

_COMPOUND = re.compile(r"\w+(?:[./\\:-]+\w+)*")
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_KNOW = sa.text("""
    insert into repositories (id, installation_id, indexed_commit) values (:id, 0, :commit)
    on conflict (id) do update set indexed_commit = excluded.indexed_commit
""")
_INDEXED = sa.text("select indexed_commit from repositories where id = :id")
_CLEAR = [sa.text(f"delete from {table} where repository_id = :id") for table in ("passages", "terms")]  # noqa: S608

# `own` is a word that only passages of this repository have: the index itself then keeps repositories apart.
_INSERT = sa.text("""
    insert into passages (repository_id, path, heading, start_line, end_line, commit, text, url, words)
    select :id, path, heading, start_line, end_line, commit, text, url,
           array_to_tsvector(array[:own])
           || setweight(to_tsvector('english', heading_words), 'B') || to_tsvector('english', text_words)
    from unnest(
        cast(:path as text[]), cast(:heading as text[]), cast(:start as integer[]), cast(:end as integer[]),
        cast(:commit as text[]), cast(:text as text[]), cast(:url as text[]),
        cast(:heading_words as text[]), cast(:text_words as text[])
    ) as p (path, heading, start_line, end_line, commit, text, url, heading_words, text_words)
""")
_COUNT = sa.text("""
    insert into terms (repository_id, word, passages)
    select :id, lexeme, count(*) from passages, unnest(words) where repository_id = :id group by lexeme
""")

_RAREST = sa.text("""
    select word, ln(cast(own.passages + 1 as double precision) / terms.passages) as rarity,
           sum(terms.passages) over (order by terms.passages, word) as chosen
    from terms join (select passages from terms where repository_id = :id and word = :own) as own on true
    where repository_id = :id and word = any (tsvector_to_array(to_tsvector('english', :question)))
    order by terms.passages, word limit :limit
""")
_SEARCH = sa.text("""
    with likely as materialized (
        select id, words from passages
        where repository_id = :id and words @@ cast(cast(:own_and_any_word as text) as tsquery)
        order by ts_rank(words, cast(cast(:any_word as text) as tsquery), 1) desc, id limit :weighed
    )
    select path, heading, start_line, end_line, commit, text, url, score
    from (
        select id, (
            select sum(rarity * ts_rank(words, cast(word as tsquery), 1))
            from unnest(cast(:words as text[]), cast(:rarities as double precision[])) as asked (word, rarity)
        ) as score
        from likely order by score desc, id limit :limit
    ) as best join passages using (id)
    order by score desc, id
""")


class PostgresLibrary:
    """`ports.Library`. A search sees the passages of the repository it names and no others."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def indexed_commit(self, repository_id: int) -> str | None:
        rows = await self._database.run(_INDEXED, id=repository_id)
        return rows[0].indexed_commit if rows else None

    async def replace(self, repository_id: int, commit: str, passages: Sequence[Passage]) -> None:
        """One transaction: a search finds the old passages or the new ones, never a mixture."""
        async with self._database.begin() as connection:
            # First, because it locks: two replacements of one repository happen one after the other.
            await connection.execute(_KNOW, {"id": repository_id, "commit": commit})
            for statement in _CLEAR:
                await connection.execute(statement, {"id": repository_id})
            for start in range(0, len(passages), _AT_ONCE):
                await _insert(connection, repository_id, passages[start : start + _AT_ONCE])
            await connection.execute(_COUNT, {"id": repository_id})

    async def search(self, repository_id: int, query: str, limit: int) -> list[Passage]:
        asked = await self._database.run(
            _RAREST, id=repository_id, own=_own(repository_id), question=searchable(query), limit=RAREST
        )
        if not asked:
            return []
        words = [_quoted(row.word) for row in asked]
        telling = sum(row.chosen <= CANDIDATES for row in asked) or 1
        any_word = " | ".join(words[:telling])
        found = await self._database.run(
            _SEARCH,
            id=repository_id,
            any_word=any_word,
            own_and_any_word=f"{_quoted(_own(repository_id))} & ({any_word})",
            words=words,
            rarities=[row.rarity for row in asked],
            weighed=WEIGHED,
            limit=limit,
        )
        return [
            Passage(
                path=row.path,
                heading=row.heading,
                start=row.start_line,
                end=row.end_line,
                commit=row.commit,
                text=row.text,
                url=row.url,
                score=row.score,
            )
            for row in found
        ]

    async def forget(self, repository_id: int) -> None:
        async with self._database.begin() as connection:
            for statement in _CLEAR:
                await connection.execute(statement, {"id": repository_id})
            await connection.execute(_KNOW, {"id": repository_id, "commit": None})


async def _insert(connection: AsyncConnection, repository_id: int, passages: Sequence[Passage]) -> None:
    columns = {
        name: [getattr(passage, name) for passage in passages]
        for name in ("path", "heading", "start", "end", "commit", "text", "url")
    }
    await connection.execute(
        _INSERT,
        {
            "id": repository_id,
            "own": _own(repository_id),
            "heading_words": [searchable(f"{passage.path} {passage.heading}") for passage in passages],
            "text_words": [searchable(passage.text) for passage in passages],
            **columns,
        },
    )


def searchable(text: str) -> str:
    """The words of `text` as they are indexed: compounds as their pieces and, without what joins them, whole.

    `store.openDatabase` becomes `store open Database storeopendatabase`, so that a part finds it and the whole finds
    it best. Postgres's own parser would take `store.openDatabase` for the name of a host.
    """
    words: list[str] = []
    for match in _COMPOUND.finditer(text):
        pieces = [hump for piece in _PIECE.findall(match[0]) for hump in _HUMP.split(piece)]
        words += pieces
        if len(pieces) > 1:
            words.append("".join(pieces).lower()[:100])
    return " ".join(words)


def _own(repository_id: int) -> str:
    return f"@{repository_id}"


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
