"""Who installed the App where, and the removal of everything known about those who left."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain.thread import RepositoryRef
from app.ports import InstallationInfo, InstallationState
from app.store.engine import Database
from app.store.forgetting import FORGET_REPOSITORIES, Forget, counted
from app.store.text import dump_json

_SET_STATE = sa.text("""
    insert into installations as i (id, account, state, deleted_at)
    values (:id, :account, :state, case when :state = 'deleted' then now() end)
    on conflict (id) do update set
        account = coalesce(nullif(excluded.account, ''), i.account),
        state = excluded.state,
        deleted_at = case when excluded.state = 'deleted' then coalesce(i.deleted_at, now()) end
""")

_SET_REPOSITORIES = sa.text("""
    insert into repositories (id, installation_id, name)
    select * from unnest(cast(:ids as bigint[]), cast(:installation_ids as bigint[]), cast(:names as text[]))
    on conflict (id) do update set installation_id = excluded.installation_id, name = excluded.name
""")
_REMOVED = sa.text("""
    delete from repositories where installation_id = :id and id <> all (cast(:kept as bigint[])) returning id
""")

_ACTIVE = sa.text("select id, account from installations where state = 'active' order by id")
_REPOSITORIES = sa.text("select id, name from repositories where installation_id = :id order by name, id")
_RECONCILED = sa.text("select reconciled_until from repositories where id = :id")
_SET_RECONCILED = sa.text("""
    insert into repositories (id, installation_id, reconciled_until) values (:id, 0, :until)
    on conflict (id) do update set reconciled_until = excluded.reconciled_until
""")

_GONE = sa.text("select id from installations where state = 'deleted' and deleted_at <= :before order by id")
# A repository that moved to another installation stays with that one.
_ITS_REPOSITORIES = sa.text("""
    select id from repositories where installation_id = :id
    union
    select repository_id from work where installation_id = :id and not exists (
        select from repositories where repositories.id = work.repository_id and installation_id not in (0, :id)
    )
""")
_FORGET = tuple(
    Forget(table, f"delete from {table} where {column} = :id")  # noqa: S608
    for table, column in (
        *(
            (table, "installation_id")
            for table in ("signals", "cases", "effects", "runs", "work", "deliveries", "writes", "repositories")
        ),
        ("installations", "id"),
    )
)
# What hangs on the runs of a repository goes as soon as no work on it is in hand.
_ASK_TO_ERASE = sa.text("""
    insert into erasures (what, subject)
    select 'repository', cast(id as text) from unnest(cast(:ids as bigint[])) as gone (id)
""")
_ERASED = sa.text("""
    insert into erasures (what, subject, rows, done_at)
    values ('installation', :subject, cast(:rows as jsonb), now())
""")


class PostgresInstallations:
    """`ports.Installations`. The data of a deleted installation goes `purge_after_hours` later."""

    def __init__(self, database: Database, *, purge_after_hours: float = 24.0) -> None:
        self._database = database
        self._grace = timedelta(hours=purge_after_hours)

    async def set_state(self, installation_id: int, account: str, state: InstallationState) -> None:
        """An empty `account` keeps the known one."""
        await self._database.run(_SET_STATE, id=installation_id, account=account, state=state)

    async def set_repositories(self, installation_id: int, refs: Sequence[RepositoryRef]) -> None:
        """These and no others: what was known of those no longer listed is forgotten at once."""
        rows = sorted({ref.repository_id: ref.name for ref in refs}.items())
        ids = [repository_id for repository_id, _ in rows]
        async with self._database.begin() as connection:
            await connection.execute(
                _SET_REPOSITORIES,
                {
                    "ids": ids,
                    "installation_ids": [installation_id] * len(ids),
                    "names": [name for _, name in rows],
                },
            )
            removed = await connection.execute(_REMOVED, {"id": installation_id, "kept": ids})
            gone = list(removed.scalars())
            await counted(connection, FORGET_REPOSITORIES, {"ids": gone})
            await connection.execute(_ASK_TO_ERASE, {"ids": gone})

    async def active(self) -> list[InstallationInfo]:
        rows = await self._database.run(_ACTIVE)
        return [InstallationInfo(row.id, row.account, suspended=False) for row in rows]

    async def repositories(self, installation_id: int) -> list[RepositoryRef]:
        rows = await self._database.run(_REPOSITORIES, id=installation_id)
        return [RepositoryRef(installation_id, row.id, row.name) for row in rows]

    async def reconciled_until(self, repository_id: int) -> datetime | None:
        rows = await self._database.run(_RECONCILED, id=repository_id)
        return rows[0].reconciled_until if rows else None

    async def set_reconciled(self, repository_id: int, until: datetime) -> None:
        await self._database.run(_SET_RECONCILED, id=repository_id, until=until)

    async def purge_deleted(self, now: datetime) -> int:
        gone = await self._database.run(_GONE, before=now - self._grace)
        for row in gone:
            await self._purge(row.id)
        return len(gone)

    async def _purge(self, installation_id: int) -> None:
        async with self._database.begin() as connection:
            repositories = await connection.execute(_ITS_REPOSITORIES, {"id": installation_id})
            rows = await counted(connection, FORGET_REPOSITORIES, {"ids": list(repositories.scalars())})
            more = await counted(connection, _FORGET, {"id": installation_id})
            rows = {name: number for name in rows | more if (number := rows.get(name, 0) + more.get(name, 0))}
            await connection.execute(_ERASED, {"subject": str(installation_id), "rows": dump_json(rows)})
