"""What was deleted is asked for once, done when it can be, and never given up."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef
from app.domain.work import WorkOrder
from app.errors import GitHubError
from app.ports.erasing import Erasure
from app.teammate.attend import attend_next
from app.teammate.cases.erase import erase_waiting, forget_now, keep_promises
from app.teammate.installation import sync_all
from tests.fakes.cases import FakeErasures
from tests.fakes.parts import ACCOUNT, REPOSITORY, FakeHouse


@pytest.fixture
def house() -> FakeHouse:
    house = FakeHouse()
    house.erasures.refs = [REPOSITORY]
    return house


def order(*triggers: str) -> list[WorkOrder]:
    return [WorkOrder("erase:840#12", "erase", trigger, 7, 840, "ada/engine") for trigger in triggers]


def asked(house: FakeHouse) -> list[tuple[str, str, bool]]:
    return [(one.what, one.subject, one.done_at is not None) for one in house.erasures.asked]


async def test_what_a_webhook_ordered_is_asked_and_done(house: FakeHouse):
    await house.queue.order(order("thread:840#12", "consent:840", "nonsense:1"))
    assert await attend_next(house.parts)
    assert asked(house) == [("thread", "840#12", True), ("consent", "840", True)]
    assert not await attend_next(house.parts)


async def test_what_is_in_hand_waits_for_the_next_turn(house: FakeHouse):
    house.erasures.in_hand = True
    await house.queue.order(order("thread:840#12"))
    assert await attend_next(house.parts)
    assert asked(house) == [("thread", "840#12", False)]
    house.erasures.in_hand = False
    assert await erase_waiting(house.parts) == 1
    assert await erase_waiting(house.parts) == 0


async def test_one_that_fails_does_not_hold_up_the_others(house: FakeHouse):
    class Stubborn(FakeErasures):
        async def erase(self, erasure: Erasure) -> Any:
            if erasure.what == "thread":
                raise ConnectionError("the database is gone")
            return await super().erase(erasure)

    house.erasures = Stubborn(house.clock.now)
    await house.erasures.ask("thread", "840#12")
    await house.erasures.ask("person", "eve")
    assert await erase_waiting(house.parts) == 1
    assert [one.what for one in await house.erasures.waiting()] == ["thread"]


async def test_a_repository_that_was_deleted_is_no_longer_listed_either(house: FakeHouse):
    house.github.installed = {}
    await house.installations.set_state(7, "ada", "active")
    await house.queue.order(order("repository:840"))
    assert await attend_next(house.parts)
    assert ("repository", "840", True) in asked(house)
    assert await house.installations.active() == []


async def test_an_installation_that_left_is_not_learnt_from(house: FakeHouse):
    await house.installations.set_state(ACCOUNT.installation_id, ACCOUNT.account, "active")
    house.github.installed = {}
    await sync_all(house.parts)
    assert asked(house) == [("installation", "7", False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: {learn: true}", []),
        ("mode: draft", [("consent", "840", True)]),
        ("data: {learn: false}", [("consent", "840", True)]),
        ("data: {learn: maybe}", []),  # a slip of the pen takes nothing away
        ("data: [", []),
    ],
)
async def test_settings_that_no_longer_allow_it_are_noticed(
    text: str, expected: list[tuple[str, str, bool]], house: FakeHouse
):
    house.settings(text)
    await keep_promises(house.parts)
    assert asked(house) == expected


async def test_an_outage_takes_nothing_away_and_deliveries_are_emptied_all_the_same(house: FakeHouse):
    class Away:
        async def file(self, ref: RepositoryRef, path: str) -> str | None:
            raise GitHubError(f"{ref.name}: {path}", WriteAnswer(503))

    parts = replace(house.parts, reader=Away())  # type: ignore[arg-type]
    await keep_promises(parts)
    assert asked(house) == []
    assert house.erasures.emptied == [house.clock.now() - timedelta(hours=22)]


async def test_somebody_is_forgotten_at_once(house: FakeHouse):
    assert await forget_now(house.erasures, "person", "eve") == {}
    assert [one.done_at is not None for one in await house.erasures.known()] == [True]
