"""People and the teammate act on one thread in any order; the oracle watches each write and each step.

Deliveries come twice, late, in another order or never; workers die between any two calls of a port; answers of GitHub
are lost; people take labels off while the teammate is writing them.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain.decision import (
    AnswerDecision,
    Claim,
    Decision,
    LabelProposal,
    PullRequestDecision,
    SkillName,
    TriageDecision,
)
from app.domain.prompt import PromptVersion
from app.domain.snapshot import Snapshot
from app.playground.model import DeliveryAttempt
from app.teammate.attend import attend_next
from app.teammate.parts import Parts
from app.teammate.publish import publish_next
from tests.fakes.parts import SILENT
from tests.manners.hub_github import Trouble
from tests.manners.oracle import Oracle
from tests.manners.scene import AUTHOR, OUTSIDER, QUESTION, REPOSITORY, TEAM
from tests.manners.wires import Died, Wired, Wires

T = TypeVar("T")

WORDS = ("Set both secrets, then restart.", "Set both secrets.", "Restart when both are set.")
WANTED = ("bug", "question", "documentation", "priority: high", "not a label of this repository")
"""More than may be set, and one that does not exist: the model is as eager as it can be."""
PEOPLE = (TEAM, AUTHOR, OUTSIDER)
COMMANDS = (
    *("undo", "undo labels", "undo comment", "pause", "resume", "ignore", "label +bug", "label -bug +question"),
    *("not a duplicate", "duplicate of #1", "retriage", "draft", "post", "why", "label -documentation"),
)
BODIES = ("", "It stopped working.", "It works again. [no bot]", "Which one first?")
LONG = timedelta(hours=4)


class Manners(Oracle, RuleBasedStateMachine):
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.mood = 0
        self.mail: list[DeliveryAttempt] = []
        self.scene.house.model.prepared = [self.decide]
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

    # --- what must hold

    @invariant()
    def holds(self) -> None:
        if "thread" in self.__dict__:
            self.what_people_edited_stands()
            self.what_people_took_off_stays_off()
            self.only_who_may_is_obeyed()
            self.nobody_hears_us_four_times_in_a_row()
            assert set(self.names_of_repository()) == self.labels_of_repository, "a label was invented"

    def teardown(self) -> None:
        """From any state, `undo` leaves only what people did, and after `ignore` nothing is ever written."""
        if "thread" not in self.__dict__:
            return
        if self.thread.locked:
            self.locks_or_unlocks()
        self.settle()
        for row in self.scene.house.queue.rows.values():
            self.run(self.scene.house.queue.revive(row.id))  # else the next command would do what is left of it, too
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
        states = {row.id: row.state for row in self.scene.house.outbox.rows.values()}
        assert not {"sending", "unknown", "dead"} & set(states.values()), f"left open: {states}"
