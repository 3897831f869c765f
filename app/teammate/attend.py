"""Attend: take the fairest work, do it under its lease, and conclude it in one transaction.

Everything that goes wrong ends in one of three ways: the work is planned for later with its reason, it is
dead after three attempts with its reason, or the lease was lost and somebody else has it.
"""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from app.domain.effect import Alert, Park, Reconcile, RetryAt, Skip, Written
from app.domain.work import LEASE_SECONDS, Lease, listen_order
from app.errors import GitHubError, LeaseLost, PlumblineError
from app.teammate.answers import classify
from app.teammate.cases.erase import attend_erasure
from app.teammate.index import attend_index
from app.teammate.installation import attend_installation
from app.teammate.listen.hear import listen_thread
from app.teammate.parts import Parts
from app.teammate.redact import redact
from app.teammate.runs import attend_thread

log = structlog.get_logger("teammate.attend")

HEARTBEAT_S = LEASE_SECONDS / 4
PARKED_RETRY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=1)
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_REASON = 2_000


async def attend_next(parts: Parts) -> bool:
    """Do one piece of work; False when nothing is due. A failure of the work itself never raises."""
    lease = await parts.queue.claim(parts.worker)
    if lease is None:
        return False
    with structlog.contextvars.bound_contextvars(work=lease.work_id, key=lease.key, attempt=lease.attempt):
        try:
            await _while_leased(parts, lease, _attend(parts, lease))
        except LeaseLost:
            log.warning("lease_lost")
        except GitHubError as error:
            await _after_refusal(parts, lease, error)
        except PlumblineError as error:
            await _give_back(parts, lease, str(error), _backed_off(parts, lease))
        except Exception as error:
            log.exception("work_failed")
            await _give_back(parts, lease, f"{type(error).__name__}: {error}", _backed_off(parts, lease))
    return True


async def _attend(parts: Parts, lease: Lease) -> None:
    match lease.kind:
        case "thread":
            await attend_thread(parts, lease)
            await parts.queue.order([listen_order(lease.thread, "run")])
        case "listen":
            await listen_thread(parts, lease)
            await conclude(parts, lease)
        case "installation":
            await attend_installation(parts, lease)
            await conclude(parts, lease)
        case "index":
            await attend_index(parts, lease)
            await conclude(parts, lease)
        case "erase":
            await attend_erasure(parts, lease)
            await conclude(parts, lease)
        case _:
            assert_never(lease.kind)


async def conclude(parts: Parts, lease: Lease) -> None:
    """Finish work that leaves neither runs nor effects."""
    if await parts.queue.conclude(lease, (), ()) is None:
        raise LeaseLost(lease.key)


async def _while_leased(parts: Parts, lease: Lease, work: Coroutine[None, None, None]) -> None:
    """Do `work` while heartbeats keep its lease; when that is lost, stop it wherever it is and raise LeaseLost.

    Two tasks, so that stopping the work never cancels the hand that does it. Work that is done counts as done,
    even where a heartbeat finds its lease gone at the same moment, because it has just been concluded.
    """
    body = asyncio.create_task(work, name=f"work-{lease.work_id}")
    heart = asyncio.create_task(_beat_until_lost(parts, lease), name=f"heartbeat-{lease.work_id}")
    try:
        await asyncio.wait((body, heart), return_when=asyncio.FIRST_COMPLETED)
        if not body.done():
            raise LeaseLost(lease.key)
        await body
    finally:
        body.cancel()
        heart.cancel()
        await asyncio.gather(body, heart, return_exceptions=True)


async def _beat_until_lost(parts: Parts, lease: Lease) -> None:
    held = True
    while held:
        await parts.clock.sleep(HEARTBEAT_S)
        try:
            held = await parts.queue.heartbeat(lease)
        except Exception as error:  # noqa: BLE001  the database may be away for a moment; a lease lasts four beats
            log.warning("heartbeat_failed", why=str(error))


async def _after_refusal(parts: Parts, lease: Lease, error: GitHubError) -> None:
    """What GitHub's answer to a read means for the work; the same table judges writes."""
    now = parts.clock.now()
    outcome = classify(error.answer, now=now, idempotent=True, attempt=lease.attempt)
    match outcome:
        case RetryAt(at=at, whole_installation=True):
            await parts.outbox.hold_writes(lease.installation_id, at)
            await _give_back(parts, lease, str(error), at, counts=False)
        case RetryAt(at=at):
            # An outage is nobody's fault: it is waited for, ever more patiently, for a day.
            age = now - lease.planned_at
            await _give_back(
                parts, lease, str(error), max(at, now + min(age, LONGEST_WAIT)), counts=age > GIVE_UP_AFTER
            )
        case Park(reason=reason):
            if error.answer.stage == "token":  # else one permission is missing, and the others may still write
                await parts.outbox.park_installation(lease.installation_id, reason)
            await _give_back(parts, lease, str(error), now + PARKED_RETRY, counts=False)
        case Skip(reason=reason):
            log.info("nothing_to_attend", why=reason)
            if lease.kind == "thread":  # it is gone, or must be left alone: nothing should be compared with it
                await parts.threads.forget(lease.repository_id, [lease.number])
            await parts.queue.conclude(lease, (), ())
        case Reconcile() | Alert() | Written():
            await _give_back(parts, lease, str(error), _backed_off(parts, lease))
        case _:
            assert_never(outcome)


async def _give_back(parts: Parts, lease: Lease, reason: str, at: datetime, *, counts: bool = True) -> None:
    """Plan it again for `at`; after the last attempt that counts it is dead. Either way a page shows `reason`."""
    log.warning("work_retried", why=reason)
    await parts.queue.retry(lease, redact(reason, parts.secrets)[:LONGEST_REASON], at, counts=counts)


def _backed_off(parts: Parts, lease: Lease) -> datetime:
    """After 5 s, then after 25 s."""
    return parts.clock.now() + timedelta(seconds=5**lease.attempt)
