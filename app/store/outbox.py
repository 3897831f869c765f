"""The outbox in Postgres: which write is next, who sends it, and what is known of it afterwards.

The protocol is in docs/design/006-effects.md; these are its compare-and-set steps, each one short transaction. Every
step names the token of the lease it belongs to: if somebody else has taken the effect over, it writes nothing and
logs that.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog
from pydantic import TypeAdapter

from app.domain.effect import CommentPayload, Effect, EffectPayload, Wrote
from app.domain.thread import RepositoryRef, ThreadRef
from app.domain.work import MAX_ATTEMPTS
from app.store.engine import Database
from app.store.pacing import IS_OPEN, Pacing
from app.store.sessions import IS_ALIVE
from app.store.text import clean_text, dump_json

log = structlog.get_logger("store.outbox")

LEASE_S = 90.0
SEND_WITHIN_S = 25.0
"""What must be left of the lease when a create leaves: more than the client's timeout with a margin."""
SWEEP_LEASE_S = 60.0
"""For so long nobody else is asked to sweep the same effect."""

_LOCK = 0x706C756D64
_PAYLOAD: TypeAdapter[EffectPayload] = TypeAdapter(EffectPayload)
_NOBODY = UUID(int=0)

# Claims wait for each other, so that two cannot both find an installation free; the settings as in `queue.py`. The
# commit that must reach the disk before anything leaves is that of `begin_send`.
_ONE_AT_A_TIME = sa.text("""
    select pg_advisory_xact_lock(:lock), set_config('synchronous_commit', 'off', true),
           set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
""")

# What began may have left; what did not is sent by the next worker, whose death it cannot have been. A row that
# somebody holds is being settled.
_TAKE_BACK = """
    update effects set
        state = case when state = 'unknown' or sent_at is not null then 'unknown' else 'planned' end,
        attempts = greatest(attempts - case when state = 'unknown' or sent_at is not null then 0 else 1 end, 0),
        not_before = now(), reason = 'worker died or lease ran out',
        worker = null, token = null, lease_until = null
    where id in (select id from effects where {these} for update skip locked)
"""
_RAN_OUT = "lease_until <= now()"
_EXPIRE_RAN_OUT = sa.text(_TAKE_BACK.format(these=_RAN_OUT))
_EXPIRE = sa.text(_TAKE_BACK.format(these=f"{_RAN_OUT} or (lease_until is not null and not {IS_ALIVE})"))

_SAID = sa.text("""
    select payload from effects
    where intent = :intent and kind = 'comment' and state in ('planned', 'sending', 'unknown', 'parked', 'done')
""")
_UNSAY = sa.text("""
    update effects set state = 'skipped', reason = :reason
    where intent = :intent and kind = 'comment' and state = 'planned' and sent_at is null and remote_id is null
    returning id
""")

_IS_DUE = """
    e.state in ('planned', 'unknown') and e.lease_until is null and e.not_before <= statement_timestamp()
"""
_IS_FREE = f"""
    {IS_OPEN} and not exists (
        select from effects as busy where busy.installation_id = e.installation_id and busy.lease_until is not null
    )
"""

_NEXT = f"""
    with recursive lane (installation_id) as (
        (
            select installation_id from effects where state in ('planned', 'unknown')
            order by installation_id limit 1
        )
        union all
        select (
            select e.installation_id from effects as e
            where e.state in ('planned', 'unknown') and e.installation_id > lane.installation_id
            order by e.installation_id limit 1
        )
        from lane where lane.installation_id is not null
    ),
    chosen as (
        select e.id
        from lane
        left join installations as i on i.id = lane.installation_id
        cross join lateral (
            select e.id, e.installation_id from effects as e
            where e.installation_id = lane.installation_id and {_IS_DUE}
            order by e.not_before, e.id limit 1
        ) as e
        where {_IS_FREE}
        order by i.next_write_at nulls first, e.id
        limit 1
    )
"""  # noqa: S608
_THIS_ONE = f"""
    with chosen as (
        select e.id from effects as e left join installations as i on i.id = e.installation_id
        where e.id = :id and {_IS_DUE} and {_IS_FREE}
    )
"""  # noqa: S608

_CLAIM = """
    update effects set
        state = case state when 'planned' then 'sending' else state end,
        attempts = attempts + case state when 'planned' then 1 else 0 end,
        sent_at = case state when 'planned' then null else sent_at end,
        worker = :worker, token = :token, lease_until = clock_timestamp() + make_interval(secs => :lease_s)
    from chosen where effects.id = chosen.id
    returning effects.*
"""
_CLAIM_NEXT = sa.text(_NEXT + _CLAIM)
_CLAIM_THIS_ONE = sa.text(_THIS_ONE + _CLAIM)

_BEGIN_SEND = sa.text("""
    update effects set sent_at = clock_timestamp()
    where id = :id and token = :token and state = 'sending'
    and lease_until >= clock_timestamp() + make_interval(secs => :within_s)
    returning *
""")

_NEVER = "cast('infinity' as timestamptz)"
"""When what was skipped for good may be planned again."""
_SETTLED = """
    worker = null, token = null, lease_until = null where id = :id and token = :token returning id
"""
_DONE = sa.text(f"""
    with settled as (
        update effects set
            state = case when revision > :revision then 'planned' else 'done' end,
            sent_revision = :revision, remote_id = coalesce(:remote_id, remote_id),
            wrote = coalesce(cast(:wrote as jsonb), wrote),
            attempts = 0, not_before = now(), reason = :reason, done_at = now(),
            sweep_at = case when kind = 'comment' then now() + make_interval(secs => :sweep_after_s) end,
            {_SETTLED}, payload
    ),
    undone as (
        update effects set state = 'skipped', reason = 'undone', not_before = {_NEVER}
        where id = (select cast(payload ->> 'undoes' as bigint) from settled)
    )
    select id from settled
""")  # noqa: S608
_UNKNOWN = sa.text(f"""
    update effects set state = 'unknown', reason = :reason, not_before = :at, {_SETTLED}
""")  # noqa: S608
_REPLAN = sa.text(f"""
    update effects set
        state = case when :counts and attempts >= :max_attempts then 'dead' else 'planned' end,
        attempts = greatest(attempts - case when :counts then 0 else 1 end, 0),
        reason = :reason, not_before = :at, sent_at = null, {_SETTLED}
""")  # noqa: S608
# GitHub's refusal settles what was `sending`: it did not leave. What was `unknown` remains so if it comes back.
_END = sa.text(f"""
    update effects set state = :state, reason = :reason,
        not_before = case when cast(:for_good as boolean) then {_NEVER} else not_before end,
        sent_at = case state when 'sending' then null else sent_at end, {_SETTLED}
""")  # noqa: S608

_AGAIN = "case when sent_at is not null and remote_id is null then 'unknown' else 'planned' end"
_RESUME = sa.text(f"""
    update effects set state = {_AGAIN}, attempts = 0, not_before = now(), reason = ''
    where installation_id = :id and state = 'parked'
""")  # noqa: S608
_REVIVE = sa.text(f"""
    update effects set state = {_AGAIN}, attempts = 0, not_before = now(), reason = ''
    where id = :id and state = 'dead' returning id
""")  # noqa: S608

# What may have left is looked for first, and then taken back like what is known to stand, once nothing that was lost
# can arrive any more. The publisher writes nothing of an effect that another one undoes.
_WITHDRAW = sa.text(f"""
    with found as (
        select * from effects where id = :id and state <> 'done'
        and (state <> 'skipped' or (wrote is not null and not_before < {_NEVER})) for update
    ),
    withdrawn as (
        update effects as e set
            state = case when found.kind = 'comment' and found.sent_at is not null and found.remote_id is null
                then 'unknown' else 'skipped' end,
            not_before = case when found.kind = 'comment' and found.sent_at is not null and found.remote_id is null
                then now() else {_NEVER} end,
            reason = :reason, worker = null, token = null, lease_until = null
        from found
        where e.id = found.id and found.state <> 'unknown'
        and not (found.state = 'sending' and found.sent_at is not null)
    ),
    undoing as (
        insert into effects (run_id, intent, kind, installation_id, repository_id, repository, thread_kind, number,
                             node_id, payload, not_before)
        select run_id, repository_id || '#' || number || '\\:undo\\:' || id,
            case kind when 'comment' then 'retract' else 'unlabel' end,
            installation_id, repository_id, repository, thread_kind, number, node_id,
            case kind
                when 'comment' then jsonb_build_object('kind', 'retract', 'remote_id', '', 'undoes', id)
                else jsonb_build_object('kind', 'unlabel', 'names', '[]'::jsonb, 'undoes', id) end,
            now() + interval '30 seconds'
        from found
        where (kind = 'comment' and (sent_at is not null or remote_id is not null))
        or (kind = 'labels' and (attempts > 0 or wrote is not null))
        on conflict (intent, kind) do nothing
    )
    select id from found
""")  # noqa: S608
_ACCEPT = sa.text(f"""
    update effects set state = {_AGAIN}, attempts = 0, not_before = now(), reason = '',
        payload = case when cast(:body as text) is null then payload
            else jsonb_set(payload, '{{body}}', to_jsonb(cast(:body as text))) end,
        revision = revision + case when cast(:body as text) is null then 0 else 1 end
    where id = :id and state = 'draft' and (cast(:body as text) is null or kind = 'comment') returning id
""")  # noqa: S608
_DECLINE = sa.text("""
    update effects set state = 'skipped', reason = 'declined: ' || :reason
    where id = :id and state = 'draft' returning id
""")

_DUE = sa.text(f"""
    select e.id from effects as e left join installations as i on i.id = e.installation_id
    where {_IS_DUE} and {IS_OPEN} order by e.not_before, e.id limit :limit
""")  # noqa: S608

_TO_SWEEP = sa.text("""
    update effects set sweep_at = now() + make_interval(secs => :lease_s)
    from (
        select id from effects where sweep_at <= now() and state = 'done'
        order by sweep_at limit :limit for update skip locked
    ) as chosen
    where effects.id = chosen.id
    returning effects.*
""")
_SWEPT = sa.text("""
    update effects set remote_id = coalesce(nullif(:remote_id, ''), remote_id),
        sweep_at = case when done_at > now() - interval '23 hours' then now() + interval '1 hour' end
    where id = :id
""")


class PostgresOutbox:
    """`ports.Outbox`: of each installation one effect is on its way at a time."""

    def __init__(
        self,
        database: Database,
        *,
        write_interval_s: float = 1.0,
        writes_per_hour: int = 400,
        sweep_after_s: float = 120.0,
    ) -> None:
        self._database = database
        self._pacing = Pacing(database, write_interval_s=write_interval_s, writes_per_hour=writes_per_hour)
        self._sweep_after_s = sweep_after_s

    async def claim(self, worker: UUID, *, effect_id: int | None = None) -> Effect | None:
        parameters = {"worker": worker, "token": uuid4(), "lease_s": LEASE_S}
        async with self._database.begin() as connection:
            await connection.execute(_ONE_AT_A_TIME, {"lock": _LOCK})
            await connection.execute(_EXPIRE_RAN_OUT)
            if effect_id is None:
                result = await connection.execute(_CLAIM_NEXT, parameters)
            else:
                result = await connection.execute(_CLAIM_THIS_ONE, parameters | {"id": effect_id})
            row = result.first()
        return effect_of(row) if row is not None else None

    async def said(self, intent: str) -> CommentPayload | None:
        rows = await self._database.run(_SAID, intent=intent)
        return CommentPayload.model_validate(rows[0].payload) if rows else None

    async def unsay(self, intent: str, reason: str) -> bool:
        return bool(await self._database.run(_UNSAY, intent=intent, reason=reason))

    async def reserve_write(self, installation_id: int) -> datetime:
        """A slot more than ten seconds away is not taken: come back for it then."""
        return await self._pacing.reserve(installation_id)

    async def hold_writes(self, installation_id: int, until: datetime) -> None:
        await self._pacing.hold(installation_id, until)

    async def park_installation(self, installation_id: int, reason: str) -> None:
        await self._pacing.park(installation_id, reason)

    async def resume_installation(self, installation_id: int) -> None:
        await self._pacing.park(installation_id, "")
        await self._database.run(_RESUME, id=installation_id)

    async def begin_send(self, effect: Effect) -> Effect | None:
        """The effect as it is to be sent: with the newest words, if they changed since it was claimed."""
        rows = await self._database.run(_BEGIN_SEND, id=effect.id, token=effect.token, within_s=SEND_WITHIN_S)
        return effect_of(rows[0]) if rows else None

    async def done(
        self, effect: Effect, remote_id: str | None, wrote: Wrote | None = None, *, reason: str = ""
    ) -> None:
        await self._settle(
            _DONE,
            effect,
            revision=effect.revision,
            remote_id=remote_id,
            wrote=dump_json(wrote.model_dump(mode="json", exclude_defaults=True)) if wrote else None,
            sweep_after_s=self._sweep_after_s,
            reason=reason,
        )

    async def unknown(self, effect: Effect, reason: str, look_at: datetime) -> None:
        await self._settle(_UNKNOWN, effect, reason=reason, at=look_at)

    async def replan(self, effect: Effect, reason: str, at: datetime, *, counts: bool = True) -> None:
        await self._settle(_REPLAN, effect, reason=reason, at=at, counts=counts, max_attempts=MAX_ATTEMPTS)

    async def skip(self, effect: Effect, reason: str, *, for_good: bool = True) -> None:
        await self._settle(_END, effect, state="skipped", reason=reason, for_good=for_good)

    async def as_draft(self, effect: Effect, reason: str) -> None:
        await self._settle(_END, effect, state="draft", reason=reason, for_good=False)

    async def park(self, effect: Effect, reason: str) -> None:
        await self._settle(_END, effect, state="parked", reason=reason, for_good=False)

    async def bury(self, effect: Effect, reason: str) -> None:
        await self._settle(_END, effect, state="dead", reason=reason, for_good=False)

    async def _settle(self, statement: sa.TextClause, effect: Effect, **parameters: Any) -> None:
        if not await self._database.run(statement, id=effect.id, token=effect.token, **parameters):
            log.warning("effect_lease_lost", effect=effect.id, intent=effect.intent)

    async def due(self, limit: int) -> list[int]:
        return [row.id for row in await self._database.run(_DUE, limit=limit)]

    async def to_sweep(self, limit: int) -> list[Effect]:
        rows = await self._database.run(_TO_SWEEP, limit=limit, lease_s=SWEEP_LEASE_S)
        return [effect_of(row) for row in rows]

    async def swept(self, effect: Effect, remote_id: str) -> None:
        await self._database.run(_SWEPT, id=effect.id, remote_id=remote_id)

    async def revive(self, effect_id: int) -> bool:
        return bool(await self._database.run(_REVIVE, id=effect_id))

    async def withdraw(self, effect_id: int, reason: str) -> bool:
        return bool(await self._database.run(_WITHDRAW, id=effect_id, reason=clean_text(reason)))

    async def accept(self, effect_id: int, body: str | None = None) -> bool:
        words = None if body is None else clean_text(body)
        return bool(await self._database.run(_ACCEPT, id=effect_id, body=words))

    async def decline(self, effect_id: int, reason: str) -> bool:
        return bool(await self._database.run(_DECLINE, id=effect_id, reason=clean_text(reason)))


async def expire_effects(database: Database) -> None:
    """Take back the leases that ran out or whose worker is gone."""
    await database.run(_EXPIRE)


def effect_of(row: sa.Row[Any]) -> Effect:
    return Effect(
        id=row.id,
        run_id=row.run_id,
        intent=row.intent,
        thread=ThreadRef(
            RepositoryRef(row.installation_id, row.repository_id, row.repository), row.thread_kind, row.number
        ),
        node_id=row.node_id,
        payload=_PAYLOAD.validate_python(row.payload),
        state=row.state,
        token=row.token or _NOBODY,
        lease_until=row.lease_until or row.sweep_at,
        attempts=row.attempts,
        sent_at=row.sent_at,
        remote_id=row.remote_id,
        revision=row.revision,
        sent_revision=row.sent_revision,
        created_at=row.created_at,
        wrote=Wrote.model_validate(row.wrote) if row.wrote is not None else None,
        done_at=row.done_at,
    )
