import sqlalchemy as sa

from app.store.engine import Database
from app.store.label_models import KEPT, PostgresLabelModels


async def test_the_newest_few_of_each_repository_are_kept(database: Database):
    models = PostgresLabelModels(database)
    for n in range(KEPT + 2):
        for repository_id in (1, 2):
            await models.save(repository_id, f"v{n}", bytes([n]), {"n": n, "odd": "\0"})
    rows = await database.run(sa.text("select version from label_models where repository_id = 1 order by id"))
    assert [row.version for row in rows] == [f"v{n}" for n in range(2, KEPT + 2)]
    await models.save(1, "v3", b"again", {})
    await models.save(1, "new", b"new", {})
    rows = await database.run(sa.text("select version from label_models where repository_id = 1 order by created_at"))
    assert [row.version for row in rows] == ["v4", "v5", "v6", "v3", "new"]
