"""A tracer that remembers what it was told, in order."""

from dataclasses import dataclass, field

from app.domain.run import RunRecord


@dataclass
class FakeTracer:
    told: list[tuple[str, RunRecord]] = field(default_factory=list)
    closed: bool = False

    def run(self, record: RunRecord, run_key: str) -> None:
        self.told.append((run_key, record))

    def close(self) -> None:
        self.closed = True
