"""Installations in memory. What `purge_deleted` removes elsewhere is the real store's business."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.thread import RepositoryRef
from app.ports import InstallationInfo, InstallationState


@dataclass
class FakeInstallations:
    now: Callable[[], datetime]
    purge_after_hours: float = 24.0
    states: dict[int, tuple[str, InstallationState]] = field(default_factory=dict)
    deleted_at: dict[int, datetime] = field(default_factory=dict)
    refs: dict[int, RepositoryRef] = field(default_factory=dict)
    reconciled: dict[int, datetime] = field(default_factory=dict)

    async def set_state(self, installation_id: int, account: str, state: InstallationState) -> None:
        known, _ = self.states.get(installation_id, ("", state))
        self.states[installation_id] = (account or known, state)
        if state == "deleted":
            self.deleted_at.setdefault(installation_id, self.now())
        else:
            self.deleted_at.pop(installation_id, None)

    async def set_repositories(self, installation_id: int, refs: Sequence[RepositoryRef]) -> None:
        listed = {ref.repository_id: ref for ref in refs}
        for ref in await self.repositories(installation_id):
            if ref.repository_id not in listed:
                self._forget(ref.repository_id)
        self.refs |= listed

    async def active(self) -> list[InstallationInfo]:
        return [
            InstallationInfo(id_, account, suspended=False)
            for id_, (account, state) in sorted(self.states.items())
            if state == "active"
        ]

    async def repositories(self, installation_id: int) -> list[RepositoryRef]:
        its = [ref for ref in self.refs.values() if ref.installation_id == installation_id]
        return sorted(its, key=lambda ref: (ref.name, ref.repository_id))

    async def reconciled_until(self, repository_id: int) -> datetime | None:
        return self.reconciled.get(repository_id)

    async def set_reconciled(self, repository_id: int, until: datetime) -> None:
        self.reconciled[repository_id] = until

    async def purge_deleted(self, now: datetime) -> int:
        grace = timedelta(hours=self.purge_after_hours)
        gone = [id_ for id_, since in self.deleted_at.items() if since <= now - grace]
        for installation_id in gone:
            for ref in await self.repositories(installation_id):
                self._forget(ref.repository_id)
            del self.states[installation_id], self.deleted_at[installation_id]
        return len(gone)

    def _forget(self, repository_id: int) -> None:
        self.refs.pop(repository_id, None)
        self.reconciled.pop(repository_id, None)
