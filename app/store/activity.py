"""How busy a repository is."""

import sqlalchemy as sa

from app.store.engine import Database

WEEKS = 13
_OPENED = sa.text("""
    select count(*) from threads where repository_id = :id and created_at > now() - make_interval(weeks => :weeks)
""")


async def threads_a_week(database: Database, repository_id: int) -> float:
    """Issues and pull requests opened a week, over the last quarter."""
    rows = await database.run(_OPENED, id=repository_id, weeks=WEEKS)
    return int(rows[0][0]) / WEEKS
