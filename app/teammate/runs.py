"""Attending a thread: what people command first, then for each trigger one gathering, one call that decides all its
skills, and a recorded Run for each of them.

One voice: of the skills that look at one trigger at most one comments, so that a thread never hears several things at
once. They share one comment per trigger, too: what a later run has to say edits it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import structlog

from app.domain.act import Act, Stance
from app.domain.decision import Decision, proposes
from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.domain.prompt import PromptVersion, Usage
from app.domain.run import RunOutcome, RunRecord, RunSkill, Span
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadRef
from app.domain.verdict import Refusal, Verdict
from app.domain.work import STALE, Lease, thread_order
from app.errors import LeaseLost
from app.ports import Call
from app.teammate.budget import Metered
from app.teammate.commands.obey import obey
from app.teammate.commands.parse import parse
from app.teammate.commands.record import command_run
from app.teammate.config_check import proposes_settings, settings_run
from app.teammate.decide import PaidReply, decide
from app.teammate.demotion import demoted
from app.teammate.gather import NothingToDo, gather, read
from app.teammate.guard.verdict import judge
from app.teammate.offers import offered
from app.teammate.pace import held_until
from app.teammate.parts import Parts
from app.teammate.restraint import calm_triggers, hushed
from app.teammate.ring import ring
from app.teammate.silence import silenced
from app.teammate.skills import (
    LABELLING,
    SPEAKING_ORDER,
    Loudness,
    concerns,
    is_asked,
    is_reply,
    loudness,
    skills_for,
)
from app.teammate.stale import fresh_run, stale_run
from app.teammate.subject import Reading
from app.teammate.trace import Stopwatch

log = structlog.get_logger("teammate.runs")


@dataclass(frozen=True, slots=True)
class Pass:
    """One run, and what it wants written."""

    record: RunRecord
    effects: tuple[PlannedEffect, ...] = ()


async def attend_thread(parts: Parts, lease: Lease) -> None:
    """Run everything that the leased triggers call for; nothing is written unless the lease still holds."""
    passes: list[Pass] = []
    acts: list[Act] = []
    triggers = await calm_triggers(parts, lease)
    if not triggers:
        return
    # What people say to us may change how we take everything else.
    for trigger in sorted(triggers, key=lambda trigger: not is_asked(trigger)):
        if is_asked(trigger):
            passes += await _attend_comment(parts, lease, trigger, acts)
        else:
            passes += await _attend_unasked(parts, lease.thread, trigger)
    runs = [one.record for one in passes]
    ids = await parts.queue.conclude(lease, runs, _joined(passes))
    if ids is None:
        raise LeaseLost(lease.key)
    await parts.ledger.record(lease.thread, acts)
    for number, record in enumerate(runs):
        parts.tracer.run(record, f"{lease.token}:{number}")
    if ids:
        await ring(parts.bell.effects(ids))


async def _attend_comment(parts: Parts, lease: Lease, trigger: str, acts: list[Act]) -> list[Pass]:
    """What a person says to us by name: commands, a question, or both. `acts` gets what is to be remembered of it."""
    thread = lease.thread
    watch = Stopwatch()
    with watch.span("read"):
        reading = await read(parts, thread, trigger)
    if not isinstance(reading, Reading) or reading.asking is None:
        return _nothing(trigger, reading.reason if isinstance(reading, NothingToDo) else "the comment is gone")
    passes: list[Pass] = []
    if reading.asking.author == reading.thread.author:
        passes += [Pass(*one) for one in await fresh_run(parts, thread, trigger, reading)]
    heard = parse(reading.asking.body, parts.handle)
    if heard.commands or heard.slip or heard.thanks:
        with watch.span("obey"):
            obeyed = await obey(parts, thread, reading, reading.asking, heard)
        acts += obeyed.acts
        if obeyed.again:
            # Another lease: looking at the whole thread again takes long, and this comment is to be answered at once.
            await parts.queue.order([thread_order(thread, "body")])
        if obeyed.effects:
            record = command_run(parts, thread, trigger, reading=reading, obeyed=obeyed, spans=watch.spans)
            passes.append(Pass(record, tuple(obeyed.effects)))
    stance = await parts.ledger.stance(thread)
    if heard.asks and stance.quiet != "ignored":
        passes += await _attend(parts, thread, trigger, stance, reading=reading)
    return passes


async def _attend_unasked(parts: Parts, thread: ThreadRef, trigger: str) -> list[Pass]:
    """The thread's own text, or more of it: only where people let us. What waits to be said of an older text is decided
    anew.
    """
    if trigger != STALE and await parts.outbox.unsay(intent(thread, "body"), "the thread changed before it was said"):
        log.info("held_comment_taken_back", trigger=trigger)
        trigger = "body"  # after a reply, too: nothing was asked yet
    said = await parts.outbox.said(intent(thread, "body"))
    if is_reply(trigger) and not (said and said.asks):
        return []
    stance = await parts.ledger.stance(thread)
    if stance.quiet:
        return _nothing(trigger, f"the thread is {stance.quiet}, as {stance.by} asked")
    reading = await read(parts, thread, trigger)
    if isinstance(reading, NothingToDo):
        return _nothing(trigger, reading.reason)
    found = reading.thread
    if why := silenced(found.title, found.body, found.labels):
        return _nothing(trigger, why)
    if found.draft:
        return _nothing(trigger, "the pull request is a draft")
    if trigger == STALE:
        return [Pass(*one) for one in await stale_run(parts, thread, reading)]
    fresh = await fresh_run(parts, thread, trigger, reading) if is_reply(trigger) else []
    if thread.kind == "pull_request" and trigger == "body":
        reading = replace(reading, changes=await parts.reader.changes(thread))
    return [
        *(Pass(*one) for one in fresh),
        *await _checked(parts, thread, trigger, reading),
        *await _attend(parts, thread, trigger, stance, reading=reading, said=said),
    ]


async def _checked(parts: Parts, thread: ThreadRef, trigger: str, reading: Reading) -> list[Pass]:
    """A pull request that proposes other settings gets a check of them, whatever else may be said there."""
    changes = reading.changes
    if changes is None or not proposes_settings(changes):
        return []
    return [Pass(*await settings_run(parts, thread, trigger, reading, changes.commit))]


def _nothing(trigger: str, why: str) -> list[Pass]:
    log.info("nothing_to_attend", trigger=trigger, why=why)
    return []


async def _attend(
    parts: Parts,
    thread: ThreadRef,
    trigger: str,
    stance: Stance,
    *,
    reading: Reading,
    said: CommentPayload | None = None,
) -> list[Pass]:
    """The runs of one trigger, each with its effects: drafts where nothing louder is allowed. `said` is our comment on
    the thread's own text, which may still ask its author for something.
    """
    watch = Stopwatch()
    asked = said.asks if said else ()
    with watch.span("gather") as found:
        snapshot = await gather(parts, thread, trigger, asked=asked, reading=reading)
        if isinstance(snapshot, Snapshot):
            found |= {"passages": len(snapshot.passages), "neighbours": len(snapshot.neighbours)}
    if not isinstance(snapshot, Snapshot):
        return _nothing(trigger, snapshot.reason)
    unheard = trigger == "body" and said is None
    why_silent = await hushed(parts, thread, snapshot, reading.thread) if unheard else ""
    volumes = await _trusted(parts, thread, trigger, _volumes(snapshot, stance, silent=bool(why_silent)))
    prompts = [parts.prompts.live(skill, thread.key) for skill in volumes]
    records: list[RunRecord] = []
    for _, together in groupby(sorted(prompts, key=lambda prompt: prompt.model), key=lambda prompt: prompt.model):
        call, limits = Call(thread, snapshot.asked_by), snapshot.settings.budget
        model = Metered(parts.model, parts.spare, parts.budget, call, limits)
        records += await _run_skills(parts, model, list(together), snapshot, volumes, gathered=watch.spans)
    spoken = [_silenced(record, why_silent) if why_silent else record for record in records]
    held = held_until(snapshot.settings, reading.thread.created_at) if trigger == "body" else None
    return [
        Pass(record, _planned(thread, record, draft=volumes[record.skill] == "draft", held=held))
        for record in one_voice(spoken, volumes)
    ]


def _volumes(snapshot: Snapshot, stance: Stance, *, silent: bool) -> dict[RunSkill, Loudness]:
    """How loudly each skill may speak here; those that may not, or that could only comment where nobody would hear, are
    left out, because asking costs.
    """
    volumes: dict[RunSkill, Loudness] = {}
    for skill in skills_for(snapshot.kind, snapshot.trigger):
        unwanted = (silent and skill not in LABELLING) or (stance.unlike and skill == "duplicates")
        if unwanted or not concerns(skill, snapshot):
            continue
        volume = loudness(snapshot.settings, skill, snapshot.trigger, snapshot.association, snapshot.kind)
        if volume != "off":
            volumes[skill] = "draft" if stance.drafts else volume
    return volumes


async def _trusted(
    parts: Parts, thread: ThreadRef, trigger: str, volumes: Mapping[RunSkill, Loudness]
) -> Mapping[RunSkill, Loudness]:
    """What people here keep finding wrong is drafted. Who asks for something by name gets it."""
    if is_asked(trigger) or "write" not in volumes.values():
        return volumes
    down = await demoted(parts, thread.repository.repository_id, thread.key)
    if down:
        log.info("skills_demoted", skills=sorted(down))
    return {skill: "draft" if skill in down else volume for skill, volume in volumes.items()}


def _joined(passes: Sequence[Pass]) -> list[PlannedEffect]:
    """All effects, each with the position of its run. A command's answer and a question's share the comment that
    answers them.
    """
    joined: dict[tuple[str, str, bool], PlannedEffect] = {}
    for position, one in enumerate(passes):
        for effect in one.effects:
            key = (effect.intent, effect.payload.kind, effect.draft)
            payload, before = effect.payload, joined[key].payload if key in joined else None
            if isinstance(before, CommentPayload) and isinstance(payload, CommentPayload):
                payload = payload.model_copy(update={"body": f"{before.body}\n\n{payload.body}"})
            joined[key] = replace(effect, payload=payload, run=position)
    return list(joined.values())


async def _run_skills(
    parts: Parts,
    model: Metered,
    prompts: Sequence[PromptVersion],
    snapshot: Snapshot,
    volumes: Mapping[RunSkill, Loudness],
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
            reply = await decide(snapshot, prompts, model)
            found |= {"model": reply.model, **({"budget": model.why} if model.why else {})}
    except PaidReply as error:
        name, usage, problem = error.model or prompts[0].model, error.usage, f"{error.kind}: {error}"
    else:
        name, usage, decisions = reply.model, reply.usage, reply.decisions
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
                model=name,
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


def one_voice(records: Sequence[RunRecord], volumes: Mapping[RunSkill, Loudness]) -> Iterator[RunRecord]:
    """The records, of which at most one comments: who may write before who may only draft, then by importance."""
    speaking = [record for record in records if record.verdict and any(map(_is_comment, record.verdict.effects))]
    speaker = min(
        speaking,
        key=lambda record: (volumes[record.skill] != "write", SPEAKING_ORDER.index(record.skill)),
        default=None,
    )
    for record in records:
        if speaker is None or record is speaker:
            yield record
        else:
            speaks = record.verdict is not None and any(map(_is_comment, record.verdict.effects))
            yield _silenced(record, f"{speaker.skill} speaks here") if speaks else record


def _silenced(record: RunRecord, why: str) -> RunRecord:
    """The record without its comment, if it has one, and with the reason why it may have none."""
    verdict = record.verdict
    if verdict is None:
        return record
    left = tuple(effect for effect in verdict.effects if not _is_comment(effect))
    refusals = (*verdict.refusals, Refusal(what="the comment", why=why))
    silenced = verdict.model_copy(update={"effects": left, "refusals": refusals})
    outcome = "silent" if verdict.effects and not left else record.outcome
    return record.model_copy(update={"verdict": silenced, "outcome": outcome})


def _is_comment(effect: object) -> bool:
    return isinstance(effect, CommentPayload)


def intent(thread: ThreadRef, trigger: str) -> str:
    """Why the teammate speaks. A reply to what it asked leads back to the comment that asked."""
    return f"{thread.key}:{'body' if is_reply(trigger) else trigger}"


def _planned(thread: ThreadRef, record: RunRecord, *, draft: bool, held: datetime | None) -> tuple[PlannedEffect, ...]:
    """The guard's effects bound to the triggering thread, whatever any text said. Only comments are held: people go
    first.
    """
    return tuple(
        PlannedEffect(
            intent=intent(thread, record.trigger),
            thread=thread,
            node_id=record.snapshot.node_id,
            payload=payload,
            run=0,
            draft=draft and not (isinstance(payload, LabelsPayload) and payload.suggest),
            not_before=held if _is_comment(payload) else None,
        )
        for payload in offered(record, draft=draft)
    )
