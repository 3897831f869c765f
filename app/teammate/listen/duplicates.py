"""What people said of a thread being a duplicate, held against what we said of it. Pure. The last of them counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.domain.effect import Effect
from app.domain.signal import ActSignal, Polarity, Signal, Wanted
from app.knowledge.duplicates import declared_original
from app.knowledge.failures.evidence import named_threads
from app.teammate.listen.scene import Scene, a_signal
from app.teammate.spoken import spoken

_DENIED = re.compile(
    r"\b(?:not|isn['’]?t|no|never) (?:really |actually )?(?:an? |the |exact )?"
    r"(?:dup(?:licate|e)?|same (?:issue|problem|bug))\b"
    r"|\bkein(?:e)? duplikat\b|\bpas un doublon\b|\bno es (?:un )?duplicado\b|\bnão é (?:uma )?duplicata\b",
    re.IGNORECASE,
)
_OF = re.compile(r"of #(\d{1,9})")


@dataclass(frozen=True, slots=True)
class _Opinion:
    """`number` is the original that somebody named; None says only that there is one, or, where `denied`, none."""

    id: str
    at: datetime
    actor: str
    number: int | None = None
    denied: bool = False


def duplicate_signals(scene: Scene) -> Iterator[Signal]:
    """At most one, about the newest run that looked for duplicates here."""
    run = scene.newest_run(scene.now, "duplicates")
    if run is None:
        return
    opinions = [one for one in _opinions(scene) if one.at >= run.record.started_at]
    if not opinions:
        return
    newest = max(opinions, key=lambda one: one.at)
    spoke = _comment_of(scene, run.id)
    named = sorted(named_threads(run.record)) if spoke else []
    if newest.denied:
        if spoke is not None:
            wanted = Wanted(not_duplicate_of=named[0] if named else None)
            yield _signal(newest, run.id, spoke, wanted, right=False)
    elif newest.number in named or (newest.number is None and named):
        wanted = Wanted(duplicate_of=newest.number or named[0])
        yield _signal(newest, run.id, spoke, wanted, right=True)
    elif newest.number is not None:
        wanted = Wanted(duplicate_of=newest.number, not_duplicate_of=named[0] if named else None)
        yield _signal(newest, run.id, spoke, wanted, right=False)


def _signal(opinion: _Opinion, run_id: int, effect: Effect | None, wanted: Wanted, *, right: bool) -> Signal:
    kind: ActSignal = "duplicate_confirmed" if right else "duplicate_contradicted"
    polarity: Polarity = "good" if right else "bad"
    return a_signal(kind, opinion.id, run_id, polarity, opinion.at, effect=effect, actor=opinion.actor, wanted=wanted)


def _comment_of(scene: Scene, run_id: int) -> Effect | None:
    return next((effect for effect, _, _ in scene.commented() if effect.run_id == run_id), None)


def _opinions(scene: Scene) -> Iterator[_Opinion]:
    yield from _by_acts(scene)
    for act, words in scene.commands("duplicate"):
        if found := _OF.search(words):
            yield _Opinion(act.id, act.at, act.actor, int(found[1]))
    for act, _ in scene.commands("not-a-duplicate"):
        yield _Opinion(act.id, act.at, act.actor, denied=True)
    for comment in scene.comments_by_people():
        about, at = f"comment:{comment.id}", comment.created_at
        original = declared_original([comment], scene.ref.repository.name)
        if original is not None and original != scene.ref.number:
            yield _Opinion(about, at, comment.author, original)
        elif _DENIED.search(spoken(comment.body)):
            yield _Opinion(about, at, comment.author, denied=True)


def _by_acts(scene: Scene) -> Iterator[_Opinion]:
    """Closed or marked as a duplicate, and that taken back."""
    closed_so = False
    for act in scene.acts:
        if not scene.judges(act):
            continue
        if act.kind == "closed":
            closed_so = act.detail == "duplicate"
        if act.kind == "marked_as_duplicate" or (act.kind == "closed" and closed_so):
            yield _Opinion(act.id, act.at, act.actor, scene.original)
        elif act.kind == "unmarked_as_duplicate" or (act.kind == "reopened" and closed_so):
            yield _Opinion(act.id, act.at, act.actor, denied=True)
