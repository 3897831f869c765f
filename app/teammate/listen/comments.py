"""What people did to our comments: edited, hid, deleted or quoted them. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from app.domain.act import Act, By
from app.domain.effect import Effect
from app.domain.signal import Polarity, Signal, Wanted
from app.domain.thread import Comment, Thread
from app.teammate import marker
from app.teammate.listen.scene import SOMEBODY, Scene, a_signal
from app.teammate.publisher import CLOCKS_APART, is_edited

LISTING_LAG = timedelta(minutes=2)
"""For so long GitHub may not list a comment that is there."""
HARMLESS = frozenset({"resolved", "outdated"})
"""Reasons for hiding that say nothing bad of a comment: its time is over."""
SHORTEST_QUOTE = 12
_QUOTED = re.compile(r"^ {0,3}> ?(.*)$", re.MULTILINE)


def comment_signals(scene: Scene) -> Iterator[Signal]:
    """One for each comment of ours that is not as we left it, and for each that quotes one."""
    if scene.thread is None:
        return
    for effect, remote_id, done_at in scene.commented():
        shown = scene.comment(remote_id)
        if shown is None:
            yield from _deleted(scene, effect, remote_id, done_at)
            continue
        if shown.hidden:
            yield _hidden(effect, shown, done_at)
        if is_edited(effect, shown):
            yield from _edited(scene, effect, shown)
        yield from _quotations(scene, effect, shown)


def quotes(text: str, ours: str) -> bool:
    """Whether a line quoted in `text` is one of `ours`."""
    said = " ".join(ours.split()).casefold()
    lines = (" ".join(line.strip("> ").split()).casefold() for line in _QUOTED.findall(text))
    return any(len(line) >= SHORTEST_QUOTE and line in said for line in lines)


def without_marker(body: str) -> str:
    return marker.LAST_LINE.sub("", body.rstrip()).rstrip()


def deletion_of(scene: Scene, effect: Effect, remote_id: str, done_at: datetime) -> Act | None:
    """The act by which a comment of ours went away; None where it may still be there, or we took it back ourselves.
    The timeline tells who deleted a comment, the webhook which one; a discussion has no timeline.
    """
    if scene.thread is None or scene.comment(remote_id) is not None or scene.taken_back(effect) is not None:
        return None
    acts = [act for act in scene.acts if act.kind == "comment_deleted" and act.at >= done_at - CLOCKS_APART]
    named = [one.login for one in scene.told if (one.action, one.subject) == ("deleted", remote_id)]
    if named:
        known = [act for act in acts if act.actor == named[-1]]
        return known[-1] if known else _told(scene, scene.thread, remote_id, named[-1], done_at)
    if scene.now - done_at <= LISTING_LAG:
        return None
    if scene.ref.kind == "discussion":
        return _told(scene, scene.thread, remote_id, SOMEBODY, done_at)
    return next((act for act in reversed(acts) if act.by != "us"), None)


def _told(scene: Scene, thread: Thread, remote_id: str, login: str, done_at: datetime) -> Act:
    by: By = "us" if login == scene.app_login else "bot" if login.endswith("[bot]") else "person"
    at = max(done_at, thread.updated_at)
    return Act(id=f"deleted:{remote_id}", kind="comment_deleted", actor=login, by=by, at=at)


def _deleted(scene: Scene, effect: Effect, remote_id: str, done_at: datetime) -> Iterator[Signal]:
    act = deletion_of(scene, effect, remote_id, done_at)
    if act is not None and scene.judges(act):
        about, wanted = str(effect.id), Wanted(silence=True)
        yield a_signal(
            "comment_deleted",
            about,
            effect.run_id,
            "bad",
            act.at,
            effect=effect,
            actor=act.actor,
            role="maintainer",
            wanted=wanted,
        )


def _hidden(effect: Effect, shown: Comment, done_at: datetime) -> Signal:
    """Its text is GitHub's reason."""
    polarity: Polarity = "neutral" if shown.hidden in HARMLESS else "bad"
    at = max(shown.updated_at, done_at)
    return a_signal(
        "comment_hidden",
        str(effect.id),
        effect.run_id,
        polarity,
        at,
        effect=effect,
        actor=SOMEBODY,
        role="maintainer",
        text=shown.hidden,
    )


def _edited(scene: Scene, effect: Effect, shown: Comment) -> Iterator[Signal]:
    named = [one.login for one in scene.told if (one.action, one.subject) == ("edited", shown.id)]
    actor = named[-1] if named else SOMEBODY
    if actor != scene.app_login and not actor.endswith("[bot]"):
        wanted = Wanted(body=without_marker(shown.body))
        yield a_signal(
            "comment_edited",
            str(effect.id),
            effect.run_id,
            "bad",
            shown.updated_at,
            effect=effect,
            actor=actor,
            role="maintainer",
            wanted=wanted,
        )


def _quotations(scene: Scene, effect: Effect, shown: Comment) -> Iterator[Signal]:
    for comment in scene.comments_by_people():
        if comment.created_at >= shown.created_at and quotes(comment.body, without_marker(shown.body)):
            yield a_signal(
                "comment_quoted",
                f"{effect.id}:{comment.id}",
                effect.run_id,
                "neutral",
                comment.created_at,
                effect=effect,
                actor=comment.author,
            )
