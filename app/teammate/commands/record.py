"""Record: the run of a comment that commanded something, so that a page and `why` can tell what came of it."""

from app.domain.prompt import Usage
from app.domain.run import RunOutcome, RunRecord, Span
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadRef
from app.domain.verdict import Verdict
from app.teammate.clean import Clean
from app.teammate.commands.obey import Obeyed
from app.teammate.parts import Parts
from app.teammate.subject import Reading

_TITLE, _COMMENT = 500, 4_000


def command_run(
    parts: Parts, ref: ThreadRef, trigger: str, *, reading: Reading, obeyed: Obeyed, spans: tuple[Span, ...]
) -> RunRecord:
    """One run without a model: what was said, what was done and what was refused, with the reason."""
    done = [f"{words}: done" for words in obeyed.done]
    refused = [f"{one.what}: {one.why}" for one in obeyed.refusals]
    outcome: RunOutcome = "acted" if obeyed.done else "refused" if obeyed.refusals else "silent"
    now = parts.clock.now()
    return RunRecord(
        skill="command",
        trigger=trigger,
        prompt="command",
        prompt_digest="",
        model="code",
        outcome=outcome,
        snapshot=_snapshot(parts, ref, trigger, reading),
        decision=None,
        verdict=Verdict(
            refusals=tuple(obeyed.refusals),
            summary="; ".join(done + refused) or "a reaction",
        ),
        usage=Usage(),
        spans=spans,
        started_at=now,
        finished_at=now,
    )


def _snapshot(parts: Parts, ref: ThreadRef, trigger: str, reading: Reading) -> Snapshot:
    """Only what was said to us: nothing else was looked at."""
    clean, thread, comment = Clean(), reading.thread, reading.asking
    return Snapshot(
        repository=reading.repository.name,
        private=reading.repository.private,
        kind=ref.kind,
        number=ref.number,
        node_id=thread.node_id,
        trigger=trigger,
        title=clean.text("title", thread.title, _TITLE),
        body="",
        author=thread.author,
        association=comment.association if comment else thread.association,
        current_labels=thread.labels,
        question=clean.text("comment", comment.body, _COMMENT) if comment else "",
        asked_by=comment.author if comment else thread.author,
        labels=(),
        settings=reading.settings,
        removed=tuple(dict.fromkeys(clean.removed)),
        taken_at=parts.clock.now(),
    )
