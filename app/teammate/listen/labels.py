"""Labels that people kept, took off, replaced or added: what each says of the run that set them or did not. Pure.

Only how a label stands at last counts: who takes one off and puts it on again has judged nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain.act import Act, By
from app.domain.effect import Effect, LabelsPayload
from app.domain.run import RunSkill
from app.domain.signal import Signal, Wanted
from app.domain.snapshot import Snapshot
from app.teammate.guard.labels import allowed_labels
from app.teammate.listen.scene import SOMEBODY, Scene, a_signal
from app.teammate.publisher import CLOCKS_APART

TOGETHER = timedelta(hours=1)
"""Within which another label by the same hand replaces the one that was taken off."""
KEPT = timedelta(days=7)
"""After which a label that nobody minded was right."""
_NAMED = re.compile(r'([+-])"([^"]+)"')
"""Names in the words of a command, as `Command.words` spells them."""
_LOOKING: tuple[RunSkill, ...] = ("triage", "pull-request")


@dataclass(frozen=True, slots=True)
class Change:
    """One time that a label was put on or taken off. What we do on somebody's command is theirs."""

    id: str
    name: str
    on: bool
    actor: str
    by: By
    at: datetime
    cause: Literal["", "label", "undo"] = ""


def label_changes(scene: Scene) -> dict[str, list[Change]]:
    """By name, case folded, in the order in which they happened."""
    told: dict[str, list[Change]] = {}
    commanded = list(_commanded(scene))
    for act in scene.acts:
        if act.kind not in ("labeled", "unlabeled"):
            continue
        name, on = act.subject, act.kind == "labeled"
        by: By = "bot" if act.id in scene.bulk else act.by
        theirs = act.by == "us" and _is_obeying(act, commanded)
        if not theirs:
            told.setdefault(name.casefold(), []).append(Change(act.id, name, on, act.actor, by, act.at))
    for change in commanded:
        told.setdefault(change.name.casefold(), []).append(change)
    for effect, done_at in scene.labelled():
        for change in _gone(scene, effect, done_at, told):
            told.setdefault(change.name.casefold(), []).append(change)
    return {name: sorted(changes, key=lambda change: change.at) for name, changes in told.items()}


def label_signals(scene: Scene) -> Iterator[Signal]:
    """One for each label that stands differently from how we left it, or that has been left alone for long."""
    changes = label_changes(scene)
    ours = {name.casefold() for effect, _ in scene.labelled() for name in _wrote(effect)}
    replacing: set[str] = set()
    for effect, done_at in scene.labelled():
        for name in _wrote(effect):
            newest = _newest(changes, name, effect.created_at - CLOCKS_APART)
            if newest is None or newest.on:
                yield from _kept(scene, effect, name, done_at)
            elif newest.by == "person" and newest.cause != "undo":
                others = list(_instead(scene, changes, newest, ours))
                replacing |= {other.name.casefold() for other in others}
                yield _removed(effect, newest, others)
    yield from _added(scene, changes, ours | replacing)


def _commanded(scene: Scene) -> Iterator[Change]:
    """What people told us to put on and take off; `undo` and `not-a-duplicate` take off all that they are about."""
    for act, words in scene.commands("label"):
        for sign, name in _NAMED.findall(words):
            yield Change(f"{act.id}:{name}", name, sign == "+", act.actor, "person", act.at, "label")
    for act, words in scene.commands("undo", "not-a-duplicate"):
        for effect, done_at in scene.labelled():
            undoing = scene.taken_back(effect)
            if words.strip() != "comment" and undoing is not None and done_at <= act.at + CLOCKS_APART:
                for name in _wrote(effect):
                    yield Change(f"{act.id}:{name}", name, False, act.actor, "person", act.at, "undo")


def _is_obeying(act: Act, commanded: Sequence[Change]) -> bool:
    """Whether this act of ours is what somebody had told us to do shortly before."""
    return any(
        change.name.casefold() == act.subject.casefold()
        and change.on == (act.kind == "labeled")
        and -CLOCKS_APART <= act.at - change.at <= TOGETHER
        for change in commanded
    )


def _gone(scene: Scene, effect: Effect, done_at: datetime, told: Mapping[str, Sequence[Change]]) -> Iterator[Change]:
    """A discussion has no timeline: of a label of ours that is gone from it, a webhook may tell who took it off."""
    if scene.ref.kind != "discussion" or scene.thread is None or scene.taken_back(effect) is not None:
        return
    carried = {name.casefold() for name in scene.thread.labels}
    for name in _wrote(effect):
        if name.casefold() in carried or told.get(name.casefold()):
            continue
        who = [one.login for one in scene.told if one.action == "unlabeled" and one.subject == name]
        actor = who[-1] if who else SOMEBODY
        by: By = "us" if actor == scene.app_login else "bot" if actor.endswith("[bot]") else "person"
        yield Change(f"gone:{effect.id}:{name}", name, False, actor, by, max(done_at, scene.thread.updated_at))


def _newest(changes: Mapping[str, Sequence[Change]], name: str, since: datetime) -> Change | None:
    return next((one for one in reversed(changes.get(name.casefold(), ())) if one.at >= since), None)


def _kept(scene: Scene, effect: Effect, name: str, done_at: datetime) -> Iterator[Signal]:
    """It stands: a person closed the thread over it, or a week has passed."""
    about = f"{effect.id}:{name}"
    closed = next((act for act in reversed(scene.acts) if act.kind in ("closed", "reopened")), None)
    if closed is not None and closed.kind == "closed" and scene.judges(closed) and closed.at >= done_at:
        yield a_signal("label_kept", about, effect.run_id, "good", closed.at, effect=effect, actor=closed.actor)
    elif scene.now >= done_at + KEPT and scene.thread is not None:
        yield a_signal("label_kept", about, effect.run_id, "good", done_at + KEPT, effect=effect)


def _instead(
    scene: Scene, changes: Mapping[str, Sequence[Change]], removed: Change, ours: set[str]
) -> Iterator[Change]:
    """Labels of the list that the same hand put on within the hour, and that stand."""
    run = scene.newest_run(removed.at, *_LOOKING)
    for name, told in changes.items():
        newest = told[-1]
        same = newest.on and newest.by == "person" and newest.actor == removed.actor
        soon = same and name not in ours and abs(newest.at - removed.at) <= TOGETHER
        if soon and run is not None and _may_set(run.record.snapshot, newest.name):
            yield newest


def _removed(effect: Effect, removed: Change, others: Sequence[Change]) -> Signal:
    wanted = Wanted(labels_on=tuple(other.name for other in others), labels_off=(removed.name,))
    return a_signal(
        "label_replaced" if others else "label_removed",
        removed.id,
        effect.run_id,
        "bad",
        removed.at,
        effect=effect,
        actor=removed.actor,
        wanted=wanted,
    )


def _added(scene: Scene, changes: Mapping[str, Sequence[Change]], known: set[str]) -> Iterator[Signal]:
    """Labels that we may set, and that a person set on a thread which we had looked at without proposing them."""
    for name, told in changes.items():
        newest = told[-1]
        if name in known or not newest.on or newest.by != "person":
            continue
        run = scene.newest_run(newest.at, *_LOOKING)
        if run is None or run.record.decision is None or name in _proposed(scene):
            continue
        if _may_set(run.record.snapshot, newest.name):
            wanted = Wanted(labels_on=(newest.name,))
            yield a_signal("label_added", newest.id, run.id, "bad", newest.at, actor=newest.actor, wanted=wanted)


def _proposed(scene: Scene) -> set[str]:
    """What any of our runs would have set, drafts included."""
    verdicts = [run.record.verdict for run in scene.runs if run.record.verdict]
    effects = [effect for verdict in verdicts for effect in verdict.effects if isinstance(effect, LabelsPayload)]
    return {name.casefold() for effect in effects for name in effect.names}


def _may_set(snapshot: Snapshot, name: str) -> bool:
    """Whether triage could have set it: it is in the list, the settings allow it, and it was not there already."""
    if name.casefold() in {label.casefold() for label in snapshot.current_labels}:
        return False
    limits, listed = snapshot.settings.labels, [label.name for label in snapshot.labels]
    return bool(allowed_labels([name], listed, allow=limits.allow, deny=limits.deny)[0])


def _wrote(effect: Effect) -> tuple[str, ...]:
    return effect.wrote.labels if effect.wrote else ()
