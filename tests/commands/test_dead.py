"""What was given up is listed with its reason, and planned again on a person's word."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.commands.dead import list_dead, retry_dead
from app.errors import ConfigurationError
from app.store.engine import Database
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from tests.commands.shell import given
from tests.contracts.values import a_comment, a_run, an_order

STATES = "select 'work:' || id as what, state from work union all select 'effect:' || id, state from effects"


async def bury(database: Database) -> tuple[str, str]:
    """One dead work and one dead effect of another; the words `retry` takes for them."""
    queue, worker = PostgresQueue(database), uuid4()
    async with worker_session(database, worker):
        (work_id,) = await queue.order([an_order(3)])
        (other,) = await queue.order([an_order(4, repository_id=700)])
        while (lease := await queue.claim(worker)) is not None:
            if lease.work_id == other:
                due = await queue.conclude(lease, [a_run()], [a_comment(number=4)])
    assert due is not None
    await database.run(sa.text("update work set state = 'dead', reason = '[/red] gave up' where id = :id"), id=work_id)
    await database.run(sa.text("update effects set state = 'dead', reason = '422 [x]'"))
    return f"work:{work_id}", f"effect:{due[0]}"


async def states(database: Database) -> dict[str, str]:
    return {row.what: row.state for row in await database.run(sa.text(STATES))}


async def test_listed_with_place_and_reason(
    database: Database, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "160")
    work, effect = await bury(database)
    await list_dead(given(database_url=database_url))
    told = capsys.readouterr().out
    lines = {what: line for line in told.splitlines() for what in (work, effect) if what in line}
    assert "acme/r840#3" in lines[work]
    assert "[/red] gave up" in lines[work]
    assert "acme/r700#4" in lines[effect]
    assert "422 [x]" in lines[effect]
    assert "plumbline retry" in told


async def test_nothing_dead_is_said(database_url: str, capsys: pytest.CaptureFixture[str]):
    await list_dead(given(database_url=database_url))
    assert capsys.readouterr().out == "Nothing is dead.\n"


async def test_retried_once(database: Database, database_url: str, capsys: pytest.CaptureFixture[str]):
    settings = given(database_url=database_url)
    work, effect = await bury(database)
    for what in (work, effect):
        await retry_dead(settings, what)
        assert f"{what} is planned again" in capsys.readouterr().out
        assert (await states(database))[what] == "planned"
        with pytest.raises(ConfigurationError, match=f"{what} is not dead"):
            await retry_dead(settings, what)


@pytest.mark.parametrize("what", ["work:404", "effect:999999999999999999"])
async def test_what_is_not_there_is_not_dead(what: str, database_url: str):
    with pytest.raises(ConfigurationError, match=f"{what} is not dead; `plumbline dead` lists what is"):
        await retry_dead(given(database_url=database_url), what)


async def test_without_a_database_it_says_what_to_do():
    with pytest.raises(ConfigurationError, match="no database: set DATABASE_URL, or start `plumbline run`"):
        await list_dead(given())
