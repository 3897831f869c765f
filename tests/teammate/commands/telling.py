"""Telling the teammate something on fakes: from a comment to what was planned."""

from datetime import timedelta
from typing import Any

from app.domain.effect import PlannedEffect, ReactionPayload, Wrote
from app.domain.thread import Comment, ThreadRef
from app.ports import Permission
from app.teammate.runs import attend_thread
from tests.fakes.clock import START
from tests.fakes.parts import THREAD, FakeHouse, a_thread, asks

SPEAKER = "linus"


def house(permission: Permission = "triage", **thread: Any) -> FakeHouse:
    """Linus, who comments, has this permission; grace wrote the thread, ada owns the repository."""
    built = FakeHouse()
    built.github.add_thread(THREAD, a_thread(**thread))
    built.github.permissions[SPEAKER] = permission
    return built


def said(text: str, number: int = 9, *, author: str = SPEAKER, minutes: float = 0) -> Comment:
    lines = "\n".join(f"@plumbline {line}" for line in text.splitlines())
    at = START + timedelta(minutes=minutes)
    return asks(number, body=lines).model_copy(update={"author": author, "updated_at": at, "created_at": at})


async def tell(on: FakeHouse, text: str, number: int = 9, *, ref: ThreadRef = THREAD, **by: Any) -> list[PlannedEffect]:
    """Somebody comments, or edits that comment; what was planned then."""
    comment = said(text, number, **by)
    on.github.comments[ref.key] = [one for one in on.github.comments[ref.key] if one.id != comment.id] + [comment]
    before = len(on.queue.planned)
    on.plan(f"comment:{number}", thread=ref)
    await attend_thread(on.parts, await on.lease())
    return on.queue.planned[before:]


def reactions(planned: list[PlannedEffect]) -> list[str]:
    return [one.payload.content for one in planned if isinstance(one.payload, ReactionPayload)]


def written(planned: list[PlannedEffect]) -> list[Any]:
    return [one.payload for one in planned if not isinstance(one.payload, ReactionPayload)]


async def wrote(on: FakeHouse, payload: Any, *, why: str = "body", remote_id: str | None = None, **known: Any) -> int:
    """An effect of ours that is done."""
    (row_id,) = on.outbox.plan([PlannedEffect(f"{THREAD.key}:{why}", THREAD, "NODE_12", payload, run=0)], run_id=1)
    row = on.outbox.rows[row_id]
    row.state, row.remote_id, row.sent_revision = "done", remote_id, 1
    row.wrote = Wrote(**known) if known else None
    return row_id
