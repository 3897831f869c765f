"""Attend: take the fairest work, do it under its lease, and conclude it in one transaction.

Everything that goes wrong ends in one of three ways: the work is planned for later with its reason, it is
dead after three attempts with its reason, or the lease was lost and somebody else has it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import assert_never

import structlog

from app.domain.effect import Alert, Park, Reconcile, RetryAt, Skip, Written
from app.domain.work import LEASE_SECONDS, Lease
from app.errors import GitHubError, LeaseLost, PlumblineError
from app.teammate.answers import classify
from app.teammate.index import index_repository
from app.teammate.installation import attend_installation
from app.teammate.parts import Parts
from app.teammate.runs import attend_thread

log = structlog.get_logger("teammate.attend")

HEARTBEAT_S = LEASE_SECONDS / 3
PARKED_RETRY = timedelta(hours=1)


async def attend_next(parts: Parts) -> bool:
    """Do one piece of work; False when nothing is due. A failure of the work itself never raises."""
    lease = await parts.queue.claim(parts.worker)
    if lease is None:
        return False
    with structlog.contextvars.bound_contextvars(work=lease.work_id, key=lease.key, attempt=lease.attempt):
        try:
            async with _beating(parts, lease):
                await _attend(parts, lease)
        except LeaseLost:
            log.warning("lease_lost")
        except GitHubError as error:
            await _after_refusal(parts, lease, error)
        except PlumblineError as error:
            await _later(parts, lease, str(error))
        except Exception as error:
            log.exception("work_failed")
            await _later(parts, lease, f"{type(error).__name__}: {error}")
    return True


async def _attend(parts: Parts, lease: Lease) -> None:
    match lease.kind:
        case "thread":
            await attend_thread(parts, lease)
        case "installation":
            await attend_installation(parts, lease)
        case "index":
            await index_repository(parts.reader, parts.library, lease.repository_ref)
            await conclude(parts, lease)
        case _:
            assert_never(lease.kind)


async def conclude(parts: Parts, lease: Lease) -> None:
    """Finish work that leaves neither runs nor effects."""
    if await parts.queue.conclude(lease, (), ()) is None:
        raise LeaseLost(lease.key)


@asynccontextmanager
async def _beating(parts: Parts, lease: Lease) -> AsyncIterator[None]:
    """Keep the lease while the body runs; when it is lost, stop the body at its next await."""
    body = asyncio.current_task()
    lost = False

    async def beat() -> None:
        nonlocal lost
        while True:
            await parts.clock.sleep(HEARTBEAT_S)
            if not await parts.queue.heartbeat(lease):
                lost = True
                if body is not None:
                    body.cancel()
                return

    heart = asyncio.create_task(beat(), name=f"heartbeat-{lease.work_id}")
    try:
        yield
    except asyncio.CancelledError:
        if lost and body is not None and body.uncancel() == 0:
            raise LeaseLost(lease.key) from None
        raise
    finally:
        heart.cancel()


async def _after_refusal(parts: Parts, lease: Lease, error: GitHubError) -> None:
    """What GitHub's answer to a read means for the work; the same table judges writes."""
    now = parts.clock.now()
    outcome = classify(error.answer, now=now, idempotent=True, attempt=lease.attempt)
    match outcome:
        case RetryAt(at=at, reason=reason, whole_installation=whole):
            if whole:
                await parts.outbox.hold_writes(lease.installation_id, at)
            await parts.queue.retry(lease, f"{error}; {reason}", at, counts=not whole)
        case Park(reason=reason):
            await parts.outbox.park_installation(lease.installation_id, reason)
            await parts.queue.retry(lease, f"{error}; {reason}", now + PARKED_RETRY, counts=False)
        case Skip(reason=reason):
            log.info("nothing_to_attend", why=reason)
            await parts.queue.conclude(lease, (), ())
        case Reconcile() | Alert() | Written():
            await _later(parts, lease, str(error))
        case _:
            assert_never(outcome)


async def _later(parts: Parts, lease: Lease, reason: str) -> None:
    """Back off 5 s, then 25 s; after the last attempt the work is dead and says why."""
    log.warning("work_retried", why=reason)
    at = parts.clock.now() + timedelta(seconds=5**lease.attempt)
    await parts.queue.retry(lease, reason[:2000], at)
