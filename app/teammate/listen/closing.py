"""How a thread ended: closed and why, reopened, converted, moved, or answered. Pure.

Closing says little of us by itself. It is good where the author closes a question as completed with nobody's word but
ours before it, and where people choose our comment as the answer.
"""

from collections.abc import Iterator
from datetime import datetime

from app.domain.act import Act
from app.domain.effect import Effect
from app.domain.signal import ActSignal, Polarity, Signal
from app.teammate.listen.scene import SOMEBODY, Scene, a_signal

_ENDED: dict[str, ActSignal] = {"completed": "closed_completed", "not_planned": "closed_not_planned"}


def closing_signals(scene: Scene) -> Iterator[Signal]:
    """Of closing and reopening only the last."""
    newest = next((act for act in reversed(scene.acts) if act.kind in ("closed", "reopened")), None)
    if newest is not None and scene.judges(newest):
        yield from _ended(scene, newest)
    yield from _moved(scene)
    yield from _chosen(scene)


def _ended(scene: Scene, act: Act) -> Iterator[Signal]:
    kind: ActSignal | None = "reopened" if act.kind == "reopened" else _ENDED.get(act.detail)
    if kind is None or scene.ref.kind == "pull_request":
        return
    answer = _answer_before(scene, act.at)
    run = scene.run(answer.run_id) if answer else scene.newest_run(act.at)
    if run is None:
        return
    solved = kind == "closed_completed" and answer is not None and _by_its_author(scene, act)
    polarity: Polarity = "good" if solved and answer and not _others_spoke(scene, answer, act.at) else "neutral"
    yield a_signal(kind, act.id, run.id, polarity, act.at, effect=answer, actor=act.actor)


def _answer_before(scene: Scene, at: datetime) -> Effect | None:
    found = [effect for effect, _, done_at in scene.commented() if done_at <= at and effect.state == "done"]
    return found[-1] if found else None


def _by_its_author(scene: Scene, act: Act) -> bool:
    return scene.thread is not None and act.actor == scene.thread.author


def _others_spoke(scene: Scene, answer: Effect, at: datetime) -> bool:
    """Whether somebody besides the author spoke between our comment and the end."""
    author = scene.thread.author if scene.thread else ""
    since = answer.done_at or answer.created_at
    return any(one.author != author and since <= one.created_at <= at for one in scene.comments_by_people())


def _moved(scene: Scene) -> Iterator[Signal]:
    """Nobody can know afterwards how our effects fared, so nothing is judged by it."""
    run = scene.newest_run(scene.now)
    if run is None:
        return
    for act in scene.acts:
        if act.kind == "converted_to_discussion" and act.by != "us":
            yield a_signal("converted", act.id, run.id, "neutral", act.at, actor=act.actor)
    if any(act.kind == "transferred" for act in scene.acts) or any(one.action == "transferred" for one in scene.told):
        who = [one.login for one in scene.told if one.action == "transferred"] or [SOMEBODY]
        yield a_signal("transferred", scene.ref.key, run.id, "neutral", scene.now, actor=who[-1])


def _chosen(scene: Scene) -> Iterator[Signal]:
    chosen = scene.thread.answer if scene.thread else ""
    for effect, remote_id, _ in scene.commented():
        if chosen and remote_id == chosen and scene.thread is not None:
            about, at = f"answer:{effect.id}", scene.thread.updated_at
            yield a_signal(
                "closed_completed", about, effect.run_id, "good", at, effect=effect, actor=SOMEBODY, role="maintainer"
            )
