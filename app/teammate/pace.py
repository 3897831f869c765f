"""Pace: when something may be said. Pure.

People go first, sleep at night, and did not install us to hear about their old threads. What a person asked for by name
waits for none of this.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from app.domain.repository_settings import QuietHours, RepositorySettings

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOOKS_PER_HOUR = 10
"""So often a thread may be looked at unasked: more is a storm, of edits or of two programs that wake each other."""
_SHORTEST = timedelta(minutes=1)


def held_until(settings: RepositorySettings, created_at: datetime) -> datetime:
    """When the hold is over for what nobody asked for on a thread opened then."""
    return created_at + timedelta(minutes=settings.hold_minutes)


def wakes_at(hours: QuietHours | None, moment: datetime) -> datetime | None:
    """The first moment, from this one on, outside the quiet hours, in UTC; None where they never end.

    They hold by the clock on the wall: when that is put forward or back they are shorter or longer.
    """
    if hours is None:
        return moment
    start, end = wall_time.fromisoformat(hours.start), wall_time.fromisoformat(hours.end)
    if start == end:
        return None
    zone = ZoneInfo(hours.timezone)
    while _is_within(moment.astimezone(zone).time(), start, end):
        moment = _next(end, moment, zone)
    return moment


def _is_within(now: wall_time, start: wall_time, end: wall_time) -> bool:
    return start <= now < end if start < end else not end <= now < start


def _next(clock: wall_time, moment: datetime, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows this next. An hour that is shown twice has two such moments; a time that is left
    out comes as much later as was left out.
    """
    today = moment.astimezone(zone).date()
    shown = (
        datetime.combine(today + timedelta(days=days), clock.replace(fold=fold), zone).astimezone(moment.tzinfo)
        for days in (0, 1, 2)
        for fold in (0, 1)
    )
    return min(at for at in shown if at > moment)


def too_late(created_at: datetime, *, installed: datetime | None, first_look: datetime, now: datetime) -> str:
    """Why a thread is nobody's new question any more; empty where it is one. `first_look` is when we saw it first."""
    if installed is not None and created_at < installed:
        return "the thread is older than the installation"
    if min(first_look, now) - created_at > DAY:
        return "the thread was more than a day old when it was seen first"
    return ""


def rests_until(looks: Sequence[datetime], now: datetime) -> datetime | None:
    """Until when a thread rests that was looked at then, oldest first; None where it need not."""
    lately = [at for at in looks if at > now - HOUR]
    if len(lately) < LOOKS_PER_HOUR:
        return None
    return max(lately[-LOOKS_PER_HOUR] + HOUR, now + _SHORTEST)
