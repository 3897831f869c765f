"""A busy day on the playground: whom it notifies, what it costs, and that two programs soon fall silent.

The Hub counts notifications, so nobody's word is taken for what reaches people.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import pytest
import structlog

from app.domain.effect import Effect
from app.domain.past import PastThread
from app.domain.run import RunRecord
from app.domain.thread import ThreadRef
from app.playground.model import Thread
from app.ports import Candidate, Looks
from tests.fakes.ledger import FakeLedger
from tests.fakes.outbox import Row
from tests.fakes.parts import FakeHouse
from tests.fakes.threads import FakeThreads
from tests.manners.hub_github import Write
from tests.manners.scene import AUTHOR, QUESTION, TEAM, Scene

BUSY = "mode: auto\nhold_minutes: 3\nbudget: {usd_per_day: 1000, usd_per_thread: 100, calls_per_person: 1000}\n"
PER_PERSON, PER_HOUR = 6, 30
"""What the settings say where they say nothing."""
BACKFILL = "backfill"
HOUR = 3600.0


class Unalike(FakeThreads):
    """Comparing each thread with all others takes the square of the time, and no manners depend on it."""

    async def similar(self, *_: object, **__: object) -> list[Candidate]:
        return []

    async def remember(self, repository_id: int, threads: Sequence[PastThread], *, private: bool) -> None:
        return None


class Rows(dict[int, Row]):
    """Rows of an outbox, also by thread. Some are put away; the next id follows from how many there ever were."""

    def __init__(self) -> None:
        self.most = 0
        self.of: defaultdict[str, list[Row]] = defaultdict(list)

    def __setitem__(self, number: int, row: Row) -> None:
        super().__setitem__(number, row)
        self.most = max(self.most, number)
        self.of[row.thread.key].append(row)

    def __len__(self) -> int:
        return self.most


@dataclass
class QuickLedger(FakeLedger):
    """The same, without a look at all rows and runs for each thread."""

    looked: defaultdict[int, list[RunRecord]] = field(default_factory=lambda: defaultdict(list))
    counted: int = 0

    async def effects(self, thread: ThreadRef) -> list[Effect]:
        assert isinstance(self.outbox.rows, Rows)
        return [self.outbox.seen(row) for row in self.outbox.rows.of[thread.key]]

    async def looks(self, thread: ThreadRef, since: datetime) -> Looks:
        for run in self.runs[self.counted :]:
            self.looked[run.snapshot.number].append(run)
        self.counted = len(self.runs)
        here = replace(self, runs=self.looked[thread.number])
        return await FakeLedger.looks(here, thread, since)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


@dataclass
class Day:
    """Events in any order, and each write with why it was made."""

    events: int
    scene: Scene = field(default_factory=lambda: Scene(BUSY, FakeHouse(threads=Unalike())))
    random: Random = field(default_factory=lambda: Random(4))
    why: list[str] = field(default_factory=list)
    old: list[Thread] = field(default_factory=list)
    new: list[Thread] = field(default_factory=list)
    delivered: int = 0

    def __post_init__(self) -> None:
        rows = self.scene.house.outbox.rows = Rows()
        ledger = QuickLedger(self.scene.house.outbox, self.scene.house.queue.runs)
        self.scene.parts = replace(self.scene.parts, ledger=ledger)
        self.scene.http.before_write = lambda *_: self.why.append(
            next(row.intent for row in rows.values() if row.token is not None)
        )

    async def go_by(self) -> None:
        people = [f"person-{number}" for number in range(12)]
        with self.scene.hub.silence():
            self.old = [
                self.scene.open(f"Old trouble {number}", BACKFILL, actor=self.random.choice(people))
                for number in range(self.events // 2)
            ]
        await self.pass_on(2 * 24 * HOUR)
        backfill = iter(self.old)
        waiting = len(self.old)
        while self.delivered < self.events or waiting:
            person = self.random.choice(people)
            match self.random.choice((*["old"] * 8, "new", "edit", "reply", "ask")):
                case "old":
                    if (thread := next(backfill, None)) is not None:
                        waiting -= 1
                        self.scene.edit(thread, f"{BACKFILL}, checked", actor=TEAM)
                case "new":
                    self.new.append(self.scene.open(QUESTION, f"Trouble {len(self.new)}", actor=person))
                case "edit" if self.new:
                    thread = self.random.choice(self.new)
                    self.scene.edit(thread, f"{thread.body}.", actor=thread.author)
                case "reply" if self.new:
                    thread = self.random.choice(self.new)
                    self.scene.say(thread, "Any news?", actor=thread.author)
                case "ask" if self.new and self.random.random() < 0.1:
                    self.scene.say(self.random.choice(self.new), f"@plumbline {QUESTION}", actor=person)
            await self.pass_on(self.random.expovariate(1 / 8))
        await self.pass_on(HOUR)

    async def pass_on(self, seconds: float) -> None:
        """Deliveries arrive, one in ten of them twice."""
        ready = self.scene.post()
        again = [one for one in ready if self.random.random() < 0.1]
        self.delivered += len(ready) + len(again)
        await self.scene.deliver(*ready, *again)
        await self.scene.attend()
        await self.scene.publish()
        self.scene.house.clock.advance(seconds)
        await self.scene.house.queue.expire()
        self.put_away()

    def put_away(self) -> None:
        """What is done on old threads, and reactions, because the fakes look at every row each time."""
        rows, old = self.scene.house.outbox.rows, len(self.old)
        for row in [
            row
            for row in rows.values()
            if row.state == "done" and (row.thread.number <= old or row.payload.kind == "reaction")
        ]:
            del rows[row.id]
        self.scene.house.outbox.writes.clear()
        self.scene.house.clock.waiting.clear()

    def comments(self) -> list[tuple[Write, str]]:
        """New comments of ours, each with why it was written."""
        written = zip(self.scene.http.writes, self.why, strict=True)
        return [(one, why) for one, why in written if one.method == "POST" and one.path.endswith("/comments")]


def line(what: str, moments: Sequence[float]) -> str:
    most = max((sum(at - HOUR < other <= at for other in moments) for at in moments), default=0)
    return f"{what:24}{len(moments):>9}{most:>17}"


async def a_day(events: int, shown: pytest.CaptureFixture[str]) -> None:
    day = Day(events)
    await day.go_by()
    comments = day.comments()
    told: defaultdict[str, list[float]] = defaultdict(list)
    for write, _ in comments:
        for person in write.notified:
            told[person].append(write.at)
    heard = Counter({person: len(moments) for person, moments in told.items()})
    old = {thread.number for thread in day.old}
    in_backfill = [write for write, _ in comments if int(write.path.split("/")[5]) in old]
    unasked = [write for write, why in comments if why.endswith(":body")]
    others = [one for one in day.scene.http.writes if not one.path.endswith("/comments")]
    labelled = sum(1 for thread in day.old if day.scene.labels(thread))

    table = [
        f"\n{day.delivered} deliveries, {len(day.old)} old threads, {len(day.new)} new ones",
        f"{'':24}{'all day':>9}{'most in an hour':>17}",
        line("comments unasked", [write.at for write in unasked]),
        line("comments in all", [write.at for write, _ in comments]),
        line("comments in backfill", [write.at for write in in_backfill]),
        *(line(f"told: {person}", told[person]) for person, _ in heard.most_common(3)),
        f"{'labelled in backfill':24}{labelled:>9}\n",
    ]
    with shown.disabled():
        sys.stdout.write("\n".join(table))

    assert day.delivered >= events
    assert in_backfill == []
    assert labelled == len(day.old), "in silence, but not idle"
    assert all(not one.notified for one in others), "only new comments notify"
    for place, (write, why) in enumerate(comments):
        if not why.endswith(":body"):
            continue
        lately = [one for one, _ in comments[: place + 1] if write.at - HOUR < one.at]
        assert len(lately) <= PER_HOUR
        for person in set(write.notified) - {"linus", "acme"}:  # who watches everything is spared by the hour's limit
            assert sum(one.notified.get(person, 0) for one in lately) <= PER_PERSON, person
    assert len(unasked) > PER_HOUR, "the budget was never reached, so nothing is shown"


async def test_a_day_with_a_backfill_stays_within_everybodys_budget(capsys: pytest.CaptureFixture[str]):
    await a_day(1_000, capsys)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
async def test_ten_thousand_events_with_a_backfill_of_five_thousand_threads(capsys: pytest.CaptureFixture[str]):
    await a_day(10_000, capsys)


@pytest.mark.parametrize("words", ["Thank you for the report!", f"@plumbline {QUESTION}", "@plumbline undo"])
async def test_two_bots_that_answer_one_another_stop(words: str):
    scene = Scene()
    thread = scene.open(QUESTION)
    await scene.settle()
    answered = 0
    for number in range(20):
        if len(scene.comments(thread)) == answered:
            break
        answered = len(scene.comments(thread))
        scene.say(thread, f"{words} {number}", actor="helper[bot]")
        await scene.settle()
    assert 0 < len(scene.comments(thread)) <= 3


async def test_hundreds_of_issues_of_one_person_leave_the_others_served():
    """`tests/store/test_budget.py` has a thousand of them at once, in a real database."""
    scene = Scene("mode: auto\nhold_minutes: 0\n", FakeHouse(threads=Unalike()))
    began = scene.parts.clock.now()
    for number in range(250):
        scene.open(f"{QUESTION} {number}", actor="flood")
        if number % 5 == 0:
            scene.open(f"{QUESTION} Please, {number}", actor=f"person-{number // 5}")
        await scene.deliver(*scene.post())
        await scene.attend()
        scene.house.clock.advance(1)
    assert scene.parts.clock.now() - began < timedelta(hours=1)
    paid = Counter(request.snapshot.author for request in scene.house.model.requests)
    free = Counter(request.snapshot.author for request in scene.house.spare.requests)
    assert paid["flood"] == 5
    assert free["flood"] == 245
    assert {person: count for person, count in paid.items() if person != "flood"} == {
        f"person-{number}": 1 for number in range(50)
    }


async def test_an_hour_later_there_is_room_again():
    scene = Scene("mode: auto\nhold_minutes: 0\n", FakeHouse(threads=Unalike()))
    for hour in range(3):
        for number in range(8):
            scene.open(f"{QUESTION} {hour}.{number}", actor=AUTHOR)
        await scene.pass_time(hours=1)
        assert len(scene.asked()) == 5 * (hour + 1)
