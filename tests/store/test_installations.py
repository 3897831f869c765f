"""Nothing of a deleted installation remains, and nothing of anybody else's goes with it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from app.domain.act import Act, Stance
from app.domain.past import Remark
from app.domain.repository_settings import BudgetSettings, NotifySettings
from app.domain.thread import RepositoryRef, ThreadRef
from app.ports import Call, Delivery
from app.store.acts import PostgresLedger
from app.store.budget import PostgresBudget
from app.store.engine import Database
from app.store.inbox import PostgresInbox
from app.store.installations import PostgresInstallations
from app.store.label_models import PostgresLabelModels
from app.store.library import PostgresLibrary
from app.store.outbox import PostgresOutbox
from app.store.papers import PostgresPapers
from app.store.queue import PostgresQueue
from app.store.threads import PostgresThreads
from tests.contracts.values import a_comment, a_passage, a_past, a_run, an_order, shelve

SHARED = {"secrets", "ticks", "erasures"}
JUDGED = (
    """insert into signals (repository_id, id, installation_id, number, run_id, kind, polarity, at)
        select repository_id, 'reply' || id, installation_id, number, id, 'reply', 'bad', now() from runs""",
    "insert into watches (effect_id) select id from effects",
    """insert into survivals (effect_id, "window", fate, at) select id, '1h', 'stands', now() from effects""",
    """insert into cases
            (run_id, repository_id, installation_id, number, private, skill, mode, snapshot, did, provenance)
        select id, repository_id, installation_id, number, false, skill, 'verbose', '{}', '[]', '{}' from runs""",
    "insert into judgements (case_id, judge, verdict) select id, 'ada', 'accept' from cases",
)
"""What people made of all runs; of those that have been judged already nothing more."""


async def live(database: Database, worker: UUID, installation_id: int) -> None:
    """Leave something of an installation in every table."""
    repository_id = installation_id * 100
    installations, queue = PostgresInstallations(database), PostgresQueue(database)
    await installations.set_state(installation_id, "acme", "active")
    await installations.set_repositories(installation_id, [RepositoryRef(installation_id, repository_id, "acme/r")])
    order = an_order(repository_id=repository_id, installation_id=installation_id)
    delivery = Delivery(f"g{installation_id}", "issues", "opened", installation_id, b"{}", order)
    await PostgresInbox(await database.raw_pool()).add([delivery])
    lease = await queue.claim(worker)
    assert lease is not None
    await queue.conclude(lease, [a_run()], [a_comment(installation_id=installation_id)])
    await PostgresOutbox(database).reserve_write(installation_id)
    library, threads = PostgresLibrary(database), PostgresThreads(database)
    await shelve(library, repository_id, "c1", [a_passage("some words")])
    await threads.remember(repository_id, [a_past(1, "some words")], private=True)
    await threads.note(repository_id, "comments", [Remark(id=1, number=1, at=datetime.now(UTC), asks=("log",))])
    await threads.set_history(repository_id, "comments", datetime.now(UTC))
    for shelf in (library, threads):
        (row,) = await shelf.unembedded(repository_id, "e", 5)
        await shelf.embed(repository_id, "e", [row.id], np.eye(3, dtype=np.float32)[:1])
    await PostgresLabelModels(database).save(repository_id, "v1", b"model", {})
    await PostgresPapers(database).keep(repository_id, {"CODEOWNERS": "* @ada"}, b"names")
    thread, now = ThreadRef(RepositoryRef(installation_id, repository_id, "acme/r"), "issue", 1), datetime.now(UTC)
    ledger, budget = PostgresLedger(database), PostgresBudget(database)
    await ledger.record(thread, [Act(id="labeled:1", kind="labeled", actor="ada", by="person", at=now)])
    await ledger.set_stance(thread, Stance(quiet="paused"))
    assert isinstance(await budget.reserve(Call(thread, "ada"), BudgetSettings()), int)
    (effect,) = await ledger.effects(a_comment(installation_id=installation_id).thread)
    await budget.notify(effect, ["ada"], NotifySettings())
    for statement in JUDGED:
        await database.run(sa.text(f"{statement} on conflict do nothing"))


async def counts(database: Database) -> dict[str, int]:
    tables = [
        row.tablename
        for row in await database.run(sa.text("select tablename from pg_tables where schemaname = 'public'"))
    ]
    return {
        table: (await database.run(sa.text(f"select count(*) from {table}")))[0][0]
        for table in tables
        if table not in SHARED | {"alembic_version"}
    }


async def test_purging_leaves_no_row_of_it_and_every_row_of_others(database: Database, worker: UUID):
    await live(database, worker, 7)
    before = await counts(database)
    assert all(before.values()), "the test leaves a table empty, so it proves nothing there"
    await live(database, worker, 8)
    installations = PostgresInstallations(database)
    await installations.set_state(8, "acme", "deleted")
    assert await installations.purge_deleted(datetime.now(UTC) + timedelta(hours=25)) == 1
    assert await counts(database) == before


async def test_knowledge_that_was_never_listed_goes_too(database: Database, worker: UUID):
    await live(database, worker, 8)
    await database.run(sa.text("delete from repositories"))
    installations = PostgresInstallations(database)
    await installations.set_state(8, "acme", "deleted")
    await installations.purge_deleted(datetime.now(UTC) + timedelta(hours=25))
    assert not any((await counts(database)).values())


async def test_knowledge_of_a_repository_without_any_work_goes_too(database: Database):
    installations, library = PostgresInstallations(database), PostgresLibrary(database)
    await installations.set_repositories(8, [RepositoryRef(8, 800, "acme/r")])
    await shelve(library, 800, "c1", [a_passage("some words")])
    await installations.set_state(8, "acme", "deleted")
    await installations.purge_deleted(datetime.now(UTC) + timedelta(hours=25))
    assert not any((await counts(database)).values())


async def test_a_repository_that_moved_keeps_its_knowledge(database: Database, worker: UUID):
    await live(database, worker, 8)
    installations = PostgresInstallations(database)
    await installations.set_repositories(9, [RepositoryRef(9, 800, "globex/r")])
    await installations.set_state(8, "acme", "deleted")
    await installations.purge_deleted(datetime.now(UTC) + timedelta(hours=25))
    assert len(await PostgresLibrary(database).search(800, "words", 5)) == 1


async def test_a_repository_taken_away_is_forgotten_at_once(database: Database, worker: UUID):
    await live(database, worker, 7)
    await PostgresInstallations(database).set_repositories(7, [RepositoryRef(7, 701, "acme/other")])
    library = PostgresLibrary(database)
    assert await library.search(700, "words", 5) == []
    assert await library.indexed_commit(700) is None
