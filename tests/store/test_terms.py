"""Whatever is added, replaced and removed, the words that are indexed are exactly those of the rows that are there."""

from collections.abc import Mapping

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.store.engine import Database, open_database
from app.store.library import PostgresLibrary
from app.store.terms import POSTINGS_READ
from tests.conftest import empty
from tests.contracts.values import a_passage, an_edition, indexed, shelve

WORDS = ("zymurgy", "quokka", "lease", "worker", "Lease", "open_lease", "42")
PATHS = ("docs/a.md", "docs/b.md", "src/lease.py")
HELD = sa.text("""
    select id, lexeme from passages, unnest(words) where repository_id = :id except
    select (block << 13) + (posting >> 16), word from passage_terms, unnest(postings) as posting
    where repository_id = :id
""")
INDEXED = sa.text("""
    select (block << 13) + (posting >> 16), word from passage_terms, unnest(postings) as posting
    where repository_id = :id except
    select id, lexeme from passages, unnest(words) where repository_id = :id
""")
COUNTED = sa.text("""
    select * from passage_terms where held_by <> cardinality(postings) or held_by = 0
    union all
    select r.id, '', 0, r.passages, '{}' from repositories as r
    where passages <> (select count(*) from passages where repository_id = r.id)
""")

texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
files = st.dictionaries(st.sampled_from(PATHS), st.lists(texts, max_size=3), max_size=3)
steps = st.lists(st.tuples(files, st.sets(st.sampled_from(PATHS))), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_the_index_is_that_of_the_rows(migrated_url: str, steps: list[tuple[Mapping[str, list[str]], set[str]]]):
    await empty(migrated_url)
    async with open_database(migrated_url, pool_size=1) as database:
        library = PostgresLibrary(database)
        await shelve(library, 2, "c1", [a_passage(" ".join(WORDS))])
        for changed, gone in steps:
            passages = [a_passage(text, path=path) for path, said in changed.items() for text in said]
            await library.update(1, an_edition(), indexed(*passages), gone - changed.keys())
            for repository_id in (1, 2):
                assert await database.run(HELD, id=repository_id) == []
                assert await database.run(INDEXED, id=repository_id) == []
            assert await database.run(COUNTED) == []


async def test_rows_beyond_one_block_are_found_and_removed(database: Database):
    library = PostgresLibrary(database)
    await database.run(sa.text("alter table passages alter column id restart with 8190"))
    passages = [a_passage(f"zymurgy {n}", path=f"docs/{n}.md") for n in range(6)]
    await shelve(library, 1, "c1", passages)
    assert len(await database.run(sa.text("select block from passage_terms where word = 'zymurgi'"))) == 2
    assert len(await library.search(1, "zymurgy", 10)) == 6
    await library.update(1, an_edition("c2"), {}, [one.path for one in passages[2:]])
    assert sorted(one.path for one in await library.search(1, "zymurgy", 10)) == ["docs/0.md", "docs/1.md"]


async def test_words_that_nearly_all_rows_hold_are_not_read(database: Database):
    library = PostgresLibrary(database)
    many = POSTINGS_READ // 2 + 10
    fill = sa.text("""
        insert into passage_terms (repository_id, word, block, held_by, postings)
        select 1, word, 1000 + block, 8000, array_fill(16384, array[8000])
        from unnest(array['common', 'usual', 'everyday']) as word, generate_series(0, 1) as block
    """)
    await shelve(library, 1, "c1", [a_passage("common usual everyday quokka"), a_passage("common usual everyday")])
    await database.run(fill)
    await database.run(sa.text("update repositories set passages = :many"), many=many)
    found = await library.search(1, "the common usual everyday quokka", 10)
    assert [one.text for one in found] == ["common usual everyday quokka", "common usual everyday"]
