"""What people may rely on, judged by what the Hub shows and by what people did, never by what the teammate believes.

Only how quiet it was told to be, and which drafts were accepted, is read from its ledger.
"""

import re
from collections.abc import Coroutine
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from app.domain.act import Stance
from app.domain.effect import UnlabelPayload
from app.playground.model import Comment, Thread
from app.teammate.silence import silenced
from app.teammate.spoken import mentions
from tests.fakes.outbox import Row
from tests.manners.scene import AUTHOR, TEAM, Scene

T = TypeVar("T")

MARKER = re.compile(r"<!-- plumbline:1 ([0-9a-f]{40})")
ON_THREAD = re.compile(r"/issues/\d+/(labels|comments)$")
ONE_LABEL = re.compile(r"/issues/\d+/labels/(.+)$")
ONE_COMMENT = re.compile(r"/issues/comments/(\d+)$")
AUTHOR_MAY = frozenset({"pause", "ignore", "resume", "not-a-duplicate", "why"})
UNDER_WAY = ("planned", "sending", "unknown")


class Oracle:
    """Looks at each write before it is done. `theirs` are comments of ours that a person edited, with their words;
    `said` is who wrote a comment and what; `told` are the places in the timeline of labels taken off on command.

    While `raced` somebody acts between our look and our write; when `silent` nothing may be written any more.
    """

    scene: Scene
    thread: Thread

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.scene.http.before_write = self.before_write
        self.theirs: dict[int, str] = {}
        self.said: dict[str, tuple[str, str]] = {}
        self.created: set[str] = set()
        self.told: set[int] = set()
        self.raced = False
        self.silent = False
        self.labels_of_repository = set(self.names_of_repository())

    # --- what must hold at each write

    def before_write(self, method: str, path: str, json: Any) -> None:
        row = next(row for row in self.scene.house.outbox.rows.values() if row.token is not None)
        on_thread, one_label, one_comment = (p.search(path) for p in (ON_THREAD, ONE_LABEL, ONE_COMMENT))
        assert f"/issues/{self.thread.number}/" in path or one_comment or "reactions" in path, f"elsewhere: {path}"
        assert not self.silent or "reactions" in path, f"{method} {path} after `ignore`"
        if on_thread and on_thread[1] == "labels":
            self.may_speak(row, new=False)
            self.may_label(row, json["labels"])
        elif on_thread:
            self.may_speak(row, new=True)
            signature = MARKER.findall(json["body"])[-1]
            assert signature not in self.created, f"{row.intent} was posted twice"
            self.created.add(signature)
        elif one_label:
            self.may_unlabel(row, unquote(one_label[1]))
        elif one_comment:
            assert int(one_comment[1]) not in self.theirs, f"{method} of a comment that a person edited"
            if method == "PATCH":
                self.may_speak(row, new=False)

    def may_speak(self, row: Row, *, new: bool) -> None:
        """What was not asked for by name is unwelcome where anything says so; nothing is welcome after `ignore`."""
        stance, asked = self.stance(), self.asked(row)
        assert not self.thread.locked, "wrote to a locked thread"
        assert stance.quiet != "ignored", "wrote to a thread that is ignored"
        if asked or self.raced:
            return
        assert not stance.quiet, f"{row.intent} was written although the thread is paused"
        why = silenced(self.thread.title, self.thread.body, self.scene.labels(self.thread))
        assert not why, f"{row.intent} was written although {why}"
        if new:
            assert self.thread.state == "open", "spoke on a closed thread unasked"
            assert not self.people_talk(), "spoke where people talk"

    def may_label(self, row: Row, names: list[str]) -> None:
        commanded = row.intent.rpartition(":")[0].endswith(":label")
        assert commanded or len(names) <= 3, f"{len(names)} labels"
        assert set(names) <= self.labels_of_repository, f"{names} are not the repository's"
        for name in names:
            assert self.raced or name not in self.final(), f"{name} was taken off by a person and put on again"

    def may_unlabel(self, row: Row, name: str) -> None:
        """Ours, or commanded by name. What is gone already may be asked for twice."""
        if name not in self.scene.labels(self.thread):
            return
        about = row.intent.rpartition(":")[2]
        assert isinstance(row.payload, UnlabelPayload) or name in self.final(), f"{name} was taken off for nothing"
        if f"-{name}" in self.said.get(about, ("", ""))[1].replace('"', ""):
            self.told.add(len(self.thread.timeline))
            return
        assert self.raced or name in self.ours(), f"{name}, which a person set, was taken off for {row.intent}"

    def what_people_edited_stands(self) -> None:
        for comment, words in self.theirs.items():
            assert self.scene.repository.comments[comment].body == words, "a person's words were changed"

    def what_people_took_off_stays_off(self) -> None:
        """Except for the moment in which a label of ours that was on its way is taken off again."""
        rows = self.scene.house.outbox.rows.values()
        busy = any(row.payload.kind in ("labels", "unlabel") and row.state in UNDER_WAY for row in rows)
        assert busy or not self.final() & self.ours(), "a label that a person took off is back"

    def only_who_may_is_obeyed(self) -> None:
        for act in self.run_now(self.scene.house.ledger.acts(self.scene.ref(self.thread))):
            if act.kind == "command" and not act.detail:
                allowed = act.actor == TEAM or (act.actor == AUTHOR and act.subject.partition(" ")[0] in AUTHOR_MAY)
                assert allowed, f"{act.actor} was obeyed: {act.subject}"

    def nobody_hears_us_four_times_in_a_row(self) -> None:
        row = 0
        for one in self.thread.comments:
            row = row + 1 if self.scene.repository.comments[one].author == self.scene.us else 0
            assert row <= 3, "four comments of ours in a row"

    def only_people_were_here(self) -> None:
        left = {one.id for one in self.scene.comments(self.thread)}
        assert left <= set(self.theirs), "`undo` left a comment of ours"
        people: set[str] = set()
        for number, event in enumerate(self.thread.timeline):
            name = event.detail.get("label", {}).get("name", "")
            by_people = event.actor != self.scene.us or number in self.told
            if event.event == "labeled" and by_people:
                people.add(name)
            elif event.event == "unlabeled" and by_people:
                people.discard(name)
        assert self.scene.labels(self.thread) == people, f"`undo` left {self.scene.labels(self.thread)}, not {people}"

    # --- what the Hub shows

    def names_of_repository(self) -> list[str]:
        return [label.name for label in self.scene.repository.labels.values()]

    def stance(self) -> Stance:
        return self.run_now(self.scene.house.ledger.stance(self.scene.ref(self.thread)))

    def run_now(self, work: Coroutine[Any, Any, T]) -> T:
        """What waits for nothing needs no loop, and may be asked for while one runs."""
        try:
            work.send(None)
        except StopIteration as result:
            return cast("T", result.value)
        raise AssertionError("it waits for something")

    def asked(self, row: Row) -> bool:
        """A person asked for this by name, in words that we heard; or accepted the draft."""
        cause = row.intent.split(":")[1]
        acts = self.run_now(self.scene.house.ledger.acts(self.scene.ref(self.thread)))
        accepted = any(act.kind == "draft_accepted" and act.subject == str(row.id) for act in acts)
        return accepted or (cause in ("comment", "label") and row.intent.rpartition(":")[2] in self.said)

    def people_talk(self) -> bool:
        comments: list[Comment] = [self.scene.repository.comments[one] for one in self.thread.comments]
        others = [one for one in comments if one.author not in (self.scene.us, self.thread.author)]
        return any(not mentions(one.body, "plumbline") for one in others)

    def ours(self) -> set[str]:
        """Labels that stand because we put them on."""
        return {name for name in self.scene.labels(self.thread) if self.newest(name) == ("labeled", self.scene.us)}

    def newest(self, name: str) -> tuple[str, str]:
        events = [one for one in self.thread.timeline if one.detail.get("label", {}).get("name") == name]
        return (events[-1].event, events[-1].actor) if events else ("", "")

    def final(self) -> set[str]:
        """Labels that somebody took off, and that nobody put on or commanded since."""
        off: dict[str, str] = {}
        for event in self.thread.timeline:
            name = event.detail.get("label", {}).get("name", "")
            if event.event == "unlabeled":
                off[name] = event.created_at
            elif event.event == "labeled" and event.actor != self.scene.us:
                off.pop(name, None)
        for comment, (who, words) in self.said.items():
            at = self.scene.repository.comments[int(comment)].created_at
            wanted = [name for name in off if f"+{name}" in words or f"{name} of #" in words]
            for name in [name for name in wanted if who == TEAM and at >= off[name]]:
                del off[name]
        return set(off)
