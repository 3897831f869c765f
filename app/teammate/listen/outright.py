"""What people told us outright: what became of drafts, `undo`, and words that ask for silence. Pure."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from app.domain.act import Act
from app.domain.effect import CommentPayload, Effect, LabelsPayload
from app.domain.signal import Polarity, Signal, Wanted
from app.teammate.listen.scene import Scene, a_signal
from app.teammate.publisher import CLOCKS_APART

TOUCHED_UP = 0.9
"""A draft that is so much like what we wrote (Ratcliff and Obershelp's measure) was only touched up."""
_BY_THE_PAGE = "draft:"
"""How the ids of acts begin that come from the page of drafts, which only maintainers can open."""


def draft_signals(scene: Scene) -> Iterator[Signal]:
    """The last decision about each draft; a decline that was taken back is none."""
    decided: dict[str, Act] = {}
    for act in scene.acts:
        if act.kind in ("draft_accepted", "draft_edited", "draft_declined") or act.id.startswith(_BY_THE_PAGE):
            decided[act.subject] = act
    for effect in scene.effects:
        decision = decided.get(str(effect.id))
        if decision is not None and scene.run(effect.run_id) is not None:
            yield from _decided(scene, effect, decision)


def _decided(scene: Scene, effect: Effect, act: Act) -> Iterator[Signal]:
    polarity: Polarity = "good"
    wanted: Wanted | None = None
    if act.kind == "draft_edited" and isinstance(effect.payload, CommentPayload):
        wanted = Wanted(body=effect.payload.body)
        polarity = "neutral" if _likeness(scene, effect) >= TOUCHED_UP else "bad"
    elif act.kind == "draft_declined":
        right = act.detail.partition(":")[0] == "good"
        polarity, wanted = ("neutral" if right else "bad"), _instead(effect)
    if act.kind in ("draft_accepted", "draft_edited", "draft_declined"):
        yield a_signal(
            act.kind,
            act.id,
            effect.run_id,
            polarity,
            act.at,
            effect=effect,
            actor=act.actor,
            role="maintainer",
            wanted=wanted,
            text=act.detail if act.kind == "draft_declined" else "",
        )


def _instead(effect: Effect) -> Wanted:
    if isinstance(effect.payload, LabelsPayload):
        return Wanted(labels_off=effect.payload.names)
    return Wanted(silence=True)


def _likeness(scene: Scene, effect: Effect) -> float:
    """How much of our words is left, 0 to 1."""
    run = scene.run(effect.run_id)
    verdict = run.record.verdict if run else None
    ours = next((one.body for one in verdict.effects if isinstance(one, CommentPayload)), "") if verdict else ""
    theirs = effect.payload.body if isinstance(effect.payload, CommentPayload) else ""
    return SequenceMatcher(None, ours.split(), theirs.split(), autojunk=False).ratio()


def undo_signals(scene: Scene) -> Iterator[Signal]:
    """One for each effect that somebody had us take back."""
    for act, words in scene.commands("undo"):
        share = words.strip() or "all"
        for effect in scene.effects:
            undoing, run = scene.taken_back(effect), scene.run(effect.run_id)
            stood = effect.done_at is not None and effect.done_at <= act.at + CLOCKS_APART
            if undoing is None or not stood or share not in ("all", effect.payload.kind):
                continue
            if run is None or run.record.skill == "command" or undoing.created_at < act.at - CLOCKS_APART:
                continue
            taken = effect.wrote.labels if effect.wrote and isinstance(effect.payload, LabelsPayload) else ()
            wanted = Wanted(labels_off=taken, silence=not taken)
            yield a_signal(
                "undo",
                f"{act.id}:{effect.id}",
                effect.run_id,
                "bad",
                act.at,
                effect=effect,
                actor=act.actor,
                wanted=wanted,
            )


def stop_signals(scene: Scene) -> Iterator[Signal]:
    """Who asks for silence on a thread where we had spoken; before that it is a wish, and no judgement."""
    for act, _ in scene.commands("pause", "ignore"):
        spoken = [effect for effect, _, done_at in scene.commented() if done_at <= act.at + CLOCKS_APART]
        run = scene.run(spoken[-1].run_id) if spoken else None
        if run is not None:
            yield a_signal(
                "stop",
                act.id,
                run.id,
                "bad",
                act.at,
                effect=spoken[-1],
                actor=act.actor,
                wanted=Wanted(silence=True),
            )
