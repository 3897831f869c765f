"""When something may be said: holds, nights, clocks that are put forward and back, storms."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.repository_settings import QuietHours, RepositorySettings
from app.teammate.pace import HOUR, LOOKS_PER_HOUR, held_until, rests_until, too_late, wakes_at

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"
ZONES = (BERLIN, "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca")

moments = st.integers(0, 5 * 365 * 86_400).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
clocks = st.times().map(lambda at: f"{at.hour:02}:{at.minute:02}")
quiet = st.builds(QuietHours, start=clocks, end=clocks, timezone=st.sampled_from(ZONES))


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN), fold=fold).astimezone(UTC)


def nights(start: str = "22:00", end: str = "07:00") -> QuietHours:
    return QuietHours(start=start, end=end, timezone=BERLIN)


def test_a_hold_counts_from_the_opening_of_the_thread():
    assert held_until(RepositorySettings(), NOON) == NOON + timedelta(minutes=3)
    assert held_until(RepositorySettings(hold_minutes=0), NOON) == NOON


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        ("2026-11-20T21:59:59", "2026-11-20T21:59:59"),
        ("2026-11-20T22:00", "2026-11-21T07:00"),
        ("2026-11-21T00:00", "2026-11-21T07:00"),
        ("2026-11-21T06:59:59", "2026-11-21T07:00"),
        ("2026-11-21T07:00", "2026-11-21T07:00"),
    ],
)
def test_nights_go_past_midnight(at: str, speaks: str):
    assert wakes_at(nights(), berlin(at)) == berlin(speaks)


@pytest.mark.parametrize(("at", "speaks"), [("12:00", "13:30"), ("13:30", "13:30"), ("11:59", "11:59")])
def test_a_quiet_noon_is_of_one_day(at: str, speaks: str):
    assert wakes_at(nights("12:00", "13:30"), berlin(f"2026-11-20T{at}")) == berlin(f"2026-11-20T{speaks}")


def test_without_quiet_hours_any_moment_is_good_and_in_endless_ones_none():
    assert wakes_at(None, NOON) == NOON
    assert wakes_at(nights("00:00", "00:00"), NOON) is None


def test_a_night_on_which_the_clocks_go_forward_is_shorter():
    begins, ends = berlin("2026-03-28T22:00"), berlin("2026-03-29T07:00")
    assert wakes_at(nights(), begins) == ends
    assert ends - begins == timedelta(hours=8)


def test_an_end_that_the_clocks_leave_out_comes_when_they_show_more():
    assert wakes_at(nights(end="02:30"), berlin("2026-03-29T01:59")) == berlin("2026-03-29T03:30")


def test_an_end_that_the_clocks_show_twice_is_an_end_both_times():
    hours = nights(end="02:30")
    assert wakes_at(hours, berlin("2026-10-25T02:10")) == berlin("2026-10-25T02:30")
    assert wakes_at(hours, berlin("2026-10-25T02:10", fold=1)) == berlin("2026-10-25T02:30", fold=1)
    assert berlin("2026-10-25T02:30", fold=1) - berlin("2026-10-25T02:30") == HOUR


@given(quiet, moments)
def test_what_waits_is_said_outside_the_quiet_hours_and_within_a_day_or_so(hours: QuietHours, moment: datetime):
    speaks = wakes_at(hours, moment)
    if hours.start == hours.end:
        assert speaks is None
        return
    assert speaks is not None
    shown = speaks.astimezone(ZoneInfo(hours.timezone)).time()
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    assert not (start <= shown < end) if start < end else end <= shown < start
    assert moment <= speaks <= moment + timedelta(hours=49)
    assert wakes_at(hours, speaks) == speaks


@given(quiet, moments, st.integers(0, 3000))
def test_who_comes_later_is_not_heard_earlier(hours: QuietHours, moment: datetime, minutes: int):
    early, late = wakes_at(hours, moment), wakes_at(hours, moment + timedelta(minutes=minutes))
    assert (early is None) == (late is None)
    if early is not None and late is not None:
        assert early <= late


@pytest.mark.parametrize(
    ("created", "installed", "first_look", "why"),
    [
        (0, None, 0, ""),
        (0, 0, 0, ""),
        (0, -5, 24, ""),
        (-1, 0, 0, "the thread is older than the installation"),
        (-1, None, 0, ""),
        (-24.1, None, 0, "the thread was more than a day old when it was seen first"),
        (-24.1, -48, -24, ""),
        (-24.1, -48, 99, "the thread was more than a day old when it was seen first"),
    ],
)
def test_old_threads_are_nobodys_new_question(created: float, installed: float | None, first_look: float, why: str):
    def moment(hours: float) -> datetime:
        return NOON + timedelta(hours=hours)

    known = None if installed is None else moment(installed)
    assert too_late(moment(created), installed=known, first_look=moment(first_look), now=NOON) == why


def test_a_thread_rests_until_the_oldest_of_ten_looks_is_an_hour_ago():
    looks = [NOON - timedelta(minutes=minutes) for minutes in range(50, 0, -5)]
    assert rests_until(looks, NOON) == NOON + timedelta(minutes=10)
    assert rests_until(looks[1:], NOON) is None
    assert rests_until([NOON - 2 * HOUR] * 50, NOON) is None


@given(st.lists(st.integers(0, 20_000), max_size=200).map(sorted))
def test_no_hour_has_more_looks_than_it_may(asked: list[int]):
    looks: list[datetime] = []
    for second in asked:
        now = NOON + timedelta(seconds=second)
        if rests_until(looks, now) is None:
            looks.append(now)
    for at in looks:
        assert sum(at <= other < at + HOUR for other in looks) <= LOOKS_PER_HOUR
