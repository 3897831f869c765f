"""A person's act is never undone by the teammate, and `undo` restores exactly: over thousands of stories.

Seeds are fixed, so a story that fails here fails everywhere; Hypothesis shows the shortest one it can find.
"""

import asyncio

import pytest
import structlog
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.manners.machine import Manners

STORIES = 250


@pytest.fixture(autouse=True)
def quiet():
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def live(number: int, *, stories: int = STORIES, machine: type[Manners] = Manners) -> None:
    with asyncio.Runner() as runner:
        chunk = type(f"{machine.__name__}{number}", (machine,), {"loop": runner.get_loop()})
        run_state_machine_as_test(
            seed(number)(chunk),
            settings=settings(
                max_examples=stories,
                stateful_step_count=25,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("chunk", range(8))
def test_a_person_always_wins_and_undo_restores_exactly(chunk: int):
    live(chunk)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("chunk", range(25))
def test_it_holds_for_long(chunk: int):
    live(1_000 + chunk, stories=2_000)
