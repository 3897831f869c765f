"""Publish: take one effect from the outbox to GitHub, so that each intent ends as one visible comment.

GitHub offers no idempotency key: a create may succeed and still answer 502, or nothing. So a create leaves at
most once per attempt, is recorded before it leaves, and when its fate is unknown the thread is searched for
our signed marker before anything else happens. See docs/design/006-effects.md for the argument and its limits.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from app.domain.effect import (
    Alert,
    CommentPayload,
    Effect,
    LabelsPayload,
    Park,
    Reconcile,
    RetryAt,
    Skip,
    WriteAnswer,
    Written,
)
from app.domain.work import MAX_ATTEMPTS
from app.errors import GitHubError
from app.teammate import marker
from app.teammate.answers import classify
from app.teammate.publisher import CLOCKS_APART, Publisher, turn_to_write
from app.teammate.sweep import keep_oldest

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
    running nor still be missing from the listing; until then, look again.
    """
    if _idempotent(effect):
        at = _after_the_lost_one(effect, _leased_at(effect))
        counts = _counts(effect, _now(parts, effect))
        await parts.outbox.replan(effect, "its answer was lost; doing it twice is harmless", at, counts=counts)
        return
    try:
        comments = await parts.reader.own_comments(effect.thread, effect.created_at - CLOCKS_APART)
    except GitHubError as error:
        await _after_failed_look(parts, effect, error)
        return
    wanted = marker.sign(parts.marker_key, effect)
    found = marker.find(wanted, comments, parts.app_login)
    sure_at = _begun_at(effect) + timedelta(seconds=parts.reconcile_after_s)
    if found:
        log.info("effect_found", remote_id=found[0].id, copies=len(found))
        same = found[0].body == marker.with_marker(_body(effect), wanted)
        await parts.outbox.done(effect if same else _as_older(effect), found[0].id)
    elif _leased_at(effect) >= sure_at:
        log.info("effect_absent")
        counts = _counts(effect, _now(parts, effect))
        again_at = _leased_at(effect) + ABSENT_WAITS[min(max(effect.attempts, 1), len(ABSENT_WAITS)) - 1]
        await parts.outbox.replan(effect, "GitHub never showed it", again_at, counts=counts)
    else:
        look_at = max(sure_at, _now(parts, effect) + LOOK_AGAIN)
        await parts.outbox.unknown(effect, "not visible yet", look_at)


async def _send(parts: Publisher, effect: Effect) -> None:
    now = _now(parts, effect)
    turn = await turn_to_write(parts, effect.thread.repository.installation_id, now)
    if turn is not None:
        await parts.outbox.replan(effect, "waiting for its turn to write", turn, counts=False)
        return
    started = parts.clock.now()
    begun = await parts.outbox.begin_send(effect)
    if begun is None:
        await parts.outbox.replan(effect, "its lease was nearly over", _leased_at(effect), counts=False)
        return
    await _settle(parts, begun, await _write(parts, begun))
    if not _idempotent(begun) and parts.clock.now() - started > SURE_OF_LEASE:
        log.warning("effect_was_late", why="this machine stood still between its check and its write")
        await parts.clock.sleep(LISTING_LAG.total_seconds())
        with suppress(GitHubError):
            await keep_oldest(parts, begun)


async def _write(parts: Publisher, effect: Effect) -> WriteAnswer:
    match effect.payload:
        case LabelsPayload(names=names):
            return await parts.writer.add_labels(effect.thread, names)
        case CommentPayload(body=text):
            body = marker.with_marker(text, marker.sign(parts.marker_key, effect))
            if effect.remote_id is None:
                return await parts.writer.post_comment(effect.thread, effect.node_id, body)
            return await parts.writer.edit_comment(effect.thread, effect.remote_id, body)
        case _:
            assert_never(effect.payload)


async def _settle(parts: Publisher, effect: Effect, answer: WriteAnswer) -> None:
    """Record what GitHub's answer means for the effect, and for its installation where it concerns all of it."""
    outbox, installation = parts.outbox, effect.thread.repository.installation_id
    now = _now(parts, effect)
    outcome = classify(answer, now=now, idempotent=_idempotent(effect), attempt=effect.attempts)
    log.info("effect_answered", status=answer.status, outcome=type(outcome).__name__)
    match outcome:
        case Written(remote_id=remote_id):
            await outbox.done(effect, effect.remote_id or remote_id)
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
            await outbox.skip(effect, reason)
        case Alert(reason=reason):
            log.error("effect_refused", reason=reason)
            await outbox.bury(effect, reason)
        case _:
            assert_never(outcome)


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
    return isinstance(effect.payload, LabelsPayload) or effect.remote_id is not None


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
    """An edit waits until the one without an answer cannot arrive after it and bring the old words back."""
    return max(at, _begun_at(effect) + REQUEST_LIFE) if isinstance(effect.payload, CommentPayload) else at


def _begun_at(effect: Effect) -> datetime:
    """Whatever is of unknown fate has a `sent_at`: `begin_send` set it."""
    return effect.sent_at or effect.created_at


def _body(effect: Effect) -> str:
    return effect.payload.body if isinstance(effect.payload, CommentPayload) else ""


def _as_older(effect: Effect) -> Effect:
    """The comment shows an earlier wording: record that, and the newer one is planned as an edit."""
    return replace(effect, revision=effect.sent_revision)
