"""Attending a thread: gather once per trigger, decide all its skills in one call, a recorded Run for each of them.

One voice: of the skills that look at one trigger at most one comments, so that a thread never hears several things at
once. They share one comment per trigger, too: what a later run has to say edits it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import structlog

from app.domain.decision import Decision, SkillName, proposes
from app.domain.effect import CommentPayload, PlannedEffect
from app.domain.prompt import PromptVersion, Usage
from app.domain.run import RunOutcome, RunRecord, Span
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadRef
from app.domain.verdict import Refusal, Verdict
from app.domain.work import Lease
from app.errors import LeaseLost
from app.teammate.decide import PaidReply, decide
from app.teammate.gather import gather
from app.teammate.guard.verdict import judge
from app.teammate.parts import Parts
from app.teammate.ring import ring
from app.teammate.skills import SPEAKING_ORDER, Loudness, concerns, is_reply, loudness, skills_for
from app.teammate.trace import Stopwatch

log = structlog.get_logger("teammate.runs")


async def attend_thread(parts: Parts, lease: Lease) -> None:
    """Run every skill that the leased triggers call for; nothing is written unless the lease still holds."""
    runs: list[RunRecord] = []
    effects: list[PlannedEffect] = []
    for trigger in lease.triggers:
        for record, volume in await _attend_trigger(parts, lease.thread, trigger):
            effects += _planned(lease.thread, record, position=len(runs), draft=volume == "draft")
            runs.append(record)
    ids = await parts.queue.conclude(lease, runs, effects)
    if ids is None:
        raise LeaseLost(lease.key)
    for number, record in enumerate(runs):
        parts.tracer.run(record, f"{lease.token}:{number}")
    if ids:
        await ring(parts.bell.effects(ids))


async def _attend_trigger(parts: Parts, thread: ThreadRef, trigger: str) -> list[tuple[RunRecord, Loudness]]:
    """The runs of one trigger, each with how loudly it may speak."""
    asked = await _asked(parts, thread)
    if is_reply(trigger) and not asked:
        return []
    watch = Stopwatch()
    with watch.span("gather") as found:
        snapshot = await gather(parts, thread, trigger, asked=asked)
        if isinstance(snapshot, Snapshot):
            found |= {"passages": len(snapshot.passages), "neighbours": len(snapshot.neighbours)}
    if not isinstance(snapshot, Snapshot):
        log.info("nothing_to_attend", trigger=trigger, why=snapshot.reason)
        return []
    volumes = {
        skill: volume
        for skill in skills_for(snapshot.kind, trigger)
        if concerns(skill, snapshot)
        and (volume := loudness(snapshot.settings, skill, trigger, snapshot.association)) != "off"
    }
    prompts = [parts.prompts.live(skill, thread.key) for skill in volumes]
    records: list[RunRecord] = []
    for _, together in groupby(sorted(prompts, key=lambda prompt: prompt.model), key=lambda prompt: prompt.model):
        records += await _run_skills(parts, list(together), snapshot, volumes, gathered=watch.spans)
    return [(record, volumes[record.skill]) for record in one_voice(records, volumes)]


async def _asked(parts: Parts, thread: ThreadRef) -> tuple[str, ...]:
    """What our comment on this thread still asks its author for."""
    said = await parts.outbox.said(intent(thread, "body"))
    return said.asks if said else ()


async def _run_skills(
    parts: Parts,
    prompts: Sequence[PromptVersion],
    snapshot: Snapshot,
    volumes: Mapping[SkillName, Loudness],
    *,
    gathered: tuple[Span, ...],
) -> list[RunRecord]:
    """Decide all in one call, then guard each. A reply that holds no decision was paid for, and failures are what exams
    are made of: it is a run like any other. ModelUnavailable is none: somebody may serve it later, so it goes up and
    the work waits. The first run of a call carries its whole bill.
    """
    started = parts.clock.now()
    watch = Stopwatch(gathered)
    decisions: Sequence[Decision | None] = [None] * len(prompts)
    problem: str | None = None
    try:
        with watch.span("decide", prompts=[prompt.id for prompt in prompts]) as found:
            reply = await decide(snapshot, prompts, parts.model)
            found["model"] = reply.model
    except PaidReply as error:
        model, usage, problem = error.model or prompts[0].model, error.usage, f"{error.kind}: {error}"
    else:
        model, usage, decisions = reply.model, reply.usage, reply.decisions
    records = []
    for prompt, decision in zip(prompts, decisions, strict=True):
        verdict: Verdict | None = None
        own = Stopwatch(watch.spans)
        if decision is not None:
            with own.span("guard") as found:
                verdict = judge(
                    decision, snapshot, web_origin=parts.web_origin, handle=parts.handle, secrets=parts.secrets
                )
                found["refusals"] = len(verdict.refusals)
        records.append(
            RunRecord(
                skill=prompt.name,
                trigger=snapshot.trigger,
                prompt=prompt.id,
                prompt_digest=prompt.digest,
                model=model,
                outcome=outcome_of(decision, verdict, volumes[prompt.name]),
                snapshot=snapshot,
                decision=decision,
                verdict=verdict,
                usage=usage,
                spans=own.spans,
                error=problem,
                started_at=started,
                finished_at=parts.clock.now(),
            )
        )
        usage = Usage()
    return records


def outcome_of(decision: Decision | None, verdict: Verdict | None, volume: Loudness) -> RunOutcome:
    if decision is None or verdict is None:
        return "failed"
    if verdict.effects:
        return "acted" if volume == "write" else "drafted"
    return "refused" if verdict.refusals and proposes(decision) else "silent"


def one_voice(records: Sequence[RunRecord], volumes: Mapping[SkillName, Loudness]) -> Iterator[RunRecord]:
    """The records, of which at most one comments: who may write before who may only draft, then by importance."""
    speaking = [record for record in records if record.verdict and any(map(_is_comment, record.verdict.effects))]
    speaker = min(
        speaking,
        key=lambda record: (volumes[record.skill] != "write", SPEAKING_ORDER.index(record.skill)),
        default=None,
    )
    for record in records:
        verdict = record.verdict
        if verdict is None or record not in speaking or record is speaker or speaker is None:
            yield record
            continue
        hushed = verdict.model_copy(
            update={
                "effects": tuple(effect for effect in verdict.effects if not _is_comment(effect)),
                "refusals": (*verdict.refusals, Refusal(what="the comment", why=f"{speaker.skill} speaks here")),
            }
        )
        yield record.model_copy(update={"verdict": hushed, "outcome": record.outcome if hushed.effects else "silent"})


def _is_comment(effect: object) -> bool:
    return isinstance(effect, CommentPayload)


def intent(thread: ThreadRef, trigger: str) -> str:
    """Why the teammate speaks. A reply to what it asked leads back to the comment that asked."""
    return f"{thread.key}:{'body' if is_reply(trigger) else trigger}"


def _planned(thread: ThreadRef, record: RunRecord, *, position: int, draft: bool) -> list[PlannedEffect]:
    """The guard's effects bound to the triggering thread, whatever any text said."""
    return [
        PlannedEffect(
            intent=intent(thread, record.trigger),
            thread=thread,
            node_id=record.snapshot.node_id,
            payload=payload,
            run=position,
            draft=draft,
        )
        for payload in (record.verdict.effects if record.verdict else ())
    ]
