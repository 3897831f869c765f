import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.errors import ConfigurationError
from app.store.engine import Database, open_database


async def test_every_form_of_the_address_opens_the_same_database(database_url: str):
    rest = database_url.removeprefix("postgresql://")
    for scheme in ("postgresql", "postgres", "postgresql+asyncpg"):
        async with open_database(f"{scheme}://{rest}") as database:
            assert (await database.run(sa.text("select 1")))[0][0] == 1


@pytest.mark.parametrize("url", ["", "sqlite:///x.db", "mysql://u@h/d", "localhost/plumbline"])
async def test_another_address_is_refused_with_what_to_do(url: str):
    with pytest.raises(ConfigurationError, match="DATABASE_URL must be a PostgreSQL address like postgresql://"):
        async with open_database(url):
            pass


async def test_sessions_are_bounded_and_named(database: Database):
    wanted = {"application_name": "plumbline", "statement_timeout": "30s", "TimeZone": "UTC", "jit": "off"}
    for name, value in wanted.items():
        rows = await database.run(sa.text("select current_setting(:name)"), name=name)
        assert rows[0][0] == value
    raw = await database.raw_pool()
    assert await raw.fetchval("show application_name") == "plumbline"


async def test_what_postgres_cannot_hold_is_replaced_on_the_way_in(database: Database):
    rows = await database.run(
        sa.text("select cast(:text as text), cast(:texts as text[])"),
        text="a\0b\ud800c",
        texts=["\udfff", "whole \N{GRINNING FACE}"],
    )
    assert tuple(rows[0]) == ("a\ufffdb\ufffdc", ["\ufffd", "whole \N{GRINNING FACE}"])


async def test_what_json_cannot_hold_is_replaced_on_the_way_in(database: Database):
    value = {"k\0": ["x\0", {"deep": "\ud83d"}], "big": 2**70, "not": float("nan")}
    column = sa.bindparam("value", type_=JSONB)
    rows = await database.run(sa.select(column), value=value)
    assert rows[0][0] == {"k\ufffd": ["x\ufffd", {"deep": "\ufffd"}], "big": 2**70, "not": None}


async def test_many_rows_at_once_are_cleaned_too(database: Database):
    async with database.begin() as connection:
        await connection.execute(
            sa.text("insert into secrets (name, value) values (:name, :value)"),
            [{"name": "a\0", "value": b"\0"}, {"name": "b\udc00", "value": b""}],
        )
    rows = await database.run(sa.text("select name, value from secrets order by name"))
    assert [(row.name, bytes(row.value)) for row in rows] == [("a\ufffd", b"\0"), ("b\ufffd", b"")]


async def test_a_failed_transaction_leaves_nothing(database: Database):
    async def insert_twice() -> None:
        async with database.begin() as connection:
            for _ in range(2):
                await connection.execute(sa.text("insert into secrets (name, value) values ('twice', '')"))

    with pytest.raises(sa.exc.IntegrityError):
        await insert_twice()
    assert not await database.run(sa.text("select 1 from secrets"))


async def test_closing_closes_both_pools(database_url: str):
    async with open_database(database_url) as database:
        raw = await database.raw_pool()
        assert raw is await database.raw_pool()
        await database.run(sa.text("select 1"))
    observer = await asyncpg.connect(database_url)
    others = await observer.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    await observer.close()
    assert others == 0
