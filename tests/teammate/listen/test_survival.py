"""The figures of survival against a reckoning that plays each history through, second by second."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.domain.signal import Fate, Window
from app.teammate.listen.survival import WINDOWS, Hand, Turn, fates
from tests.fakes.clock import START

HISTORIES = 1_000
DAY = timedelta(days=1)


def turn(minutes: float, *, stands: bool = False, hand: Hand = "person", part: str = "bug") -> Turn:
    return Turn(part, stands, hand, START + timedelta(minutes=minutes))


def fate(window: Window, *turns: Turn, moved: float | None = None, days: float = 30) -> Fate | None:
    moved_at = None if moved is None else START + timedelta(minutes=moved)
    return fates(["bug"], START, turns, moved_at=moved_at, now=START + timedelta(days=days)).get(window)


def test_what_nobody_touched_stands():
    assert fates(["bug"], START, [], moved_at=None, now=START + 8 * DAY) == dict.fromkeys(WINDOWS, "stands")


def test_an_open_window_has_no_fate():
    assert fates(["bug"], START, [], moved_at=None, now=START + timedelta(hours=2)) == {"10m": "stands", "1h": "stands"}
    assert fates(["bug"], START, [turn(1)], moved_at=None, now=START + timedelta(minutes=9)) == {}


def test_the_end_of_a_window_belongs_to_it():
    assert fate("10m", turn(10)) == "undone"
    assert fate("10m", turn(10.1)) == "stands"
    assert fates(["bug"], START, [], moved_at=None, now=START + timedelta(minutes=10)) == {"10m": "stands"}


def test_who_puts_it_back_undoes_nothing():
    assert fate("10m", turn(1), turn(5, stands=True)) == "stands"
    assert fate("10m", turn(1), turn(11, stands=True)) == "undone"
    assert fate("1h", turn(1), turn(11, stands=True)) == "stands"


def test_bots_bulk_edits_and_ourselves_are_no_judgement():
    assert fate("10m", turn(1, hand="other")) == "censored"
    assert fate("10m", turn(1, hand="other"), turn(2, stands=True), turn(3)) == "undone"


def test_one_label_of_several_that_a_person_took_off_undoes_the_effect():
    turns = [turn(1, part="docs"), turn(2, hand="other")]
    found = fates(["bug", "docs", "ui"], START, turns, moved_at=None, now=START + DAY)
    assert found["10m"] == "undone"


def test_after_a_move_nobody_knows():
    assert fate("10m", moved=5) == "censored"
    assert fate("10m", moved=11) == "stands"
    assert fate("1h", moved=11) == "censored"
    assert fate("10m", turn(4), moved=5) == "undone"  # that much was seen
    assert fate("10m", turn(6), moved=5) == "censored"


# --- against a brute-force reckoning ----------------------------------------------------------------------


def reckoned(parts: Sequence[str], turns: Sequence[Turn], moved_at: float | None, now_s: float) -> dict[Window, Fate]:
    """Walks through time, event by event, and asks at the end of each window what lies there, and by whose hand."""
    found: dict[Window, Fate] = {}
    for window, length in WINDOWS.items():
        if now_s < length.total_seconds():
            continue
        lies: dict[str, Hand | None] = dict.fromkeys(parts)
        moved = False
        events = [((one.at - START).total_seconds(), order, one) for order, one in enumerate(turns)]
        for second, _, event in sorted(events, key=lambda event: event[:2]):
            if second > length.total_seconds() or (moved_at is not None and second > moved_at):
                continue
            if event.part in lies:
                lies[event.part] = None if event.stands else event.hand
        if moved_at is not None and moved_at <= length.total_seconds():
            moved = True
        if "person" in lies.values():
            found[window] = "undone"
        elif moved or "other" in lies.values():
            found[window] = "censored"
        else:
            found[window] = "stands"
    return found


def a_history(source: random.Random) -> tuple[list[str], list[Turn], float | None, float]:
    """Some labels and what became of them, with many things close to the ends of windows."""
    parts = source.sample(["bug", "docs", "ui"], source.randint(1, 3))
    ends = [length.total_seconds() for length in WINDOWS.values()]
    moments = sorted(
        max(source.choice(ends) + source.choice([-1, 0, 1, -300, 300]), 0)
        if source.random() < 0.5
        else source.uniform(0, 9 * 86_400)
        for _ in range(source.randint(0, 9))
    )
    hands: list[Hand] = ["person", "other"]
    turns = [
        Turn(
            source.choice([*parts, "another"]),
            source.random() < 0.4,
            source.choice(hands),
            START + timedelta(seconds=moment),
        )
        for moment in moments
    ]
    moved = source.choice([*ends, source.uniform(0, 86_400)]) if source.random() < 0.2 else None
    now = source.choice([*ends, source.uniform(0, 10 * 86_400), 30 * 86_400])
    return parts, turns, moved, now


def compare(histories: int, seed: int) -> None:
    source = random.Random(seed)
    for number in range(histories):
        parts, turns, moved, now = a_history(source)
        moved_at = None if moved is None else START + timedelta(seconds=moved)
        found = fates(parts, START, turns, moved_at=moved_at, now=START + timedelta(seconds=now))
        assert found == reckoned(parts, turns, moved, now), f"history {number} of seed {seed}"


def test_exact_against_the_reckoning():
    compare(HISTORIES, seed=5)


@pytest.mark.chaos
def test_exact_on_ten_thousand_histories():
    compare(10_000, seed=7)
