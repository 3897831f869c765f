"""What people do on a thread becomes one signal each, however often and in whatever order it is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.signal import Wanted
from app.teammate.listen.hear import judge
from tests.fakes.github import FakeGitHub
from tests.manners.scene import AUTHOR, LOUD, REPOSITORY, TEAM
from tests.teammate.listen.hearing import LEARNING, Hearing

WEEK = timedelta(days=7)


async def test_a_label_that_a_maintainer_takes_off():
    on = Hearing()
    thread = await on.answered()
    on.unlabel(thread, "question")
    hooks = on.post()
    await on.deliver(*hooks)
    await on.settle()
    signal = await on.only(thread)
    assert (signal.kind, signal.polarity, signal.actor, signal.role) == ("label_removed", "bad", TEAM, "maintainer")
    assert (signal.mode, signal.wanted) == ("wrong-label", Wanted(labels_off=("question",)))
    effects = {one.id: one for one in await on.house.ledger.effects(on.ref(thread))}
    assert signal.effect_id is not None
    assert effects[signal.effect_id].run_id == signal.run_id
    assert on.house.queue.runs[signal.run_id - 1].skill == "triage"
    for again in (hooks, hooks[::-1]):
        for one in again:
            one.guid += "x"
        await on.deliver(*again)
        await on.settle()
    assert await on.only(thread) == signal


async def test_who_puts_it_back_has_judged_nothing():
    on = Hearing()
    thread = await on.answered()
    on.unlabel(thread, "question")
    await on.settle()
    on.house.clock.advance(5)
    on.label(thread, "question")
    await on.settle()
    assert await on.heard(thread) == []
    [taken_back] = [one for one in await on.house.signals.of_thread(on.ref(thread)) if one.kind == "label_removed"]
    assert taken_back.withdrawn_at is not None


async def test_a_label_that_is_replaced_is_one_judgement():
    on = Hearing()
    thread = await on.answered()
    on.unlabel(thread, "question")
    await on.settle()
    on.house.clock.advance(60)
    on.label(thread, "bug")
    await on.settle()
    signal = await on.only(thread)
    assert (signal.kind, signal.wanted) == (
        "label_replaced",
        Wanted(labels_on=("bug",), labels_off=("question",)),
    )


async def test_a_label_that_we_missed():
    on = Hearing()
    thread = await on.answered()
    on.house.clock.advance(5)
    on.label(thread, "bug")
    on.label(thread, "not of the list")
    await on.settle()
    signal = await on.only(thread)
    assert (signal.kind, signal.wanted, signal.mode) == ("label_added", Wanted(labels_on=("bug",)), "missed-label")


async def test_what_the_thread_carried_when_it_was_opened_was_not_missed():
    on = Hearing()
    thread = on.open(labels=["bug"])
    await on.settle()
    assert await on.heard(thread) == []


async def test_a_command_is_a_judgement_of_whoever_gave_it():
    on = Hearing()
    thread = await on.answered()
    on.house.clock.advance(5)
    await on.tell(thread, 'label +bug -"question"')
    signal = await on.only(thread)
    assert (signal.kind, signal.actor) == ("label_replaced", TEAM)


async def test_bots_judge_nothing():
    on = Hearing()
    thread = await on.answered()
    on.unlabel(thread, "question", actor="renovate[bot]")
    on.label(thread, "bug", actor="renovate[bot]")
    on.say(thread, "This is wrong.", actor="renovate[bot]")
    on.hub.close(actor="renovate[bot]", repo=REPOSITORY, number=thread.number)
    await on.settle()
    assert await on.heard(thread) == []


async def test_who_tidies_up_judges_nothing_not_even_on_the_first_thread():
    on = Hearing()
    threads = [await on.answered(title=f"How do I rotate the webhook secret number {n}?") for n in range(6)]
    for thread in threads:
        on.unlabel(thread, "question")
        await on.settle()
        on.house.clock.advance(5)
    await on.settle()
    for thread in threads:
        assert await on.heard(thread) == []


async def test_a_label_that_stands_for_a_week_or_when_the_thread_is_closed_was_right():
    on = Hearing()
    left, closed = await on.answered(), await on.answered()
    on.hub.close(actor=TEAM, repo=REPOSITORY, number=closed.number)
    await on.settle()
    assert [(one.actor, one.polarity) for one in await on.heard(closed, "label_kept")] == [(TEAM, "good")]
    assert await on.heard(left, "label_kept") == []
    await on.wait(timedelta(days=6), timedelta(days=1))
    assert [one.actor for one in await on.heard(left, "label_kept")] == [""]
    assert len(await on.heard(left, "survived")) == 2


async def test_undo_is_one_signal_for_each_effect_and_no_other():
    on = Hearing()
    thread = await on.answered()
    on.house.clock.advance(5)
    await on.tell(thread, "undo")
    assert on.labels(thread) == set()
    found = await on.heard(thread)
    assert {(one.kind, one.polarity) for one in found} == {("undo", "bad")}
    assert {one.wanted for one in found} == {Wanted(labels_off=("question",)), Wanted(silence=True)}


async def test_a_stop_after_we_spoke_and_before():
    on = Hearing()
    before = on.open(title="Notes", body="@plumbline pause")
    await on.settle()
    await on.tell(before, "pause", actor=AUTHOR)
    assert await on.heard(before) == []
    thread = await on.answered()
    on.house.clock.advance(5)
    await on.tell(thread, "pause", actor=AUTHOR)
    signal = await on.only(thread)
    assert (signal.kind, signal.role, signal.mode) == ("stop", "author", "spoke-when-unwanted")


async def test_a_comment_that_a_maintainer_rewrites():
    on = Hearing()
    thread = await on.answered()
    body = on.ours(thread).body
    on.hub.edit_comment(
        actor=TEAM, repo=REPOSITORY, comment=on.ours(thread).id, body=body.replace("restart", "wait, then restart")
    )
    await on.settle()
    signal = await on.only(thread)
    assert (signal.kind, signal.actor, signal.role) == ("comment_edited", TEAM, "maintainer")
    assert signal.wanted is not None
    assert "wait, then restart" in signal.wanted.body
    assert "plumbline:1" not in signal.wanted.body


async def test_a_comment_that_a_maintainer_deletes_and_one_that_is_hidden():
    on = Hearing()
    thread, other = await on.answered(), await on.answered()
    on.hub.delete_comment(actor=TEAM, repo=REPOSITORY, comment=on.ours(thread).id)
    on.hub.hide_comment(actor=TEAM, repo=REPOSITORY, comment=on.ours(other).id, reason="off-topic")
    await on.settle()
    signal = await on.only(thread)
    assert (signal.kind, signal.actor, signal.wanted) == ("comment_deleted", TEAM, Wanted(silence=True))
    assert await on.heard(other) == []  # GitHub sends no event for it
    await on.look()
    signal = await on.only(other)
    assert (signal.kind, signal.text, signal.mode) == ("comment_hidden", "off-topic", "off-topic")


async def test_a_thread_that_moves_judges_nothing_and_settles_nothing():
    on = Hearing()
    on.hub.add_repository("acme/other")
    thread = await on.answered()
    on.hub.transfer_thread(actor=TEAM, repo=REPOSITORY, number=thread.number, to="acme/other")
    await on.settle()
    signal = await on.only(thread)
    assert (signal.kind, signal.polarity, signal.actor) == ("transferred", "neutral", TEAM)
    await on.wait(timedelta(minutes=10))
    effects = await on.house.ledger.effects(on.ref(thread))
    settled = await on.house.signals.survivals([one.id for one in effects])
    assert {one.fate for one in settled} == {"censored"}


async def test_survival_is_settled_window_by_window():
    on = Hearing()
    thread = await on.answered()
    await on.wait(timedelta(minutes=2), timedelta(minutes=8), timedelta(minutes=60))
    on.unlabel(thread, "question")
    await on.settle()
    await on.wait(timedelta(days=1), WEEK)
    effects = await on.house.ledger.effects(on.ref(thread))
    found = {
        (one.payload.kind, settled.window): settled.fate
        for one in effects
        for settled in await on.house.signals.survivals([one.id])
    }
    assert found == {
        **{("labels", window): fate for window, fate in (("10m", "stands"), ("1h", "stands"))},
        **{("labels", window): "undone" for window in ("1d", "7d")},
        **{("comment", window): "stands" for window in ("10m", "1h", "1d", "7d")},
    }


@pytest.mark.parametrize(("settings", "name"), [(LOUD, "hashed"), (LEARNING, TEAM)])
async def test_nobodys_words_and_names_are_kept_without_consent(settings, name):
    on = Hearing(settings=settings)
    thread = await on.answered()
    on.house.clock.advance(5)
    on.say(thread, "This is wrong. My password is hunter2-hunter2. " + "x" * 600)
    on.unlabel(thread, "question")
    await on.settle()
    found = {one.kind: one for one in await on.heard(thread)}
    assert set(found) == {"reply", "label_removed"}
    reply = found["reply"]
    assert (reply.role, reply.polarity) == ("maintainer", "bad")
    assert found["label_removed"].wanted == Wanted(labels_off=("question",))
    if name == TEAM:
        assert reply.actor == TEAM
        assert len(reply.text) == 500
        assert "hunter2" not in reply.text
    else:
        assert TEAM not in repr(found)
        assert (reply.text, reply.actor) == ("", found["label_removed"].actor)


async def test_a_crowd_is_asked_about_little_by_little():
    on = Hearing()
    thread = await on.answered()
    on.house.clock.advance(5)
    for number in range(45):
        on.say(thread, "This is wrong.", actor=f"sock-{number}")
    on.say(thread, "This is wrong.", actor=TEAM)
    await on.settle()
    found = await on.heard(thread, "reply")
    assert len(found) == 46
    assert {one.role for one in found} == {"outsider", "maintainer"}


async def test_a_run_that_was_judged_wrong_becomes_a_case_once():
    on = Hearing()
    thread = await on.answered()
    on.unlabel(thread, "question")
    await on.settle()
    assert [case.mode for case in on.house.cases.rows.values()] == ["wrong-label"]
    await judge(on.parts, on.ref(thread), [1, 2])
    assert len(on.house.cases.rows) == 1


async def test_a_thread_on_which_we_never_did_anything_is_not_even_read():
    on = Hearing(settings="mode: off\n")
    thread = on.open()
    await on.settle()
    on.label(thread, "bug")
    on.hub.close(actor=TEAM, repo=REPOSITORY, number=thread.number)
    on.parts = replace(on.parts, reader=FakeGitHub(on.house.clock))  # which knows no thread, so that reading would fail
    await on.settle()
    assert {row.state for row in on.house.queue.rows.values() if row.order.kind == "listen"} == {"done"}
    assert await on.house.signals.of_thread(on.ref(thread)) == []
