"""Hear: listen to one thread. What happened there is read from GitHub afresh, so that it does not matter how often, how
late or in which order its webhooks came; every signal says what happened, so that it counts once.

Signals that what is known no longer bears out (a label was put back, a reply deleted) are withdrawn.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import structlog

from app.domain.act import Act
from app.domain.history import RunFilter
from app.domain.signal import ActSignal, Meaning, Signal, Survival
from app.domain.thread import Thread, ThreadRef
from app.domain.work import Lease, listen_order
from app.errors import EmbeddingError, GitHubError
from app.knowledge.sentiment import read_reply
from app.ports.listening import PastRun
from app.teammate.cases.propose import propose
from app.teammate.listen.closing import closing_signals
from app.teammate.listen.comments import comment_signals
from app.teammate.listen.duplicates import duplicate_signals
from app.teammate.listen.labels import label_signals
from app.teammate.listen.outright import draft_signals, stop_signals, undo_signals
from app.teammate.listen.own import (
    FAR,
    FAR_BY_WORDS,
    LEAST_USD,
    answered,
    costly_signal,
    is_costly,
    measured,
    off_topic_signal,
    shared_words,
)
from app.teammate.listen.record import Roles, record, weigh
from app.teammate.listen.replies import replies
from app.teammate.listen.scene import Scene, Told, a_signal, in_order
from app.teammate.listen.survival import survivals
from app.teammate.parts import Parts

log = structlog.get_logger("teammate.listen")

GONE = frozenset({301, 404, 410, 451})
RETOLD: frozenset[str] = frozenset(get_args(ActSignal)) - {"reaction", "survived", "transferred"}
"""What is told anew by each listening, so that what is told no longer is withdrawn."""


async def listen_thread(parts: Parts, lease: Lease) -> None:
    """Hear what people did on the leased thread; nothing where we never did anything there. Raises GitHubError."""
    runs = await parts.signals.runs(lease.thread)
    if not runs:
        return
    scene = await _scene(parts, lease, runs)
    before = {signal.id: signal for signal in await parts.signals.of_thread(lease.thread)}
    spoken = list(replies(scene, read_reply, known=before))
    told = [*_retold(scene), *(reply.signal for reply in spoken)]
    settled = list(survivals(scene))
    told += [_survived(scene, one) for one in settled if (one.window, one.fate) == ("7d", "stands")]
    told += measured(scene, slow_after=timedelta(seconds=parts.listening.slow_after_s))
    if "run" in lease.triggers:  # each run is measured once, right after it
        told += await _measured(parts, scene, before)
    fresh = [signal for signal in told if signal.id not in before or before[signal.id].withdrawn_at is not None]
    roles = Roles(parts, lease.thread, scene.thread.author if scene.thread else runs[-1].record.snapshot.author)
    by_id = {run.id: run for run in runs}
    said: dict[str, Meaning] = {reply.signal.id: reply.said for reply in spoken}
    new, left = await record(parts, roles, fresh, by_id, said)
    if left:
        await parts.queue.order([listen_order(lease.thread, "look")])
    if scene.thread is not None:
        await parts.signals.withdraw(lease.thread, _no_longer(scene, before, told), scene.now)
    await parts.signals.survived(settled)
    log.info("listened", new=len(new), settled=len(settled), left=left)
    await judge(parts, lease.thread, list(by_id))


async def judge(parts: Parts, ref: ThreadRef, run_ids: Sequence[int]) -> None:
    """Weigh what was heard of these runs, and propose a case for each that was judged wrong."""
    for run_id, conclusion in (await weigh(parts, ref, run_ids)).items():
        if conclusion.proposes:
            await propose(parts, ref, run_id, conclusion)


async def _scene(parts: Parts, lease: Lease, runs: Sequence[PastRun]) -> Scene:
    thread, acts = await _read(parts, lease.thread)
    await parts.ledger.record(lease.thread, acts)
    acts = in_order(await parts.ledger.acts(lease.thread))
    bulk = await parts.signals.bulk(lease.thread, [act for act in acts if act.by == "person"])
    if bulk.others and set(lease.triggers) != {"bulk"}:
        # What the first of them seemed to say is taken back, now that one sees that it was tidying up.
        await parts.queue.order([listen_order(other, "bulk") for other in bulk.others])
    scene = Scene(
        ref=lease.thread,
        thread=thread,
        runs=runs,
        effects=await parts.ledger.effects(lease.thread),
        acts=acts,
        now=parts.clock.now(),
        app_login=parts.app_login,
        handle=parts.handle,
        told=[told for trigger in lease.triggers if (told := Told.read(trigger)) is not None],
        bulk=bulk.acts,
    )
    return replace(scene, original=await _original(parts, scene))


async def _read(parts: Parts, ref: ThreadRef) -> tuple[Thread | None, list[Act]]:
    """The thread and its timeline; None for a thread that is gone, of which we know what we heard before."""
    try:
        return await parts.reader.thread(ref), await parts.reader.acts(ref)
    except GitHubError as error:
        if not is_gone(error):
            raise
        log.info("thread_gone", status=error.answer.status)
        return None, []


def is_gone(error: GitHubError) -> bool:
    """Whether GitHub says so of the thing itself, and not of our installation."""
    return error.answer.status in GONE and error.answer.stage != "token"


async def _original(parts: Parts, scene: Scene) -> int | None:
    """Of what this was closed as a duplicate, where it was. Older servers cannot tell."""
    closed = next((act for act in reversed(scene.acts) if act.kind in ("closed", "reopened")), None)
    if scene.thread is None or closed is None or (closed.kind, closed.detail) != ("closed", "duplicate"):
        return None
    try:
        return await parts.reader.original(scene.ref)
    except GitHubError as error:
        if not is_gone(error) and error.answer.status != 422:
            raise
        return None


def _retold(scene: Scene) -> list[Signal]:
    return [
        *label_signals(scene),
        *duplicate_signals(scene),
        *comment_signals(scene),
        *closing_signals(scene),
        *draft_signals(scene),
        *undo_signals(scene),
        *stop_signals(scene),
    ]


def _no_longer(scene: Scene, before: dict[str, Signal], told: Sequence[Signal]) -> list[str]:
    """Those recorded that nothing bears out any more. A reply is borne out by its comment."""
    held = {signal.id for signal in told} | {f"reply:{comment.id}" for comment in scene.comments_by_people()}
    known = {run.id for run in scene.runs}
    return [
        signal.id
        for signal in before.values()
        if signal.kind in RETOLD and signal.withdrawn_at is None and signal.run_id in known and signal.id not in held
    ]


def _survived(scene: Scene, survival: Survival) -> Signal:
    effect = next(one for one in scene.effects if one.id == survival.effect_id)
    return a_signal("survived", str(effect.id), effect.run_id, "good", survival.at, effect=effect)


async def _measured(parts: Parts, scene: Scene, before: dict[str, Signal]) -> list[Signal]:
    """What takes more than the record of a run: the cost of others, and the distance of an answer."""
    found: list[Signal] = []
    for run in scene.runs:
        if f"costly:{run.id}" not in before and await _is_costly(parts, run):
            found.append(costly_signal(run))
        if f"off_topic:{run.id}" not in before and await _is_off_topic(parts, run):
            found.append(off_topic_signal(run))
    return found


async def _is_costly(parts: Parts, run: PastRun) -> bool:
    usd = run.record.usage.cost_usd
    if usd <= LEAST_USD:
        return False
    rows = await parts.history.runs(RunFilter(skill=run.record.skill), before_id=run.id, limit=100)
    return is_costly(usd, [row.cost_usd for row in rows])


async def _is_off_topic(parts: Parts, run: PastRun) -> bool:
    said = answered(run)
    if said is None:
        return False
    if parts.embedder is not None:
        try:
            question, answer = await parts.embedder.embed(said)
        except EmbeddingError:
            log.warning("distance_unknown", run=run.id)
        else:
            return bool(float(question @ answer) <= FAR)
    return shared_words(*said) <= FAR_BY_WORDS
