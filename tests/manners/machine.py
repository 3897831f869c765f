"""People and the teammate act on one thread in any order, and what must hold after each step.

Deliveries come twice, late, in another order or never; workers die between any two calls of a port; answers of GitHub
are lost; people take labels off while the teammate is writing them. What holds is judged by what the Hub shows and by
what people did, never by what the teammate believes; only how quiet it was told to be is read from its ledger.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain.act import Stance
from app.domain.decision import (
    AnswerDecision,
    Claim,
    Decision,
    LabelProposal,
    PullRequestDecision,
    SkillName,
    TriageDecision,
)
from app.domain.effect import UnlabelPayload
from app.domain.prompt import PromptVersion
from app.domain.snapshot import Snapshot
from app.playground.model import Comment, DeliveryAttempt, Thread
from app.teammate.attend import attend_next
from app.teammate.parts import Parts
from app.teammate.publish import publish_next
from app.teammate.silence import silenced
from app.teammate.spoken import mentions
from tests.fakes.outbox import Row
from tests.fakes.parts import SILENT
from tests.manners.hub_github import Trouble
from tests.manners.scene import AUTHOR, OUTSIDER, QUESTION, REPOSITORY, TEAM, Scene

T = TypeVar("T")

MARKER = re.compile(r"<!-- plumbline:1 ([0-9a-f]{40})")
ON_THREAD = re.compile(r"/issues/\d+/(labels|comments)$")
ONE_LABEL = re.compile(r"/issues/\d+/labels/(.+)$")
ONE_COMMENT = re.compile(r"/issues/comments/(\d+)$")
WORDS = ("Set both secrets, then restart.", "Set both secrets.", "Restart when both are set.")
WANTED = ("bug", "question", "documentation", "priority: high", "not a label of this repository")
"""More than may be set, and one that does not exist: the model is as eager as it can be."""
PEOPLE = (TEAM, AUTHOR, OUTSIDER)
COMMANDS = (
    *("undo", "undo labels", "undo comment", "pause", "resume", "ignore", "label +bug", "label -bug +question"),
    *("not a duplicate", "duplicate of #1", "retriage", "draft", "post", "why", "label -documentation"),
)
AUTHOR_MAY = frozenset({"pause", "ignore", "resume", "not-a-duplicate", "why"})
UNDER_WAY = ("planned", "sending", "unknown")
BODIES = ("", "It stopped working.", "It works again. [no bot]", "Which one first?")
LONG = timedelta(hours=4)


class Died(BaseException):
    """The worker's process was killed."""


@dataclass
class Wires:
    """Between a worker and its ports. At the call numbered `at` the worker dies, before or after it was made; before
    each call named `before` somebody acts.
    """

    calls: int = 0
    at: int = 0
    fate: str = ""
    before: str = ""
    act: Callable[[], None] | None = None
    dead: bool = False

    def arm(self, at: int = 0, fate: str = "", *, before: str = "", act: Callable[[], None] | None = None) -> None:
        self.calls, self.at, self.fate, self.before, self.act = 0, at, fate, before, act

    async def call(self, method: Callable[..., Coroutine[Any, Any, T]], *args: Any, **options: Any) -> T:
        self.calls += 1
        now = self.calls == self.at
        if self.act and method.__name__ == self.before:
            self.act()
        if self.dead or (now and self.fate == "dies before"):
            self.dead = True
            raise Died
        result = await method(*args, **options)
        if now and self.fate == "dies after":
            self.dead = True
            raise Died
        return result


class Wired:
    def __init__(self, port: object, wires: Wires) -> None:
        self._port, self._wires = port, wires

    def __getattr__(self, name: str) -> Any:
        method, wires = getattr(self._port, name), self._wires
        if not asyncio.iscoroutinefunction(method):
            return method
        return lambda *args, **options: wires.call(method, *args, **options)


class Manners(RuleBasedStateMachine):
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.mood = 0
        self.mail: list[DeliveryAttempt] = []
        self.known: dict[int, str] = {}
        self.theirs: dict[int, str] = {}
        self.said: dict[str, tuple[str, str]] = {}
        self.created: set[str] = set()
        self.told: set[int] = set()
        self.raced = False
        self.silent = False
        self.labels_of_repository = set(self.names_of_repository())
        self.scene.house.model.prepared = [self.decide]
        self.scene.http.before_write = self.before_write
        self.wires = Wires()
        self.parts = self.start()

    def start(self) -> Parts:
        """A worker process."""
        self.wires = Wires()
        parts = replace(self.scene.parts, worker=uuid4())
        wired = {name: Wired(getattr(parts, name), self.wires) for name in ("queue", "outbox", "ledger", "reader")}
        return replace(parts, **cast("Any", wired), writer=cast("Any", Wired(parts.writer, self.wires)))

    @initialize(
        pull=st.booleans(),
        before=st.sampled_from([(), (), ("bug",), ("plumbline:pause",)]),
        then=st.sampled_from(["waits", "hears", "works"]),
    )
    def somebody_writes(self, pull: bool, before: tuple[str, ...], then: str) -> None:
        scene = self.scene
        if pull:
            self.thread = scene.hub.open_pull_request(
                actor=AUTHOR, repo=REPOSITORY, title="Rotate", files={"docs/new.md": "New.\n"}
            )
        else:
            with scene.hub.silence():
                scene.open("Something else entirely", "Unrelated.", actor=OUTSIDER)
            self.thread = scene.open(QUESTION)
        if before:
            scene.label(self.thread, *before)
        self.tick()
        if then != "waits":
            self.hears()
        if then == "works":
            self.publish()

    # --- what people do

    @rule(name=st.sampled_from(sorted(WANTED[:4])), off=st.booleans())
    def labels(self, name: str, off: bool) -> None:
        self.flip(name, off=off)
        self.tick()

    @rule()
    def takes_our_label_off(self) -> None:
        for name in sorted(self.ours()):
            self.scene.unlabel(self.thread, name)
        self.tick()

    @rule(off=st.booleans())
    def pauses_by_label(self, off: bool) -> None:
        self.flip("plumbline:pause", off=off)
        self.tick()

    @rule(who=st.sampled_from(PEOPLE), asks=st.booleans(), heard=st.booleans())
    def comments(self, who: str, asks: bool, heard: bool) -> None:
        self.speak(who, f"@plumbline {QUESTION}" if asks else "The same here.")
        self.hears(heard)

    @rule(who=st.sampled_from(PEOPLE), command=st.sampled_from(COMMANDS), heard=st.booleans())
    def commands(self, who: str, command: str, heard: bool) -> None:
        self.speak(who, f"@plumbline {command}")
        self.hears(heard)

    @rule(command=st.sampled_from(COMMANDS), heard=st.booleans())
    def the_team_commands(self, command: str, heard: bool) -> None:
        self.speak(TEAM, f"@plumbline {command}")
        self.hears(heard)

    @rule(body=st.sampled_from(BODIES), heard=st.booleans())
    def edits_the_thread(self, body: str, heard: bool) -> None:
        """Each time we may have something else to say."""
        self.mood += 1
        self.scene.edit(self.thread, body)
        self.tick()
        self.hears(heard)

    @rule(whole=st.booleans(), which=st.integers(0, 3))
    def edits_our_comment(self, whole: bool, which: int) -> None:
        if ours := self.scene.comments(self.thread):
            comment = ours[which % len(ours)]
            words = "All mine." if whole else f"Mine.\n\n{comment.body}"
            self.scene.hub.edit_comment(actor=TEAM, repo=REPOSITORY, comment=comment.id, body=words)
            self.theirs[comment.id] = words
            self.tick()

    @rule(which=st.integers(0, 3))
    def deletes_our_comment(self, which: int) -> None:
        if ours := self.scene.comments(self.thread):
            comment = ours[which % len(ours)]
            self.scene.hub.delete_comment(actor=TEAM, repo=REPOSITORY, comment=comment.id)
            self.theirs.pop(comment.id, None)
            self.tick()

    @rule()
    def closes_or_reopens(self) -> None:
        act = self.scene.hub.close if self.thread.state == "open" else self.scene.hub.reopen
        act(actor=TEAM, repo=REPOSITORY, number=self.thread.number)
        self.tick()

    @rule()
    def locks_or_unlocks(self) -> None:
        self.scene.hub.lock(actor=TEAM, repo=REPOSITORY, number=self.thread.number, locked=not self.thread.locked)
        self.tick()

    # --- what becomes of deliveries

    @precondition(lambda self: self.mail)
    @rule(which=st.integers(0, 20), times=st.integers(0, 2))
    def one_arrives(self, which: int, times: int) -> None:
        """In any order, twice, or never."""
        attempt = self.mail.pop(which % len(self.mail))
        for _ in range(times):
            self.deliver(attempt)

    @precondition(lambda self: self.mail)
    @rule()
    def all_arrive(self) -> None:
        while self.mail:
            self.deliver(self.mail.pop(0))

    # --- what the teammate does

    @rule(heard=st.just(True))
    def hears(self, heard: bool = True) -> None:
        """All deliveries arrive and are attended to; nothing is written yet."""
        if heard:
            self.all_of(self.mail)
            self.attend()

    @rule(seconds=st.sampled_from([0, 40]))
    def works(self, seconds: int) -> None:
        """All of it, undisturbed."""
        self.hears()
        self.publish()
        if seconds:
            self.scene.house.clock.advance(seconds)
            self.publish()

    @rule(at=st.integers(1, 14), fate=st.sampled_from(["dies before", "dies after"]))
    def attends_and_dies(self, at: int, fate: str) -> None:
        self.wires.arm(at, fate)
        self.attend()

    @rule(
        at=st.integers(1, 12),
        fate=st.sampled_from(["", "dies before", "dies after"]),
        trouble=st.lists(st.sampled_from(["lost", "half", "half", "refused"]), max_size=2),
    )
    def publishes_in_trouble(self, at: int, fate: str, trouble: list[Trouble]) -> None:
        self.scene.http.trouble.extend(trouble)
        self.wires.arm(at, fate)
        self.publish()
        self.scene.http.trouble.clear()

    @rule(act=st.sampled_from(["on", "off", "on and off"]), trouble=st.sampled_from([[], ["half"]]))
    def publishes_labels_while_people_act(self, act: str, trouble: list[Trouble]) -> None:
        """Between our look and our write, and where its answer is lost."""
        self.raced = True
        self.scene.http.trouble.extend(trouble)
        self.wires.arm(before="add_labels", act=lambda: self.flip_all(act))
        self.publish()
        self.scene.http.trouble.clear()
        self.raced = False
        self.tick()

    @rule(seconds=st.sampled_from([5, 40, 400]))
    def time_passes(self, seconds: int) -> None:
        self.scene.house.clock.advance(seconds)

    # --- how it is done

    def speak(self, who: str, body: str) -> None:
        if self.thread.locked and who != TEAM:
            return
        comment = self.scene.say(self.thread, body, actor=who)
        self.said[str(comment.id)] = (who, body)
        self.tick()

    def flip(self, name: str, *, off: bool) -> None:
        carried = name in self.scene.labels(self.thread)
        if carried and off:
            self.scene.unlabel(self.thread, name)
        elif not carried and not off:
            self.scene.label(self.thread, name)

    def flip_all(self, act: str) -> None:
        for name in WANTED[:4]:
            if act != "off":
                self.flip(name, off=False)
            if act != "on":
                self.flip(name, off=True)

    def tick(self) -> None:
        """GitHub tells whole seconds, so no two acts of people are in one."""
        self.mail += self.scene.post()
        self.scene.house.clock.advance(1)

    def deliver(self, attempt: DeliveryAttempt) -> None:
        orders = sum(len(row.triggers) for row in self.scene.house.queue.rows.values())
        self.run(self.scene.deliver(attempt))
        if f'"sender":{{"login":"{self.scene.us}"'.encode() in attempt.payload:
            after = sum(len(row.triggers) for row in self.scene.house.queue.rows.values())
            assert after == orders, "what we did ourselves made work"

    def all_of(self, mail: list[DeliveryAttempt]) -> None:
        while mail:
            self.deliver(mail.pop(0))

    def attend(self) -> None:
        self.worker(attend_next)

    def publish(self) -> None:
        self.worker(publish_next)

    def worker(self, verb: Callable[[Parts], Coroutine[Any, Any, bool]]) -> None:
        try:
            while self.run(verb(self.parts)):
                pass
        except Died:
            self.scene.house.queue.vanish(self.parts.worker)
            self.run(self.scene.house.queue.expire())
            self.parts = self.start()
        self.wires.arm()
        self.mail += self.scene.post()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def settle(self) -> None:
        self.all_of(self.mail)
        self.run(self.scene.settle(within=LONG))

    def decide(self, prompt: PromptVersion, _: Snapshot) -> Decision:
        """Labels without end and an answer to everything, another one in another mood."""
        turned = WANTED[self.mood % 5 :] + WANTED[: self.mood % 5]
        labels = tuple(LabelProposal(name=name, confidence=0.95, rationale="It fits.") for name in turned)
        claim = Claim(text=WORDS[self.mood % 3], passage=1, quote="Set both secrets, the new one first")
        eager: dict[SkillName, Decision] = {
            "triage": TriageDecision(labels=labels),
            "pull-request": PullRequestDecision(labels=labels),
            "answer": AnswerDecision(claims=(claim,), confidence=0.9),
        }
        return eager.get(prompt.name, SILENT[prompt.name])

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
            self.may_unlabel(row, one_label[1].replace("%3A", ":").replace("%20", " "))
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
        assert isinstance(row.payload, UnlabelPayload) or row.payload.kind == "labels"
        if f"-{name}" in self.said.get(about, ("", ""))[1].replace('"', ""):
            self.told.add(len(self.thread.timeline))
            return
        assert self.raced or name in self.ours(), f"{name}, which a person set, was taken off for {row.intent}"

    # --- what must hold after each step

    @invariant()
    def holds(self) -> None:
        if "thread" in self.__dict__:
            self.what_people_edited_stands()
            self.what_people_took_off_stays_off()
            self.only_who_may_is_obeyed()
            self.nobody_hears_us_four_times_in_a_row()
            assert set(self.names_of_repository()) == self.labels_of_repository, "a label was invented"

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

    def teardown(self) -> None:
        """From any state: `undo` leaves what people did and nothing else, and after `ignore` nothing is ever written."""
        if not "thread" in self.__dict__:
            return
        if self.thread.locked:
            self.locks_or_unlocks()
        self.settle()
        if self.stance().quiet == "ignored":
            self.speak(TEAM, "@plumbline resume")
            self.settle()
        self.speak(TEAM, "@plumbline undo")
        self.settle()
        self.only_people_were_here()
        self.speak(TEAM, "@plumbline ignore")
        self.settle()
        assert self.stance().quiet == "ignored"
        self.silent = True
        self.edits_the_thread("Everything is different now.", heard=False)
        self.comments(AUTHOR, asks=True, heard=False)
        self.settle()
        open_rows = [row for row in self.scene.house.outbox.rows.values() if row.state in ("sending", "unknown", "dead")]
        assert not open_rows, f"left open: {open_rows}"

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

    thread: Thread

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
            for name in [name for name in off if f"+{name}" in words and who == TEAM and at >= off[name]]:
                del off[name]
        return set(off)
