"""What must be said to a database that has just come back from a backup, before any worker sees it."""

import sqlalchemy as sa

from app.store.engine import Database

# What was to be written then may have been written since: the thread is looked at before it is written again.
_DOUBT = sa.text("""
    update effects set
        sent_at = coalesce(sent_at, created_at),
        state = case when state = 'parked' then state else 'unknown' end,
        worker = null, token = null, lease_until = null
    where kind = 'comment' and remote_id is null and state in ('planned', 'sending', 'parked')
""")


async def doubt_what_was_planned(database: Database) -> None:
    """Comments that were planned when the backup was made are looked for on GitHub first. Labels need no such care."""
    await database.run(_DOUBT)
