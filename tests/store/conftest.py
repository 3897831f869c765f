from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from app.store.engine import Database
from app.store.sessions import worker_session


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[UUID]:
    """A worker that is alive."""
    alive = uuid4()
    async with worker_session(database, alive):
        yield alive
