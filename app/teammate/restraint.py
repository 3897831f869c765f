"""Restraint: why a thread is not spoken to unasked, and why it is not even looked at for a while."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from app.domain.act import Act
from app.domain.snapshot import Snapshot
from app.domain.thread import Thread, ThreadRef
from app.domain.work import RESTS, Lease, thread_order
from app.teammate.pace import HOUR, rests_until, too_late
from app.teammate.parts import Parts
from app.teammate.skills import is_asked, people_talk

log = structlog.get_logger("teammate.restraint")


async def hushed(parts: Parts, ref: ThreadRef, snapshot: Snapshot, thread: Thread) -> str:
    """Why nothing unasked is said on a thread where nothing of ours stands; empty where something may be.

    People talk there, or it was opened before anybody could expect us. Who has it triaged again, asks for that.
    """
    if people_talk(snapshot, parts.handle):
        return "people are talking here"
    now = parts.clock.now()
    looks = await parts.ledger.looks(ref, now)
    installed = await parts.ledger.acts(ThreadRef(ref.repository, "issue", 0))
    why = too_late(
        thread.created_at,
        installed=min((act.at for act in installed if act.kind == "installed"), default=None),
        first_look=looks.first or now,
        now=now,
    )
    return "" if why and _triaged_again(await parts.ledger.acts(ref)) else why


def _triaged_again(acts: Sequence[Act]) -> bool:
    return any(act.kind == "command" and act.subject.startswith("retriage") and not act.detail for act in acts)


async def calm_triggers(parts: Parts, lease: Lease) -> Sequence[str]:
    """The triggers to attend to now: none while the thread rests, for which its work has then been given back.

    What a person asks for by name is done even then, and the rest of the work is planned again.
    """
    unasked = [trigger for trigger in lease.triggers if not is_asked(trigger)]
    until = await _rest(parts, lease.thread) if unasked else None
    if until is None:
        return lease.triggers
    log.warning("thread_rests", until=until.isoformat(), triggers=unasked)
    if len(unasked) == len(lease.triggers):
        await parts.queue.retry(lease, RESTS, until, counts=False)
        return ()
    await parts.queue.order([thread_order(lease.thread, trigger) for trigger in unasked])
    return [trigger for trigger in lease.triggers if is_asked(trigger)]


async def _rest(parts: Parts, thread: ThreadRef) -> datetime | None:
    now = parts.clock.now()
    looks = await parts.ledger.looks(thread, now - HOUR)
    return rests_until(looks.lately, now)
