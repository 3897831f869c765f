"""Welcome: right before each write, whether people still want it, and how much of it.

Between planning and writing anything may have happened: a person removed the label, closed the thread, said "stop",
edited our comment. So it is looked at as late as possible, after the turn to write was taken. See
docs/design/016-a-person-always-wins.md for what remains between this look and GitHub.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from app.domain.act import Act, Stance
from app.domain.effect import (
    CheckPayload,
    CommentPayload,
    Effect,
    EffectPayload,
    LabelsPayload,
    ReactionPayload,
    RetractPayload,
    UnlabelPayload,
)
from app.domain.thread import Thread, ThreadRef
from app.domain.work import MAX_ATTEMPTS
from app.teammate.budget import room_for
from app.teammate.label_history import (
    LONG_AGO,
    cause_of,
    commanded_at,
    is_ours,
    removed_labels,
    set_by_others_since,
)
from app.teammate.publisher import CLOCKS_APART, Publisher, is_edited
from app.teammate.silence import silenced
from app.teammate.spoken import mentions

IN_A_ROW = 3
"""So many comments of ours may stand without a person's word between them."""
ASKED = frozenset({"comment", "label"})
"""Causes of effects that a person asked for by name."""


@dataclass(frozen=True, slots=True)
class Go:
    """Write `payload`: what was planned, or what people left of it.

    Of labels, `standing` are those that this effect put on already, and `unwanted` those among them to take off again.
    """

    payload: EffectPayload
    standing: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unwelcome:
    """It must not be written. Unless `for_good`, a later run may plan it again."""

    reason: str
    for_good: bool = False


@dataclass(frozen=True, slots=True)
class AsDraft:
    """It waits for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """It waits, until `at` or for a look soon: what it takes back may be on its way, or people have heard enough. Or
    GitHub lists a young comment late: that wait `counts` as an attempt.
    """

    reason: str
    at: datetime | None = None
    counts: bool = False


Welcome = Go | Unwelcome | AsDraft | NotYet


async def welcome(parts: Publisher, effect: Effect) -> Welcome:
    """What people let us write of this effect now. GitHubError where the thread cannot be looked at."""
    payload = effect.payload
    match payload:
        case LabelsPayload():
            return await _labels(parts, effect, payload)
        case CommentPayload():
            return await _comment(parts, effect)
        case UnlabelPayload():
            return await _unlabel(parts, effect, payload)
        case RetractPayload():
            return await _retract(parts, effect, payload)
        case ReactionPayload() | CheckPayload():
            return Go(payload)
        case _:
            assert_never(payload)


async def hear(parts: Publisher, thread: ThreadRef) -> list[Act]:
    """What happened on a thread, as GitHub tells it now and as we remember it; from now on we remember this, too."""
    await parts.ledger.record(thread, await parts.reader.acts(thread))
    return await parts.ledger.acts(thread)


async def removed_from(parts: Publisher, thread: ThreadRef, carried: Sequence[str]) -> tuple[str, ...]:
    """Names, case folded, of the labels that must not be put on this thread again."""
    acts = await hear(parts, thread)
    return tuple(sorted(removed_labels(acts, await parts.ledger.effects(thread), carried)))


def put_on(acts: Iterable[Act]) -> Iterable[str]:
    """Labels that were ever put on, whoever did."""
    return (act.subject for act in acts if act.kind == "labeled")


def label_changes(
    effect: Effect, payload: LabelsPayload, acts: Sequence[Act], effects: Sequence[Effect], carried: Iterable[str]
) -> Go:
    """Of the labels planned those to put on, those that stand by us, and those that do so although a person removed
    them.
    """
    before = effect.created_at - CLOCKS_APART
    # An earlier plan of it may have put on others, of which no answer told us.
    settled = set(effect.wrote.labels if effect.wrote else ()) - set(payload.names)
    told = dict.fromkeys(name for name in put_on(acts) if name not in settled)
    here = {name.casefold() for name in carried}
    ours = [name for name in told if name.casefold() in here and is_ours(acts, name, since=before)]
    removed = removed_labels(acts, effects, here)
    undone = {one.payload.undoes for one in effects if isinstance(one.payload, UnlabelPayload) and one.state == "done"}
    others = [one.wrote.labels for one in effects if one.id not in (effect.id, *undone) and one.wrote]
    elsewhere = {name for labels in others for name in labels}
    names = tuple(name for name in payload.names if name.casefold() not in here | removed)
    return Go(
        LabelsPayload(names=names, suggest=tuple(one for one in payload.suggest if one.name in names)),
        standing=tuple(name for name in ours if name.casefold() not in removed and name not in elsewhere),
        unwanted=tuple(name for name in ours if name.casefold() in removed),
    )


async def _labels(parts: Publisher, effect: Effect, payload: LabelsPayload) -> Welcome:
    thread = await parts.reader.thread(effect.thread)
    acts = await hear(parts, effect.thread)
    effects = await parts.ledger.effects(effect.thread)
    stance = await parts.ledger.stance(effect.thread)
    if _is_accepted(effect, acts):
        payload = LabelsPayload(names=payload.names)
    go = label_changes(effect, payload, acts, effects, thread.labels)
    if refused := _kept_out(effect, thread, acts, effects, stance):
        final = isinstance(refused, Unwelcome) and refused.for_good
        unsettled = effect.wrote is None and (go.standing or go.unwanted)  # by a write whose answer was lost
        return replace(go, payload=LabelsPayload(names=())) if unsettled and not final else refused
    carried = {name.casefold() for name in thread.labels}
    removed = [name for name in payload.names if name.casefold() not in carried]
    if removed and go == Go(LabelsPayload(names=())):
        return Unwelcome(f"a person removed {', '.join(removed)}")
    return go


async def _comment(parts: Publisher, effect: Effect) -> Welcome:
    thread = await parts.reader.thread(effect.thread)
    acts = await parts.ledger.acts(effect.thread)
    effects = await parts.ledger.effects(effect.thread)
    refused = _kept_out(effect, thread, acts, effects, await parts.ledger.stance(effect.thread))
    if effect.remote_id is None:
        refused = refused or _one_more(parts, effect, thread, acts)
        return refused or await _wait(parts, effect, thread, asked=_is_asked(effect, acts)) or Go(effect.payload)
    if theirs := _not_ours(effect, effect, thread, effect.remote_id):
        return theirs
    if isinstance(refused, Unwelcome) and not refused.for_good:
        return AsDraft(refused.reason)  # what stands may stay, and the newer words wait
    return refused or Go(effect.payload)


async def _unlabel(parts: Publisher, effect: Effect, payload: UnlabelPayload) -> Welcome:
    """Labels that somebody else put on meanwhile stay. Of what was undone before its fate was known, the timeline says
    what stands.
    """
    acts = await hear(parts, effect.thread)
    effects = await parts.ledger.effects(effect.thread)
    undone = next((one for one in effects if one.id == payload.undoes), None)
    names, since = payload.names, commanded_at(acts, effect) if payload.undoes is None else LONG_AGO
    if undone is not None and isinstance(undone.payload, LabelsPayload):
        if _is_under_way(undone):
            return NotYet("what it undoes is still on its way")
        stands = label_changes(undone, undone.payload, acts, effects, (*undone.payload.names, *put_on(acts)))
        names = (*(undone.wrote.labels if undone.wrote else ()), *stands.standing, *stands.unwanted)
    left = tuple(name for name in dict.fromkeys(names) if not set_by_others_since(acts, name, since))
    return Go(payload.model_copy(update={"names": left}))


async def _retract(parts: Publisher, effect: Effect, payload: RetractPayload) -> Welcome:
    effects = await parts.ledger.effects(effect.thread)
    undone = next((one for one in effects if one.id == payload.undoes), None)
    if undone is not None and _is_under_way(undone):
        return NotYet("what it undoes is still on its way")
    remote_id = undone.remote_id if undone is not None else payload.remote_id
    if not remote_id:
        return Unwelcome("it was never written", for_good=True)
    thread = await parts.reader.thread(effect.thread)
    if undone is not None and (theirs := _not_ours(effect, undone, thread, remote_id)):
        return theirs
    return Go(payload.model_copy(update={"remote_id": remote_id}))


def _not_ours(effect: Effect, writer: Effect, thread: Thread, remote_id: str) -> Unwelcome | NotYet | None:
    """Why `effect` must not touch the comment that `writer` made. What is not listed after two waits is gone, and
    GitHub will say so.
    """
    shown = next((comment for comment in thread.comments if comment.id == remote_id), None)
    if shown is None:
        late = effect.attempts < MAX_ATTEMPTS
        return NotYet("GitHub does not list our comment", counts=True) if late else None
    return Unwelcome("a person edited our comment", for_good=True) if is_edited(writer, shown) else None


def _is_under_way(effect: Effect) -> bool:
    return effect.state in ("sending", "unknown")


def _kept_out(
    effect: Effect, thread: Thread, acts: Sequence[Act], effects: Sequence[Effect], stance: Stance
) -> Unwelcome | AsDraft | None:
    """What people said about us on this thread. What they asked for goes above `paused`, nothing above `ignored`."""
    undoing = (one.payload for one in effects if isinstance(one.payload, UnlabelPayload | RetractPayload))
    if any(undo.undoes == effect.id for undo in undoing):
        return Unwelcome("a person undid it", for_good=True)
    if thread.locked:
        return Unwelcome("the thread is locked")
    if stance.quiet == "ignored":
        return Unwelcome("the thread is ignored, as a person asked")
    asked = _is_asked(effect, acts)
    if stance.quiet == "paused" and not asked:
        return Unwelcome("the thread is paused, as a person asked")
    if not asked and (why := silenced(thread.title, thread.body, thread.labels)):
        return Unwelcome(why)
    if stance.drafts and not (_is_accepted(effect, acts) or _is_commanded(effect, acts)):
        return AsDraft("everything waits here, as a person asked")
    return None


def _one_more(parts: Publisher, effect: Effect, thread: Thread, acts: Sequence[Act]) -> Unwelcome | None:
    """Why there is no room for one more comment. Whoever speaks to us is not talking to somebody else."""
    people = [one for one in thread.comments if not one.author_is_bot and one.author != parts.app_login]
    if not _is_asked(effect, acts):
        if thread.state == "closed":
            return Unwelcome("the thread was closed meanwhile")
        if any(one.author != thread.author and not mentions(one.body, parts.handle) for one in people):
            return Unwelcome("people are talking")
    since = max((one.created_at for one in people), default=LONG_AGO)
    ours = sum(one.author == parts.app_login and one.created_at > since for one in thread.comments)
    return Unwelcome(f"{ours} comments of ours stand without a person's between") if ours >= IN_A_ROW else None


async def _wait(parts: Publisher, effect: Effect, thread: Thread, *, asked: bool) -> NotYet | AsDraft | None:
    """Why a new comment is not written now, though it is welcome. Edits notify nobody, so they never wait."""
    later = await room_for(parts, effect, thread, asked=asked)
    if later is None:
        return None
    return NotYet(later.reason, later.at) if later.at else AsDraft(later.reason)


def _is_asked(effect: Effect, acts: Sequence[Act]) -> bool:
    return cause_of(effect)[0] in ASKED or _is_accepted(effect, acts)


def _is_accepted(effect: Effect, acts: Sequence[Act]) -> bool:
    return any(act.kind in ("draft_accepted", "draft_edited") and act.subject == str(effect.id) for act in acts)


def _is_commanded(effect: Effect, acts: Sequence[Act]) -> bool:
    cause, about = cause_of(effect)
    return cause in ASKED and any(act.id.startswith(f"command:{about}:") for act in acts)
