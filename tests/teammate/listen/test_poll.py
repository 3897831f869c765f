"""Reactions are looked for on a schedule, each counts once, and the rate limit is nobody's to spend."""

from collections import deque
from datetime import timedelta

from app.domain.effect import WriteAnswer
from app.domain.work import WorkOrder
from app.ports import Reaction, Watched
from app.teammate.attend import attend_next
from app.teammate.listen.poll import poll_reactions
from app.teammate.listen.timing import FIRST, LOOKS, closes_a_window, next_look
from app.teammate.parts import ListenLimits
from app.teammate.publish import publish_next
from tests.fakes.clock import START
from tests.fakes.parts import THREAD, FakeHouse
from tests.manners.scene import AUTHOR, TEAM
from tests.teammate.listen.hearing import Hearing

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def test_a_thumbs_down_of_a_maintainer():
    on = Hearing()
    thread = await on.answered()
    on.react(thread, "-1")
    assert await on.heard(thread) == []
    done = await on.look()
    assert (done.looks, done.new, done.unchanged) == (1, 1, 0)
    signal = await on.only(thread)
    assert signal.id == f"reaction:{on.ours(thread).id}:{TEAM}:-1"
    assert (signal.kind, signal.polarity, signal.role, signal.text) == ("reaction", "bad", "maintainer", "-1")
    assert on.house.queue.runs[signal.run_id - 1].skill == "answer"
    assert len(on.house.cases.rows) == 1


async def test_toggled_a_hundred_times_it_is_one_and_taken_back_it_is_none():
    on = Hearing()
    thread = await on.answered()
    for _ in range(100):
        on.react(thread, "-1")
        await on.look()
        on.unreact(thread)
        await on.look()
    assert await on.heard(thread) == []
    assert len([one for one in await on.house.signals.of_thread(on.ref(thread)) if one.kind == "reaction"]) == 1
    on.react(thread, "-1")
    await on.look(DAY)
    assert len(await on.heard(thread)) == 1


async def test_bots_and_we_ourselves_are_not_asked():
    on = Hearing()
    thread = await on.answered()
    on.react(thread, "+1", "renovate[bot]", on.us)
    await on.look()
    assert await on.heard(thread) == []


async def test_all_that_people_feel_and_who_they_are():
    on = Hearing()
    thread = await on.answered()
    on.react(thread, "heart", AUTHOR)
    on.react(thread, "confused", "passer-by")
    on.react(thread, "eyes", "third")
    await on.look()
    found = {one.actor: (one.polarity, one.role) for one in await on.heard(thread)}
    assert found == {AUTHOR: ("good", "author"), "passer-by": ("bad", "outsider"), "third": ("neutral", "outsider")}


async def test_a_thousand_sock_puppets_are_looked_up_little_by_little_and_the_maintainer_is_heard():
    on = Hearing()
    thread = await on.answered()
    on.react(thread, "+1", *(f"sock-{n}" for n in range(60)))
    on.react(thread, "-1", TEAM)
    for _ in range(4):
        await on.look()
    found = await on.heard(thread)
    assert len(found) == 61
    assert [one.actor for one in found if one.role == "maintainer"] == [TEAM]
    assert len(on.house.cases.rows) == 1


async def test_a_comment_that_is_gone_is_watched_no_longer():
    on = Hearing()
    thread = await on.answered()
    on.hub.delete_comment(actor=TEAM, repo="acme/tool", comment=on.ours(thread).id)
    await on.look()
    assert [one.kind for one in await on.heard(thread)] == ["comment_deleted"]
    looks = 0
    for _ in range(9):
        looks += (await on.look(DAY)).looks
    assert looks == 0


async def test_it_is_looked_at_often_then_rarely_then_never():
    on = Hearing()
    await on.answered()
    asked = []
    for _ in range(4 * 24 * 60 + 70):
        done = await on.look(timedelta(minutes=15))
        asked.append(done.looks)
    by_day = [sum(asked[day * 96 : (day + 1) * 96]) for day in range(61)]
    assert by_day[0] >= 6
    assert by_day[2:13] == [1] * 11
    assert sum(by_day[15:60]) <= 8
    assert sum(asked[60 * 96 + 2 :]) == 0


def test_the_schedule():
    assert [next_look(START, START + after) for after in LOOKS[:-1]] == [START + after for after in LOOKS[1:]]
    assert next_look(START, START) == START + MINUTE
    assert next_look(START, START + timedelta(days=3, hours=5)) == START + 4 * DAY  # what was missed is not made up for
    assert next_look(START, START + LOOKS[-1]) is None
    assert sorted(LOOKS) == list(LOOKS)


def test_when_the_whole_thread_is_listened_to():
    at = [after for after in LOOKS if closes_a_window(START, START + after, START + after)]
    assert at == [MINUTE, timedelta(minutes=10), timedelta(hours=1), DAY, 7 * DAY]
    assert closes_a_window(START, START + timedelta(minutes=30), START + timedelta(hours=5))
    assert closes_a_window(START, START + timedelta(minutes=11), START + timedelta(minutes=12))  # taken twice


# --- limits, without a hub --------------------------------------------------------------------------------


async def written(house: FakeHouse) -> Watched:
    """The answer of the fake house, written and due."""
    house.plan()
    house.outbox.write_interval_s = 0.0
    while await attend_next(house.parts) or await publish_next(house.parts):
        pass
    house.clock.advance(61)
    await house.watches.watch_new(house.clock.now(), FIRST)
    [comment] = [one for one in house.watches.rows.values() if one.remote_id]
    return comment


async def test_unchanged_answers_are_counted_and_cost_nothing_else():
    house = FakeHouse()
    comment = await written(house)
    house.github.echo(comment.remote_id, "grace", "+1")
    assert (await poll_reactions(house.parts)).new == 1
    house.clock.advance(120)
    done = await poll_reactions(house.parts)
    assert (done.looks, done.unchanged, done.new) == (1, 1, 0)
    kept = house.watches.rows[comment.effect_id]
    assert (kept.looks, kept.unchanged, len(kept.known)) == (2, 1, 1)


async def test_two_months_of_looks_at_a_comment_cost_one_request():
    house = FakeHouse()
    comment = await written(house)
    for after in LOOKS:
        house.clock.moment = max(comment.done_at + after, house.clock.now())
        await poll_reactions(house.parts)
    kept = house.watches.rows[comment.effect_id]
    assert (kept.looks, kept.unchanged) == (28, 27)
    assert house.watches.due_at[comment.effect_id] is None


async def test_no_more_looks_than_allowed_in_one_round():
    house = FakeHouse(listening=ListenLimits(looks_per_round=0))
    await written(house)
    assert (await poll_reactions(house.parts)).looks == 0
    house.listening = ListenLimits(looks_per_round=1)
    house.clock.advance(61)
    assert (await poll_reactions(house.parts)).looks == 1


async def test_where_little_of_the_hour_is_left_nobody_looks_again_in_this_round():
    house = FakeHouse()
    comment = await written(house)
    second = Watched(99, comment.run_id, comment.thread, comment.remote_id, comment.done_at, comment.due_at)
    house.outbox.rows[99] = house.outbox.rows[comment.effect_id]
    house.watches.rows[99], house.watches.due_at[99] = second, house.clock.now()
    house.github.remaining = 900
    done = await poll_reactions(house.parts)
    assert (done.looks, done.exhausted) == (1, {THREAD.repository.installation_id})


async def test_a_failed_look_is_made_up_for_and_loses_nothing():
    house = FakeHouse()
    comment = await written(house)
    house.github.echo(comment.remote_id, "grace", "-1")
    house.github.refusals["reactions"] = deque([WriteAnswer(502, "Bad Gateway")])
    assert (await poll_reactions(house.parts)).new == 0
    house.clock.advance(600)
    assert (await poll_reactions(house.parts)).new == 1


async def test_without_consent_no_login_is_kept_in_a_watch_either():
    house = FakeHouse()
    comment = await written(house)
    house.github.echo(comment.remote_id, "grace", "-1")
    await poll_reactions(house.parts)
    [known] = house.watches.rows[comment.effect_id].known
    assert isinstance(known, Reaction)
    assert "grace" not in repr((known, house.signals.rows))
    house.github.echoes.clear()
    house.clock.advance(150)
    assert (await poll_reactions(house.parts)).withdrawn == 1


async def test_the_thread_is_listened_to_when_a_window_closes():
    house = FakeHouse()
    await written(house)
    for key in list(house.queue.rows):
        house.queue.rows[key].state = "done"
    await poll_reactions(house.parts)
    order: WorkOrder = house.queue.rows[f"listen:{THREAD.key}"].order
    assert (order.trigger, house.queue.rows[f"listen:{THREAD.key}"].state) == ("look", "planned")
