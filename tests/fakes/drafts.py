"""The drafts page's reading, over the rows of a fake outbox."""

from dataclasses import dataclass, field
from typing import Any, cast

from app.domain.draft import DECLINED, Draft, Queue, ThreadState
from app.domain.effect import AllowedPayload, CommentPayload, LabelsPayload
from tests.fakes.outbox import FakeOutbox, Row

TRIAGE = {"skill": "triage", "labels": [{"name": "bug", "confidence": 0.82, "rationale": "It crashes."}]}
ANSWER = {
    "skill": "answer",
    "claims": [{"text": "Set both.", "passage": 1, "quote": "Set both secrets"}],
    "confidence": 0.64,
    "silence": "",
}


@dataclass
class FakeDrafts:
    outbox: FakeOutbox
    title: str = "It crashes"
    states: dict[int, ThreadState] = field(default_factory=dict)

    async def waiting(
        self,
        *,
        repository: str | None = None,
        skill: str | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 50,
    ) -> list[Draft]:
        found = [self._draft(row) for row in self.outbox.rows.values() if row.state == "draft"]
        wanted = [
            one
            for one in found
            if repository in (None, one.thread.repository.name)
            and skill in (None, one.skill)
            and (before is None or (one.run_id, one.id) < before)
        ]
        return sorted(wanted, key=lambda one: (one.run_id, one.id), reverse=True)[:limit]

    async def one(self, effect_id: int) -> Draft | None:
        row = self.outbox.rows.get(effect_id)
        return self._draft(row) if row and isinstance(row.payload, CommentPayload | LabelsPayload) else None

    async def queue(self) -> Queue:
        waiting = await self.waiting(limit=10_000)
        repositories = {one.thread.repository.name for one in waiting}
        return Queue(len(waiting), tuple(sorted(repositories)), tuple(sorted({one.skill for one in waiting})))

    async def restore(self, effect_id: int) -> bool:
        row = self.outbox.rows[effect_id]
        if row.state != "skipped" or not row.reason.startswith(DECLINED) or row.for_good:
            return False
        row.state, row.reason = "draft", ""
        return True

    def _draft(self, row: Row) -> Draft:
        decision: dict[str, Any] = ANSWER if isinstance(row.payload, CommentPayload) else TRIAGE
        return Draft(
            id=row.id,
            run_id=row.run_id,
            revision=row.revision,
            thread=row.thread,
            title=self.title,
            thread_state=self.states.get(row.id, "open"),
            payload=cast(AllowedPayload, row.payload),
            state=row.state,
            reason=row.reason,
            skill=decision["skill"],
            prompt=f"{decision['skill']}@1",
            model="local/1",
            summary="one comment" if decision is ANSWER else "label bug",
            decision=decision,
            snapshot={"neighbours": [], "needs": [], "pull": None},
            drafted_at=row.created_at,
        )
