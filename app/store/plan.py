"""What a concluded run leaves behind: its record, and the effects it wants, planned or replanned."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.effect import PlannedEffect
from app.domain.run import RunRecord
from app.domain.work import Lease
from app.store.tables import runs
from app.store.text import dump_json

# One row per (intent, kind), planned again by every later run that has something new to say:
# - saying the same again changes nothing, except that what was given up is tried again;
# - `done` becomes an edit; what waits or is on its way takes the newer words along (a `sending` one is edited
#   afterwards, because its revision is then behind);
# - what was `skipped` for good stays so, and a comment that stands: a person edited, removed or undid it. A draft that
#   a person declined is not drafted again in the same words;
# - a draft never replaces what is on its way to the thread, and never publishes by itself;
# - what was given up after it may have left is looked for first (`unknown`), never just sent again.
_PLAN = sa.text("""
    insert into effects as e (run_id, intent, kind, installation_id, repository_id, repository, thread_kind,
                              number, node_id, payload, state, not_before)
    values (:run_id, :intent, :kind, :installation_id, :repository_id, :repository, :thread_kind,
            :number, :node_id, cast(:payload as jsonb), :state,
            greatest(coalesce(cast(:not_before as timestamptz), now()), now()))
    on conflict (intent, kind) do update set
        run_id = excluded.run_id,
        installation_id = excluded.installation_id,
        repository = excluded.repository,
        node_id = excluded.node_id,
        payload = excluded.payload,
        revision = e.revision + 1,
        state = case
            when e.state in ('sending', 'unknown', 'parked') then e.state
            when excluded.state = 'draft' then 'draft'
            when e.state in ('dead', 'draft') and e.sent_at is not null and e.remote_id is null then 'unknown'
            else 'planned' end,
        attempts = case when e.state in ('done', 'dead', 'skipped') then 0 else e.attempts end,
        not_before = case when e.state in ('planned', 'sending', 'unknown', 'parked') then e.not_before
            else excluded.not_before end,
        reason = case when e.state in ('done', 'dead', 'skipped', 'draft') then '' else e.reason end
    where not (e.state = 'skipped' and (e.not_before = 'infinity' or (e.kind = 'comment' and e.remote_id is not null)))
    and not (e.state = 'skipped' and e.reason like 'declined:%' and e.payload = excluded.payload)
    and not (excluded.state = 'draft' and e.state in ('planned', 'sending', 'unknown', 'parked'))
    and not (e.payload = excluded.payload and e.state = excluded.state)
    and not (e.payload = excluded.payload and e.state in ('done', 'sending', 'unknown', 'parked'))
    returning id, state
""")


_AS_RECORDED = (
    *("skill", "trigger", "prompt", "prompt_digest", "model"),
    *("outcome", "error", "started_at", "finished_at"),
)


async def insert_runs(connection: AsyncConnection, lease: Lease, records: Sequence[RunRecord]) -> list[int]:
    """Ids in the order of `records`."""
    ids = []
    for record in records:
        result = await connection.execute(
            runs.insert()
            .values(
                work_id=lease.work_id,
                installation_id=lease.installation_id,
                repository_id=lease.repository_id,
                repository=lease.repository,
                thread_kind=lease.thread_kind or "",
                number=lease.number,
                title=record.snapshot.title,
                summary=record.verdict.summary if record.verdict else record.error or "",
                cost_usd=record.usage.cost_usd,
                snapshot=record.snapshot.model_dump(mode="json"),
                decision=record.decision.model_dump(mode="json") if record.decision else sa.null(),
                verdict=record.verdict.model_dump(mode="json") if record.verdict else sa.null(),
                usage=record.usage.model_dump(mode="json"),
                spans=[span.model_dump(mode="json") for span in record.spans],
                **{name: getattr(record, name) for name in _AS_RECORDED},
            )
            .returning(runs.c.id)
        )
        ids.append(result.scalar_one())
    return ids


async def plan_effects(
    connection: AsyncConnection, run_ids: Sequence[int], effects: Sequence[PlannedEffect]
) -> list[int]:
    """Ids of those that may be published now: neither drafts nor on their way already."""
    due = []
    # In one order everywhere: two transactions that plan the same effects must not wait for each other.
    for effect in sorted(effects, key=lambda effect: (effect.intent, effect.payload.kind)):
        where = effect.thread.repository
        result = await connection.execute(
            _PLAN,
            {
                "run_id": run_ids[effect.run],
                "intent": effect.intent,
                "kind": effect.payload.kind,
                "installation_id": where.installation_id,
                "repository_id": where.repository_id,
                "repository": where.name,
                "thread_kind": effect.thread.kind,
                "number": effect.thread.number,
                "node_id": effect.node_id,
                "payload": dump_json(effect.payload.model_dump(mode="json")),
                "state": "draft" if effect.draft else "planned",
                "not_before": effect.not_before,
            },
        )
        row = result.first()
        if row is not None and row.state == "planned":
            due.append(row.id)
    return due
