import asyncio
from itertools import count
from typing import Any

import asyncpg
import pytest

from app.domain.work import WorkOrder
from app.ports import Delivery
from app.store.inbox import PostgresInbox

_numbers = count(1)


@pytest.fixture
async def pool(database):
    return await database.raw_pool()


@pytest.fixture
def inbox(pool):
    return PostgresInbox(pool)


def order(number: int = 3, trigger: str = "body", **changed: object) -> WorkOrder:
    values = {
        "key": f"42#{number}",
        "kind": "thread",
        "trigger": trigger,
        "installation_id": 7,
        "repository_id": 42,
        "repository": "octo/hello",
        "thread_kind": "issue",
        "number": number,
    }
    return WorkOrder(**{**values, **changed})  # type: ignore[arg-type]


def delivery(asked: WorkOrder | None, guid: str = "", body: bytes = b"{}") -> Delivery:
    installation_id = asked.installation_id if asked else 7
    return Delivery(guid or f"guid-{next(_numbers)}", "issues", "opened", installation_id, body, asked)


async def rows(pool: asyncpg.Pool, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(f"select * from {table} order by 1")]


async def test_a_delivery_and_its_work_are_stored_together(inbox, pool):
    asked = delivery(order(), body=b'{"a": 1}')
    [work_id] = await inbox.add([asked])
    [stored] = await rows(pool, "deliveries")
    assert (stored["guid"], stored["event"], stored["action"]) == (asked.guid, "issues", "opened")
    assert (stored["installation_id"], stored["work_id"], stored["body"]) == (7, work_id, b'{"a": 1}')
    [work] = await rows(pool, "work")
    assert (work["id"], work["key"], work["kind"], work["state"]) == (work_id, "42#3", "thread", "planned")
    assert (work["installation_id"], work["repository_id"], work["repository"]) == (7, 42, "octo/hello")
    assert (work["thread_kind"], work["number"], work["triggers"], work["attempts"]) == ("issue", 3, ["body"], 0)
    assert await inbox.body(asked.guid) == b'{"a": 1}'
    assert await inbox.body("another") is None


async def test_work_without_a_thread(inbox, pool):
    asked = WorkOrder("installation:7", "installation", "installation.created", 7)
    assert await inbox.add([delivery(asked)]) != [None]
    [work] = await rows(pool, "work")
    assert (work["repository_id"], work["thread_kind"], work["number"]) == (0, None, 0)


async def test_nothing_asked_nothing_planned(inbox, pool):
    assert await inbox.add([delivery(None)]) == [None]
    assert await rows(pool, "work") == []
    [stored] = await rows(pool, "deliveries")
    assert stored["work_id"] is None


async def test_no_deliveries_at_all(inbox):
    assert await inbox.add([]) == []


async def test_a_known_guid_changes_nothing(inbox, pool):
    first = delivery(order(), "guid-a", b"first")
    await inbox.add([first])
    await pool.execute("update work set state = 'done', triggers = '{}'")
    assert await inbox.add([delivery(order(trigger="comment:1"), "guid-a", b"second")]) == [None]
    assert await inbox.body("guid-a") == b"first"
    [work] = await rows(pool, "work")
    assert (work["state"], work["triggers"]) == ("done", [])


async def test_one_batch_is_coalesced_by_key_in_the_order_of_arrival(inbox, pool):
    ids = await inbox.add(
        [
            delivery(order(9, "comment:2")),
            delivery(order(3)),
            delivery(None),
            delivery(order(9, "body")),
            delivery(order(9, "comment:2")),
            delivery(order(9, "comment:1")),
        ]
    )
    assert ids[0] == ids[3] == ids[4] == ids[5]
    assert ids[2] is None
    assert len(set(ids)) == 3
    work = {row["number"]: row["triggers"] for row in await rows(pool, "work")}
    assert work == {9: ["comment:2", "body", "comment:1"], 3: ["body"]}
    assert {row["work_id"] for row in await rows(pool, "deliveries")} == set(ids)


async def test_one_guid_twice_in_a_batch_is_one_row(inbox, pool):
    twice = delivery(order(), "guid-a")
    ids = await inbox.add([twice, twice])
    assert len(await rows(pool, "deliveries")) == 1
    assert set(ids) - {None} == {row["id"] for row in await rows(pool, "work")}


@pytest.mark.parametrize(
    ("state", "becomes", "attempts", "again"),
    [
        ("planned", "planned", 2, False),
        ("leased", "leased", 2, False),
        ("done", "planned", 0, True),
        ("dead", "planned", 0, True),
    ],
)
async def test_new_events_on_known_work(inbox, pool, state, becomes, attempts, again):
    [work_id] = await inbox.add([delivery(order())])
    await pool.execute(
        "update work set state = $1, attempts = 2, reason = 'broke', triggers = '{body}',"
        " not_before = now() + interval '1 hour', planned_at = now() - interval '1 hour'",
        state,
    )
    renamed = order(trigger="comment:9", repository="octo/renamed", installation_id=8)
    assert await inbox.add([delivery(renamed), delivery(order(repository="octo/renamed"))]) == [work_id] * 2
    [work] = await pool.fetch(
        "select *, not_before <= now() as due, planned_at > now() - interval '1 minute' as fresh from work"
    )
    assert (work["state"], work["attempts"], work["reason"]) == (becomes, attempts, "" if again else "broke")
    assert work["triggers"] == ["body", "comment:9"]
    assert (work["due"], work["fresh"]) == (again, again)
    assert work["repository"] == "octo/renamed"


async def test_work_that_waits_for_this_very_trigger_is_not_even_locked(inbox, pool):
    [work_id] = await inbox.add([delivery(order())])
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from work for update")
        assert await asyncio.wait_for(inbox.add([delivery(order()), delivery(order())]), 5) == [work_id] * 2
    [work] = await rows(pool, "work")
    assert work["triggers"] == ["body"]
    assert {row["work_id"] for row in await rows(pool, "deliveries")} == {work_id}


async def test_waiting_work_learns_that_its_repository_was_renamed(inbox, pool):
    await inbox.add([delivery(order())])
    await inbox.add([delivery(order(repository="octo/renamed"))])
    await inbox.add([delivery(order(repository="octo/renamed", installation_id=8))])
    [work] = await rows(pool, "work")
    assert (work["repository"], work["installation_id"], work["triggers"]) == ("octo/renamed", 8, ["body"])


async def test_what_came_last_names_the_repository(inbox, pool):
    await inbox.add([delivery(order(repository="octo/old")), delivery(order(repository="octo/new"))])
    [work] = await rows(pool, "work")
    assert work["repository"] == "octo/new"


async def test_bytes_and_text_that_postgres_cannot_hold(inbox, pool):
    body = bytes(range(256)) + b"\0" + "\ud800".encode("utf-8", "surrogatepass")
    strange = Delivery("guid-a", "issues", "o\0p", 7, body, order(trigger="comment:\0\ud800", repository="a\0/b"))
    [work_id] = await inbox.add([strange])
    assert work_id
    assert await inbox.body("guid-a") == body
    [work] = await rows(pool, "work")
    assert "\0" not in work["repository"] + work["triggers"][0]


async def test_a_large_body_comes_back_as_it_was(inbox):
    body = bytes(range(256)) * 40_000
    await inbox.add([delivery(order(), "guid-a", body), delivery(order(), "guid-b", b"x")])
    assert await inbox.body("guid-a") == body


async def test_many_processes_at_once_lose_nothing_and_never_deadlock(inbox, pool):
    """Overlapping GUIDs and keys, in opposite orders, on all connections."""

    async def add(turn: int) -> list[int | None]:
        batch = [delivery(order(n % 7, f"comment:{n}"), f"guid-{turn % 10}-{n}") for n in range(20)]
        added: list[int | None] = await inbox.add(batch if turn % 2 else batch[::-1])
        return added

    await asyncio.gather(*(add(turn) for turn in range(60)))
    deliveries = await rows(pool, "deliveries")
    assert len(deliveries) == 200
    work = {row["id"]: row for row in await rows(pool, "work")}
    assert len(work) == 7
    assert {row["work_id"] for row in deliveries} == set(work)
    for row in work.values():
        assert sorted(row["triggers"]) == sorted(f"comment:{n}" for n in range(20) if n % 7 == row["number"])


async def test_one_guid_at_once_from_many_is_one_row_and_one_job(inbox, pool):
    same = delivery(order(), "guid-a")
    ids = await asyncio.gather(*(inbox.add([same]) for _ in range(5)))
    assert len(await rows(pool, "deliveries")) == 1
    assert len(await rows(pool, "work")) == 1
    assert sum(work_id is not None for [work_id] in ids) == 1


async def test_a_delivery_points_to_the_work_that_another_process_made_first(inbox, pool):
    """The other statement holds the key while ours chooses an id, and commits its own."""
    async with pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        made = await other.fetchval(
            "insert into work (key, kind, installation_id, repository_id, triggers)"
            " values ('42#3', 'thread', 7, 42, '{comment:1}') returning id"
        )
        ours = asyncio.create_task(inbox.add([delivery(order(), "guid-a")]))
        while not await pool.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0.005)
        await transaction.commit()
    assert await ours == [made]
    [stored] = await rows(pool, "deliveries")
    assert stored["work_id"] == made
    [work] = await rows(pool, "work")
    assert work["triggers"] == ["comment:1", "body"]
