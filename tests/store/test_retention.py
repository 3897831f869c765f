import pytest
import sqlalchemy as sa

from app.store.engine import Database
from app.store.retention import ALL, CALLS, DELIVERIES, NOTICES, Kept, delete_old

ROWS = "unnest(cast(:days as integer[])) as days, generate_series(1, :each) as n"
AT = "now() - make_interval(days => days) + interval '1 minute'"
INSERT = {
    DELIVERIES: f"(guid, installation_id, body, received_at) select 'g' || days || '-' || n, 7, '', {AT} from {ROWS}",
    NOTICES: f"(effect_id, person, repository_id, at) select days, n, 840, {AT} from {ROWS}",
    CALLS: f"(installation_id, repository_id, number, at) select 7, 840, days, {AT} from {ROWS}",
}


async def insert(database: Database, kept: Kept, *days: int, each: int = 2) -> None:
    await database.run(sa.text(f"insert into {kept.table} {INSERT[kept]}"), days=list(days), each=each)


async def count(database: Database, kept: Kept) -> int:
    [row] = await database.run(sa.text(f"select count(*) as n from {kept.table}"))
    return int(row.n)


@pytest.mark.parametrize("kept", ALL, ids=lambda kept: kept.table)
async def test_only_what_nobody_can_need_is_deleted(database: Database, kept: Kept):
    assert await delete_old(database) == {one.table: 0 for one in ALL}
    await insert(database, kept, 0, 3, kept.days, kept.days + 1, 4000)
    assert await delete_old(database) == {one.table: 4 if one == kept else 0 for one in ALL}
    assert await count(database, kept) == 6


async def test_more_than_one_portion_is_deleted(database: Database):
    await insert(database, DELIVERIES, 30, each=5_001)
    assert (await delete_old(database))["deliveries"] == 5_001
