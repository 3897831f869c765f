"""The ledger in Postgres: acts and stances of threads, and our own effects seen from the thread."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from pydantic import ValidationError

from app.domain.act import Act, Stance
from app.domain.effect import Effect
from app.domain.repository_settings import RepositorySettings
from app.domain.thread import RepositoryRef, ThreadRef
from app.ports import Looks
from app.store.engine import Database
from app.store.outbox import effect_of
from app.store.text import clean_text, dump_json

_RECORD = sa.text("""
    insert into acts (repository_id, number, id, kind, actor, by, subject, detail, at)
    select :repository_id, :number, * from unnest(
        cast(:id as text[]), cast(:kind as text[]), cast(:actor as text[]), cast(:by as text[]),
        cast(:subject as text[]), cast(:detail as text[]), cast(:at as timestamptz[])
    ) as heard (id, kind, actor, by, subject, detail, at)
    order by id
    on conflict do nothing
""")
_ACTS = sa.text("""
    select id, kind, actor, by, subject, detail, at from acts
    where repository_id = :repository_id and number = :number order by at, id
""")
_STANCE = sa.text("select stance from stances where repository_id = :repository_id and number = :number")
_SET_STANCE = sa.text("""
    insert into stances (repository_id, number, stance) values (:repository_id, :number, cast(:stance as jsonb))
    on conflict (repository_id, number) do update set stance = excluded.stance
""")
_EFFECTS = sa.text("select * from effects where repository_id = :repository_id and number = :number order by id")
_LOOKS = sa.text("""
    select min(started_at) as first,
        array_agg(distinct started_at order by started_at)
            filter (where started_at >= :since and skill <> 'command') as lately
    from runs where repository_id = :repository_id and number = :number
""")
_SETTINGS = sa.text("select snapshot -> 'settings' as settings from runs where id = :run_id")
_ASKING = sa.text("""
    select done_at, installation_id, repository_id, repository, thread_kind, number from effects
    where kind = 'comment' and state = 'done' and done_at < :before
    and intent = repository_id || '#' || number || '\\:body' and jsonb_array_length(payload -> 'asks') > 0
    order by repository_id, id
""")


class PostgresLedger:
    """`ports.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, thread: ThreadRef, acts: Sequence[Act]) -> None:
        if not acts:
            return
        columns = {name: [clean_text(getattr(act, name)) for act in acts] for name in _TEXTS}
        await self._database.run(_RECORD, **_place(thread), **columns, at=[act.at for act in acts])

    async def acts(self, thread: ThreadRef) -> list[Act]:
        rows = await self._database.run(_ACTS, **_place(thread))
        return [Act.model_validate({name: getattr(row, name) for name in Act.model_fields}) for row in rows]

    async def stance(self, thread: ThreadRef) -> Stance:
        rows = await self._database.run(_STANCE, **_place(thread))
        return Stance.model_validate(rows[0].stance) if rows else Stance()

    async def set_stance(self, thread: ThreadRef, stance: Stance) -> None:
        await self._database.run(_SET_STANCE, **_place(thread), stance=dump_json(stance.model_dump(mode="json")))

    async def effects(self, thread: ThreadRef) -> list[Effect]:
        return [effect_of(row) for row in await self._database.run(_EFFECTS, **_place(thread))]

    async def looks(self, thread: ThreadRef, since: datetime) -> Looks:
        rows = await self._database.run(_LOOKS, **_place(thread), since=since)
        return Looks(rows[0].first, tuple(rows[0].lately or ()))

    async def settings(self, effect: Effect) -> RepositorySettings:
        """Those of a run that an earlier version recorded in words we no longer know are the defaults."""
        rows = await self._database.run(_SETTINGS, run_id=effect.run_id)
        try:
            return RepositorySettings.model_validate(rows[0].settings if rows else {})
        except ValidationError:
            return RepositorySettings()

    async def asking(self, before: datetime) -> list[tuple[datetime, ThreadRef]]:
        rows = await self._database.run(_ASKING, before=before)
        return [(since, ThreadRef(RepositoryRef(*where), kind, number)) for since, *where, kind, number in rows]


_TEXTS = ("id", "kind", "actor", "by", "subject", "detail")


def _place(thread: ThreadRef) -> dict[str, int]:
    return {"repository_id": thread.repository.repository_id, "number": thread.number}
