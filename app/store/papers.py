"""The papers of each repository in Postgres: the few files that say how its people want to be worked with, and the
names that stand in all of its files.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from app.store.engine import Database
from app.store.text import dump_json

_KEEP = sa.text("""
    insert into papers (repository_id, files, symbols) values (:id, cast(:files as jsonb), :symbols)
    on conflict (repository_id) do update set files = excluded.files, symbols = excluded.symbols
""")
_FILES = sa.text("select files from papers where repository_id = :id")
_SYMBOLS = sa.text("select symbols from papers where repository_id = :id")


class PostgresPapers:
    """`ports.Papers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, repository_id: int, files: Mapping[str, str], symbols: bytes) -> None:
        await self._database.run(_KEEP, id=repository_id, files=dump_json(dict(files)), symbols=symbols)

    async def files(self, repository_id: int) -> dict[str, str]:
        rows = await self._database.run(_FILES, id=repository_id)
        return dict(rows[0].files) if rows else {}

    async def symbols(self, repository_id: int) -> bytes | None:
        rows = await self._database.run(_SYMBOLS, id=repository_id)
        return rows[0].symbols if rows else None
