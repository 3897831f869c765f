"""Trained label models: the newest few of each repository, so that one can go back."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.store.engine import Database
from app.store.text import dump_json

KEPT = 5

_SAVE = sa.text("""
    insert into label_models as held (repository_id, version, model, facts)
    values (:id, :version, :model, cast(:facts as jsonb))
    on conflict (repository_id, version) do update
    set model = excluded.model, facts = excluded.facts, created_at = clock_timestamp()
""")
_PRUNE = sa.text("""
    delete from label_models where id in (
        select id from label_models where repository_id = :id order by created_at desc, id desc offset :kept
    )
""")
_NEWEST = sa.text("""
    select model from label_models where repository_id = :id order by created_at desc, id desc limit 1
""")
_LEARNT_FROM = sa.text("""
    select facts ->> 'examples' as examples from label_models
    where repository_id = :id order by created_at desc, id desc limit 1
""")


class PostgresLabelModels:
    """`ports.LabelModels`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, repository_id: int, version: str, model: bytes, facts: Mapping[str, Any]) -> None:
        async with self._database.begin() as connection:
            given = {"id": repository_id, "version": version, "model": model, "facts": dump_json(dict(facts))}
            await connection.execute(_SAVE, given)
            await connection.execute(_PRUNE, {"id": repository_id, "kept": KEPT})

    async def newest(self, repository_id: int) -> bytes | None:
        rows = await self._database.run(_NEWEST, id=repository_id)
        return bytes(rows[0].model) if rows else None

    async def learnt_from(self, repository_id: int) -> int:
        rows = await self._database.run(_LEARNT_FROM, id=repository_id)
        return int(rows[0].examples or 0) if rows else 0
