"""What every store of signals promises."""

from datetime import datetime, timedelta

from app.domain.act import Act, ActKind
from app.domain.signal import Signal, Survival, Wanted
from app.domain.thread import ThreadRef
from app.ports import SignalFilter
from app.ports.listening import Bulk
from tests.contracts.conftest import Store
from tests.contracts.values import NOON, a_comment, a_run, a_thread, an_order, labels

THREAD = a_thread(1)


def a_signal(name: str = "reply:1", *, run_id: int = 1, minutes: float = 0, **changed: object) -> Signal:
    fields = {"kind": "reply", "polarity": "bad", "actor": "grace", "role": "maintainer", "mode": "wrong-answer"}
    at = NOON + timedelta(minutes=minutes)
    return Signal.model_validate({"id": name, "run_id": run_id, "at": at, **fields, **changed})


async def a_run_of(store: Store, number: int = 1, *, repository_id: int = 840) -> int:
    """The id of a new run on this thread; the fakes number theirs from 1."""
    await store.queue.order([an_order(number, repository_id=repository_id)])
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    run = a_run()
    seen = run.snapshot.model_copy(update={"number": number, "repository": f"acme/r{repository_id}"})
    assert await store.queue.conclude(lease, [run.model_copy(update={"snapshot": seen})], []) is not None
    return (await store.signals.runs(a_thread(number, repository_id=repository_id)))[-1].id


async def test_the_runs_of_a_thread_oldest_first(store: Store):
    ids = [await a_run_of(store), await a_run_of(store)]
    await a_run_of(store, 2)
    await a_run_of(store, 1, repository_id=841)
    runs = await store.signals.runs(THREAD)
    assert [run.id for run in runs] == ids
    assert runs[0].record == a_run()
    assert await store.signals.runs(a_thread(9)) == []


async def test_a_fact_that_is_heard_twice_is_one_signal(store: Store):
    run = await a_run_of(store)
    wanted = Wanted(labels_on=("bug",), duplicate_of=3, body="Better.")
    signal = a_signal(run_id=run, wanted=wanted, text="nul \0", effect_id=5)
    assert await store.signals.record(THREAD, [signal]) == ["reply:1"]
    again = a_signal(run_id=run, text="something else", minutes=5)
    assert await store.signals.record(THREAD, [again, a_signal("reply:2", run_id=run, minutes=9)]) == ["reply:2"]
    first, second = await store.signals.of_thread(THREAD)
    assert first.model_copy(update={"text": signal.text}) == signal
    assert second.id == "reply:2"
    assert await store.signals.of_thread(a_thread(2)) == []


async def test_the_same_fact_twice_at_once(store: Store):
    run = await a_run_of(store)
    assert await store.signals.record(THREAD, [a_signal(run_id=run), a_signal(run_id=run)]) == ["reply:1"]


async def test_one_name_in_two_repositories_is_two_facts(store: Store):
    other = a_thread(1, repository_id=841)
    here, there = await a_run_of(store), await a_run_of(store, 1, repository_id=841)
    assert await store.signals.record(THREAD, [a_signal(run_id=here)]) == ["reply:1"]
    assert await store.signals.record(other, [a_signal(run_id=there)]) == ["reply:1"]


async def test_a_signal_of_a_run_that_nobody_knows_is_dropped(store: Store):
    assert await store.signals.record(THREAD, [a_signal(run_id=4_000_000)]) == []
    assert await store.signals.of_thread(THREAD) == []


async def test_what_is_withdrawn_stays_and_counts_again_when_it_is_there_again(store: Store):
    run = await a_run_of(store)
    await store.signals.record(THREAD, [a_signal(run_id=run)])
    await store.signals.withdraw(THREAD, ["reply:1", "never heard of"], NOON)
    await store.signals.withdraw(THREAD, ["reply:1"], NOON + timedelta(hours=1))
    assert [one.withdrawn_at for one in await store.signals.of_thread(THREAD)] == [NOON]
    assert await store.signals.record(THREAD, [a_signal(run_id=run)]) == []
    assert [one.withdrawn_at for one in await store.signals.of_thread(THREAD)] == [None]
    await store.signals.withdraw(THREAD, [], NOON)


async def test_withdrawing_elsewhere_changes_nothing_here(store: Store):
    run = await a_run_of(store)
    await store.signals.record(THREAD, [a_signal(run_id=run)])
    await store.signals.withdraw(a_thread(1, repository_id=841), ["reply:1"], NOON)
    assert [one.withdrawn_at for one in await store.signals.of_thread(THREAD)] == [None]


async def test_what_was_heard_with_what_its_run_knows(store: Store):
    run, other = await a_run_of(store), await a_run_of(store, 1, repository_id=841)
    signals = [a_signal("a", run_id=run), a_signal("b", run_id=run, minutes=5, mode="verbose")]
    await store.signals.record(THREAD, signals)
    await store.signals.record(a_thread(1, repository_id=841), [a_signal("c", run_id=other, minutes=2)])

    async def names(wanted: SignalFilter, limit: int = 9) -> list[str]:
        return [one.signal.id for one in await store.signals.heard(wanted, limit=limit)]

    assert await names(SignalFilter()) == ["b", "c", "a"]
    assert await names(SignalFilter(), limit=1) == ["b"]
    assert await names(SignalFilter(repository_id=840)) == ["b", "a"]
    assert await names(SignalFilter(run_id=other)) == ["c"]
    assert await names(SignalFilter(mode="verbose")) == ["b"]
    assert await names(SignalFilter(since=NOON + timedelta(minutes=1))) == ["b", "c"]
    [newest] = await store.signals.heard(SignalFilter(mode="verbose"))
    assert (newest.repository, newest.number, newest.skill, newest.prompt) == ("acme/r840", 1, "triage", "triage@1")
    assert (newest.prompt_digest, newest.model, newest.signal) == ("d1", "local/1", signals[1])
    assert abs(newest.heard_at - store.now()) < timedelta(minutes=1)


async def test_a_window_that_is_settled_stays_so(store: Store):
    await store.plan(a_comment(), labels("bug"))
    ids = [one.id for one in await store.ledger.effects(a_thread(1, repository_id=700))]
    hour = Survival(effect_id=ids[0], window="1h", fate="stands", at=NOON)
    later = Survival(effect_id=ids[0], window="1d", fate="undone", at=NOON + timedelta(days=1))
    await store.signals.survived([hour, later])
    await store.signals.survived([hour.model_copy(update={"fate": "undone"})])
    await store.signals.survived([hour.model_copy(update={"effect_id": 4_000_000})])
    assert await store.signals.survivals(ids) == [hour, later]
    assert await store.signals.survivals([]) == []


# --- tidying up ------------------------------------------------------------------------------------------


def an_act(number: int, *, seconds: float = 0, kind: ActKind = "unlabeled", actor: str = "grace") -> Act:
    at = NOON + timedelta(seconds=seconds)
    return Act(id=f"{kind}:{number}", kind=kind, actor=actor, by="person", subject="bug", at=at)


async def tidied(store: Store, threads: int, *, at: datetime = NOON) -> list[ThreadRef]:
    refs = [a_thread(number) for number in range(1, threads + 1)]
    for number, ref in enumerate(refs, 1):
        await store.ledger.record(ref, [an_act(number, seconds=number * 10)])
    return refs


async def test_the_same_by_one_hand_on_five_threads_within_a_minute(store: Store):
    refs = await tidied(store, 5)
    found = await store.signals.bulk(refs[0], [an_act(1, seconds=10), an_act(77, seconds=3_000)])
    assert found == Bulk(frozenset({"unlabeled:1"}))


async def test_on_four_threads_it_is_no_tidying_up(store: Store):
    refs = await tidied(store, 4)
    assert (await store.signals.bulk(refs[0], [an_act(1, seconds=10)])).acts == frozenset()
    assert (await store.signals.bulk(refs[0], [])).acts == frozenset()


async def test_other_hands_other_kinds_and_other_repositories_do_not_count(store: Store):
    refs = await tidied(store, 3)
    await store.ledger.record(a_thread(4), [an_act(4, actor="ada")])
    await store.ledger.record(a_thread(5), [an_act(5, kind="labeled")])
    await store.ledger.record(a_thread(6, repository_id=841), [an_act(6)])
    await store.ledger.record(a_thread(7), [an_act(7, seconds=500)])
    await store.ledger.record(a_thread(1), [an_act(8), an_act(9)])
    assert (await store.signals.bulk(refs[0], [an_act(1, seconds=10)])).acts == frozenset()


async def test_where_a_signal_stands_of_what_was_tidying_up(store: Store):
    refs = await tidied(store, 6)
    runs = [await a_run_of(store, number) for number in (1, 2, 3)]
    for number, run in zip((1, 2, 3), runs, strict=True):
        signal = a_signal(f"label_removed:unlabeled:{number}", run_id=run, minutes=number * 10 / 60)
        await store.signals.record(refs[number - 1], [signal])
    await store.signals.withdraw(refs[2], ["label_removed:unlabeled:3"], NOON)
    found = await store.signals.bulk(refs[0], [an_act(1, seconds=10)])
    assert found == Bulk(frozenset({"unlabeled:1"}), (refs[1],))
