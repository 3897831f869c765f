import sqlalchemy as sa

from app.store.engine import Database
from app.store.retention import KEEP_DAYS, delete_old_deliveries

ARRIVED = sa.text("""
    insert into deliveries (guid, installation_id, body, received_at)
    select 'g' || days || '-' || n, 7, '', now() - make_interval(days => days) + interval '1 minute'
    from unnest(cast(:days as integer[])) as days, generate_series(1, :each) as n
""")


async def test_only_deliveries_nobody_can_need_are_deleted(database: Database):
    assert await delete_old_deliveries(database) == 0
    await database.run(ARRIVED, days=[0, 3, KEEP_DAYS, KEEP_DAYS + 1, 400], each=2)
    assert await delete_old_deliveries(database) == 4
    left = await database.run(sa.text("select guid from deliveries order by guid"))
    assert [row.guid for row in left] == ["g0-1", "g0-2", "g14-1", "g14-2", "g3-1", "g3-2"]


async def test_more_than_one_portion_is_deleted(database: Database):
    await database.run(ARRIVED, days=[30], each=5_001)
    assert await delete_old_deliveries(database) == 5_001
