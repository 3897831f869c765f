"""Replies: what people said after we spoke, where it was meant for us. Pure but for the reading itself, which is a
function from words to figures.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from app.domain.effect import Effect
from app.domain.signal import Meaning, Polarity, Signal
from app.domain.thread import Comment
from app.knowledge.sentiment import ReplyReading, ReplyText
from app.teammate.commands.parse import parse
from app.teammate.listen.comments import quotes, without_marker
from app.teammate.listen.scene import Scene, a_signal
from app.teammate.spoken import mentions

Reader = Callable[[ReplyText], ReplyReading]
_MEANT: dict[Meaning, Polarity] = {
    "solved": "good",
    "thanks": "good",
    "wrong": "bad",
    "irrelevant": "bad",
    "verbose": "bad",
    "hallucination": "bad",
    "repeated": "bad",
    "stop": "bad",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One that was meant for us: its signal, and what it says."""

    signal: Signal
    said: Meaning


def replies(scene: Scene, read: Reader, *, known: Collection[str] = ()) -> Iterator[Reply]:
    """One for each comment of a person after something of ours; those whose signals are `known` are not read again."""
    for comment in scene.comments_by_people():
        about = _about(scene, comment)
        run_id = about.run_id if about else _labels_before(scene, comment)
        if run_id is None or f"reply:{comment.id}" in known or _only_commands(comment.body, scene.handle):
            continue
        reading = read(_text(scene, comment, about))
        if reading.aimed:
            yield Reply(_signal(comment, run_id, about, reading), reading.meaning)


def _signal(comment: Comment, run_id: int, about: Effect | None, reading: ReplyReading) -> Signal:
    return a_signal(
        "reply",
        comment.id,
        run_id,
        _polarity(reading),
        comment.created_at,
        effect=about,
        actor=comment.author,
        text=comment.body,
    )


def _polarity(reading: ReplyReading) -> Polarity:
    """What it means, if it means one of the things that people say of answers; else how it sounds."""
    if reading.meaning in _MEANT:
        return _MEANT[reading.meaning]
    sounds: dict[str, Polarity] = {"negative": "bad", "neutral": "neutral", "positive": "good"}
    return sounds[reading.sentiment]


def _about(scene: Scene, comment: Comment) -> Effect | None:
    """The last comment of ours before this one."""
    ours: list[tuple[Comment, Effect]] = []
    for effect, remote_id, _ in scene.commented():
        shown = scene.comment(remote_id)
        if shown is not None and shown.created_at <= comment.created_at:
            ours.append((shown, effect))
    return max(ours, key=lambda one: one[0].created_at)[1] if ours else None


def _labels_before(scene: Scene, comment: Comment) -> int | None:
    """Where only labels of ours stand, people speak of them by our name or not at all."""
    if not mentions(comment.body, scene.handle):
        return None
    before = [effect.run_id for effect, done_at in scene.labelled() if done_at <= comment.created_at]
    return before[-1] if before else None


def _only_commands(body: str, handle: str) -> bool:
    """What is obeyed is a signal of its own."""
    heard = parse(body, handle)
    return bool(heard.commands) and not heard.asks


def _text(scene: Scene, comment: Comment, about: Effect | None) -> ReplyText:
    shown = scene.comment(about.remote_id or "") if about else None
    ours = without_marker(shown.body) if shown else ""
    return ReplyText(
        text=comment.body,
        ours=ours,
        mentions_us=mentions(comment.body, scene.handle),
        quotes_us=quotes(comment.body, ours),
        directly_after=shown is not None and _directly_after(scene, comment, shown),
        by_author=scene.thread is not None and comment.author == scene.thread.author,
    )


def _directly_after(scene: Scene, comment: Comment, shown: Comment) -> bool:
    """Whether nobody else spoke between."""
    return not any(
        shown.created_at <= other.created_at < comment.created_at and other.author != comment.author
        for other in scene.comments_by_people()
    )
