"""What only pgvector can show: an index for many, exact search for few, and life without the extension."""

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray

from app.ports import Near
from app.store import vectors
from app.store.engine import Database, open_database
from app.store.library import PostgresLibrary
from app.store.migrations import migrate
from app.store.vectors import literal, parsed, prepare
from tests.contracts.values import a_passage, shelve

ALL = 300


def points(many: int, dimensions: int = 8) -> NDArray[np.float32]:
    drawn = np.random.default_rng(7).normal(size=(many, dimensions))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


async def filled(library: PostgresLibrary, repository_id: int, many: int) -> None:
    passages = [a_passage(f"passage {n}", path=f"docs/{n}.md") for n in range(many)]
    await shelve(library, repository_id, "c1", passages)
    rows = await library.unembedded(repository_id, "e", many)
    await library.embed(repository_id, "e", [row.id for row in rows], points(many))


async def nearest(library: PostgresLibrary, repository_id: int, place: int) -> list[str]:
    found = await library.search(repository_id, "", 10, near=Near("e", points(ALL)[place]))
    return [one.path for one in found]


async def test_many_are_found_through_an_index_that_small_neighbours_do_not_disturb(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    library = PostgresLibrary(database)
    await filled(library, 1, ALL)
    await filled(library, 2, 3)
    exact = [await nearest(library, 1, place) for place in range(20)]
    assert [one[0] for one in exact] == [f"docs/{place}.md" for place in range(20)]
    monkeypatch.setattr(vectors, "_AS_INDEXED", vectors._AS_INDEXED.replace(str(vectors.EXACT_UP_TO), "100"))
    await filled(library, 3, ALL)
    names = await database.run(sa.text("select indexname from pg_indexes where indexname ~ 'vectors_8$'"))
    assert [row.indexname for row in names] == ["ix_passage_vectors_8"]
    through = [await nearest(library, 1, place) for place in range(20)]
    met = [len({*one} & {*other}) / len(one) for one, other in zip(exact, through, strict=True)]
    assert sum(met) / len(met) > 0.9
    assert set(await nearest(library, 2, 1)) == {"docs/0.md", "docs/1.md", "docs/2.md"}


async def test_without_the_extension_words_alone_are_searched(empty_database_url: str):
    """A server that never heard of it: its role may not create extensions, as is usual where others host it."""
    await migrate(empty_database_url)
    async with open_database(empty_database_url) as database:
        await database.run(sa.text("drop extension vector cascade"))
        await database.run(sa.text("drop table passage_vectors, thread_vectors"))
        await database.run(sa.text("create role guest login"))
        try:
            await database.run(sa.text("grant all on all tables in schema public to guest"))
            async with open_database(empty_database_url.replace("plumbline@", "guest@")) as guest:
                assert not await prepare(guest)
                library = PostgresLibrary(guest)
                await shelve(library, 1, "c1", [a_passage("some words")])
                assert await library.unembedded(1, "e", 5) == []
                assert len(await library.search(1, "words", 5, near=Near("e", points(1)[0]))) == 1
            assert await prepare(database)
            assert len(await PostgresLibrary(database).unembedded(1, "e", 5)) == 1
        finally:
            await database.run(sa.text("drop owned by guest"))
            await database.run(sa.text("drop role guest"))


def test_a_vector_survives_as_text():
    (vector,) = points(1, 384)
    again = parsed(literal(vector))
    assert again is not None
    assert again.dtype == np.float32
    assert float(again @ vector) == pytest.approx(1, abs=1e-3)
    assert parsed(None) is None
