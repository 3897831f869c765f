"""Drafts as people read them: what waits, newest first, each with its run and what was last heard of its thread."""

from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from app.domain.draft import DECLINED, Draft, Queue
from app.domain.effect import AllowedPayload
from app.domain.thread import RepositoryRef, ThreadRef
from app.store.engine import Database

_PAYLOAD: TypeAdapter[AllowedPayload] = TypeAdapter(AllowedPayload)

# Of the snapshot only what a decision points to: passages and diffs are long, and the run's page has them.
_DRAFTS = """
    select e.id, e.run_id, e.revision, e.installation_id, e.repository_id, e.repository, e.thread_kind, e.number,
           e.payload, e.state, e.reason, r.title, r.skill, r.prompt, r.model, r.summary, r.decision,
           r.finished_at as drafted_at,
           jsonb_build_object(
               'neighbours', r.snapshot -> 'neighbours',
               'needs', r.snapshot -> 'needs',
               'pull', case when jsonb_typeof(r.snapshot -> 'pull') = 'object'
                   then jsonb_build_object('remarks', r.snapshot -> 'pull' -> 'remarks') end
           ) as snapshot,
           case when held.locked then 'locked' else coalesce(heard.state, t.facts ->> 'state', 'open') end
               as thread_state
    from effects as e
    join runs as r on r.id = e.run_id
    left join threads as t on t.repository_id = e.repository_id and t.number = e.number
    left join lateral (
        select case kind when 'closed' then 'closed' when 'transferred' then 'moved' else 'open' end as state
        from acts
        where acts.repository_id = e.repository_id and acts.number = e.number
        and acts.kind in ('closed', 'reopened', 'transferred') and (t.updated_at is null or acts.at >= t.updated_at)
        order by acts.at desc limit 1
    ) as heard on true
    left join lateral (
        select kind = 'locked' as locked from acts
        where acts.repository_id = e.repository_id and acts.number = e.number and acts.kind in ('locked', 'unlocked')
        order by acts.at desc limit 1
    ) as held on true
    where e.kind in ('comment', 'labels')
"""
_WAITING = sa.text(f"""
    {_DRAFTS} and e.state = 'draft'
    and (cast(:repository as text) is null or e.repository = :repository)
    and (cast(:skill as text) is null or r.skill = :skill)
    and (cast(:before_run as bigint) is null or (e.run_id, e.id) < (:before_run, :before_id))
    order by e.run_id desc, e.id desc limit :limit
""")
_ONE = sa.text(f"{_DRAFTS} and e.id = :id")
_QUEUE = sa.text("""
    select e.repository, r.skill, count(*) as waiting
    from effects as e join runs as r on r.id = e.run_id
    where e.kind in ('comment', 'labels') and e.state = 'draft' group by 1, 2
""")
_RESTORE = sa.text("""
    update effects set state = 'draft', reason = ''
    where id = :id and state = 'skipped' and starts_with(reason, :declined) and not_before <> 'infinity'
    returning id
""")


class PostgresDrafts:
    """What the drafts page reads. Deciding is the outbox's, but for taking back a decline."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(
        self,
        *,
        repository: str | None = None,
        skill: str | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 50,
    ) -> list[Draft]:
        """Newest first; `before` is (`run_id`, `id`) of the last one of the page before."""
        run_id, effect_id = before or (None, None)
        rows = await self._database.run(
            _WAITING, repository=repository, skill=skill, before_run=run_id, before_id=effect_id, limit=limit
        )
        return [_draft(row) for row in rows]

    async def one(self, effect_id: int) -> Draft | None:
        """The labels or the comment with this id, whatever has become of it."""
        rows = await self._database.run(_ONE, id=effect_id)
        return _draft(rows[0]) if rows else None

    async def queue(self) -> Queue:
        rows = await self._database.run(_QUEUE)
        return Queue(
            total=sum(row.waiting for row in rows),
            repositories=tuple(sorted({row.repository for row in rows})),
            skills=tuple(sorted({row.skill for row in rows})),
        )

    async def restore(self, effect_id: int) -> bool:
        """Take back a decline; False when it was none, or a later run has planned it again."""
        return bool(await self._database.run(_RESTORE, id=effect_id, declined=DECLINED))


def _draft(row: sa.Row[Any]) -> Draft:
    repository = RepositoryRef(row.installation_id, row.repository_id, row.repository)
    fields = (
        *("id", "run_id", "revision", "title", "thread_state", "state", "reason", "skill", "prompt", "model"),
        *("summary", "decision", "snapshot", "drafted_at"),
    )
    return Draft(
        thread=ThreadRef(repository, row.thread_kind, row.number),
        payload=_PAYLOAD.validate_python(row.payload),
        **{name: getattr(row, name) for name in fields},
    )
