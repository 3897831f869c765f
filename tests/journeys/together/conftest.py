"""One stage for the journeys that kill nothing: its processes start once, and each test has an account of its own.

Between two of its tests the GitHub of the stage is deaf, so they run in one go (`Scheduler` in `tests/conftest.py`).
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stage import Stage, stage

_NUMBERS = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all tests of this folder, because the stage's GitHub lives in the loop that started it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with stage(tmp_path_factory.mktemp("stage")) as opened:
        yield opened


@pytest.fixture
def on(shared_stage: Stage) -> Stage:
    """The stage, for a repository in an account where the App was never installed."""
    return replace(shared_stage, repository=f"acme-{next(_NUMBERS)}/tool")
