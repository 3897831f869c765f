"""Label models in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT = 5


@dataclass
class FakeLabelModels:
    held: dict[int, dict[str, tuple[bytes, dict[str, Any]]]] = field(default_factory=dict)

    async def save(self, repository_id: int, version: str, model: bytes, facts: Mapping[str, Any]) -> None:
        models = self.held.setdefault(repository_id, {})
        models.pop(version, None)
        models[version] = (model, dict(facts))
        for old in list(models)[:-KEPT]:
            del models[old]

    async def newest(self, repository_id: int) -> bytes | None:
        models = self.held.get(repository_id)
        return list(models.values())[-1][0] if models else None

    async def learnt_from(self, repository_id: int) -> int:
        models = self.held.get(repository_id)
        return int(list(models.values())[-1][1].get("examples", 0)) if models else 0
