"""Publish: take one effect from the outbox to GitHub, so that each intent ends as one visible comment.

GitHub offers no idempotency key: a create may succeed and still answer 502, or nothing. So a create leaves at
most once per attempt, is recorded before it leaves, and when its fate is unknown the thread is searched for
our signed marker before anything else happens. See docs/design/006-effects.md for the argument and its limits.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from app.domain.effect import (
    NOT_TAKEN,
    Alert,
    CheckPayload,
    CommentPayload,
    Effect,
    EffectPayload,
    LabelsPayload,
    Park,
    ReactionPayload,
    Reconcile,
    RetractPayload,
    RetryAt,
    Skip,
    UnlabelPayload,
    WriteAnswer,
    Written,
    Wrote,
)
from app.domain.thread import Comment
from app.domain.work import MAX_ATTEMPTS
from app.errors import GitHubError
from app.teammate import marker
from app.teammate.answers import classify
from app.teammate.publisher import CLOCKS_APART, Publisher, turn_to_write
from app.teammate.sweep import keep_oldest
from app.teammate.welcome import AsDraft, Go, NotYet, Unwelcome, hear, label_changes, put_on, welcome

log = structlog.get_logger("teammate.publish")

EFFECT_LEASE = timedelta(seconds=90)
"""How long the outbox leases an effect. With a shorter lease in the store, waits here only grow longer."""
SURE_OF_LEASE = timedelta(seconds=25)
"""What `begin_send` promises is left of the lease; whoever took longer to write may not have been alone."""
REQUEST_LIFE = timedelta(seconds=25)
"""After this a request is answered, given up by us (15 s) or killed by GitHub (10 s)."""
LISTING_LAG = timedelta(seconds=20)
FIRST_LOOK = timedelta(seconds=3)
LOOK_AGAIN = timedelta(seconds=10)
LOOK_WHEN_PARKED = timedelta(hours=1)
ABSENT_WAITS = (timedelta(0), timedelta(seconds=30), timedelta(minutes=5))
"""By attempt: pause before a create that certainly did not happen is tried again."""
GIVE_UP_AFTER = timedelta(days=1)


async def publish_next(parts: Publisher, effect_id: int | None = None) -> bool:
    """Do the next step of one effect that is due; False when none is."""
    effect = await parts.outbox.claim(parts.worker, effect_id=effect_id)
    if effect is None:
        return False
    with structlog.contextvars.bound_contextvars(effect=effect.id, intent=effect.intent):
        if effect.state == "unknown":
            await reconcile(parts, effect)
        else:
            await _send(parts, effect)
    return True


async def reconcile(parts: Publisher, effect: Effect) -> None:
    """Find out what became of a write whose answer was lost.

    Found: done. Absent: it counts only when this look began late enough that the request can neither still be
    running nor still be missing from the listing; until then, look again. A person may have been faster than our look.
    """
    if _idempotent(effect):
        at = _after_the_lost_one(effect, _leased_at(effect))
        counts = _counts(effect, _now(parts, effect))
        await parts.outbox.replan(effect, "its answer was lost; doing it twice is harmless", at, counts=counts)
        return
    wanted = marker.sign(parts.marker_key, effect)
    sure = _leased_at(effect) >= _begun_at(effect) + timedelta(seconds=parts.reconcile_after_s)
    try:
        comments = await parts.reader.own_comments(effect.thread, effect.created_at - CLOCKS_APART)
        found = marker.find(wanted, comments, parts.app_login)
        theirs = await _became_theirs(parts, effect, comments) if sure and not found else ""
    except GitHubError as error:
        await _after_failed_look(parts, effect, error)
        return
    if found:
        log.info("effect_found", remote_id=found[0].id, copies=len(found))
        body = marker.with_marker(_body(effect), wanted)
        older = found[0].body != body and marker.is_as_written(found[0].body)
        await parts.outbox.done(
            _as_older(effect) if older else effect, found[0].id, Wrote(body=marker.digest(found[0].body))
        )
    elif theirs:
        await parts.outbox.skip(effect, theirs)
    elif sure:
        log.info("effect_absent")
        counts = _counts(effect, _now(parts, effect))
        again_at = _leased_at(effect) + ABSENT_WAITS[min(max(effect.attempts, 1), len(ABSENT_WAITS)) - 1]
        await parts.outbox.replan(effect, "GitHub never showed it", again_at, counts=counts)
    else:
        look_at = max(_begun_at(effect) + timedelta(seconds=parts.reconcile_after_s), _now(parts, effect) + LOOK_AGAIN)
        await parts.outbox.unknown(effect, "not visible yet", look_at)


async def _became_theirs(parts: Publisher, effect: Effect, comments: Sequence[Comment]) -> str:
    """Why what is absent must not be written again: it may have stood there, and a person deleted it or wrote something
    else in its place. GitHub does not say which comment that was.
    """
    since = _begun_at(effect) - CLOCKS_APART
    known = {one.remote_id for one in await parts.ledger.effects(effect.thread)}
    own = [one for one in comments if one.author == parts.app_login and one.id not in known]
    if any(one.created_at >= since and not marker.is_marked(one.body) for one in own):
        return "a person edited a comment here before this one was seen"
    acts = await hear(parts, effect.thread)
    deleted = any(act.kind == "comment_deleted" and act.by != "us" and act.at >= since for act in acts)
    return "a person deleted a comment here before this one was seen" if deleted else ""


async def _send(parts: Publisher, effect: Effect) -> None:
    now = _now(parts, effect)
    turn = await turn_to_write(parts, effect.thread.repository.installation_id, now)
    if turn is not None:
        await parts.outbox.replan(effect, "waiting for its turn to write", turn, counts=False)
        return
    try:
        wanted = await welcome(parts, effect)
    except GitHubError as error:
        await _settle(parts, effect, Go(effect.payload), error.answer, idempotent=True)
        return
    match wanted:
        case Go():
            await _begin(parts, effect, wanted)
        case Unwelcome(reason=reason, for_good=for_good):
            log.info("effect_unwelcome", why=reason)
            await parts.outbox.skip(effect, reason, for_good=for_good)
        case AsDraft(reason=reason):
            await parts.outbox.as_draft(effect, reason)
        case NotYet(reason=reason, at=at, counts=counts):
            await parts.outbox.replan(effect, reason, at or _now(parts, effect) + LOOK_AGAIN, counts=counts)
        case _:
            assert_never(wanted)


async def _begin(parts: Publisher, effect: Effect, go: Go) -> None:
    started = parts.clock.now()
    begun = await parts.outbox.begin_send(effect)
    if begun is None:
        await parts.outbox.replan(effect, "its lease was nearly over", _leased_at(effect), counts=False)
        return
    if begun.revision != effect.revision:
        await parts.outbox.replan(begun, "its words changed meanwhile", _leased_at(begun), counts=False)
        return
    await _settle(parts, begun, go, await _write(parts, begun, go.payload), idempotent=_idempotent(begun))
    if not _idempotent(begun) and parts.clock.now() - started > SURE_OF_LEASE:
        log.warning("effect_was_late", why="this machine stood still between its check and its write")
        await parts.clock.sleep(LISTING_LAG.total_seconds())
        with suppress(GitHubError):
            await keep_oldest(parts, begun)


async def _write(parts: Publisher, effect: Effect, payload: EffectPayload) -> WriteAnswer:
    match payload:
        case LabelsPayload(suggest=offered) if offered:
            return await parts.writer.suggest_labels(effect.thread, offered)
        case LabelsPayload(names=names):
            return await parts.writer.add_labels(effect.thread, names) if names else WriteAnswer(200)
        case CommentPayload():
            body = _sent(parts, effect)
            if effect.remote_id is None:
                return await parts.writer.post_comment(effect.thread, effect.node_id, body)
            return await parts.writer.edit_comment(effect.thread, effect.remote_id, body)
        case UnlabelPayload(names=names):
            return await _remove_labels(parts, effect, names)
        case RetractPayload(remote_id=comment):
            answer = await parts.writer.delete_comment(effect.thread, comment)
            return replace(answer, status=204) if answer.status == 404 else answer
        case ReactionPayload(comment=comment, content=content):
            return await parts.writer.react(effect.thread, comment, content)
        case CheckPayload():
            return await parts.writer.check(effect.thread.repository, payload)
        case _:
            assert_never(payload)


async def _remove_labels(parts: Publisher, effect: Effect, names: Sequence[str]) -> WriteAnswer:
    """The first answer that is not good, else 200; a label that is gone already is good."""
    for name in names:
        answer = await parts.writer.remove_label(effect.thread, name)
        if answer.status != 404 and not _is_good(answer):
            return answer
    return WriteAnswer(200)


def _is_good(answer: WriteAnswer) -> bool:
    return answer.status is not None and 200 <= answer.status < 300


async def _settle(parts: Publisher, effect: Effect, go: Go, answer: WriteAnswer, *, idempotent: bool) -> None:
    """Record what GitHub's answer means for the effect, and for its installation where it concerns all of it."""
    outbox, installation = parts.outbox, effect.thread.repository.installation_id
    now = _now(parts, effect)
    if answer.status == NOT_TAKEN and _is_offer(go):
        await outbox.as_draft(effect, answer.message)
        return
    outcome = classify(answer, now=now, idempotent=idempotent, attempt=effect.attempts)
    log.info("effect_answered", status=answer.status, outcome=type(outcome).__name__)
    match outcome:
        case Written(remote_id=remote_id):
            await _done(parts, effect, go, answer, effect.remote_id or remote_id)
        case RetryAt(at=at, reason=reason, whole_installation=True):
            await outbox.hold_writes(installation, at)
            await outbox.replan(effect, reason, at, counts=False)
        case RetryAt(at=at, reason=reason):
            at = _after_the_lost_one(effect, at) if answer.status is None or answer.status >= 500 else at
            await outbox.replan(effect, reason, at, counts=_counts(effect, now))
        case Reconcile(reason=reason):
            await outbox.unknown(effect, reason, now + FIRST_LOOK)
        case Park(reason=reason):
            if answer.stage == "token":
                await outbox.park_installation(installation, reason)
            await outbox.park(effect, reason)
        case Skip(reason=reason):
            await outbox.skip(effect, reason, for_good=isinstance(effect.payload, CommentPayload))
        case Alert(reason=reason):
            log.error("effect_refused", reason=reason)
            await outbox.bury(effect, reason)
        case _:
            assert_never(outcome)


async def _done(parts: Publisher, effect: Effect, go: Go, answer: WriteAnswer, remote_id: str | None) -> None:
    match effect.payload:
        case LabelsPayload() if _is_offer(go):
            await parts.outbox.done(effect, None)
        case LabelsPayload():
            await _labels_done(parts, effect, effect.payload, go, answer)
        case CommentPayload():
            await parts.outbox.done(effect, remote_id, Wrote(body=marker.digest(_sent(parts, effect))))
        case UnlabelPayload() | RetractPayload() | ReactionPayload() | CheckPayload():
            await parts.outbox.done(effect, remote_id)
        case _:
            assert_never(effect.payload)


def _is_offer(go: Go) -> bool:
    """Labels that a person has yet to accept on GitHub: they do not stand there."""
    return isinstance(go.payload, LabelsPayload) and bool(go.payload.suggest)


async def _labels_done(parts: Publisher, effect: Effect, planned: LabelsPayload, go: Go, answer: WriteAnswer) -> None:
    """Read back what stands. What a person took off between our look and our write goes off again at once: a removed
    label is final. Where that cannot be looked at now, the effect comes again and finds its labels there.
    """
    assert isinstance(go.payload, LabelsPayload)
    written, unwanted, carried = go.payload.names, go.unwanted, answer.labels
    if written:
        try:
            acts = await hear(parts, effect.thread)
        except GitHubError as error:
            await _settle(parts, effect, go, error.answer, idempotent=True)
            return
        effects = await parts.ledger.effects(effect.thread)
        unwanted = label_changes(effect, planned, acts, effects, (*planned.names, *put_on(acts))).unwanted
    if unwanted:
        log.warning("labels_taken_back", names=unwanted, why="a person had removed them")
        answer = await _remove_labels(parts, effect, unwanted)
        if not _is_good(answer):
            await _settle(parts, effect, go, answer, idempotent=True)
            return
    here = {name.casefold() for name in (written if carried is None else carried)}
    absent = [name for name in written if name.casefold() not in here]
    if absent:
        log.error("effect_not_applied", names=absent)
    before = effect.wrote.labels if effect.wrote else ()
    ours = [name for name in (*before, *go.standing, *written) if name not in unwanted and name not in absent]
    reason = f"GitHub did not apply {', '.join(absent)}" if absent else ""
    await parts.outbox.done(effect, None, Wrote(labels=tuple(dict.fromkeys(ours))), reason=reason)


async def _after_failed_look(parts: Publisher, effect: Effect, error: GitHubError) -> None:
    """The listing failed. Its thread is gone, its installation cannot read, or it is worth another look."""
    now = _now(parts, effect)
    outcome = classify(error.answer, now=now, idempotent=True, attempt=effect.attempts)
    match outcome:
        case Skip(reason=reason):
            await parts.outbox.skip(effect, reason)
        case Park(reason=reason):
            # Parked effects are planned again without a look, so one of unknown fate must stay unknown.
            if error.answer.stage == "token":
                await parts.outbox.park_installation(effect.thread.repository.installation_id, reason)
            await parts.outbox.unknown(effect, reason, now + LOOK_WHEN_PARKED)
        case RetryAt(at=at, reason=reason):
            age = now - _begun_at(effect)
            if age > GIVE_UP_AFTER:
                await parts.outbox.bury(effect, f"its thread could not be searched for a day; {reason}")
            else:
                await parts.outbox.unknown(effect, reason, max(at, now + LOOK_AGAIN, now + age / 4))
        case Alert() | Reconcile() | Written():
            await parts.outbox.bury(effect, str(error))
        case _:
            assert_never(outcome)


def _idempotent(effect: Effect) -> bool:
    """Whether doing it twice is harmless: everything is, but creating a comment."""
    return not isinstance(effect.payload, CommentPayload) or effect.remote_id is not None


def _counts(effect: Effect, now: datetime) -> bool:
    """The last attempt does not count while GitHub's trouble may be an outage: it lasts a day at most."""
    return effect.attempts < MAX_ATTEMPTS or now > effect.created_at + GIVE_UP_AFTER


def _leased_at(effect: Effect) -> datetime:
    """When this lease was taken, by the database's clock: the machines' own may disagree with `sent_at`."""
    return effect.lease_until - EFFECT_LEASE


def _now(parts: Publisher, effect: Effect) -> datetime:
    """Now, as far as a machine whose clock is late can know it."""
    return max(parts.clock.now(), _leased_at(effect))


def _after_the_lost_one(effect: Effect, at: datetime) -> datetime:
    """What changes the thread waits until the one without an answer cannot arrive after it and bring the old words
    back, or after a person's act and undo that.
    """
    harmless = isinstance(effect.payload, ReactionPayload | CheckPayload)
    return at if harmless else max(at, _begun_at(effect) + REQUEST_LIFE)


def _begun_at(effect: Effect) -> datetime:
    """Whatever is of unknown fate has a `sent_at`: `begin_send` set it."""
    return effect.sent_at or effect.created_at


def _body(effect: Effect) -> str:
    return effect.payload.body if isinstance(effect.payload, CommentPayload) else ""


def _sent(parts: Publisher, effect: Effect) -> str:
    return marker.with_marker(_body(effect), marker.sign(parts.marker_key, effect))


def _as_older(effect: Effect) -> Effect:
    """The comment shows an earlier wording: record that, and the newer one is planned as an edit."""
    return replace(effect, revision=effect.sent_revision)
