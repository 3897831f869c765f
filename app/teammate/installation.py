"""Attending an installation: who installed the App on what, taken from GitHub, not from the event's word."""

from collections.abc import Collection
from datetime import timedelta

import structlog

from app.domain.act import Act
from app.domain.thread import RepositoryRef, ThreadRef
from app.domain.work import Lease
from app.errors import GitHubError
from app.ports import InstallationInfo
from app.teammate.index import index_order
from app.teammate.parts import Parts
from app.teammate.ring import ring

log = structlog.get_logger("teammate.installation")

HEARD_WITHIN = timedelta(minutes=5)
"""How long after a repository was added to an installation we may come to know."""


async def attend_installation(parts: Parts, lease: Lease) -> None:
    """Apply the newest state: deleted from the event, everything else by asking GitHub.

    Several events coalesce into one lease; a deletion among them is final, because GitHub gives a new
    installation a new id.
    """
    if "installation.deleted" in lease.triggers:
        await _remove(parts, lease.installation_id)
    else:
        await sync_installation(parts, lease.installation_id)


async def sync_installation(parts: Parts, installation_id: int) -> None:
    """Store state and repositories as GitHub has them, resume what was parked, index what is new."""
    infos = await parts.reader.installations()
    info = next((one for one in infos if one.installation_id == installation_id), None)
    if info is None:
        await _remove(parts, installation_id)
    else:
        await _store(parts, info)


async def sync_all(parts: Parts) -> None:
    """What no event announced: installations made or removed while nobody listened."""
    infos = await parts.reader.installations()
    known = {info.installation_id for info in await parts.installations.active()}
    for gone in sorted(known - {info.installation_id for info in infos}):
        await _remove(parts, gone)
    for info in infos:
        try:
            await _store(parts, info)
        except GitHubError as error:
            log.warning("installation_not_synced", installation=info.installation_id, error=str(error))


async def _remove(parts: Parts, installation_id: int) -> None:
    await parts.installations.set_state(installation_id, "", "deleted")
    await parts.erasures.ask("installation", str(installation_id))
    await parts.outbox.park_installation(installation_id, "the App was uninstalled")


async def _store(parts: Parts, info: InstallationInfo) -> None:
    installation_id = info.installation_id
    await parts.installations.set_state(installation_id, info.account, "suspended" if info.suspended else "active")
    if info.suspended:
        await parts.outbox.park_installation(installation_id, "the installation is suspended")
        return
    await parts.outbox.resume_installation(installation_id)
    await parts.queue.resume(installation_id)
    before = {ref.repository_id: ref.name for ref in await parts.installations.repositories(installation_id)}
    refs = await parts.reader.installation_repositories(installation_id)
    fresh = [index_order(ref, "installed") for ref in refs if before.get(ref.repository_id) != ref.name]
    await _remember_when(parts, info, [ref for ref in refs if ref.repository_id not in before], first=not before)
    # Ordered before they are known: a crash in between orders them again, the other way round never.
    work_ids = await parts.queue.order(fresh) if fresh else []
    await parts.installations.set_repositories(installation_id, refs)
    if work_ids:
        await ring(parts.bell.work(work_ids))


async def _remember_when(parts: Parts, info: InstallationInfo, refs: Collection[RepositoryRef], *, first: bool) -> None:
    """Since when we are on these repositories: what is older is nobody's question to us. The first time counts."""
    by_now = parts.clock.now() - HEARD_WITHIN
    at = info.created_at if first and info.created_at else by_now
    for ref in refs:
        act = Act(id="installed", kind="installed", actor=info.account, by="person", at=at)
        await parts.ledger.record(ThreadRef(ref, "issue", 0), [act])
