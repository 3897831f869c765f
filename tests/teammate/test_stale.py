"""Stale: only where we asked and nobody but us has spoken since; and taken off when the author writes."""

from datetime import datetime, timedelta

import pytest

from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect, UnlabelPayload, WriteAnswer
from app.domain.thread import Comment, Label
from app.domain.work import STALE
from app.teammate.publish import publish_next
from app.teammate.runs import attend_thread
from app.teammate.stale import order_stale
from tests.fakes.clock import START
from tests.fakes.parts import REPOSITORY, THREAD, FakeHouse, a_thread

pytestmark = pytest.mark.usefixtures("logs")
ON = "mode: auto\nneeds_info: auto\nanswers: off\nhold_minutes: 0\nstale: {enabled: true, days: 30}\n"
DAY = 86_400.0


async def asked(settings: str = ON, *, labels: tuple[str, ...] = ("stale", "bug")) -> FakeHouse:
    """A house where our comment asked the author for something at the start."""
    house = FakeHouse()
    house.settings(settings)
    known = house.github.repositories[REPOSITORY.repository_id]
    house.github.repositories[REPOSITORY.repository_id] = known.model_copy(
        update={"labels": tuple(Label(name=name) for name in labels)}
    )
    payload = CommentPayload(body="Which version is it?", asks=("version",))
    house.outbox.plan([PlannedEffect(f"{THREAD.key}:body", THREAD, "NODE_12", payload, run=0)])
    await publish(house)
    return house


async def publish(house: FakeHouse) -> None:
    while await publish_next(house.parts):
        house.clock.advance(2)


async def look(house: FakeHouse) -> int:
    """What the daily job does, and all that follows."""
    ordered = await order_stale(house.parts)
    await attend(house)
    return ordered


async def attend(house: FakeHouse) -> None:
    while lease := await house.queue.claim(house.worker):
        await attend_thread(house.parts, lease)
    await publish(house)


def says(house: FakeHouse, author: str, body: str = "Any news?", *, number: int = 50, bot: bool = False) -> None:
    now: datetime = house.clock.now()
    said = Comment(
        id=str(number),
        author=author,
        author_is_bot=bot,
        association="NONE",
        body=body,
        created_at=now,
        updated_at=now,
    )
    house.github.comments[THREAD.key].append(said)


def labels(house: FakeHouse) -> list[str]:
    return house.github.labels[THREAD.key]


async def test_an_author_who_never_answered_gets_the_label_and_nothing_else():
    house = await asked()
    house.clock.advance(29 * DAY)
    assert await look(house) == 0
    house.clock.advance(1.1 * DAY)
    assert await look(house) == 1
    assert labels(house) == ["stale"]
    assert [verb for verb, _ in house.github.writes] == ["post_comment", "add_labels"]
    [run] = house.queue.runs
    assert (run.model, run.usage.cost_usd) == ("code", 0)
    assert run.verdict is not None
    assert run.verdict.summary == "label stale: the author has not answered for 30 days: done"
    assert await look(house) == 1
    assert labels(house) == ["stale"]


async def test_it_is_off_by_default():
    house = await asked("mode: auto\nneeds_info: auto\nhold_minutes: 0")
    house.clock.advance(61 * DAY)
    assert await look(house) == 0


async def test_who_switches_it_on_starts_no_wave_over_old_issues():
    house = await asked()
    house.clock.advance(38 * DAY)
    assert await look(house) == 0


@pytest.mark.parametrize(("who", "bot", "stale"), [("grace", False, False), ("ada", False, False), ("ci", True, True)])
async def test_any_person_who_writes_keeps_it_fresh(who: str, bot: bool, stale: bool):
    house = await asked()
    house.clock.advance(10 * DAY)
    says(house, who, bot=bot)
    house.clock.advance(20.1 * DAY)
    await look(house)
    assert labels(house) == (["stale"] if stale else [])


@pytest.mark.parametrize("state", ["closed", "locked", "deleted", "carries", "unknown", "paused"])
async def test_nothing_is_done_where_nothing_is_to_be_done(state: str):
    house = await asked(labels=("bug",) if state == "unknown" else ("Stale",))
    if state in ("closed", "locked"):
        changed = {"state": "closed"} if state == "closed" else {"locked": True}
        comments = house.github.comments[THREAD.key]
        house.github.add_thread(THREAD, a_thread(**changed))
        house.github.comments[THREAD.key] = comments
    if state == "deleted":
        house.github.comments[THREAD.key] = []
    if state == "carries":
        labels(house).append("stale")
    if state == "paused":
        stance = (await house.ledger.stance(THREAD)).model_copy(update={"quiet": "paused", "by": "ada"})
        await house.ledger.set_stance(THREAD, stance)
    before = list(labels(house))
    house.clock.advance(31 * DAY)
    await look(house)
    assert labels(house) == before
    assert [verb for verb, _ in house.github.writes] == ["post_comment"]


async def test_the_repositorys_own_spelling_is_used():
    house = await asked(labels=("Stale",))
    house.clock.advance(31 * DAY)
    await look(house)
    assert labels(house) == ["Stale"]


@pytest.mark.parametrize("mode", ["draft", "off"])
async def test_it_is_no_louder_than_what_asks(mode: str):
    house = await asked(ON.replace("needs_info: auto", f"needs_info: {mode}"))
    house.clock.advance(31 * DAY)
    await look(house)
    assert labels(house) == []
    planned = [row.state for row in house.outbox.rows.values() if isinstance(row.payload, LabelsPayload)]
    assert planned == (["draft"] if mode == "draft" else [])


@pytest.mark.parametrize("body", ["It is 3.2.", "@plumbline it is 3.2"])
async def test_the_label_goes_when_the_author_writes_and_stays_away(body: str):
    house = await asked()
    house.clock.advance(31 * DAY)
    await look(house)
    says(house, "grace", body)
    house.plan(("comment:" if "@" in body else "reply:") + "50")
    await attend(house)
    assert labels(house) == []
    taken = [row for row in house.outbox.rows.values() if isinstance(row.payload, UnlabelPayload)]
    assert [(row.state, row.payload) for row in taken] == [("done", UnlabelPayload(names=("stale",), undoes=2))]
    house.clock.advance(31 * DAY)
    await look(house)
    assert labels(house) == []


async def test_a_label_that_a_person_put_on_stays_when_the_author_writes():
    house = await asked()
    labels(house).append("stale")
    says(house, "grace")
    house.plan("reply:50")
    await attend(house)
    assert labels(house) == ["stale"]


async def test_a_repository_that_cannot_be_read_does_not_stop_the_others():
    house = await asked()
    house.clock.advance(31 * DAY)
    house.github.failures.append(WriteAnswer(500, "in trouble"))
    assert await order_stale(house.parts) == 0
    assert await order_stale(house.parts) == 1
    assert house.queue.rows[THREAD.key].triggers == [STALE]
    assert house.clock.now() > START + timedelta(days=30)
