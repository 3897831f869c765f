"""Paid calls while there is money, and comments while people have had few: through the real decision and publisher."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.decision import AnswerDecision
from app.domain.prompt import ModelRequest, Usage
from app.domain.repository_settings import BudgetSettings, QuietHours, RepositorySettings
from app.domain.thread import Comment, ThreadRef
from app.errors import ModelUnavailable
from app.ports import CALL_USD, Call, Spent
from app.teammate.budget import Metered
from app.teammate.compose import compose
from app.teammate.decide import Unfit, decide
from app.teammate.publish import publish_next
from app.teammate.runs import attend_thread
from tests.contracts.values import a_run
from tests.fakes.budget import FakeBudget
from tests.fakes.clock import START, FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.model import USAGE, FakeModel
from tests.fakes.outbox import FakeOutbox, Row
from tests.fakes.parts import THREAD, FakeHouse, as_asked
from tests.fakes.prompts import prompt_version
from tests.fakes.publisher import THREAD as PUBLISHED
from tests.fakes.publisher import FakePublisher, a_comment, a_thread
from tests.fakes.snapshots import snapshot
from tests.teammate.publishing import Publishing

pytestmark = pytest.mark.usefixtures("logs")
SILENT = AnswerDecision(silence="thin")
SPARE = FakeModel([SILENT], name="local/2")
UNFIT = Unfit("no", usage=Usage(input_tokens=9, cost_usd=0.25, calls=1), model="claude")


def metered(model: FakeModel, budget: FakeBudget, *, spare: FakeModel = SPARE, calls: int = 5) -> Metered:
    return Metered(model, spare, budget, Call(THREAD, "grace"), BudgetSettings(calls_per_person=calls))


def a_budget() -> FakeBudget:
    return FakeBudget(FakeClock().now)


def costs(budget: FakeBudget) -> list[float | None]:
    return [call.usd for call in budget.calls.values()]


# --- money -----------------------------------------------------------------------------------------------


async def test_a_paid_call_is_reserved_and_settled_with_its_cost():
    budget, model = a_budget(), FakeModel([SILENT], name="claude")
    reply = await decide(snapshot(), [prompt_version()], metered(model, budget))
    assert reply.model == "claude"
    assert costs(budget) == [USAGE.cost_usd]


async def test_without_money_the_local_model_decides_and_says_why():
    budget, model = a_budget(), FakeModel([SILENT], name="claude")
    asked = metered(model, budget, calls=0)
    reply = await decide(snapshot(), [prompt_version()], asked)
    assert (reply.model, model.requests, costs(budget)) == ("local/2", [], [])
    assert asked.why == "grace has had 0 model calls within an hour"


async def test_a_repair_is_a_call_of_its_own():
    """The first reply does not fit; the second try is beyond the budget, so the local model decides."""
    budget, model = a_budget(), FakeModel([UNFIT, SILENT], name="claude")
    reply = await decide(snapshot(), [prompt_version()], metered(model, budget, calls=1))
    assert reply.model == "local/2"
    assert costs(budget) == [0.25]
    assert len(model.requests) == 1
    assert reply.usage.cost_usd == pytest.approx(0.25 + USAGE.cost_usd)  # the fake's spare names a price


async def test_a_call_that_nobody_served_costs_nothing():
    budget = a_budget()
    with pytest.raises(ModelUnavailable):
        await metered(FakeModel([ModelUnavailable("529")]), budget).complete(a_request())
    assert costs(budget) == []


async def test_a_process_that_dies_in_a_call_has_spent_it():
    budget = a_budget()
    with pytest.raises(RuntimeError):
        await metered(FakeModel([_dies]), budget).complete(a_request())
    assert costs(budget) == [None]


async def test_tokens_without_a_known_price_are_not_free():
    budget = a_budget()
    unpriced = Unfit("no", usage=Usage(input_tokens=9, calls=1), model="claude-unheard-of")
    with pytest.raises(Unfit):
        await metered(FakeModel([unpriced]), budget).complete(a_request())
    assert costs(budget) == [CALL_USD]


async def test_a_model_that_is_its_own_spare_needs_no_budget():
    budget = a_budget()
    free = FakeModel([SILENT], name="local/2")
    reply = await decide(snapshot(), [prompt_version()], metered(free, budget, spare=free, calls=0))
    assert (reply.model, costs(budget)) == ("local/2", [])


async def test_the_run_records_who_decided_and_why():
    house = FakeHouse(model=FakeModel([as_asked], name="claude"))
    house.settings("mode: auto\nbudget: {calls_per_person: 1}")
    for _ in range(2):
        house.plan("body")
        await attend_thread(house.parts, await house.lease())
    assert [run.model for run in house.queue.runs] == ["claude", "claude", "local/2", "local/2"]
    decided = house.queue.runs[-1].spans[1].attributes
    assert decided["budget"] == "grace has had 1 model calls within an hour"
    assert [call.call for call in house.budget.calls.values()] == [Call(THREAD, "grace")]


@given(
    st.lists(
        st.tuples(st.integers(0, 1800), st.sampled_from("abc"), st.sampled_from([None, -1.0, 0.0, 0.02, 0.3])),
        max_size=80,
    )
)
@settings(deadline=None)
async def test_no_order_of_calls_gives_anybody_more_than_their_share(asked: list[tuple[int, str, float | None]]):
    clock = FakeClock()
    budget = FakeBudget(clock.now, usd_per_day=1.5)
    few = BudgetSettings(calls_per_person=3, usd_per_day=1.0, usd_per_thread=100)
    made: list[tuple[datetime, str, float]] = []
    for seconds, actor, usd in asked:
        clock.advance(seconds)
        reserved = await budget.reserve(Call(THREAD, actor), few)
        if isinstance(reserved, Spent):
            continue
        if usd is not None:
            await budget.settle(reserved, usd)
        if usd != -1:
            made.append((clock.now(), actor, CALL_USD if usd is None else usd))
    for at, actor, _ in made:
        assert sum(who == actor and at <= when < at + timedelta(hours=1) for when, who, _ in made) <= 3
        day = sum(usd for when, _, usd in made if at <= when < at + timedelta(days=1))
        assert day <= 1.0 + 0.3  # the last call may cost more than was reserved for it


def _dies(*_: object) -> AnswerDecision:
    raise RuntimeError("killed")


def a_request() -> ModelRequest:
    return compose([prompt_version()], snapshot())


# --- notifications ---------------------------------------------------------------------------------------


class World(Publishing):
    def decided_with(self, **some: object) -> None:
        """What the settings said in the run of every effect here."""
        record = a_run()
        said = RepositorySettings.model_validate(some)
        self.parts.ledger.runs[:] = [
            record.model_copy(update={"snapshot": record.snapshot.model_copy(update={"settings": said})})
        ]

    async def plan(
        self, number: int = 1, why: str = "body", *, author: str = "grace", comments: Sequence[Comment] = ()
    ) -> Row:
        ref = ThreadRef(PUBLISHED.repository, "issue", number)
        self.github.add_thread(ref, a_thread(ref, author=author, created_at=self.clock.now()))
        self.github.comments[ref.key] = list(comments)
        [planned] = self.outbox.plan([a_comment(why=why, thread=ref)])
        return self.outbox.rows[planned]

    async def publish(self) -> None:
        while await publish_next(self.parts):
            pass


@pytest.fixture
def world() -> World:
    return World.on(write_interval_s=0)


def said(author: str, number: int = 1, *, bot: bool = False) -> Comment:
    return Comment(
        id=str(number),
        author=author,
        author_is_bot=bot,
        association="NONE",
        body="@plumbline hello",
        created_at=START,
        updated_at=START,
    )


def reached(world: World) -> list[tuple[str, ...]]:
    return [notice.people for notice in world.parts.budget.notices.values()]


async def test_a_comment_reaches_who_opened_the_thread_and_who_wrote_there(world: World):
    people = [said("Ada"), said("helper[bot]", bot=True), said("plumbline[bot]", bot=True), said("ghost"), said("ada")]
    await world.plan(why="comment:0", comments=people)
    await world.publish()
    assert reached(world) == [("ada", "grace")]


async def test_a_comment_too_many_waits_without_an_attempt_until_there_is_room(world: World):
    world.decided_with(notify={"per_person": 1})
    await world.plan(1)
    row = await world.plan(2)
    await world.publish()
    assert (row.state, row.attempts, row.not_before) == ("planned", 0, START + timedelta(hours=1))
    assert row.reason == "enough comments for an hour; there is room at 13:00 UTC"
    world.clock.advance(3601)
    await world.publish()
    assert row.state == "done"


async def test_what_was_asked_for_is_counted_and_does_not_wait(world: World):
    world.decided_with(notify={"per_person": 1}, quiet_hours=QuietHours(start="00:00", end="23:59"))
    rows = [await world.plan(number, "comment:0") for number in (1, 2, 3)]
    await world.publish()
    assert [row.state for row in rows] == ["done"] * 3
    assert len(reached(world)) == 3
    world.decided_with(notify={"per_person": 1})
    unasked = await world.plan(4)
    await world.publish()
    assert unasked.state == "planned"


async def test_edits_notify_nobody(world: World):
    world.decided_with(notify={"per_person": 1})
    row = await world.plan()
    await world.publish()
    world.outbox.plan([a_comment("Other words", why="body", thread=row.thread)])
    await world.publish()
    assert (row.state, row.sent_revision, len(reached(world))) == ("done", 2, 1)


async def test_quiet_hours_are_waited_for(world: World):
    world.decided_with(quiet_hours=QuietHours(start="11:00", end="14:30", timezone="UTC"))
    row = await world.plan()
    await world.publish()
    assert (row.state, row.not_before) == ("planned", START + timedelta(hours=2.5))
    assert row.reason == "quiet hours until 2026-11-20 14:30 UTC"
    assert reached(world) == []
    world.clock.advance(9000)
    await world.publish()
    assert row.state == "done"


@pytest.mark.parametrize(
    ("some", "why"),
    [
        ({"notify": {"per_person": 0}}, "the settings allow no comments"),
        ({"notify": {"per_hour": 0}}, "the settings allow no comments"),
        ({"quiet_hours": {"start": "00:00", "end": "00:00"}}, "quiet hours that never end"),
    ],
)
async def test_what_can_never_be_said_is_left_to_a_person(some: dict[str, object], why: str, world: World):
    world.decided_with(**some)
    row = await world.plan()
    await world.publish()
    assert (row.state, row.reason) == ("draft", why)


async def test_what_has_waited_for_a_day_is_left_to_a_person(world: World):
    world.decided_with(notify={"per_person": 1})
    row = await world.plan(1)
    for number in range(2, 30):
        await world.plan(number)
        world.clock.advance(3601)
        await world.publish()
    assert row.state == "done"
    waiting = [row for row in world.outbox.rows.values() if row.state == "draft"]
    assert waiting
    assert all(row.reason.startswith("it has waited for a day: enough comments") for row in waiting)


@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.sampled_from(["body", "comment:0"]), st.sampled_from(["ada", "grace"])),
        max_size=40,
    ),
    st.integers(1, 3),
)
@settings(deadline=None, max_examples=50)
async def test_no_order_of_events_tells_one_person_too_much(asked: list[tuple[int, str, str]], most: int):
    """Of unasked comments; those somebody asked for only make fewer of them."""
    clock = FakeClock(datetime(2026, 11, 20, tzinfo=UTC))
    outbox, github = FakeOutbox(clock.now, write_interval_s=0, writes_per_hour=10_000), FakeGitHub(clock)
    parts = FakePublisher(clock, outbox, github, github)
    here = World(clock, outbox, github, parts)
    here.decided_with(notify={"per_person": most, "per_hour": 1000})
    for number, (seconds, why, author) in enumerate(asked, 1):
        clock.advance(seconds)
        await here.plan(number, why, author=author)
        await here.publish()
    for _ in range(30):
        clock.advance(3600)
        await here.publish()
    assert all(row.state in ("done", "draft") for row in outbox.rows.values())
    unasked = [row for row in outbox.rows.values() if row.intent.endswith(":body") and row.state == "done"]
    heard = [(row.done_at, github.threads[row.thread.key].author) for row in unasked if row.done_at]
    for at, person in heard:
        hour = sum(who == person and at <= when < at + timedelta(hours=1) for when, who in heard)
        assert hour <= most
