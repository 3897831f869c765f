"""Papers in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class FakePapers:
    kept: dict[int, tuple[dict[str, str], bytes]] = field(default_factory=dict)

    async def keep(self, repository_id: int, files: Mapping[str, str], symbols: bytes) -> None:
        self.kept[repository_id] = dict(files), symbols

    async def files(self, repository_id: int) -> dict[str, str]:
        return self.kept[repository_id][0] if repository_id in self.kept else {}

    async def symbols(self, repository_id: int) -> bytes | None:
        return self.kept[repository_id][1] if repository_id in self.kept else None
