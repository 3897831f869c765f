"""Ticks: when each periodic job last ran anywhere, so that several workers keep one schedule between them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.store.engine import Database
from app.store.tables import ticks


async def may_run(database: Database, name: str, every_s: float) -> bool:
    """True for exactly one caller in each window of `every_s` seconds (with a tenth of slack for jitter)."""
    window = sa.func.make_interval(0, 0, 0, 0, 0, 0, every_s * 0.9)
    statement = (
        insert(ticks)
        .values(name=name, ran_at=sa.func.now())
        .on_conflict_do_update(
            index_elements=[ticks.c.name],
            set_={"ran_at": sa.func.now()},
            where=ticks.c.ran_at <= sa.func.now() - window,
        )
        .returning(ticks.c.name)
    )
    async with database.begin() as connection:
        return (await connection.execute(statement)).first() is not None
