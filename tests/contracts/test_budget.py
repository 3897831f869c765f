"""What every budget promises: to reserve before a call, to count what was never settled, to leave people in peace."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.effect import Effect
from app.domain.repository_settings import BudgetSettings, NotifySettings
from app.ports import CALL_USD, Call, Spent
from tests.contracts.conftest import Store
from tests.contracts.values import a_comment, a_thread

PLENTY = BudgetSettings(usd_per_day=1000, usd_per_thread=1000, calls_per_person=1000)
HOUR = 3600.0


def a_call(actor: str = "ada", *, number: int = 1, repository_id: int = 840) -> Call:
    return Call(a_thread(number, repository_id=repository_id), actor)


async def spend(store: Store, usd: float, call: Call | None = None) -> None:
    reserved = await store.budget.reserve(call or a_call("somebody"), PLENTY)
    assert isinstance(reserved, int)
    await store.budget.settle(reserved, usd)


async def an_effect(store: Store, number: int = 1, *, installation_id: int = 7) -> Effect:
    """A planned comment of repository 100 * `installation_id`."""
    await store.plan(a_comment(number=number, installation_id=installation_id))
    effects = await store.ledger.effects(
        a_thread(number, repository_id=installation_id * 100, installation_id=installation_id)
    )
    return effects[-1]


def limits(**some: float) -> BudgetSettings:
    return PLENTY.model_copy(update=some)


# --- money -----------------------------------------------------------------------------------------------


async def test_one_person_causes_so_many_calls_within_an_hour_and_others_are_served(store: Store):
    few = limits(calls_per_person=2)
    assert isinstance(await store.budget.reserve(a_call(number=1), few), int)
    assert isinstance(await store.budget.reserve(a_call(number=2), few), int)
    assert await store.budget.reserve(a_call(number=3), few) == Spent("ada has had 2 model calls within an hour")
    assert isinstance(await store.budget.reserve(a_call("grace", number=3), few), int)
    assert isinstance(await store.budget.reserve(a_call(repository_id=841), few), int)


async def test_the_hour_rolls(store: Store):
    few = limits(calls_per_person=2)
    await store.budget.reserve(a_call(), few)
    await store.advance(HOUR / 2)
    await store.budget.reserve(a_call(), few)
    await store.advance(HOUR / 2 - 5)
    assert isinstance(await store.budget.reserve(a_call(), few), Spent)
    await store.advance(10)
    assert isinstance(await store.budget.reserve(a_call(), few), int)
    assert isinstance(await store.budget.reserve(a_call(), few), Spent)


async def test_a_thread_has_its_money_for_ever(store: Store):
    bound = limits(usd_per_thread=0.5)
    await spend(store, 0.45)
    await store.advance(30 * 24 * HOUR)
    assert await store.budget.reserve(a_call(), bound) == Spent("$0.45 of $0.50 for this thread are spent")
    assert isinstance(await store.budget.reserve(a_call(number=2), bound), int)


async def test_a_repository_has_its_money_for_24_hours(store: Store):
    bound = limits(usd_per_day=2.0)
    await spend(store, 1.95)
    refused = Spent("$1.95 of $2.00 for this repository and day are spent")
    assert await store.budget.reserve(a_call("ada", number=2), bound) == refused
    assert isinstance(await store.budget.reserve(a_call(repository_id=841), bound), int)
    await store.advance(24 * HOUR + 1)
    assert isinstance(await store.budget.reserve(a_call("ada", number=2), bound), int)


@pytest.mark.parametrize("limit", ["usd_per_day", "usd_per_thread", "calls_per_person"])
async def test_nothing_is_paid_for_where_nothing_may_be(limit: str, store: Store):
    assert isinstance(await store.budget.reserve(a_call(), limits(**{limit: 0})), Spent)


async def test_the_last_dollar_can_be_spent(store: Store):
    await spend(store, 1.0 - CALL_USD)
    assert isinstance(await store.budget.reserve(a_call(), limits(usd_per_day=1.0)), int)


async def test_a_call_that_was_never_settled_counts(store: Store):
    """Its process died: it may have been answered, and paid for."""
    bound = limits(usd_per_day=2.5 * CALL_USD)
    assert isinstance(await store.budget.reserve(a_call(), bound), int)
    assert isinstance(await store.budget.reserve(a_call(number=2), bound), int)
    assert isinstance(await store.budget.reserve(a_call(number=3), bound), Spent)


async def test_a_settled_call_counts_with_what_it_cost(store: Store):
    bound = limits(usd_per_day=1.5 * CALL_USD)
    for _ in range(4):
        reserved = await store.budget.reserve(a_call(), bound)
        assert isinstance(reserved, int)
        await store.budget.settle(reserved, CALL_USD / 10)
    await spend(store, CALL_USD)
    assert isinstance(await store.budget.reserve(a_call(), bound), Spent)


async def test_a_call_that_was_never_made_counts_no_longer(store: Store):
    bound = limits(calls_per_person=1)
    reserved = await store.budget.reserve(a_call(), bound)
    assert isinstance(reserved, int)
    await store.budget.settle(reserved, -1)
    assert isinstance(await store.budget.reserve(a_call(), bound), int)


async def test_what_is_spent_is_not_reserved(store: Store):
    bound = limits(calls_per_person=1)
    await store.budget.reserve(a_call(), bound)
    for _ in range(5):
        assert isinstance(await store.budget.reserve(a_call(), bound), Spent)
    await store.advance(HOUR + 1)
    assert isinstance(await store.budget.reserve(a_call(), bound), int)


async def test_many_at_once_get_no_more_than_one_after_another(store: Store):
    asked = [store.budget.reserve(a_call(number=number), limits(calls_per_person=5)) for number in range(40)]
    asked += [store.budget.reserve(a_call(f"p{number}", number=99), limits(usd_per_thread=0.75)) for number in range(9)]
    answers = await asyncio.gather(*asked)
    assert sum(isinstance(one, int) for one in answers[:40]) == 5
    assert sum(isinstance(one, int) for one in answers[40:]) == 7


# --- notifications ---------------------------------------------------------------------------------------

ROOMY = NotifySettings(per_person=1000, per_hour=1000)


async def test_nobody_hears_more_than_so_much_within_an_hour(store: Store):
    few = NotifySettings(per_person=2, per_hour=1000)
    one, two, three = [await an_effect(store, number) for number in (1, 2, 3)]
    assert await store.budget.notify(one, ["ada"], few) is None
    await store.advance(600)
    assert await store.budget.notify(two, ["ada", "grace"], few) is None
    later = await store.budget.notify(three, ["grace", "ada"], few)
    assert later is not None
    assert abs(later - store.later(3000)) < timedelta(seconds=10)
    assert await store.budget.notify(three, ["grace"], few) is None
    await store.advance(3010)
    assert await store.budget.notify(three, ["grace", "ada"], few) is None


async def test_a_person_is_the_same_in_every_repository(store: Store):
    one, other = await an_effect(store), await an_effect(store, installation_id=8)
    few = NotifySettings(per_person=1, per_hour=1000)
    assert await store.budget.notify(one, ["ada"], few) is None
    assert await store.budget.notify(other, ["ada"], few) is not None


async def test_a_repository_has_so_many_comments_an_hour_whomever_they_reach(store: Store):
    few = NotifySettings(per_person=1000, per_hour=2)
    effects = [await an_effect(store, number) for number in (1, 2, 3)]
    assert await store.budget.notify(effects[0], ["ada", "grace", "linus"], few) is None
    assert await store.budget.notify(effects[1], [], few) is None
    assert await store.budget.notify(effects[2], ["alan"], few) is not None
    elsewhere = await an_effect(store, installation_id=8)
    assert await store.budget.notify(elsewhere, ["alan"], few) is None


async def test_a_comment_is_counted_once_however_often_it_is_tried(store: Store):
    few = NotifySettings(per_person=2, per_hour=2)
    one, two = await an_effect(store, 1), await an_effect(store, 2)
    for _ in range(5):
        assert await store.budget.notify(one, ["ada", "ada"], few) is None
    assert await store.budget.notify(two, ["ada"], few) is None


async def test_a_comment_counts_when_it_was_tried_last(store: Store):
    once = NotifySettings(per_person=1, per_hour=1000)
    one, two = await an_effect(store, 1), await an_effect(store, 2)
    await store.budget.notify(one, ["ada"], once)
    await store.advance(HOUR - 60)
    await store.budget.notify(one, ["ada"], once)
    await store.advance(120)
    assert await store.budget.notify(two, ["ada"], once) is not None


async def test_what_has_to_wait_is_not_counted(store: Store):
    one, two = await an_effect(store, 1), await an_effect(store, 2)
    await store.budget.notify(one, ["ada"], ROOMY)
    assert await store.budget.notify(two, ["ada", "grace"], NotifySettings(per_person=1, per_hour=9)) is not None
    three = await an_effect(store, 3)
    assert await store.budget.notify(three, ["grace"], NotifySettings(per_person=1, per_hour=9)) is None


@pytest.mark.parametrize("none", [NotifySettings(per_person=0), NotifySettings(per_hour=0)])
async def test_there_is_never_room_where_no_comments_are_allowed(none: NotifySettings, store: Store):
    effect = await an_effect(store)
    later = await store.budget.notify(effect, ["ada"], none)
    assert later is not None
    assert later > store.now()


async def test_many_at_once_reach_a_person_no_more_often(store: Store):
    known = await an_effect(store)
    effects = [replace(known, id=10_000 + number) for number in range(30)]
    few = NotifySettings(per_person=4, per_hour=1000)
    said = await asyncio.gather(*(store.budget.notify(one, ["ada", f"p{one.id % 3}"], few) for one in effects))
    assert Counter(one is None for one in said)[True] == 4
