"""People go first, old threads are left in peace, and a storm comes to rest: through real attention to a thread."""

from datetime import timedelta
from typing import Any

import pytest

from app.domain.act import Act
from app.domain.effect import CommentPayload, PlannedEffect
from app.domain.thread import ThreadRef
from app.domain.work import RESTS
from app.teammate.pace import LOOKS_PER_HOUR
from app.teammate.publish import publish_next
from app.teammate.runs import attend_thread
from tests.fakes.clock import START
from tests.fakes.model import FakeModel
from tests.fakes.outbox import Row
from tests.fakes.parts import REPOSITORY, SILENT, THREAD, FakeHouse, a_thread, asks

pytestmark = pytest.mark.usefixtures("logs")
HOME = ThreadRef(REPOSITORY, "issue", 0)
OLD = "the thread was more than a day old when it was seen first"
BEFORE = "the thread is older than the installation"


async def attend(house: FakeHouse, *triggers: str, thread: ThreadRef = THREAD) -> None:
    house.plan(*triggers, thread=thread)
    await attend_thread(house.parts, await house.lease())


async def publish(house: FakeHouse) -> None:
    while await publish_next(house.parts):
        house.clock.advance(2)


def opened(house: FakeHouse, hours_ago: float, **changed: Any) -> None:
    house.github.add_thread(THREAD, a_thread(created_at=START - timedelta(hours=hours_ago), **changed))


async def installed(house: FakeHouse, hours_ago: float) -> None:
    at = START - timedelta(hours=hours_ago)
    await house.ledger.record(HOME, [Act(id="installed", kind="installed", actor="ada", by="person", at=at)])


def comment(house: FakeHouse) -> Row | None:
    return next((row for row in house.outbox.rows.values() if isinstance(row.payload, CommentPayload)), None)


def refusals(house: FakeHouse) -> set[str]:
    return {one.why for run in house.queue.runs if run.verdict for one in run.verdict.refusals}


# --- the hold --------------------------------------------------------------------------------------------


async def test_a_comment_nobody_asked_for_is_held_and_labels_are_not():
    house = FakeHouse()
    house.settings("mode: auto")
    await attend(house)
    labels, held = house.queue.planned
    assert labels.not_before is None
    assert held.not_before == START + timedelta(minutes=3)
    await publish(house)
    assert [verb for verb, _ in house.github.writes] == ["add_labels"]
    house.clock.advance(180)
    await publish(house)
    assert [verb for verb, _ in house.github.writes] == ["add_labels", "post_comment"]


async def test_edits_during_the_hold_change_what_is_held():
    house = FakeHouse()
    house.settings("mode: auto")
    await attend(house)
    house.clock.advance(60)
    house.github.add_thread(THREAD, a_thread(title="How do I rotate the other webhook secret?"))
    await attend(house)
    assert len(house.outbox.rows) == 2
    held = comment(house)
    assert held is not None
    assert (held.state, held.not_before) == ("planned", START + timedelta(minutes=3))


async def test_what_an_edit_during_the_hold_answers_is_never_said():
    house = FakeHouse()
    house.settings("mode: auto")
    await attend(house)
    house.model = FakeModel([SILENT["triage"], SILENT["answer"]])
    await attend(house)
    house.clock.advance(200)
    await publish(house)
    held = comment(house)
    assert held is not None
    assert (held.state, held.reason) == ("skipped", "the thread changed before it was said")
    assert [verb for verb, _ in house.github.writes] == ["add_labels"]


async def test_what_a_held_comment_asks_for_has_not_been_asked_yet():
    house = FakeHouse()
    asking = CommentPayload(body="Which version?", asks=("version",))
    later = START + timedelta(minutes=3)
    house.outbox.plan([PlannedEffect(f"{THREAD.key}:body", THREAD, "NODE_12", asking, run=0, not_before=later)])
    await attend(house)
    assert {run.snapshot.asked for run in house.queue.runs} == {()}


async def test_a_reply_during_the_hold_is_read_with_the_issue():
    house = FakeHouse()
    house.settings("mode: auto")
    await attend(house)
    house.github.comments[THREAD.key] = [asks(1, body="It is about GitHub.").model_copy(update={"author": "grace"})]
    await attend(house, "reply:1")
    assert [run.trigger for run in house.queue.runs] == ["body"] * 4
    held = comment(house)
    assert held is not None
    assert (held.state, held.not_before) == ("planned", START + timedelta(minutes=3))


async def test_whoever_speaks_first_during_the_hold_is_left_to_it():
    house = FakeHouse()
    house.settings("mode: auto")
    await attend(house)
    house.github.comments[THREAD.key] = [asks(1, body="I know this one.")]
    house.clock.advance(200)
    await publish(house)
    held = comment(house)
    assert held is not None
    assert (held.state, held.reason) == ("skipped", "people are talking")


async def test_what_a_person_asked_for_is_not_held():
    house = FakeHouse()
    house.settings("mode: auto\nhold_minutes: 60")
    house.github.comments[THREAD.key] = [asks(9)]
    await attend(house, "comment:9")
    assert [planned.not_before for planned in house.queue.planned] == [None]


# --- old threads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "since", "why"),
    [(0, 48, ""), (23, 48, ""), (25, 48, OLD), (2, 1, BEFORE), (25, None, OLD), (2, None, "")],
)
async def test_a_thread_that_is_nobodys_new_question_gets_labels_only(age: float, since: float | None, why: str):
    house = FakeHouse()
    opened(house, age)
    if since is not None:
        await installed(house, since)
    await attend(house)
    assert {row.payload.kind for row in house.outbox.rows.values()} == ({"labels"} if why else {"labels", "comment"})
    assert refusals(house) == ({why} if why else set())
    assert {run.skill for run in house.queue.runs} == ({"triage"} if why else {"triage", "answer"})


async def test_a_thread_that_was_seen_in_time_may_be_spoken_to_later():
    house = FakeHouse()
    house.settings("mode: auto\nanswers: off")
    await attend(house)
    house.clock.advance(3 * 86_400)
    house.settings("mode: auto")
    await attend(house)
    assert comment(house) is not None


async def test_who_asks_there_by_name_is_answered():
    house = FakeHouse()
    opened(house, 500)
    house.github.comments[THREAD.key] = [asks(9)]
    await attend(house, "comment:9")
    assert comment(house) is not None


@pytest.mark.parametrize(("refused", "speaks"), [("", True), ("only people who triage may", False)])
async def test_who_may_have_it_triaged_again_asks_for_all_of_it(refused: str, speaks: bool):
    house = FakeHouse()
    opened(house, 500)
    told = Act(id="command:3:0", kind="command", actor="ada", by="person", subject="retriage", detail=refused, at=START)
    await house.ledger.record(THREAD, [told])
    await attend(house)
    assert (comment(house) is not None) == speaks


async def test_five_hundred_old_threads_get_no_comment():
    """By hundreds, because every rule looks at one thread at a time."""
    house = FakeHouse()
    await installed(house, 1)
    for number in range(100, 600):
        ref = ThreadRef(REPOSITORY, "issue", number)
        house.github.add_thread(ref, a_thread(number=number, created_at=START - timedelta(hours=number / 10)))
        await attend(house, thread=ref)
    assert {row.payload.kind for row in house.outbox.rows.values()} == {"labels"}
    assert len(house.outbox.rows) == 500


# --- storms ----------------------------------------------------------------------------------------------


async def storm(house: FakeHouse) -> None:
    for _ in range(LOOKS_PER_HOUR):
        await attend(house)
        house.clock.advance(10)


def looks(house: FakeHouse) -> int:
    """Paid for or not."""
    return len(house.model.requests) + len(house.spare.requests)


async def test_a_storm_of_edits_comes_to_rest_and_costs_no_more():
    house = FakeHouse()
    await storm(house)
    for _ in range(5):
        await attend(house)
        house.queue.rows[THREAD.key].not_before = house.clock.now()
    row = house.queue.rows[THREAD.key]
    assert looks(house) == LOOKS_PER_HOUR
    assert (row.state, row.reason, row.triggers, row.attempts) == ("planned", RESTS, ["body"], 0)


async def test_the_thread_is_looked_at_again_when_the_hour_is_over():
    house = FakeHouse()
    await storm(house)
    await attend(house)
    row = house.queue.rows[THREAD.key]
    assert row.not_before == START + timedelta(hours=1)
    assert await house.queue.claim(house.worker) is None
    house.clock.advance(3600)
    await attend_thread(house.parts, await house.lease())
    assert (row.state, looks(house)) == ("done", LOOKS_PER_HOUR + 1)


async def test_a_person_who_asks_by_name_waits_for_no_storm():
    house = FakeHouse()
    await storm(house)
    await attend(house)
    house.github.comments[THREAD.key] = [asks(9)]
    await attend(house, "comment:9")
    assert [run.trigger for run in house.queue.runs][-1] == "comment:9"
    assert house.queue.rows[THREAD.key].state == "planned"
    await attend_thread(house.parts, await house.lease())
    row = house.queue.rows[THREAD.key]
    assert (row.state, row.reason, row.triggers) == ("planned", RESTS, ["body"])
    assert looks(house) == LOOKS_PER_HOUR + 1


async def test_commands_make_no_storm():
    house = FakeHouse()
    house.github.permissions["linus"] = "write"
    for number in range(1, 2 * LOOKS_PER_HOUR):
        house.github.comments[THREAD.key] = [asks(number, body="@plumbline help")]
        await attend(house, f"comment:{number}")
    await attend(house)
    assert [run.skill for run in house.queue.runs][-1] == "answer"
