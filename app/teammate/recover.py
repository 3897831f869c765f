"""Recover: ask for what never reached us.

GitHub sends a webhook once and never again by itself, but keeps a log of failed ones for three days; and some
events are never sent at all. Nothing here decides anything: it only creates the delivery or the work that should
have been there.
"""

from datetime import datetime, timedelta
from typing import assert_never, get_args

import structlog

from app.domain.effect import Alert, Park, Reconcile, RetryAt, Skip, Written
from app.domain.events import HeardEvent
from app.domain.thread import RepositoryRef
from app.domain.work import thread_order
from app.errors import GitHubError
from app.ports import Clock, GitHubReader, GitHubWriter, Installations, WorkQueue
from app.teammate.answers import classify
from app.teammate.index import index_order

log = structlog.get_logger("teammate.recover")

HOPELESS = (400, 413)
"""Our own answers that would be the same again: a delivery that cannot be read, or is too long."""
OVERLAP = timedelta(minutes=5)
"""Changes GitHub shows late, and clocks that differ, are looked at twice rather than never."""

LOG_REACHES = timedelta(days=3)
"""How far back GitHub redelivers (docs.github.com: "Redelivering webhooks")."""
FULL_EVERY = timedelta(hours=1)
RECENT = timedelta(minutes=15)


def recovery_window(now: datetime, last_full: datetime | None) -> tuple[datetime, bool]:
    """Since when the delivery log should be read in this pass, and whether that is all of it.

    All of it on start (`last_full` is None) and hourly: a busy App has a hundred pages of it. In between, the
    last minutes are enough, because several passes see each delivery. A clock that was set back reads all.
    """
    full = last_full is None or abs(now - last_full) >= FULL_EVERY
    return now - (LOG_REACHES if full else RECENT), full


async def request_failed_deliveries(*, reader: GitHubReader, writer: GitHubWriter, since: datetime) -> int:
    """Have the failed deliveries since then sent again, each once; how many were asked for.

    What arrives again has its old GUID, so a delivery that had been accepted after all is known and ignored.
    """
    asked: set[str] = set()
    for failed in await reader.failed_deliveries(since):
        if failed.event not in get_args(HeardEvent) or failed.status in HOPELESS or failed.guid in asked:
            continue
        answer = await writer.redeliver(failed.id)
        outcome = classify(answer, now=since, idempotent=True)
        match outcome:
            case Written():
                asked.add(failed.guid)
            case RetryAt(reason=reason) | Park(reason=reason):
                log.warning("redelivery_stopped", reason=reason)
                break
            case Skip(reason=reason) | Alert(reason=reason) | Reconcile(reason=reason):
                log.warning("redelivery_refused", guid=failed.guid, reason=reason)
            case _:
                assert_never(outcome)
    if asked:
        log.info("redeliveries_requested", count=len(asked))
    return len(asked)


async def reconcile_threads(
    *, installations: Installations, reader: GitHubReader, queue: WorkQueue, clock: Clock
) -> int:
    """Order work for threads opened since the last pass that no event announced; how many were ordered.

    The first pass over a repository only sets its mark: what is older than that is nobody's backlog. A pass
    that fails leaves the mark, so the next one covers its time too.
    """
    ordered = 0
    for installation in await installations.active():
        for ref in await installations.repositories(installation.installation_id):
            now, mark = clock.now(), await installations.reconciled_until(ref.repository_id)
            try:
                ordered += 0 if mark is None else await _order_missed(ref, mark - OVERLAP, reader, queue)
            except GitHubError as error:
                log.warning("reconcile_failed", repository=ref.name, error=str(error))
                if isinstance(classify(error.answer, now=now, idempotent=True), RetryAt | Park):
                    break
                continue
            await installations.set_reconciled(ref.repository_id, now)
    return ordered


async def order_history(*, installations: Installations, queue: WorkQueue) -> None:
    """Have every repository read again: what was closed, labelled or merged, which no trigger of ours says."""
    for installation in await installations.active():
        refs = await installations.repositories(installation.installation_id)
        await queue.order([index_order(ref, "hourly") for ref in refs])


async def _order_missed(ref: RepositoryRef, since: datetime, reader: GitHubReader, queue: WorkQueue) -> int:
    """A thread counts as missed when it is open, a person opened it since then, and no work knows it.

    Age is asked of the thread itself, because any comment makes an old thread a changed one.
    """
    changed = {thread.key: thread for thread in await reader.changed_threads(ref, since)}
    unknown = await queue.unknown_keys(list(changed)) if changed else set()
    orders = []
    for key in (key for key in changed if key in unknown):
        thread = await reader.thread(changed[key])
        if thread.created_at >= since and thread.state == "open" and not thread.author_is_bot:
            orders.append(thread_order(changed[key], "body"))
    if orders:
        log.info("missed_threads", repository=ref.name, count=len(orders))
        await queue.order(orders)
    return len(orders)
