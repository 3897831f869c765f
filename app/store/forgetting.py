"""Forgetting: statements that delete, and how many rows each of them took from which table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import KNOWLEDGE, MANNERS, lanes


@dataclass(frozen=True, slots=True)
class Forget:
    """`store` is the name that its rows are counted by, `sql` one statement of ours."""

    store: str
    sql: str


FORGET_REPOSITORIES = tuple(
    Forget(table, f"delete from {table} where {column} = any (cast(:ids as bigint[]))")  # noqa: S608
    for table, column in (
        *((table.name, "repository_id") for table in (*KNOWLEDGE, *MANNERS, lanes)),
        ("repositories", "id"),
    )
)
"""All that is known of repositories by their ids; runs and what hangs on them go by their installation."""


async def counted(
    connection: AsyncConnection, statements: Sequence[Forget], values: Mapping[str, Any]
) -> dict[str, int]:
    """Run them in their order; the rows of each store."""
    rows: dict[str, int] = {}
    for one in statements:
        result = await connection.execute(sa.text(one.sql), dict(values))
        rows[one.store] = rows.get(one.store, 0) + result.rowcount
    return rows
