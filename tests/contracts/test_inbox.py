"""What every inbox promises."""

from dataclasses import replace

from app.domain.work import WorkOrder, listen_order
from app.ports import Delivery
from tests.contracts.conftest import Store
from tests.contracts.values import a_thread, an_order


def a_delivery(guid: str, order: WorkOrder | None = None, body: bytes = b"{}") -> Delivery:
    return Delivery(guid=guid, event="issues", action="opened", installation_id=7, body=body, order=order)


async def test_bytes_are_kept_as_they_came(store: Store):
    body = bytes(range(256)) * 9
    assert await store.inbox.add([a_delivery("g1", body=body)]) == [None]
    assert await store.inbox.body("g1") == body
    assert await store.inbox.body("g2") is None


async def test_nothing_is_added_for_nothing(store: Store):
    assert await store.inbox.add([]) == []


async def test_a_delivery_plans_its_work_once_however_often_it_comes(store: Store):
    delivery = a_delivery("g1", an_order())
    (work_id,) = await store.inbox.add([delivery])
    assert work_id is not None
    assert await store.inbox.add([delivery]) == [None]
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    assert lease.work_id == work_id
    await store.queue.conclude(lease, [], [])
    assert await store.inbox.add([delivery]) == [None]
    assert await store.queue.due(9) == []


async def test_deliveries_that_wait_together_answer_in_their_order(store: Store):
    one, none, two, same = await store.inbox.add(
        [
            a_delivery("g3", an_order(1, "body")),
            a_delivery("g2"),
            a_delivery("g1", an_order(2, "body")),
            a_delivery("g0", an_order(1, "comment:9")),
        ]
    )
    assert none is None
    assert one == same != two
    assert set(await store.queue.due(9)) == {one, two}
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    assert lease.triggers == (("body", "comment:9") if lease.work_id == one else ("body",))


async def test_a_delivery_during_a_run_makes_one_more(store: Store):
    await store.inbox.add([a_delivery("g1", an_order())])
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    assert await store.inbox.add([a_delivery("g2", an_order()), a_delivery("g3", an_order())]) == [lease.work_id] * 2
    assert await store.queue.due(9) == []
    await store.queue.conclude(lease, [], [])
    again = await store.queue.claim(await store.worker())
    assert again is not None
    assert again.triggers == ("body",)


async def test_a_delivery_brings_dead_work_back_afresh(store: Store):
    await store.inbox.add([a_delivery("g1", an_order())])
    for _ in range(3):
        lease = await store.queue.claim(await store.worker())
        assert lease is not None
        await store.queue.retry(lease, "it fails", store.now())
    assert await store.queue.due(9) == []
    await store.inbox.add([a_delivery("g2", an_order(trigger="comment:1"))])
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    assert (lease.attempt, lease.triggers) == (1, ("body", "comment:1"))


async def test_one_delivery_may_ask_for_listening_too(store: Store):
    both = replace(a_delivery("both", an_order(1)), listen=listen_order(a_thread(1), "act"))
    heard = replace(a_delivery("heard", None), listen=listen_order(a_thread(2), "act"))
    ids = await store.inbox.add([both, heard])
    assert None not in ids
    assert await store.inbox.add([both, heard]) == [None, None]
    worker = await store.worker()
    leases = [await store.queue.claim(worker) for _ in range(4)]
    found = {(one.key, one.kind, one.triggers): one.work_id for one in leases if one is not None}
    assert set(found) == {
        ("840#1", "thread", ("body",)),
        ("listen:840#1", "listen", ("act",)),
        ("listen:840#2", "listen", ("act",)),
    }
    assert ids == [found["840#1", "thread", ("body",)], found["listen:840#2", "listen", ("act",)]]
    assert await store.inbox.body("both") == both.body


async def test_listening_is_coalesced_like_all_work(store: Store):
    asked = [replace(a_delivery(f"d{n}", an_order(1)), listen=listen_order(a_thread(1), "act")) for n in range(5)]
    ids = await store.inbox.add([*asked[:3]])
    assert await store.inbox.add(asked[3:]) == ids[:2]
    assert len(await store.queue.due(10)) == 2
