"""The clock of a worker: it goes on whatever fails, and asks before it does what one worker should do."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.settings import Settings
from app.teammate.parts import Parts
from tests.contracts.values import an_order
from tests.fakes.bell import FakeBell
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.work_queue import FakeWorkQueue
from worker.hands import Hands
from worker.process import schedule
from worker.schedule import Periodic, keep


async def always(_name: str, _every: float) -> bool:
    return True


async def kept(periodic: Periodic, may_run: Any, until: Callable[[], bool]) -> None:
    """Keep `periodic` until the condition holds."""
    task = asyncio.create_task(keep(periodic, may_run))
    async with asyncio.timeout(5):
        while not until():
            await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_runs_at_once_and_again():
    turns: list[int] = []

    async def job() -> None:
        turns.append(1)

    await kept(Periodic("x", 0.001, job), always, lambda: len(turns) >= 3)


async def test_a_failure_does_not_end_it():
    turns: list[int] = []

    async def job() -> None:
        turns.append(1)
        raise OSError("the database is away")

    await kept(Periodic("x", 0.001, job), always, lambda: len(turns) >= 3)


async def test_a_failure_to_ask_does_not_end_it_either():
    asked: list[int] = []

    async def may_run(_name: str, _every: float) -> bool:
        asked.append(1)
        raise ConnectionError("the database is away")

    async def job() -> None:
        raise AssertionError("not allowed")

    await kept(Periodic("x", 0.001, job), may_run, lambda: len(asked) >= 3)


async def test_what_is_for_one_worker_runs_only_in_the_one_that_may():
    asked: list[tuple[str, float]] = []
    done: list[int] = []

    async def may_run(name: str, every_s: float) -> bool:
        asked.append((name, every_s))
        return len(asked) % 3 == 0

    async def job() -> None:
        done.append(len(asked))

    await kept(Periodic("x", 0.001, job), may_run, lambda: len(done) >= 2)
    assert done[:2] == [3, 6]
    assert set(asked) == {("x", 0.001)}


async def test_what_is_for_every_worker_asks_nobody():
    done: list[int] = []

    async def job() -> None:
        done.append(1)

    async def may_run(_name: str, _every: float) -> bool:
        raise AssertionError("nobody is asked")

    await kept(Periodic("x", 0.001, job, alone=False), may_run, lambda: len(done) >= 2)


# --- what is scheduled -------------------------------------------------------------------------------------


class Counted(Hands):
    def __init__(self) -> None:
        super().__init__("test", 1, lambda: asyncio.sleep(0, False))
        self.woken = 0

    def wake_all(self) -> None:
        self.woken += 1


class Desk:
    """What the sweep sees and touches."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.outbox = FakeOutbox(clock.now)
        self.queue = FakeWorkQueue(clock.now, outbox=self.outbox)
        self.bell = FakeBell()
        self.work, self.effects = Counted(), Counted()
        parts = SimpleNamespace(queue=self.queue, outbox=self.outbox, bell=self.bell, clock=clock)
        self.periodics = {
            one.name: one
            for one in schedule(
                Settings.model_construct(), cast(Parts, parts), cast(Any, None), self.work, self.effects
            )
        }


def test_intervals_are_the_settings_and_only_the_sweep_is_for_everyone():
    settings, periodics = Settings.model_construct(), Desk().periodics
    assert {name: one.every_s for name, one in periodics.items()} == {
        "sweep": settings.sweep_interval_s,
        "reactions": settings.look_interval_s,
        "duplicates": settings.sweep_interval_s,
        "recover": settings.recover_interval_s,
        "reconcile": settings.reconcile_interval_s,
        "history": settings.history_interval_s,
        "erase": 60.0,
        "promises": 3_600.0,
        "stale": 86_400.0,
        "summaries": settings.summary_interval_s,
        "clean": settings.purge_after_hours * 3600 / 4 + 60,
    }
    assert [name for name, one in periodics.items() if not one.alone] == ["sweep"]


async def test_a_sweep_with_nothing_due_wakes_nobody():
    desk = Desk()
    await desk.periodics["sweep"].job()
    assert (desk.work.woken, desk.effects.woken, desk.bell.rung_work) == (0, 0, [])


@pytest.mark.parametrize("broken", [False, True])
async def test_a_sweep_wakes_its_own_hands_whether_the_bell_works_or_not(broken: bool):
    desk = Desk()
    desk.bell.broken = broken
    ids = await desk.queue.order([an_order(1), an_order(2)])
    await desk.periodics["sweep"].job()
    assert (desk.work.woken, desk.effects.woken) == (1, 0)
    assert desk.bell.rung_work == ([] if broken else ids)
