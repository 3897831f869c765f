"""Words of passages and threads, as an inverted index in ordinary tables: how much each row says about each word.

Postgres's own ranking reads every row that holds a common word and does not know how rare a word is. Here a search
reads one array for each word asked, so it takes as long as the words are rare, and the score is BM25. A posting is one
integer: the row within its block of ids in the upper bits, what the word counts there in the lower sixteen.
"""

import re
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

POSTINGS_READ = 12_000
"""The rarest words of a question are read until they stand in so many rows; commoner ones say next to nothing."""
SATURATION, LENGTH, USUAL_LENGTH, HEADING = 1.2, 0.5, 110, 2
"""BM25's constants; positions a row usually has; what a word of the heading counts, in occurrences."""
_BLOCK_BITS = 13
_UNIT = 16_384

_COMPOUND = re.compile(r"\w+(?:[./\\:-]+\w+)*")
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of one shelf. Every method is a part of the caller's transaction, which locks the repository."""

    shelf: Literal["passage", "thread"]

    async def add(self, connection: AsyncConnection, repository_id: int, *, after: int) -> None:
        """Index the rows of the repository whose id is greater than `after`."""
        await connection.execute(_PATIENCE)
        await connection.execute(self._sql(_ADD), {"id": repository_id, "after": after})

    async def remove(self, connection: AsyncConnection, repository_id: int, ids: list[int]) -> None:
        """Before those rows are deleted, because they say which words to look at."""
        for statement in (_SHRINK, _SWEEP):
            await connection.execute(self._sql(statement), {"id": repository_id, "ids": ids})

    async def clear(self, connection: AsyncConnection, repository_id: int) -> None:
        await connection.execute(
            self._sql("delete from {shelf}_terms where repository_id = :id"), {"id": repository_id}
        )

    def likely(self, only: str = "true") -> str:
        """The query `id, score` of the `:weighed` rows that say most about `:question`, of those where `only` holds."""
        return _LIKELY.format(shelf=self.shelf, only=only)

    def _sql(self, statement: str) -> sa.TextClause:
        return sa.text(statement.format(shelf=self.shelf))


_PATIENCE = sa.text("select set_config('statement_timeout', '300s', true)")
"""All of a large repository is one statement, and a busy machine may take a minute for it."""
_ADD = f"""
    insert into {{shelf}}_terms as known (repository_id, word, block, held_by, postings)
    select :id, lexeme, id >> {_BLOCK_BITS}, count(*), array_agg(
        cast((id & {2**_BLOCK_BITS - 1}) << 16 as integer) | least(65535, cast({_UNIT} * said * {SATURATION + 1} / (
            said + {SATURATION} * ({1 - LENGTH} + {LENGTH} * length / {USUAL_LENGTH})) as integer)) order by id)
    from (
        select id, lexeme,
               cardinality(positions) + case when 'B' = any (weights) then {HEADING} else 0 end as said,
               cast(sum(cardinality(positions)) over (partition by id) as double precision) as length
        from {{shelf}}s, unnest(words) as each (lexeme, positions, weights)
        where repository_id = :id and id > :after
    ) as found
    group by lexeme, id >> {_BLOCK_BITS}
    on conflict (repository_id, word, block) do update
    set held_by = known.held_by + excluded.held_by, postings = known.postings || excluded.postings
"""  # noqa: S608  made of constants

_TOUCHED = f"""
    with touched as (
        select lexeme as word, id >> {_BLOCK_BITS} as block, count(*) as lost
        from {{shelf}}s, unnest(words) where id = any (cast(:ids as bigint[])) group by 1, 2
    )
"""  # noqa: S608
_SHRINK = f"""{_TOUCHED}
    update {{shelf}}_terms as known
    set held_by = held_by - lost, postings = array(
        select posting from unnest(postings) as posting
        where (known.block << {_BLOCK_BITS}) + (posting >> 16) <> all (cast(:ids as bigint[]))
    )
    from touched
    where repository_id = :id and known.word = touched.word and known.block = touched.block
"""  # noqa: S608
_SWEEP = f"""{_TOUCHED}
    delete from {{shelf}}_terms as known using touched
    where repository_id = :id and known.word = touched.word and known.block = touched.block and held_by <= 0
"""  # noqa: S608

_LIKELY = f"""
    select id, score from (
        select (block << {_BLOCK_BITS}) + (posting >> 16) as id, sum(rarity * (posting & 65535)) / {_UNIT} as score
        from (
            select block, postings, held, sum(held_by) over (order by held, word) as reached,
                   ln(1 + (total - held + 0.5) / (held + 0.5)) as rarity
            from (
                select word, block, postings, held_by,
                       cast(sum(held_by) over (partition by word) as double precision) as held
                from {{shelf}}_terms
                where repository_id = :id and word = any (tsvector_to_array(to_tsvector('english', :question)))
            ) as asked, (select {{shelf}}s as total from repositories where id = :id) as counted
        ) as rare, unnest(postings) as posting
        where reached - held < {POSTINGS_READ}
        group by 1 order by 2 desc, 1
    ) as scored
    where {{only}} limit :weighed
"""  # noqa: S608


def searchable(text: str) -> str:
    """The words of `text` as they are indexed: compounds as their pieces and, without what joins them, whole.

    `store.openDatabase` becomes `store open Database storeopendatabase`, so that a part finds it and the whole finds
    it best. Postgres's own parser would take `store.openDatabase` for the name of a host.
    """
    words: list[str] = []
    for compound in _COMPOUND.findall(text):
        if compound.isalpha() and (compound.islower() or compound[1:].islower()):
            words.append(compound)
            continue
        pieces = [hump for piece in _PIECE.findall(compound) for hump in _HUMP.split(piece)]
        words += pieces
        if len(pieces) > 1:
            words.append("".join(pieces).lower()[:100])
    return " ".join(words)
