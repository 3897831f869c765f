"""History in memory: the runs that a fake queue has concluded, read back as the pages read them."""

from dataclasses import dataclass

from app.domain.history import RunDetail, RunFilter, RunRow
from app.domain.run import RunRecord
from tests.fakes.work_queue import FakeWorkQueue


@dataclass
class FakeHistory:
    queue: FakeWorkQueue

    async def runs(self, wanted: RunFilter, *, before_id: int | None = None, limit: int = 50) -> list[RunRow]:
        rows = [_row(number, record) for number, record in enumerate(self.queue.runs, 1)]
        asked = {name: value for name in RunFilter.__slots__ if (value := getattr(wanted, name)) is not None}
        found = [row for row in rows if all(getattr(row, name) == value for name, value in asked.items())]
        return [row for row in reversed(found) if before_id is None or row.id < before_id][:limit]

    async def run(self, run_id: int) -> RunDetail | None:
        if not 0 < run_id <= len(self.queue.runs):
            return None
        record = self.queue.runs[run_id - 1]
        kept = record.model_dump(mode="json")
        return RunDetail(
            row=_row(run_id, record),
            work_id=1,
            prompt_digest=record.prompt_digest,
            snapshot=kept["snapshot"],
            decision=kept["decision"],
            verdict=kept["verdict"],
            usage=kept["usage"],
            spans=kept["spans"],
            effects=(),
        )


def _row(number: int, record: RunRecord) -> RunRow:
    shown = record.snapshot
    return RunRow(
        id=number,
        repository=shown.repository,
        thread_kind=shown.kind,
        number=shown.number,
        title=shown.title,
        skill=record.skill,
        trigger=record.trigger,
        prompt=record.prompt,
        model=record.model,
        outcome=record.outcome,
        summary=record.verdict.summary if record.verdict else record.error or "",
        cost_usd=record.usage.cost_usd,
        error=record.error,
        started_at=record.started_at,
        finished_at=record.finished_at,
    )
