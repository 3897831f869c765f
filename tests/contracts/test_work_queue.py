"""What every work queue promises."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.work import CALM_SECONDS, LONGEST_CALM_SECONDS, MAX_ATTEMPTS, RESTS, Lease
from app.ports import Delivery
from tests.contracts.conftest import Store
from tests.contracts.values import a_comment, a_run, an_order


async def claimed(store: Store, worker: UUID | None = None) -> Lease:
    lease = await store.queue.claim(worker or await store.worker())
    assert lease is not None
    return lease


async def nothing_is_due(store: Store) -> bool:
    return await store.queue.claim(await store.worker()) is None and await store.queue.due(9) == []


async def test_an_empty_queue_has_nothing_to_claim(store: Store):
    assert await nothing_is_due(store)
    assert await store.queue.order([]) == []


async def test_a_lease_says_all_that_was_ordered(store: Store):
    order = an_order(12)
    (work_id,) = await store.queue.order([order])
    lease = await claimed(store)
    assert lease.work_id == work_id
    assert (lease.kind, lease.key, lease.triggers, lease.attempt) == ("thread", "840#12", ("body",), 1)
    assert (lease.thread.repository.name, lease.thread.kind, lease.thread.number) == ("acme/r840", "issue", 12)
    assert 50 < (lease.until - store.now()).total_seconds() <= 60
    assert await nothing_is_due(store)


async def test_orders_of_one_key_are_one_work_with_each_trigger_once_in_order_of_arrival(store: Store):
    first = await store.queue.order([an_order(trigger="z"), an_order(trigger="a"), an_order(trigger="z")])
    second = await store.queue.order([an_order(trigger="m"), an_order(trigger="a")])
    assert first == second
    assert len(first) == 1
    assert (await claimed(store)).triggers == ("z", "a", "m")


async def test_what_comes_during_a_run_makes_exactly_one_more(store: Store):
    await store.queue.order([an_order()])
    lease = await claimed(store)
    for trigger in ("body", "comment:1", "body"):
        assert await store.queue.order([an_order(trigger=trigger)]) == []  # leased: nothing to ring for
    assert await nothing_is_due(store)
    assert await store.queue.conclude(lease, [a_run()], []) == []
    again = await claimed(store)
    assert (again.triggers, again.attempt) == (("body", "comment:1"), 1)
    await store.queue.conclude(again, [], [])
    assert await nothing_is_due(store)


async def test_done_work_is_planned_again_by_a_new_order(store: Store):
    (work_id,) = await store.queue.order([an_order()])
    await store.queue.conclude(await claimed(store), [], [])
    assert await store.queue.order([an_order(trigger="comment:2")]) == [work_id]
    assert (await claimed(store)).triggers == ("comment:2",)


async def test_concluding_names_the_effects_to_publish(store: Store):
    await store.queue.order([an_order()])
    effects = [a_comment(number=1), a_comment(number=2, draft=True)]
    due = await store.queue.conclude(await claimed(store), [a_run()], effects)
    assert due is not None
    assert due == await store.outbox.due(9)
    assert len(due) == 1


async def test_a_heartbeat_keeps_the_lease(store: Store):
    await store.queue.order([an_order()])
    lease = await claimed(store)
    for _ in range(3):
        await store.advance(50)
        assert await store.queue.heartbeat(lease)
        await store.queue.expire()
    assert await store.queue.conclude(lease, [], []) == []


async def test_a_lost_lease_can_do_nothing(store: Store):
    await store.queue.order([an_order()])
    lost = await claimed(store)
    await store.advance(61)
    await store.queue.expire()
    assert not await store.queue.heartbeat(lost)
    assert await store.queue.conclude(lost, [a_run()], [a_comment()]) is None
    await store.queue.retry(lost, "too late", store.later(500))
    assert await store.outbox.due(9) == []
    again = await claimed(store)
    assert (again.triggers, again.attempt) == (("body",), 2)
    assert not await store.queue.heartbeat(lost)
    assert await store.queue.heartbeat(again)


async def test_an_expired_lease_that_nobody_took_back_still_counts(store: Store):
    await store.queue.order([an_order()])
    lease = await claimed(store)
    await store.advance(61)
    assert await store.queue.conclude(lease, [], []) == []


async def test_the_leases_of_a_dead_worker_are_taken_back_at_once_and_no_others(store: Store):
    await store.queue.order([an_order(1), an_order(2)])
    dead, alive = await store.worker(), await store.worker()
    await claimed(store, dead)
    kept = await claimed(store, alive)
    await store.queue.expire()
    assert await nothing_is_due(store)
    await store.kill(dead)
    await store.queue.expire()
    assert (await claimed(store)).number == 1
    assert await store.queue.heartbeat(kept)


async def test_work_given_back_waits_and_keeps_all_its_triggers(store: Store):
    await store.queue.order([an_order()])
    lease = await claimed(store)
    await store.queue.order([an_order(trigger="comment:1"), an_order(trigger="body")])
    await store.queue.retry(lease, "GitHub is down", store.later(30))
    assert await nothing_is_due(store)
    await store.advance(31)
    again = await claimed(store)
    assert (again.triggers, again.attempt) == (("body", "comment:1"), 2)


async def test_an_order_does_not_shorten_a_wait(store: Store):
    await store.queue.order([an_order()])
    await store.queue.retry(await claimed(store), "slow down", store.later(30))
    await store.queue.order([an_order(trigger="comment:1")])
    assert await nothing_is_due(store)


async def test_after_the_last_attempt_work_is_dead_until_someone_asks_again(store: Store):
    (work_id,) = await store.queue.order([an_order()])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        lease = await claimed(store)
        assert lease.attempt == attempt
        await store.queue.retry(lease, "it fails", store.now())
    assert await nothing_is_due(store)
    assert await store.queue.revive(work_id)
    assert not await store.queue.revive(work_id)
    revived = await claimed(store)
    assert (revived.triggers, revived.attempt) == (("body",), 1)


async def test_a_new_order_brings_dead_work_back_with_what_it_still_owed(store: Store):
    (work_id,) = await store.queue.order([an_order()])
    for _ in range(MAX_ATTEMPTS):
        await store.queue.retry(await claimed(store), "it fails", store.now())
    assert await store.queue.order([an_order(trigger="comment:5")]) == [work_id]
    revived = await claimed(store)
    assert (revived.triggers, revived.attempt) == (("body", "comment:5"), 1)


async def test_work_that_kills_its_worker_is_dead_after_three(store: Store):
    await store.queue.order([an_order()])
    for _ in range(MAX_ATTEMPTS):
        worker = await store.worker()
        lease = await claimed(store, worker)
        await store.kill(worker)
        await store.queue.expire()
        if lease.attempt == MAX_ATTEMPTS - 1:
            assert await nothing_is_due(store)  # what is in hand when a process dies is rarely what killed it
            await store.advance(CALM_SECONDS)
    assert await nothing_is_due(store)
    await store.advance(3600)
    assert await nothing_is_due(store)


async def in_hand_at_two_deaths(store: Store, *numbers: int) -> None:
    await store.queue.order([an_order(number, repository_id=number) for number in numbers])
    for _ in range(2):
        worker = await store.worker()
        assert len([await claimed(store, worker) for _ in numbers]) == len(numbers)
        await store.kill(worker)
        await store.queue.expire()


async def test_a_last_attempt_waits_until_no_worker_has_died_for_a_while(store: Store):
    await in_hand_at_two_deaths(store, 1)
    await store.queue.order([an_order(7, repository_id=7)])
    await store.advance(CALM_SECONDS - 5)
    worker = await store.worker()
    assert (await claimed(store, worker)).number == 7
    await store.kill(worker)
    await store.queue.expire()
    await store.queue.conclude(await claimed(store), [], [])  # seven, whose second attempt need not wait
    await store.advance(CALM_SECONDS - 5)
    assert await nothing_is_due(store)
    await store.advance(6)
    assert (await claimed(store)).attempt == MAX_ATTEMPTS


async def test_an_installation_that_is_back_does_not_end_the_wait_for_calm(store: Store):
    await in_hand_at_two_deaths(store, 7)
    await store.queue.resume(an_order(7, repository_id=7).installation_id)
    assert await nothing_is_due(store)
    await store.advance(CALM_SECONDS + 1)
    assert (await claimed(store)).number == 7


async def test_a_last_attempt_does_not_wait_for_calm_for_ever(store: Store):
    await in_hand_at_two_deaths(store, 1)
    for _ in range(int(LONGEST_CALM_SECONDS / 20)):
        await store.queue.order([an_order(7, repository_id=7)])
        worker = await store.worker()
        await claimed(store, worker)
        await store.kill(worker)
        await store.queue.expire()
        await store.queue.conclude(await claimed(store), [], [])
        await store.advance(20)
    assert (await claimed(store)).number == 1


async def test_last_attempts_after_deaths_are_made_one_at_a_time(store: Store):
    """One of two that always die together may be innocent, and would die a third time for the other."""
    await in_hand_at_two_deaths(store, 1, 2)
    await store.advance(CALM_SECONDS + 1)
    first = await claimed(store)
    assert await store.queue.claim(await store.worker()) is None
    await store.queue.conclude(first, [], [])
    assert {first.number, (await claimed(store)).number} == {1, 2}


async def test_attempts_that_do_not_count_never_kill(store: Store):
    await store.queue.order([an_order()])
    for _ in range(2 * MAX_ATTEMPTS):
        lease = await claimed(store)
        assert lease.attempt == 1
        await store.queue.retry(lease, "not its fault", store.now(), counts=False)


async def test_only_dead_work_can_be_revived(store: Store):
    (work_id,) = await store.queue.order([an_order()])
    assert not await store.queue.revive(work_id)
    assert not await store.queue.revive(work_id + 1000)


async def test_repositories_take_turns_and_each_is_served_oldest_first(store: Store):
    busy = [an_order(number, repository_id=1) for number in range(1, 6)]
    await store.queue.order(busy)
    await store.queue.order([an_order(1, repository_id=2), an_order(1, repository_id=3)])
    worker, keys = await store.worker(), []
    while lease := await store.queue.claim(worker):
        keys.append(lease.key)
        await store.queue.conclude(lease, [], [])
    assert keys == ["1#1", "2#1", "3#1", "1#2", "1#3", "1#4", "1#5"]


async def test_the_repository_with_the_fewest_leases_comes_first_and_none_has_too_many(store: Store):
    for repository_id in (1, 2):
        await store.queue.order([an_order(number, repository_id=repository_id) for number in range(1, 7)])
    worker, leases = await store.worker(), []
    while lease := await store.queue.claim(worker):
        leases.append(lease)
    assert [lease.repository_id for lease in leases] == [1, 2, 1, 2, 1, 2]  # three hands a repository
    for lease in (leases[0], leases[1], leases[3]):
        await store.queue.conclude(lease, [], [])
    assert (await claimed(store, worker)).repository_id == 2  # one lease against two, though served last


async def test_work_that_waits_does_not_hold_up_its_repository(store: Store):
    await store.queue.order([an_order(1)])
    await store.queue.retry(await claimed(store), "later", store.later(60))
    await store.queue.order([an_order(2)])
    assert (await claimed(store)).number == 2


async def test_due_lists_the_oldest_first_and_no_more_than_asked(store: Store):
    ids = []
    for number in range(1, 4):
        ids += await store.queue.order([an_order(number)])
        await store.advance(1)
    assert await store.queue.due(2) == ids[:2]
    assert await store.queue.due(9) == ids


async def test_what_waits_for_an_installation_waits_no_longer(store: Store):
    await store.queue.order([an_order(1), an_order(2, installation_id=8)])
    for _ in range(2):
        lease = await claimed(store)
        await store.queue.retry(lease, "parked", store.now() + timedelta(hours=1), counts=False)
    assert await nothing_is_due(store)
    await store.queue.resume(8)
    lease = await claimed(store)
    assert lease.installation_id == 8
    assert lease.planned_at <= store.now()
    assert await nothing_is_due(store)


async def test_keys_that_no_work_was_ever_planned_for(store: Store):
    await store.queue.order([an_order(1)])
    assert await store.queue.unknown_keys(["840#1", "840#2"]) == {"840#2"}
    assert await store.queue.unknown_keys([]) == set()


# --- storms ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heard", ["ordered", "delivered"])
@pytest.mark.parametrize(("trigger", "wakes"), [("comment:9", True), ("reply:9", False), ("body", False)])
async def test_only_who_asks_by_name_ends_the_rest_of_a_thread(heard: str, trigger: str, wakes: bool, store: Store):
    await store.queue.order([an_order(1)])
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    await store.queue.retry(lease, RESTS, store.later(3600), counts=False)
    if heard == "ordered":
        await store.queue.order([an_order(1, trigger)])
    else:
        order = an_order(1, trigger)
        await store.inbox.add([Delivery("g1", "issue_comment", "created", 7, b"{}", order)])
    again = await store.queue.claim(await store.worker())
    assert (again is not None) == wakes
    if again is not None:
        assert (again.triggers, again.attempt) == (("body", "comment:9"), 1)


async def test_who_asks_by_name_does_not_end_another_wait(store: Store):
    await store.queue.order([an_order(1)])
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    await store.queue.retry(lease, "GitHub is in trouble", store.later(3600), counts=False)
    await store.queue.order([an_order(1, "comment:9")])
    assert await store.queue.claim(await store.worker()) is None
