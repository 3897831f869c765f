"""A bell that remembers who was rung, and can be broken."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class FakeBell:
    broken: bool = False
    rung_work: list[int] = field(default_factory=list)
    rung_effects: list[int] = field(default_factory=list)

    async def work(self, work_ids: Sequence[int]) -> None:
        self._check()
        self.rung_work.extend(work_ids)

    async def effects(self, effect_ids: Sequence[int]) -> None:
        self._check()
        self.rung_effects.extend(effect_ids)

    def _check(self) -> None:
        if self.broken:
            raise ConnectionError("the bell is out of order")
