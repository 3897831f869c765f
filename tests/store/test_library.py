"""What only the real library can show: identifiers, rare words first, replacing at once, and speed."""

import asyncio
from time import perf_counter

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from app.ports import Near
from app.store.engine import Database
from app.store.library import PostgresLibrary
from app.store.terms import searchable
from app.store.threads import PostgresThreads
from tests.contracts.values import a_passage, a_past, an_edition, indexed, shelve


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plain words", "plain words"),
        ("open_database", "open database opendatabase"),
        ("openDatabase", "open Database opendatabase"),
        ("HTTPServer", "HTTP Server httpserver"),
        ("GITHUB_WEBHOOK_SECRET", "GITHUB WEBHOOK SECRET githubwebhooksecret"),
        ("app.store.engine", "app store engine appstoreengine"),
        ("--data-dir", "data dir datadir"),
        ("docs/webhooks.md", "docs webhooks md docswebhooksmd"),
        ("error 404: not found", "error 404 not found"),
        ("Größe naïve 日本語", "Größe naïve 日本語"),
        ("__ -- ..", ""),
    ],
)
def test_compounds_are_indexed_as_their_pieces_and_whole(text: str, words: str):
    assert searchable(text) == words


@given(st.text())
def test_any_text_becomes_words_and_spaces(text: str):
    assert all(character.isalnum() or character == " " for character in searchable(text) if character.isascii())


async def found(library: PostgresLibrary, question: str) -> list[str]:
    return [passage.text for passage in await library.search(1, question, 5)]


async def test_words_are_found_in_any_form_and_identifiers_whole_or_in_part(database: Database):
    library = PostgresLibrary(database)
    await shelve(
        library,
        1,
        "c1",
        [
            a_passage("Rotating secrets is done in pairs."),
            a_passage("Set GITHUB_WEBHOOK_SECRET to both values."),
            a_passage("`openDatabase` opens it."),
            a_passage("Der Schlüssel liegt unter der Matte."),
            a_passage("Nothing here.", path="docs/upgrade-guide.md"),
        ],
    )
    assert await found(library, "how to rotate a secret") == [
        "Rotating secrets is done in pairs.",
        "Set GITHUB_WEBHOOK_SECRET to both values.",
    ]
    assert (await found(library, "GITHUB_WEBHOOK_SECRET"))[0] == "Set GITHUB_WEBHOOK_SECRET to both values."
    assert await found(library, "webhook") == ["Set GITHUB_WEBHOOK_SECRET to both values."]
    assert await found(library, "open_database") == ["`openDatabase` opens it."]
    assert await found(library, "Schlüssel") == ["Der Schlüssel liegt unter der Matte."]
    assert await found(library, "upgrade") == ["Nothing here."]


async def test_of_a_long_question_the_rarest_words_count(database: Database):
    library = PostgresLibrary(database)
    common = [a_passage(f"the server starts and the server stops, number {n}") for n in range(40)]
    await shelve(library, 1, "c1", [*common, a_passage("a zymurgy failure in quokka mode")])
    question = "server starts stops number " * 30 + " what about the quokka failure with zymurgy"
    assert (await library.search(1, question, 3))[0].text == "a zymurgy failure in quokka mode"


async def test_what_postgres_cannot_hold_does_not_break_an_index(database: Database):
    library = PostgresLibrary(database)
    await shelve(library, 1, "c1", [a_passage("nul \0 and \N{GRINNING FACE} and " + "x" * 3000)])
    assert len(await library.search(1, "nul", 5)) == 1


async def test_a_search_finds_the_old_or_the_new_and_never_a_mixture(database: Database):
    library = PostgresLibrary(database)
    versions = {f"c{n}": [a_passage(f"version c{n} part {part}") for part in range(30)] for n in range(4)}
    await shelve(library, 1, "c0", versions["c0"])

    async def look() -> None:
        texts = await found(library, "version part")
        assert len({text.split()[1] for text in texts}) == 1

    await asyncio.gather(
        *(shelve(library, 1, commit, passages) for commit, passages in versions.items()), *(look() for _ in range(30))
    )
    commit = await library.indexed_commit(1)
    assert {text.split()[1] for text in await found(library, "version part")} == {commit}


async def test_another_repository_of_any_size_does_not_slow_a_search(database: Database):
    async def search_time() -> float:
        times = []
        for _ in range(15):
            started = perf_counter()
            assert len(await library.search(1, "how does the small thing begin", 5)) == 1
            times.append(perf_counter() - started)
        return sorted(times)[7]

    library = PostgresLibrary(database)
    await shelve(library, 1, "c1", [a_passage("the small thing begins")])
    alone = await search_time()
    await shelve(library, 2, "c1", [a_passage(f"the small thing begins again and again {n}") for n in range(3_000)])
    assert await search_time() < 5 * alone


async def test_an_update_that_is_killed_leaves_what_was_there(database: Database):
    library = PostgresLibrary(database)
    await shelve(library, 1, "c1", [a_passage("the old words")])
    broken = a_passage("the new words").model_copy(update={"start": 2**40})
    with pytest.raises(DBAPIError):
        await shelve(library, 1, "c2", [broken])
    assert await library.indexed_commit(1) == "c1"
    assert await found(library, "old new words") == ["the old words"]


async def test_visibility_is_kept_with_every_row_and_follows_the_repository(database: Database):
    library, threads = PostgresLibrary(database), PostgresThreads(database)
    both = sa.text("select private from passages union all select private from threads")
    passages = [a_passage("some words"), a_passage("other words", path="docs/b.md")]
    await shelve(library, 1, "c1", passages, private=True)
    await threads.remember(1, [a_past(1, "One"), a_past(2, "Two")], private=True)
    assert [row.private for row in await database.run(both)] == [True] * 4
    await library.update(1, an_edition("c1", private=False), {}, ())
    await threads.remember(1, [], private=False)
    assert [row.private for row in await database.run(both)] == [False] * 4
    await library.update(1, an_edition("c2", private=True), indexed(passages[0]), ())
    assert [row.private for row in await database.run(sa.text("select private from passages"))] == [True] * 2


ONE, OTHER = np.eye(3, dtype=np.float32)[:2]
ROTATING = a_passage("Set both secrets, newest first.", heading="Webhooks > Rotate the webhook secret", start=10)


async def test_while_most_passages_wait_for_their_vectors_words_decide(database: Database):
    """A passage without a vector looks far away: the first few that have one would always win."""
    library = PostgresLibrary(database)
    others = [a_passage(f"Page {number}.", path=f"docs/{number}.md") for number in range(10)]
    await shelve(library, 1, "c1", [*others, ROTATING])
    rows = await library.unembedded(1, "e", 50)
    await library.embed(1, "e", [row.id for row in rows[:5]], np.stack([ONE] * 5))
    found = await library.search(1, "rotate both secrets", 3, near=Near("e", ONE))
    assert [one.text for one in found] == [ROTATING.text]
    assert found[0].near is None
    await library.embed(1, "e", [row.id for row in rows[5:]], np.stack([OTHER] * 6))
    assert (await library.search(1, "rotate", 3, near=Near("e", OTHER)))[0].near == pytest.approx(1, abs=1e-3)
