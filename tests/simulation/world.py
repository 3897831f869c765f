"""One seed, one world: worker processes that run the real publisher, people, faults, and what must hold."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast
from uuid import UUID

from app.domain.effect import CommentPayload, PlannedEffect
from app.domain.thread import RepositoryRef, ThreadRef
from app.ports import GitHubReader, GitHubWriter, Outbox
from app.teammate.marker import sign, with_marker
from app.teammate.publish import publish_next
from app.teammate.sweep import sweep_duplicates
from tests.fakes.outbox import FakeOutbox, Row
from tests.fakes.publisher import THREAD, FakePublisher, a_comment, some_labels
from tests.simulation.github import Rates, Shown, SimulatedGitHub
from tests.simulation.ports import Paused, SkewedClock
from tests.simulation.scheduler import Scheduler, pause

TROUBLE_ENDS_S = 240.0
LONGEST_S = 2 * 86_400.0
MOST_STEPS = 200_000
SETTLED = ("done", "skipped", "dead")


class Violation(AssertionError):
    """An invariant does not hold; says which seed shows it."""


@dataclass(frozen=True)
class Scenario:
    """How a world differs from the usual one. `freezes`: machines may stand still for minutes at any pause.

    The classes and figures are there to be replaced by broken ones: the simulation must notice.
    """

    freezes: bool = False
    outbox: type[FakeOutbox] = FakeOutbox
    github: type[SimulatedGitHub] = SimulatedGitHub
    reconcile_after_s: float = 45.0
    sweeps: bool = True


@dataclass(frozen=True)
class Story:
    """What happened in one world, to see that the faults really come about."""

    crashes: int
    freezes: int
    sends: int
    looks: int
    copies: int
    longest_copy_s: float
    dead: int
    acts: int
    steps: int


@dataclass
class World:
    seed: int
    scenario: Scenario
    random: Random = field(init=False)
    scheduler: Scheduler = field(default_factory=Scheduler)
    alive: set[UUID] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    edited: dict[str, str] = field(default_factory=dict)
    overwritten: dict[str, str] = field(default_factory=dict)
    unlabelled: bool = False
    put_back: bool = False
    acts: int = 0
    markers: dict[str, str] = field(default_factory=dict)
    extra_since: dict[str, float] = field(default_factory=dict)
    last_write_s: float = 0.0
    publishing: int = 0
    crashes: int = 0
    froze: int = 0
    copies: int = 0
    longest_copy_s: float = 0.0

    def __post_init__(self) -> None:
        draw = self.random = Random(self.seed)
        self.crash_rate = 0.0 if draw.random() < 0.3 else draw.random() ** 2 * 0.2
        self.freeze_rate = draw.random() ** 2 * 0.1 if self.scenario.freezes else 0.0
        self.sessions_noticed = draw.random() < 0.5
        self.skew_s = 0.0 if draw.random() < 0.5 else 60.0
        self.outbox = self.scenario.outbox(self.scheduler.now)
        self.github = self.scenario.github(self.scheduler, draw, Rates.drawn(draw), self._created)
        self.github.clock_skew_s = draw.uniform(-self.skew_s, self.skew_s)
        for _ in range(draw.choice((1, 2, 2, 3))):
            self._start_process()
        self._plan_orders(draw.choice((1, 1, 2, 3)))
        if draw.random() < 0.2:
            self._suspend(draw.uniform(0, 100), draw.uniform(0, 100))
        self.scheduler.at(TROUBLE_ENDS_S, self._end_trouble)

    def run(self) -> Story:
        settled = self.scheduler.run(self._settled, LONGEST_S)
        self._check(settled, "did not settle")
        self._check_end()
        rows = self.outbox.rows.values()
        return Story(
            crashes=self.crashes,
            freezes=self.froze,
            sends=sum(len(sent) for sent in self.outbox.writes.values()),
            looks=self.github.looks,
            copies=self.copies,
            longest_copy_s=self.longest_copy_s,
            dead=sum(row.state == "dead" for row in rows),
            acts=self.acts,
            steps=self.scheduler.steps,
        )

    # --- the cast

    def _start_process(self) -> None:
        """A worker process: a hand that publishes, and the schedule."""
        worker = UUID(int=self.random.getrandbits(128))
        self.alive.add(worker)
        github = cast("GitHubReader", self.github)
        parts = FakePublisher(
            clock=SkewedClock(self.scheduler, timedelta(seconds=self.random.uniform(-self.skew_s, self.skew_s))),
            outbox=self.outbox,
            reader=github,
            writer=cast("GitHubWriter", github),
            worker=worker,
            reconcile_after_s=self.scenario.reconcile_after_s,
        )
        parts.outbox = cast("Outbox", Paused(self.outbox, self.random))
        self._start(self._hand(parts), worker)
        self._start(self._schedule(parts), worker)

    def _start(self, actor: Coroutine[Any, Any, None], worker: UUID) -> None:
        self.scheduler.start(actor, alive=lambda: worker in self.alive, interrupt=lambda: self._interrupt(worker))

    def _interrupt(self, worker: UUID) -> float | None:
        """The fate of a worker at one pause: usually to go on. A process dies as a whole."""
        if self.publishing and self.crash_rate and self.random.random() < self.crash_rate:
            self.crashes += 1
            self.alive.discard(worker)
            if self.sessions_noticed:
                self.outbox.vanish(worker)
            self.scheduler.at(self.random.uniform(0.1, 20), self._start_process)
            return None
        if self.freeze_rate and self.random.random() < self.freeze_rate:
            self.froze += 1
            return self.random.uniform(1, 300)
        return 0.0

    async def _hand(self, parts: FakePublisher) -> None:
        while True:
            self.publishing += 1
            try:
                while self._due() and await publish_next(parts):
                    pass
            finally:
                self.publishing -= 1
            await pause(self._rest())

    async def _schedule(self, parts: FakePublisher) -> None:
        while True:
            await pause(self._rest())
            self.outbox.expire()
            if self.scenario.sweeps and any(self._sweep_due(row) for row in self.outbox.rows.values()):
                self.publishing += 1
                try:
                    await sweep_duplicates(parts)
                finally:
                    self.publishing -= 1

    def _due(self) -> bool:
        now = self.scheduler.now()
        return any(
            (row.state in ("planned", "unknown") and row.not_before <= now)
            or (row.lease_until is not None and row.lease_until <= now)
            for row in self.outbox.rows.values()
        )

    def _sweep_due(self, row: Row) -> bool:
        return row.sweep_at is not None and row.sweep_at <= self.scheduler.now()

    def _rest(self) -> float:
        """Until something may be due, at most a minute: bells are heard within seconds."""
        moments = [
            row.lease_until or (row.sweep_at if row.state == "done" else row.not_before)
            for row in self.outbox.rows.values()
            if row.state not in ("skipped", "dead", "parked")
        ]
        ahead = min(((m - self.scheduler.now()).total_seconds() for m in moments if m is not None), default=60.0)
        longest = 5.0 if any(row.worker in self.outbox.gone for row in self.outbox.rows.values()) else 60.0
        return min(max(ahead, 0.0), longest) + self.random.random() * 4

    # --- what people do

    def _plan_orders(self, intents: int) -> None:
        draw = self.random
        for number in range(intents):
            thread = ThreadRef(RepositoryRef(draw.choice((5, 5, 6)), 840, "o/r"), "issue", 12 + draw.randrange(2))
            why = "body" if number == 0 and draw.random() < 0.4 else f"comment:{number}"
            planned = a_comment(f"Words {number}", why=why, thread=thread)
            at = draw.uniform(0, 60)
            self.scheduler.at(at, lambda planned=planned: self._plan(planned))  # type: ignore[misc]
            later = at
            for copy in range(draw.choice((0, 0, 1, 2, 5))):
                words = planned.payload if draw.random() < 0.4 else CommentPayload(body=f"Words {number}.{copy}")
                again = replace(planned, payload=words)
                later += draw.expovariate(1 / draw.choice((3, 40)))
                self.scheduler.at(later, lambda again=again: self._plan(again))  # type: ignore[misc]
            if draw.random() < 0.3:
                self.scheduler.at(draw.uniform(0, 200), lambda planned=planned: self._forge(planned))  # type: ignore[misc]
            if draw.random() < 0.2:
                self.scheduler.at(draw.uniform(5, 300), lambda planned=planned: self._remove(planned))  # type: ignore[misc]
            if draw.random() < 0.2:
                self.scheduler.at(draw.uniform(5, 200), lambda planned=planned: self._edit(planned))  # type: ignore[misc]
        if draw.random() < 0.4:
            self._plan(some_labels("bug"))
            for _ in range(draw.choice((0, 1, 3))):
                at = draw.uniform(0, draw.choice((5, 60)))
                for step in range(draw.choice((1, 2, 3))):
                    self.scheduler.at(at + step * draw.choice((0.3, 3)), self._label)
            if draw.random() < 0.5:
                self.scheduler.at(draw.uniform(0, 100), lambda: self._plan(some_labels("bug", "docs")))

    def _plan(self, planned: PlannedEffect) -> None:
        for effect_id in self.outbox.plan([planned]):
            row = self.outbox.rows[effect_id]
            if row.payload.kind == "comment":
                row.token, row.lease_until = UUID(int=0), self.scheduler.now()
                self.markers[row.intent] = sign(b"k" * 32, row.leased())
                row.give_up_lease()

    def _forge(self, planned: PlannedEffect) -> None:
        """Somebody posts our very words, marker and all, even before we do."""
        text = with_marker("Words", self.markers.get(planned.intent, ""))
        self.github.say(planned.thread, text, "mallory")

    def _remove(self, planned: PlannedEffect) -> None:
        """A person deletes our comment as soon as it stands: from then on there must be none."""
        visible = self._visible(planned.intent, planned.thread.key)
        if visible and not self.scenario.freezes:
            self.github.remove(visible[0], "ada")
            self.removed.add(planned.intent)
            self.acts += 1

    def _edit(self, planned: PlannedEffect, tries: int = 60) -> None:
        """A person edits our comment: from then on it is theirs. Not while a request of ours is under way: nobody can
        fence that.
        """
        visible = self._visible(planned.intent, planned.thread.key)
        if visible and not self.scenario.freezes and not self.publishing and not self.github.running:
            comment = self.github.shown[visible[0]].comment
            whole = self.random.random() < 0.5
            self.edited[planned.intent] = "All theirs." if whole else f"Theirs.\n\n{comment.body}"
            self.overwritten[comment.id] = planned.intent
            self.github.rewrite(comment.id, self.edited[planned.intent])
            self.acts += 1
        elif tries:
            self.scheduler.at(1.0, lambda: self._edit(planned, tries - 1))

    def _label(self) -> None:
        """A person takes the label off, or puts it on where it is not, even while we are about to take it back."""
        self.unlabelled = self.github.take_off(THREAD.key, "bug", "ada")
        if not self.unlabelled:
            self.github.put_on(THREAD.key, ["bug"], "ada")
            self.put_back |= bool(self.publishing or self.github.running)
        self.acts += 1

    def _suspend(self, begin: float, length: float) -> None:
        def suspend() -> None:
            self.github.suspended = True

        self.scheduler.at(begin, suspend)
        self.scheduler.at(begin + length, self._resume)

    def _resume_hourly(self) -> None:
        """As the reconciler does: a worker may have parked something just after its installation was resumed."""
        self._resume()
        self.scheduler.at(3600, self._resume_hourly)

    def _resume(self) -> None:
        self.github.suspended = False
        for installation_id in (5, 6):
            resume = self.outbox.resume_installation(installation_id)
            for _ in resume.__await__():
                raise Violation("resuming is one transaction")

    def _end_trouble(self) -> None:
        """From now on everything works, so everything must come to its end."""
        self._resume_hourly()
        self.crash_rate = self.freeze_rate = 0.0
        self.github.rates = Rates(lag=self.github.rates.lag)

    # --- what must hold

    def _created(self, shown: Shown) -> None:
        """At every creation: no second visible comment of an intent, none that a person took away."""
        self.last_write_s = self.scheduler.time
        line = shown.comment.body.rpartition("\n")[2]
        intent = next(intent for intent, marker in self.markers.items() if line.startswith(marker[:-4]))
        visible = self._visible(intent, shown.thread)
        if len(visible) > 1:
            self.copies += 1
            self.extra_since.setdefault(intent, self.scheduler.time)
            self.scheduler.at(1.0, lambda: self._watch(intent, shown.thread))
        self._check(self.scenario.freezes or len(visible) == 1, f"{len(visible)} comments of {intent}")
        self._check(intent not in self.removed, f"{intent} was posted again after a person removed it")

    def _watch(self, intent: str, thread: str) -> None:
        """Measure how long two comments of one intent stand side by side."""
        if len(self._visible(intent, thread)) > 1:
            self.scheduler.at(1.0, lambda: self._watch(intent, thread))
        elif (since := self.extra_since.pop(intent, None)) is not None:
            self.longest_copy_s = max(self.longest_copy_s, self.scheduler.time - since)

    def _visible(self, intent: str, thread: str) -> Sequence[str]:
        if intent not in self.markers:
            return []
        marker = f"\n{self.markers[intent][:-4]}"
        own = self.github.of(thread)
        return [c.id for c in own if marker in c.body or self.overwritten.get(c.id) == intent]

    def _settled(self) -> bool:
        """Trouble is over, nothing is under way, and each comment was swept after the last write."""
        self._check(self.scheduler.steps < MOST_STEPS, "goes round in circles")
        if self.scheduler.time < TROUBLE_ENDS_S + 60 or self.publishing or self.github.running:
            return False
        last = self.scheduler.now() - timedelta(seconds=self.scheduler.time - self.last_write_s)
        return all(
            row.state in SETTLED and (row.state != "done" or not self.scenario.sweeps or self._was_swept(row, last))
            for row in self.outbox.rows.values()
        )

    def _was_swept(self, row: Row, last: datetime) -> bool:
        if row.payload.kind == "labels" or row.sweep_at is None:
            return True
        swept_at = row.sweep_at - timedelta(hours=1)
        return row.done_at is not None and swept_at > row.done_at and swept_at > last + timedelta(seconds=20)

    def _check_end(self) -> None:
        """Each intent: one comment with the newest words, or none and a reason."""
        for row in self.outbox.rows.values():
            if row.payload.kind == "labels":
                # A machine that stood still may write long after it looked, and die before it looks again.
                here, frozen = "bug" in self.github.labels, self.scenario.freezes
                # Nor can anybody fence a removal under way against a person who puts the label back meanwhile.
                off = self.unlabelled or self.put_back
                self._check(here or frozen or off or row.state != "done", "done, but no label")
                self._check(not here or frozen or not self.unlabelled, "a removed label came back")
                continue
            visible = self._visible(row.intent, row.thread.key)
            gone = row.intent in self.removed
            self._check(len(visible) <= 1, f"{row.intent} ends with {len(visible)} comments")
            if row.state == "done":
                self._check(gone or [row.remote_id] == visible, f"{row.intent} is done, shown: {visible}")
                text = "" if gone else self.github.shown[visible[0]].comment.body
                assert isinstance(row.payload, CommentPayload)
                words = self.edited.get(row.intent) or with_marker(row.payload.body, self.markers[row.intent])
                # A frozen edit may arrive after a newer one: nobody can fence that.
                self._check(
                    gone or self.scenario.freezes or text == words,
                    f"{row.intent} shows old words: {text!r} for {words!r}",
                )
            elif row.state == "skipped":
                self._check(
                    gone or self.scenario.freezes or self._has_reason(row), f"{row.intent} was skipped: {row.reason}"
                )
            else:
                self._check(bool(row.reason), f"{row.intent} is dead and nobody knows why")
                hidden = row.remote_id is not None or not visible
                self._check(hidden or self.scenario.freezes, f"{row.intent} is dead but visible")

    def _has_reason(self, row: Row) -> bool:
        """What was skipped although nobody took it away: what people did on its thread says why."""
        match row.reason:
            case "a person edited our comment":
                shown = [comment.body for comment in self.github.of(row.thread.key)]
                return self.edited.get(row.intent) in shown
            case "people are talking":
                return bool(self.github.of(row.thread.key, "mallory"))
            case "a person deleted a comment here before this one was seen":
                return any(one.startswith(f"{row.thread.key}:") for one in self.removed)
            case "a person edited a comment here before this one was seen":
                return any(one.startswith(f"{row.thread.key}:") for one in self.edited)
            case _:
                return False

    def _check(self, holds: bool, what: str) -> None:
        if not holds:
            raise Violation(f"seed {self.seed} ({self.scenario}): {what} after {self.scheduler.time:.1f} s")


def live(seed: int, scenario: Scenario) -> Story:
    """Live one world to its end; Violation when something does not hold."""
    return World(seed, scenario).run()
