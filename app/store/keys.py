"""Keys the product makes for itself, once per database."""

import secrets

import sqlalchemy as sa

from app.store.engine import Database

_MAKE = sa.text("insert into secrets (name, value) values (:name, :value) on conflict (name) do nothing")
_READ = sa.text("select value from secrets where name = :name")


async def marker_key(database: Database) -> bytes:
    """The 32 random bytes that sign markers. Whoever comes first makes them; all get the same."""
    rows = await database.run(_READ, name="marker")
    if not rows:
        await database.run(_MAKE, name="marker", value=secrets.token_bytes(32))
        rows = await database.run(_READ, name="marker")
    return bytes(rows[0].value)
