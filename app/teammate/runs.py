"""Attending a thread: gather once per trigger, then one recorded Run per skill, concluded all together."""

import structlog

from app.domain.decision import Decision, SkillName
from app.domain.effect import PlannedEffect
from app.domain.run import RunOutcome, RunRecord, Span
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadRef
from app.domain.verdict import Verdict
from app.domain.work import Lease
from app.errors import LeaseLost
from app.teammate.decide import PaidReply, decide
from app.teammate.gather import gather
from app.teammate.guard.verdict import judge
from app.teammate.parts import Parts
from app.teammate.ring import ring
from app.teammate.skills import Loudness, loudness, skills_for
from app.teammate.trace import Stopwatch

log = structlog.get_logger("teammate.runs")


async def attend_thread(parts: Parts, lease: Lease) -> None:
    """Run every skill that the leased triggers call for; nothing is written unless the lease still holds."""
    runs: list[RunRecord] = []
    effects: list[PlannedEffect] = []
    for trigger in lease.triggers:
        watch = Stopwatch()
        with watch.span("gather") as found:
            snapshot = await gather(
                lease.thread,
                trigger,
                reader=parts.reader,
                library=parts.library,
                clock=parts.clock,
                handle=parts.handle,
            )
            if isinstance(snapshot, Snapshot):
                found["passages"] = len(snapshot.passages)
        if not isinstance(snapshot, Snapshot):
            log.info("nothing_to_attend", trigger=trigger, why=snapshot.reason)
            continue
        for skill in skills_for(snapshot.kind, trigger):
            volume = loudness(snapshot.settings, skill, trigger, snapshot.association)
            if volume == "off":
                continue
            record = await _run_skill(parts, skill, snapshot, volume, thread_key=lease.thread.key, gathered=watch.spans)
            effects += _planned(lease.thread, record, position=len(runs), draft=volume == "draft")
            runs.append(record)
    ids = await parts.queue.conclude(lease, runs, effects)
    if ids is None:
        raise LeaseLost(lease.key)
    for number, record in enumerate(runs):
        parts.tracer.run(record, f"{lease.token}:{number}")
    if ids:
        await ring(parts.bell.effects(ids))


async def _run_skill(
    parts: Parts, skill: SkillName, snapshot: Snapshot, volume: Loudness, *, thread_key: str, gathered: tuple[Span, ...]
) -> RunRecord:
    """Decide and guard. A reply that holds no decision was paid for, and failures are what exams are made of: it is
    a run like any other. ModelUnavailable is none: somebody may serve it later, so it goes up and the work waits.
    """
    started = parts.clock.now()
    prompt = parts.prompts.live(skill, thread_key)
    watch = Stopwatch(gathered)
    decision: Decision | None = None
    verdict: Verdict | None = None
    outcome: RunOutcome = "failed"
    problem: str | None = None
    try:
        with watch.span("decide", prompt=prompt.id) as found:
            reply = await decide(snapshot, prompt, parts.model)
            found["model"] = reply.model
    except PaidReply as error:
        model, usage, problem = error.model or prompt.model, error.usage, f"{error.kind}: {error}"
    else:
        model, usage, decision = reply.model, reply.usage, reply.decision
        with watch.span("guard") as found:
            verdict = judge(decision, snapshot, web_origin=parts.web_origin, handle=parts.handle, secrets=parts.secrets)
            found["refusals"] = len(verdict.refusals)
        outcome = _outcome(verdict, volume, decision)
    return RunRecord(
        skill=skill,
        trigger=snapshot.trigger,
        prompt=prompt.id,
        prompt_digest=prompt.digest,
        model=model,
        outcome=outcome,
        snapshot=snapshot,
        decision=decision,
        verdict=verdict,
        usage=usage,
        spans=watch.spans,
        error=problem,
        started_at=started,
        finished_at=parts.clock.now(),
    )


def _outcome(verdict: Verdict, volume: Loudness, decision: Decision) -> RunOutcome:
    if verdict.effects:
        return "acted" if volume == "write" else "drafted"
    proposed = decision.labels if decision.skill == "triage" else decision.claims
    return "refused" if proposed and verdict.refusals else "silent"


def _planned(thread: ThreadRef, record: RunRecord, *, position: int, draft: bool) -> list[PlannedEffect]:
    """The guard's effects bound to the triggering thread, whatever any text said."""
    return [
        PlannedEffect(
            intent=f"{thread.key}:{record.skill}:{record.trigger}",
            thread=thread,
            node_id=record.snapshot.node_id,
            payload=payload,
            run=position,
            draft=draft,
        )
        for payload in (record.verdict.effects if record.verdict else ())
    ]
