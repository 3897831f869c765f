"""Sweep: where one intent has two comments after all, keep the oldest.

No client can fence GitHub: a machine that freezes between its last check and the request may wake up when
another has already written. Two minutes after each comment, and hourly for a day, its thread is searched for
copies of its marker; people have seen the oldest first, so that one stays.
"""

from datetime import timedelta
from typing import assert_never

import structlog

from app.domain.effect import Alert, CommentPayload, Effect, Park, Reconcile, RetryAt, Skip, Written
from app.domain.thread import Comment
from app.errors import GitHubError
from app.teammate import marker
from app.teammate.answers import classify
from app.teammate.publisher import CLOCKS_APART, Publisher, is_edited, turn_to_write

log = structlog.get_logger("teammate.sweep")

AT_ONCE = 20
SWEEP_LEASE = timedelta(seconds=60)
"""For so long the outbox asks nobody else to sweep the same effect; tells the database's time from its end."""


async def sweep_duplicates(parts: Publisher) -> None:
    """Check the comments that are due. A look that fails is left to the next of the day's checks."""
    for effect in await parts.outbox.to_sweep(AT_ONCE):
        with structlog.contextvars.bound_contextvars(effect=effect.id, intent=effect.intent):
            try:
                alone = await keep_oldest(parts, effect)
            except GitHubError as error:
                log.warning("sweep_could_not_look", error=str(error))
                alone = True
            if alone:
                await parts.outbox.swept(effect, effect.remote_id or "")


async def keep_oldest(parts: Publisher, effect: Effect) -> bool:
    """Delete all copies of this effect's comment but the oldest and record that one; True if it had none. What a person
    edited stays.

    When a deletion must be tried again nothing is recorded, so the next look, a minute from now, does it.
    """
    wanted = marker.sign(parts.marker_key, effect)
    comments = await parts.reader.own_comments(effect.thread, effect.created_at - CLOCKS_APART)
    found = marker.find(wanted, comments, parts.app_login)
    if len(found) < 2:
        return True
    kept, *rest = found
    copies = [copy for copy in rest if not is_edited(effect, copy)]
    log.warning("duplicates_found", kept=kept.id, copies=[copy.id for copy in copies])
    if await _bring_up_to_date(parts, effect, kept, wanted):
        for copy in copies:
            if not await _delete(parts, effect, copy):
                return False
        await parts.outbox.swept(effect, kept.id)
    return False


async def _bring_up_to_date(parts: Publisher, effect: Effect, kept: Comment, wanted: str) -> bool:
    """Edits went to the comment we knew of; the one that stays may show an earlier wording."""
    assert isinstance(effect.payload, CommentPayload)
    body = marker.with_marker(effect.payload.body, wanted)
    if kept.id == effect.remote_id or kept.body == body or is_edited(effect, kept):
        return True
    if not await _may_write(parts, effect):
        return False
    answer = await parts.writer.edit_comment(effect.thread, kept.id, body)
    return isinstance(classify(answer, now=parts.clock.now(), idempotent=True), Written | Skip)


async def _delete(parts: Publisher, effect: Effect, copy: Comment) -> bool:
    """False when it should be tried again at the next look."""
    if not await _may_write(parts, effect):
        return False
    answer = await parts.writer.delete_comment(effect.thread, copy.id)
    outcome = classify(answer, now=parts.clock.now(), idempotent=True)
    match outcome:
        case Written() | Skip():
            return True
        case RetryAt(at=at, whole_installation=True):
            await parts.outbox.hold_writes(effect.thread.repository.installation_id, at)
            return False
        case RetryAt() | Reconcile():
            return False
        case Park(reason=reason) | Alert(reason=reason):
            log.error("duplicate_stays", remote_id=copy.id, reason=reason)
            return True
        case _:
            assert_never(outcome)


async def _may_write(parts: Publisher, effect: Effect) -> bool:
    """Deletions keep the installation's pace, too; False when its turn is too far away."""
    now = max(parts.clock.now(), effect.lease_until - SWEEP_LEASE)
    return await turn_to_write(parts, effect.thread.repository.installation_id, now) is None
