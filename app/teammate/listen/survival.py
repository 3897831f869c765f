"""Survival: whether what we did still stood after ten minutes, an hour, a day and a week. Pure.

What a person undid is undone. Where a bot, a bulk edit or we ourselves undid it, or the thread went elsewhere, nobody
can know how people would have judged: it is censored (D. Collett, "Modelling Survival Data in Medical Research",
chapter 1). An open window is neither: there is no fate yet, so that young effects do not look like good ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain.effect import Effect
from app.domain.signal import Fate, Survival, Window
from app.teammate.label_history import LONG_AGO
from app.teammate.listen.comments import deletion_of
from app.teammate.listen.labels import label_changes
from app.teammate.listen.scene import Scene
from app.teammate.publisher import CLOCKS_APART, is_edited

WINDOWS: dict[Window, timedelta] = {
    "10m": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
Hand = Literal["person", "other"]
"""Whose act it was: of others (bots, bulk edits, ourselves) none is a judgement."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One time that a part of an effect (a label, or the comment itself) fell or stood up again."""

    part: str
    stands: bool
    hand: Hand
    at: datetime


def fates(
    parts: Sequence[str], done_at: datetime, turns: Sequence[Turn], *, moved_at: datetime | None, now: datetime
) -> dict[Window, Fate]:
    """Of each window that has closed by `now`. `turns` come in the order in which they happened; `moved_at` is when the
    thread went where we cannot see it.

    A part that never fell stands. If any part lies at the end of the window by a person's hand, the effect is undone;
    else, if any lies by another's, or the thread had moved by then, it is censored.
    """
    found: dict[Window, Fate] = {}
    for window, length in WINDOWS.items():
        end = done_at + length
        if now < end:
            break
        hands = {hand for part in parts if (hand := _felled_by(part, turns, end, moved_at)) is not None}
        moved = moved_at is not None and moved_at <= end
        found[window] = "undone" if "person" in hands else "censored" if hands or moved else "stands"
    return found


def _felled_by(part: str, turns: Sequence[Turn], end: datetime, moved_at: datetime | None) -> Hand | None:
    """Who felled this part, if it lies at `end`; after the thread has moved nothing is seen."""
    last = end if moved_at is None else min(end, moved_at)
    newest = next((turn for turn in reversed(turns) if turn.part == part and turn.at <= last), None)
    return newest.hand if newest is not None and not newest.stands else None


def survivals(scene: Scene) -> Iterator[Survival]:
    """Of every label and comment of ours on the thread, each window that has closed."""
    moved = [act.at for act in scene.acts if act.kind in ("transferred", "converted_to_discussion")]
    moved_at = min(moved, default=None if scene.thread is not None else LONG_AGO)  # since when, nobody tells
    for effect, parts, done_at, turns in _standing(scene):
        settled = fates(parts, done_at, turns, moved_at=moved_at, now=scene.now)
        for window, fate in settled.items():
            yield Survival(effect_id=effect.id, window=window, fate=fate, at=done_at + WINDOWS[window])


def _standing(scene: Scene) -> Iterator[tuple[Effect, Sequence[str], datetime, Sequence[Turn]]]:
    changes = label_changes(scene)
    for effect, done_at in scene.labelled():
        names = [name.casefold() for name in (effect.wrote.labels if effect.wrote else ())]
        turns = [
            Turn(name, change.on, "person" if change.by == "person" else "other", change.at)
            for name in names
            for change in changes.get(name, ())
            if change.at >= effect.created_at - CLOCKS_APART
        ]
        yield effect, names, done_at, turns
    for effect, remote_id, done_at in scene.commented():
        yield effect, [""], done_at, list(_falls(scene, effect, remote_id, done_at))


def _falls(scene: Scene, effect: Effect, remote_id: str, done_at: datetime) -> Iterator[Turn]:
    """A comment that somebody edited, hid or deleted no longer stands as we wrote it; nor does one that somebody had us
    take back.
    """
    shown = scene.comment(remote_id)
    undoing = scene.taken_back(effect)
    if undoing is not None and undoing.done_at is not None:
        yield Turn("", stands=False, hand="person", at=undoing.done_at)
    elif shown is not None and (shown.hidden or is_edited(effect, shown)):
        yield Turn("", stands=False, hand="person", at=max(done_at, shown.updated_at))
    elif (deleted := deletion_of(scene, effect, remote_id, done_at)) is not None:
        yield Turn("", stands=False, hand="person" if scene.judges(deleted) else "other", at=deleted.at)
