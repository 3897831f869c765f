"""One summary for each repository, made once it is indexed, kept to ourselves, forgotten with the installation."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.domain.summary import Summary
from app.domain.thread import RepositoryRef
from app.teammate.summarize import AGAIN_AFTER, LONGEST, BacktestFailed, summarize_next, summary_of
from tests.fakes.parts import INSTALLATION, REPOSITORY, FakeHouse


def an_action(**changed: Any) -> dict[str, Any]:
    return {
        "threshold_apply": 0.8,
        "threshold_suggest": 0.5,
        "more_needed": {"apply": None, "suggest": None},
        "threshold": 0.8,
        "precision": 0.97,
        "coverage": 0.4,
        "notifications": 50,
        "n": 100,
        "replayed": 200,
        "curve": [],
    } | changed


def a_report(**changed: Any) -> bytes:
    report = {
        "source": "ada/engine",
        "threads": 200,
        "error_rate": 0.05,
        "actions": {"labels": an_action()},
        "settings": "labels:\n  mode: auto\n",
        "left_out": ["Answers."],
    }
    return json.dumps(report | changed).encode()


@dataclass
class Kept:
    """`summarize.Summaries` in memory."""

    rows: dict[int, Summary] = field(default_factory=dict)

    async def all(self) -> dict[int, Summary]:
        return dict(self.rows)

    async def put(self, summary: Summary) -> None:
        self.rows[summary.repository_id] = summary

    async def forget(self, repository_ids: Collection[int]) -> None:
        for one in repository_ids:
            del self.rows[one]


@dataclass
class World:
    house: FakeHouse = field(default_factory=FakeHouse)
    kept: Kept = field(default_factory=Kept)
    report: bytes = field(default_factory=a_report)
    trouble: str = ""
    asked: list[str] = field(default_factory=list)

    async def backtest(self, repository: str) -> bytes:
        self.asked.append(repository)
        assert self.kept.rows[REPOSITORY.repository_id].state == "running"
        if self.trouble:
            raise BacktestFailed(self.trouble)
        return self.report

    async def activity(self, _: int) -> float:
        return 8.0

    async def turn(self) -> bool:
        return await summarize_next(self.house.parts, self.kept, self.backtest, self.activity)

    @property
    def found(self) -> Summary:
        return self.kept.rows[REPOSITORY.repository_id]

    @property
    def state(self) -> str:
        return self.found.state


@pytest.fixture
async def world() -> World:
    made = World()
    await made.house.installations.set_state(INSTALLATION, "ada", "active")
    await made.house.installations.set_repositories(INSTALLATION, [REPOSITORY])
    return made


async def test_an_installed_repository_is_measured_once(world: World):
    assert await world.turn()
    assert not await world.turn()
    assert world.asked == ["ada/engine"]
    (labels,) = world.found.actions
    assert (labels.proposed, labels.precision, labels.coverage) == ("auto", 0.97, 0.4)
    assert labels.notifications_a_week == 2.0  # 8 threads a week, a quarter of them acted on
    assert world.found.settings == "labels:\n  mode: auto\n"
    assert world.found.modes["labels"] == "auto"


async def test_nothing_of_it_reaches_github(world: World):
    await world.turn()
    assert world.house.github.writes == []
    assert len(world.house.outbox.rows) == 0


async def test_one_that_is_not_indexed_waits(world: World):
    world.house.library.commits.clear()
    assert not await world.turn()
    assert world.kept.rows == {}


async def test_a_failure_says_why_without_secrets_and_is_tried_again_a_day_later(world: World):
    world.trouble = "it broke with hunter2-hunter2"
    assert await world.turn()
    assert world.state == "failed"
    assert "it broke with" in world.found.reason
    assert "hunter2" not in world.found.reason
    assert not await world.turn()
    world.trouble = ""
    world.house.clock.advance(AGAIN_AFTER.total_seconds() + 1)
    assert await world.turn()
    assert world.state == "done"


async def test_one_whose_worker_died_is_begun_again(world: World):
    begun = Summary(repository_id=840, repository="ada/engine", state="running", at=world.house.clock.now())
    await world.kept.put(begun)
    assert not await world.turn()
    world.house.clock.advance(LONGEST.total_seconds() + 1)
    assert await world.turn()
    assert world.state == "done"


async def test_what_is_installed_no_more_is_forgotten(world: World):
    await world.turn()
    await world.house.installations.set_repositories(INSTALLATION, [RepositoryRef(INSTALLATION, 999, "ada/other")])
    assert not await world.turn()
    assert world.kept.rows == {}


@pytest.mark.parametrize(
    ("changed", "proposed"),
    [
        ({}, "auto"),
        ({"threshold_apply": None}, "draft"),
        ({"threshold_apply": None, "threshold_suggest": None}, "off"),
        (
            {"threshold_apply": None, "threshold_suggest": None, "more_needed": {"apply": 90, "suggest": 20}},
            "unknown",
        ),
    ],
)
def test_what_history_speaks_for(changed: dict[str, Any], proposed: str, world: World):
    report = a_report(actions={"labels": an_action(**changed)})
    begun = Summary(repository_id=1, repository="a/b", state="running", at=world.house.clock.now())
    (action,) = summary_of(begun, report, a_week=1.0, modes={}).actions
    assert action.proposed == proposed


@pytest.mark.parametrize("report", [b"", b"{}", b"[]", a_report(actions={"labels": {}})])
async def test_a_report_that_is_none_is_a_failure(report: bytes, world: World):
    world.report = report
    await world.turn()
    assert (world.found.state, "not understood" in world.found.reason) == ("failed", True)


async def test_a_repository_without_history_has_nothing_a_week(world: World):
    world.report = a_report(actions={"labels": an_action(replayed=0, notifications=0, n=0, coverage=None)})
    await world.turn()
    assert world.found.actions[0].notifications_a_week == 0.0
