"""When an effect is looked at again: often while it is fresh, rarely when it is old, never after two months. Pure."""

from datetime import datetime, timedelta

from app.teammate.listen.survival import WINDOWS

_MINUTES = (1, 3, 10, 30, 60, 180, 720)
_DAYS = (*range(1, 15), *range(21, 61, 7))
LOOKS: tuple[timedelta, ...] = (
    *(timedelta(minutes=minutes) for minutes in _MINUTES),
    *(timedelta(days=days) for days in _DAYS),
    timedelta(days=60),
)
"""After the write. The windows of survival are among them."""
FIRST = LOOKS[0]
YOUNG = timedelta(hours=1)
TAKEN_TWICE = timedelta(minutes=2)


def next_look(done_at: datetime, now: datetime, eager: timedelta = timedelta(0)) -> datetime | None:
    """The first one still to come; None when it has been watched for long enough. Looks that were missed are not made
    up for: one tells as much as all of them. An `eager` one comes so soon again for as long as `YOUNG`.
    """
    if eager and now < done_at + YOUNG:
        return now + eager
    return next((done_at + after for after in LOOKS if done_at + after > now), None)


def closes_a_window(done_at: datetime, due_at: datetime, now: datetime) -> bool:
    """Whether the thread should be listened to whole at a look that was due at `due_at`: right after the write, and
    when a window of survival has closed since the look before. A look that is taken twice is due a minute later.
    """
    since = due_at - TAKEN_TWICE
    return any(since < done_at + after <= now for after in (FIRST, *WINDOWS.values()))
