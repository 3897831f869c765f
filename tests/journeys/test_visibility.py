"""Canaries: what one repository knows is never found by another, whatever is asked and whatever becomes of it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.domain.thread import RepositoryRef
from app.ports import Near
from app.store.engine import Database
from app.store.installations import PostgresInstallations
from app.store.label_models import PostgresLabelModels
from app.store.library import PostgresLibrary
from app.store.tables import KNOWLEDGE, passage_vectors, thread_vectors
from app.store.threads import PostgresThreads
from app.teammate.index import embed_missing, index_files
from tests.contracts.values import a_past, an_edition

TENANTS, FEW = range(1, 21), range(1, 4)
WORDS = ("canary", "sings", "lease", "secret", "rotate", "webhook", "Crash", "open_lease", "LeaseLost", "worker")


def canary(tenant: int) -> str:
    return f"canary{tenant:02}"


class Bearings:
    """Vectors of the words in a text: near in all tenants at once, so that only the repository tells them apart."""

    name, dimensions = "bearings", len(WORDS)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.array([[text.count(word) for word in WORDS] for text in texts], dtype=np.float32) + 0.01
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


class Zoo:
    """All that is known of twenty repositories, each word for word like the others but for its canary."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.library, self.threads = PostgresLibrary(database), PostgresThreads(database)
        self.models, self.installations = PostgresLabelModels(database), PostgresInstallations(database)

    async def settle(self, tenant: int, *, private: bool = True) -> None:
        await self.installations.set_state(tenant, f"owner{tenant}", "active")
        await self.installations.set_repositories(tenant, [RepositoryRef(tenant, tenant, f"owner{tenant}/r")])
        said = f"{' '.join(WORDS)} {canary(tenant)}"
        edition = an_edition(f"c{tenant}", private=private)
        await index_files(self.library, tenant, edition, {"docs/a.md": f"# {said}", "app/a.py": f'"""{said}"""'})
        await self.threads.remember(tenant, [a_past(tenant, said, said, labels=("bug",))], private=private)
        for shelf in (self.library, self.threads):
            await embed_missing(shelf, Bearings(), tenant)
        await self.models.save(tenant, f"v{tenant}", canary(tenant).encode(), {})

    async def found(self, tenant: int, question: str, limit: int = 50) -> list[str]:
        (vector,) = await Bearings().embed([question])
        near = Near("bearings", vector)
        passages = await self.library.search(tenant, question, limit, near=near)
        threads = await self.threads.similar(tenant, question, limit, near=near)
        labelled = await self.threads.labelled(tenant, limit)
        model = await self.models.newest(tenant)
        return [
            *(one.text + one.commit + one.url for one in passages),
            *(one.thread.title for one in threads),
            *(one.title for _, one in labelled),
            *([model.decode()] if model else []),
        ]

    async def rows(self, tenant: int) -> int:
        counts = [
            await self.database.run(sa.text(f"select count(*) from {table} where repository_id = :id"), id=tenant)
            for table in (*KNOWLEDGE, passage_vectors, thread_vectors)
        ]
        return sum(rows[0][0] for rows in counts)


async def settled(database: Database, tenants: range) -> Zoo:
    built = Zoo(database)
    for tenant in tenants:
        await built.settle(tenant)
    return built


@pytest.fixture
async def zoo(database: Database) -> Zoo:
    return await settled(database, TENANTS)


@pytest.fixture
async def cage(database: Database) -> Zoo:
    return await settled(database, FEW)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tenant=st.sampled_from(TENANTS),
    asked=st.lists(st.sampled_from([*WORDS, *map(canary, TENANTS), "@7", "'|&!", "repository_id"]), max_size=9),
    limit=st.integers(1, 200),
)
async def test_no_question_finds_what_another_repository_knows(zoo: Zoo, tenant: int, asked: list[str], limit: int):
    for text in await zoo.found(tenant, " ".join(asked), limit):
        assert set(re.findall(r"canary\d\d", text)) == {canary(tenant)}


async def test_every_row_says_whether_it_is_private_and_follows_when_that_changes(cage: Zoo):
    rows = "select bool_and(private) as all, bool_or(private) as any from {} where repository_id = :id"
    for private in (False, True):
        await cage.settle(2, private=private)
        for table in ("passages", "threads"):
            (row,) = await cage.database.run(sa.text(rows.format(table)), id=2)
            assert (row.all, row.any) == (private, private)


async def test_a_transferred_repository_is_found_by_its_own_id_alone(cage: Zoo):
    await cage.installations.set_repositories(2, [RepositoryRef(2, 2, "owner2/r"), RepositoryRef(2, 1, "owner2/moved")])
    await cage.installations.set_repositories(1, [])
    assert any("canary01" in text for text in await cage.found(1, "canary"))
    assert not any("canary01" in text for text in await cage.found(2, "canary canary01"))
    await cage.installations.set_state(1, "", "deleted")
    await cage.installations.purge_deleted(datetime.now(UTC) + timedelta(hours=25))
    assert any("canary01" in text for text in await cage.found(1, "canary"))


async def test_a_removed_repository_is_gone_at_once_and_no_other_with_it(cage: Zoo):
    before = {tenant: await cage.rows(tenant) for tenant in FEW}
    await cage.installations.set_repositories(3, [])
    assert await cage.found(3, "canary canary03") == []
    assert {tenant: await cage.rows(tenant) for tenant in FEW} == before | {3: 0}


async def test_a_deleted_installation_leaves_nothing_after_its_grace(cage: Zoo):
    before = {tenant: await cage.rows(tenant) for tenant in FEW}
    await cage.installations.set_state(1, "", "deleted")
    assert await cage.installations.purge_deleted(datetime.now(UTC) + timedelta(hours=25)) == 1
    assert {tenant: await cage.rows(tenant) for tenant in FEW} == before | {1: 0}


async def test_a_deleted_or_transferred_thread_is_found_no_more(cage: Zoo):
    await cage.threads.forget(1, [1])
    assert not await cage.threads.similar(1, "canary", 50)
    assert not await cage.threads.labelled(1, 50)
    assert await cage.threads.similar(2, "canary", 50)
