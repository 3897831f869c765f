"""What every ledger promises."""

from datetime import datetime, timedelta

from app.domain.act import Act, ActKind, Stance
from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect, Wrote
from app.domain.repository_settings import NotifySettings, RepositorySettings
from app.domain.run import RunRecord, RunSkill
from tests.contracts.conftest import Store
from tests.contracts.values import NOON, a_comment, a_run, a_thread, an_order, labels

THREAD = a_thread(1, repository_id=700)


def an_act(number: int, kind: ActKind = "unlabeled", *, subject: str = "bug", minutes: int = 0) -> Act:
    at = NOON + timedelta(minutes=minutes)
    return Act(id=f"{kind}:{number}", kind=kind, actor="ada", by="person", subject=subject, at=at)


async def test_acts_come_back_oldest_first_and_only_of_their_thread(store: Store):
    late, early = an_act(1, minutes=9), an_act(2, minutes=1)
    await store.ledger.record(THREAD, [late, early])
    await store.ledger.record(a_thread(2, repository_id=700), [an_act(3)])
    await store.ledger.record(a_thread(1, repository_id=701), [an_act(4)])
    assert await store.ledger.acts(THREAD) == [early, late]


async def test_an_act_that_is_heard_of_twice_is_one(store: Store):
    await store.ledger.record(THREAD, [an_act(1), an_act(2)])
    await store.ledger.record(THREAD, [an_act(2), an_act(3)])
    await store.ledger.record(THREAD, [])
    assert [act.id for act in await store.ledger.acts(THREAD)] == ["unlabeled:1", "unlabeled:2", "unlabeled:3"]


async def test_nothing_in_it_is_ever_changed(store: Store):
    await store.ledger.record(THREAD, [an_act(1)])
    await store.ledger.record(THREAD, [an_act(1, subject="something else", minutes=5)])
    assert await store.ledger.acts(THREAD) == [an_act(1)]


async def test_the_same_act_twice_in_one_listing(store: Store):
    await store.ledger.record(THREAD, [an_act(1), an_act(1)])
    assert len(await store.ledger.acts(THREAD)) == 1


async def test_whatever_people_write_is_kept(store: Store):
    odd = an_act(1, subject="nul \0 and \udcff").model_copy(update={"detail": "-old\n+new 🚀"})
    await store.ledger.record(THREAD, [odd])
    (act,) = await store.ledger.acts(THREAD)
    assert (act.detail, act.at) == (odd.detail, NOON)


async def test_a_stance_is_told_once_and_may_change(store: Store):
    assert await store.ledger.stance(THREAD) == Stance()
    told = Stance(quiet="paused", drafts=True, unlike=True, by="ada", at=NOON)
    await store.ledger.set_stance(THREAD, told)
    assert await store.ledger.stance(THREAD) == told
    await store.ledger.set_stance(THREAD, Stance(by="ada", at=NOON))
    assert await store.ledger.stance(THREAD) == Stance(by="ada", at=NOON)
    assert await store.ledger.stance(a_thread(2, repository_id=700)) == Stance()


async def test_effects_are_all_there_is_of_a_thread_whatever_became_of_it(store: Store):
    await store.plan(a_comment("one", draft=True), labels("bug"), a_comment(number=2))
    effect = await store.outbox.claim(await store.worker())
    assert effect is not None
    await store.outbox.done(effect, None, Wrote(labels=("bug",)))
    seen = await store.ledger.effects(THREAD)
    assert {(one.state, one.payload) for one in seen} == {
        ("draft", CommentPayload(body="one")),
        ("done", LabelsPayload(names=("bug",))),
    }
    assert [one.id for one in seen] == sorted(one.id for one in seen)
    assert [one.wrote for one in seen if one.state == "done"] == [Wrote(labels=("bug",))]


# --- our own looks ---------------------------------------------------------------------------------------

LOOKED_AT = a_thread(1)


def a_look(minutes: float, skill: RunSkill = "triage") -> RunRecord:
    return a_run().model_copy(update={"skill": skill, "started_at": NOON + timedelta(minutes=minutes)})


async def conclude(store: Store, *runs: RunRecord, effects: tuple[PlannedEffect, ...] = ()) -> None:
    await store.queue.order([an_order(1)])
    lease = await store.queue.claim(await store.worker())
    assert lease is not None
    assert await store.queue.conclude(lease, runs, effects) is not None


async def test_a_thread_that_nobody_has_looked_at_yet(store: Store):
    looks = await store.ledger.looks(LOOKED_AT, NOON)
    assert (looks.first, looks.lately) == (None, ())


async def test_all_skills_of_a_call_look_at_once_and_commands_do_not(store: Store):
    await conclude(store, a_look(-90), a_look(5), a_look(5, "answer"))
    await conclude(store, a_look(-100, "command"), a_look(9, "command"), a_look(3))

    def at(minutes: float) -> datetime:
        return NOON + timedelta(minutes=minutes)

    looks = await store.ledger.looks(LOOKED_AT, NOON)
    assert (looks.first, looks.lately) == (at(-100), (at(3), at(5)))
    assert (await store.ledger.looks(a_thread(2), NOON)).first is None


async def test_an_effect_remembers_the_settings_it_was_decided_with(store: Store):
    loud = RepositorySettings(mode="auto", notify=NotifySettings(per_person=77))
    run = a_run()
    run = run.model_copy(update={"snapshot": run.snapshot.model_copy(update={"settings": loud})})
    effect = PlannedEffect(f"{LOOKED_AT.key}:body", LOOKED_AT, "I_1", CommentPayload(body="Hi."), run=1)
    await conclude(store, a_run(), run, effects=(effect,))
    [planned] = await store.ledger.effects(LOOKED_AT)
    assert await store.ledger.settings(planned) == loud


async def test_comments_that_still_ask_are_known_with_since_when(store: Store):
    def asking(number: int, *asks: str, why: str = "body") -> PlannedEffect:
        thread = a_thread(number)
        return PlannedEffect(f"{thread.key}:{why}", thread, "I_1", CommentPayload(body="?", asks=asks), run=0)

    await store.plan(asking(1, "version"), asking(2), asking(3, "os", why="comment:7"), asking(4, "os"))
    for remote_id in ("c1", "c2", "c3"):
        effect = await store.outbox.claim(await store.worker())
        assert effect is not None
        await store.outbox.done(effect, remote_id)
    before = store.later(60)
    [(since, thread)] = await store.ledger.asking(before)
    assert thread == a_thread(1)
    assert before - timedelta(minutes=2) < since < before
    assert await store.ledger.asking(before - timedelta(hours=1)) == []
