"""Answers: the one table from what GitHub says to what happens next.

Pure, so that every answer can be tried against every kind of write. Sources: docs.github.com, "Rate limits for
the REST API", "Best practices for using the REST API" and "Troubleshooting the REST API".
"""

import re
from datetime import datetime, timedelta

from app.domain.effect import Alert, Outcome, Park, Reconcile, RetryAt, Skip, WriteAnswer, Written

RATE_LIMIT_WORDS = ("secondary rate limit", "rate limit exceeded", "abuse detection", "submitted too quickly")
UNSAID_WAIT = timedelta(seconds=60)
"""Wait of a limit that does not say how long: GitHub asks for a minute at least."""
LONGEST_WAIT = timedelta(hours=2)
"""No limit of GitHub's lasts longer; a header that says so is nonsense and must not hold effects for ever."""

OUTAGE_WAITS = (5.0, 30.0, 300.0)
TOKEN_WAITS = (2.0, 5.0, 300.0)
"""Seconds by attempt. GitHub may refuse a fresh token for up to 6 s: the third attempt comes after 7."""


def classify(answer: WriteAnswer, *, now: datetime, idempotent: bool, attempt: int = 1) -> Outcome:
    """What follows from `answer`. `idempotent`: doing it twice does no harm (labels, edits, deletions, reads).

    A create that may have been done is never tried again from here: `Reconcile` looks first. An answer to
    minting the token is different: the create itself has certainly not left.
    """
    status, text = answer.status, answer.message.lower()
    reason = f"GitHub: {status or 'no answer'} {answer.message}".strip()[:300]
    if (until := _limited_until(answer, text, now)) is not None:
        return RetryAt(until, reason, whole_installation=True)
    if status is None or status >= 500:
        if idempotent or answer.stage == "token":
            wait = _wait(OUTAGE_WAITS, attempt)
            return RetryAt(max(now + wait, now + _asked(answer)), reason)
        return Reconcile(reason)
    if status < 300:
        lost = answer.remote_id is None and not idempotent
        return Reconcile("GitHub: created, but its id was lost") if lost else Written(answer.remote_id)
    if status == 401:
        return RetryAt(now + _wait(TOKEN_WAITS, attempt), reason)
    if answer.stage == "token":
        # 403 suspended, 404 uninstalled: its events say when it is back. 422: not this repository any more.
        return Skip(reason) if status == 422 else Park(reason)
    if status == 403 and ("not accessible by integration" in text or "suspended" in text):
        return Park(reason)
    if status == 403 and re.search(r"\b(locked|archived)\b", text):
        return Skip(reason)
    # Moved (never followed: the new place may be public), gone, hidden, or blocked by law.
    if status < 400 or status in (404, 410, 451):
        return Skip(reason)
    return Alert(reason)


def _limited_until(answer: WriteAnswer, text: str, now: datetime) -> datetime | None:
    """When the limit that refused this ends; None when no limit did.

    `remaining` tells the primary limit. Secondary ones come as 403 or 429, with or without `retry-after`, and
    some as 422; their `reset` header belongs to the primary limit and says nothing about them.
    """
    says_so = any(words in text for words in RATE_LIMIT_WORDS)
    primary = answer.remaining == 0
    limited = answer.status == 429 or (
        (answer.status == 403 and (says_so or primary or answer.retry_after is not None))
        or (answer.status == 422 and says_so)
    )
    if not limited:
        return None
    if answer.retry_after is not None:
        return now + max(_asked(answer), timedelta(seconds=1))
    if primary and answer.reset_at is not None and answer.reset_at > now:
        return min(answer.reset_at + timedelta(seconds=1), now + LONGEST_WAIT)
    return now + UNSAID_WAIT


def _asked(answer: WriteAnswer) -> timedelta:
    """`retry-after` within reason."""
    seconds = min(max(answer.retry_after or 0.0, 0.0), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds)


def _wait(waits: tuple[float, ...], attempt: int) -> timedelta:
    return timedelta(seconds=waits[min(max(attempt, 1), len(waits)) - 1])
