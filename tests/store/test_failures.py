"""Failures as the pages read them: counted by run and week, only what stands, quick when there are many."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
import sqlalchemy as sa

from app.domain.failing import WEEKS, ModeCount, Week
from app.store.engine import Database
from app.store.failures import PostgresFailures
from tests.store.judged import Ran, Said, write

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def weeks(*newest: int) -> tuple[int, ...]:
    """The last weeks, the newest first."""
    return (0,) * (WEEKS - len(newest)) + tuple(reversed(newest))


async def test_a_run_counts_once_a_week_for_each_way_to_be_wrong(database: Database):
    ran = [Ran(1), Ran(2), Ran(9), Ran(100)]
    said = [
        Said(0, "verbose"),
        Said(0, "verbose"),
        Said(1, "verbose"),
        Said(1, "slow", kind="slow"),
        Said(2, "verbose"),
    ]
    await write(database, ran, [*said, Said(3, "verbose"), Said(0, None), Said(2, None, polarity="good")], NOW)
    found = await PostgresFailures(database).counts(NOW)
    assert found == [
        ModeCount("verbose", weeks(2, 1)),
        ModeCount(None, weeks(1)),
        ModeCount("slow", weeks(1)),
    ]


async def test_nothing_counts_that_was_taken_back(database: Database):
    failures = PostgresFailures(database)
    (run_id,) = await write(database, [Ran(1)], [Said(0, "verbose", "Too long.")], NOW)
    await database.run(sa.text("update signals set withdrawn_at = now()"))
    assert await failures.counts(NOW) == []
    assert await failures.newest("verbose") == []
    assert await failures.judged_badly(0) == []
    assert (await failures.judged(NOW))[0].modes == frozenset()
    assert (await failures.week(NOW)) == Week(runs=1, good=0, bad=0)
    trace = await failures.trace(run_id)
    assert trace is not None
    assert trace.said == ""


async def test_one_repository_is_told_apart_from_the_others(database: Database):
    failures = PostgresFailures(database)
    said = [Said(0, "slow", kind="slow"), Said(1, "verbose"), Said(1, None, "Hm.")]
    await write(database, [Ran(1), Ran(1, repository=1)], said, NOW)
    assert await failures.repositories() == ["acme/engine", "acme/site"]
    assert [one.mode for one in await failures.counts(NOW, repository="acme/engine")] == ["slow"]
    assert [one.run_id for one in await failures.newest("verbose", repository="acme/engine")] == []
    assert (await failures.week(NOW, repository="acme/site")) == Week(runs=1, good=0, bad=1)
    assert len(await failures.nameless(NOW - timedelta(days=9), repository="acme/site")) == 1
    assert await failures.nameless(NOW - timedelta(days=9), repository="acme/engine") == []
    assert await failures.counts(NOW, repository="nobody/here' or true --\0") == []


async def test_the_newest_come_first_with_their_runs(database: Database):
    said = [Said(0, "verbose", "Too long."), Said(1, "verbose", "tl;dr"), Said(1, None, "Hm.")]
    ids = await write(database, [Ran(3, title="Old"), Ran(1, title="New")], said, NOW)
    failures = PostgresFailures(database)
    first, second = await failures.newest("verbose")
    assert (first.title, first.text, first.run_id, first.role) == ("New", "tl;dr", ids[1], "maintainer")
    assert (second.title, second.repository, second.number, second.prompt) == ("Old", "acme/engine", 1, "triage@1")
    assert [row.text for row in await failures.newest(None)] == ["Hm."]
    assert len(await failures.newest("verbose", limit=1)) == 1


async def test_a_trace_holds_what_was_asked_said_and_where(database: Database):
    failures = PostgresFailures(database)
    said = [Said(0, None, "No."), Said(0, "verbose", "Too long."), Said(0, None, "Thanks", polarity="good")]
    ids = await write(database, [Ran(1, language="de", labels=("bug", "docs")), Ran(2)], said, NOW)
    (trace,) = await failures.judged_badly(ids[1])
    assert (trace.asked, trace.said) == ("When I start it, it crashes.", "No.\nToo long.")
    assert trace.segments == {
        ("repository", "acme/engine"), ("skill", "triage"), ("model", "local/1"), ("language", "de"),
        ("label", "bug"), ("label", "docs"),
    }  # fmt: skip
    assert await failures.judged_badly(ids[0]) == []
    assert [one.said for one in await failures.nameless(NOW - timedelta(days=9))] == ["No."]
    assert (await failures.trace(ids[0])) == trace
    untouched = await failures.trace(ids[1])
    assert untouched is not None
    assert untouched.said == ""
    assert await failures.trace(404) is None


async def test_a_run_is_judged_by_its_first_day_once_that_is_over(database: Database):
    said = [Said(0, "verbose", hours_later=1), Said(1, "verbose", hours_later=30), Said(2, "slow", hours_later=1)]
    await write(database, [Ran(3), Ran(2.5), Ran(0.5), Ran(200)], said, NOW)
    first, second = sorted(await PostgresFailures(database).judged(NOW), key=lambda one: one.at)
    assert (list(first.modes), list(second.modes)) == (["verbose"], [])
    assert (first.prompt, first.digest, first.number) == ("triage@1", "digest of triage@1", 1)


async def test_a_run_of_a_command_or_without_a_verdict_does_no_harm(database: Database):
    await write(database, [Ran(3), Ran(4)], [], NOW)
    await database.run(sa.text("update runs set skill = 'command' where number = 1"))
    await database.run(sa.text("update runs set verdict = null, snapshot = '{}' where number = 2"))
    (one,) = await PostgresFailures(database).judged(NOW)
    assert one.segments == {("repository", "acme/engine"), ("skill", "triage"), ("model", "local/1")}


@pytest.mark.chaos
async def test_pages_are_quick_at_fifty_thousand_signals(database: Database):
    ran = [Ran(84 * place / 60_000, repository=place % 3) for place in range(60_000)]
    said = [Said(place, ("verbose", "wrong-label", "slow", None)[place % 4]) for place in range(50_000)]
    await write(database, ran, said, NOW)
    await database.run(sa.text("analyze runs, signals"))
    failures = PostgresFailures(database)
    for read in (
        lambda: failures.counts(NOW),
        lambda: failures.counts(NOW, repository="acme/site"),
        lambda: failures.newest("verbose"),
        failures.repositories,
        lambda: failures.week(NOW),
        lambda: failures.judged_badly(1),
    ):
        took = []
        for _ in range(3):
            start = perf_counter()
            await read()
            took.append(perf_counter() - start)
        assert min(took) < 0.5
