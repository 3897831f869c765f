"""Attending an installation: who installed the App on what, taken from GitHub, not from the event's word."""

from collections.abc import Sequence

import structlog

from app.domain.thread import RepositoryRef
from app.domain.work import Lease, WorkOrder
from app.errors import GitHubError, LeaseLost
from app.teammate.parts import Parts

log = structlog.get_logger("teammate.installation")


async def attend_installation(parts: Parts, lease: Lease) -> None:
    """Apply the newest state: deleted and suspended from the events, everything else by asking GitHub.

    Several events coalesce into one lease; a deletion among them is final, because GitHub gives a new
    installation a new id.
    """
    installation_id = lease.installation_id
    if "installation.deleted" in lease.triggers:
        await parts.installations.set_state(installation_id, "", "deleted")
        await parts.outbox.park_installation(installation_id, "the App was uninstalled")
    else:
        await sync_installation(parts, installation_id)
    if await parts.queue.conclude(lease, (), ()) is None:
        raise LeaseLost(lease.key)


async def sync_installation(parts: Parts, installation_id: int) -> None:
    """Store state and repositories as GitHub has them, resume what was parked, index what is new."""
    known = {info.installation_id: info for info in await parts.reader.installations()}
    info = known.get(installation_id)
    if info is None:
        await parts.installations.set_state(installation_id, "", "deleted")
        return
    if info.suspended:
        await parts.installations.set_state(installation_id, info.account, "suspended")
        await parts.outbox.park_installation(installation_id, "the installation is suspended")
        return
    await parts.installations.set_state(installation_id, info.account, "active")
    await parts.outbox.resume_installation(installation_id)
    before = {ref.repository_id for ref in await parts.installations.repositories(installation_id)}
    refs = await parts.reader.installation_repositories(installation_id)
    await parts.installations.set_repositories(installation_id, refs)
    fresh = [ref for ref in refs if ref.repository_id not in before]
    if fresh:
        await ring(parts, await parts.queue.order([index_order(ref) for ref in fresh]))


async def sync_all(parts: Parts) -> None:
    """What no event announced: installations made or removed while nobody listened."""
    infos = await parts.reader.installations()
    for gone in {info.installation_id for info in await parts.installations.active()} - {
        info.installation_id for info in infos
    }:
        await parts.installations.set_state(gone, "", "deleted")
    for info in infos:
        try:
            await sync_installation(parts, info.installation_id)
        except GitHubError as error:
            log.warning("installation_not_synced", installation=info.installation_id, error=str(error))


async def ring(parts: Parts, work_ids: Sequence[int]) -> None:
    """Have it done now rather than at the next sweep; a bell that fails changes nothing."""
    try:
        await parts.bell.work(work_ids)
    except Exception as error:  # noqa: BLE001  whatever the client raises, the sweeper rings again
        log.warning("bell_failed", error=str(error))


def index_order(ref: RepositoryRef) -> WorkOrder:
    return WorkOrder(
        key=f"index:{ref.repository_id}",
        kind="index",
        trigger="installed",
        installation_id=ref.installation_id,
        repository_id=ref.repository_id,
        repository=ref.name,
    )
