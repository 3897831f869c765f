"""What we measure of our own runs: errors, slowness, cost, silence, refusals, unsupported claims, and drift. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

from app.domain.decision import AnswerDecision
from app.domain.effect import CommentPayload, Effect, LabelsPayload
from app.domain.run import RunRecord
from app.domain.signal import OwnSignal, Polarity, Signal
from app.knowledge.duplicates.said import Said
from app.ports.listening import PastRun
from app.teammate.label_history import cause_of
from app.teammate.listen.scene import Scene

TIMES_THE_MEDIAN, LEAST_USD, LEAST_RUNS = 5.0, 0.05, 20
"""A run is costly that costs so many times the median of the last hundred of its skill, and more than a few cents. Of
fewer runs than that a median says nothing.
"""
FAR, FAR_BY_WORDS = 0.08, 0.0
"""Cosine of question and answer, or share of words in common: an answer that has no more is far from its question. Of
179 real issues with what a maintainer answered there 0.6 % have no more (by words 2.8 %), with what one answered on
another issue 37 % (25 %). So it finds only the grossest, and rarely wrongs an answer.
"""
_UNSUPPORTED = frozenset({"its quote is not in the passage it names", "it names what is not in its source"})
"""Why the guard drops a claim that its sources do not bear out (`guard/evidence.py`)."""
_ENGLISH = ("", "en")


def measured(scene: Scene, *, slow_after: timedelta) -> Iterator[Signal]:
    """Of every run on the thread what its record shows; cost and drift need more than that."""
    for run in scene.runs:
        if run.record.skill == "command":
            continue
        yield from _outcome(run)
        effect = _slowest(scene, run, slow_after)
        if effect is not None:
            yield _own("slow", run, "bad", at=effect.done_at, effect=effect)


def _outcome(run: PastRun) -> Iterator[Signal]:
    record = run.record
    match record.outcome:
        case "failed":
            yield _own("error", run, "bad", text=(record.error or "").partition(":")[0])
        case "refused":
            yield _own("refused", run, "bad", text=_first_reason(record))
        case "silent" if isinstance(record.decision, AnswerDecision) and not record.decision.claims:
            yield _own("abstained", run, "neutral")
        case _:
            pass
    dropped = [one for one in record.verdict.refusals if one.why in _UNSUPPORTED] if record.verdict else []
    if dropped:
        yield _own("unsupported", run, "bad", text=f"{len(dropped)}: {dropped[0].why}")


def _first_reason(record: RunRecord) -> str:
    refusals = record.verdict.refusals if record.verdict else ()
    return refusals[0].why if refusals else ""


def _slowest(scene: Scene, run: PastRun, slow_after: timedelta) -> Effect | None:
    """The last of its effects that came too long after its cause. What waits on purpose (a draft, a comment that is
    held so that people go first) is not slow.
    """
    began = _caused_at(scene, run.record)
    decided = {act.subject for act in scene.acts if act.kind in ("draft_accepted", "draft_edited")}
    late = [
        effect
        for effect in scene.effects
        if effect.run_id == run.id
        and effect.done_at is not None
        and effect.sent_revision <= 1
        and str(effect.id) not in decided
        and (isinstance(effect.payload, LabelsPayload) or cause_of(effect)[0] == "comment")
        and effect.done_at - began > slow_after
    ]
    return max(late, key=lambda effect: effect.done_at or effect.created_at, default=None)


def _caused_at(scene: Scene, record: RunRecord) -> datetime:
    """When somebody wrote what the run looks at; where that is not known any more, when the run began."""
    thread, (cause, _, about) = scene.thread, record.trigger.partition(":")
    if thread is None:
        return record.started_at
    if cause in ("comment", "reply"):
        asked = scene.comment(about)
        return min(asked.updated_at, record.started_at) if asked else record.started_at
    first = all(run.record.trigger != "body" or run.record.started_at >= record.started_at for run in scene.runs)
    return min(thread.created_at, record.started_at) if cause == "body" and first else record.started_at


def is_costly(usd: float, others: Sequence[float]) -> bool:
    """Whether a run stands out among the last hundred of its skill."""
    return usd > LEAST_USD and len(others) >= LEAST_RUNS and usd > TIMES_THE_MEDIAN * median(others)


def costly_signal(run: PastRun) -> Signal:
    return _own("costly", run, "bad", text=f"${run.record.usage.cost_usd:.4f}")


def answered(run: PastRun) -> tuple[str, str] | None:
    """Question and answer of a run, where their distance says something: both encoder and stems know English best."""
    record = run.record
    if record.skill != "answer" or record.verdict is None or record.snapshot.language not in _ENGLISH:
        return None
    body = next((one.body for one in record.verdict.effects if isinstance(one, CommentPayload)), "")
    return (record.snapshot.question, body) if body else None


def shared_words(question: str, answer: str) -> float:
    """Stems that both have, as a share of those of the shorter one, 0 to 1."""
    asked, said = set(Said.of("", question).words), set(Said.of("", answer).words)
    return len(asked & said) / max(min(len(asked), len(said)), 1)


def off_topic_signal(run: PastRun) -> Signal:
    return _own("off_topic", run, "bad")


def _own(
    kind: OwnSignal,
    run: PastRun,
    polarity: Polarity,
    *,
    at: datetime | None = None,
    effect: Effect | None = None,
    text: str = "",
) -> Signal:
    return Signal(
        id=f"{kind}:{run.id}",
        kind=kind,
        polarity=polarity,
        run_id=run.id,
        effect_id=effect.id if effect else None,
        text=text,
        at=at or run.record.finished_at,
    )
