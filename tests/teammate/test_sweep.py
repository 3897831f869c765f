from datetime import timedelta

import pytest

from app.domain.effect import CommentPayload, WriteAnswer
from app.teammate.marker import sign, with_marker
from app.teammate.publish import publish_next
from app.teammate.sweep import sweep_duplicates
from tests.fakes.clock import FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.outbox import FakeOutbox, Row
from tests.fakes.publisher import THREAD, FakePublisher, a_comment, a_thread


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.outbox = FakeOutbox(self.clock.now)
        self.github = FakeGitHub(self.clock)
        self.github.add_thread(THREAD, a_thread())
        self.parts = FakePublisher(self.clock, self.outbox, self.github, self.github)

    @property
    def row(self) -> Row:
        return self.outbox.rows[1]

    async def publish(self, copies: int) -> None:
        """One comment by the protocol, and more by machines that froze at the wrong moment."""
        self.outbox.plan([a_comment()])
        await publish_next(self.parts)
        body = self.github.comments[THREAD.key][0].body
        for _ in range(copies - 1):
            self.clock.advance(1)
            self.github.say(THREAD, body)

    async def sweep_later(self, seconds: float = 121) -> int:
        """How many comments the sweep deleted."""
        self.clock.advance(seconds)
        before = len(self.ids())
        await sweep_duplicates(self.parts)
        return before - len(self.ids())

    def ids(self) -> list[str]:
        return [comment.id for comment in self.github.comments[THREAD.key]]


@pytest.fixture
async def world() -> World:
    return World()


@pytest.mark.parametrize("copies", [1, 2, 5])
async def test_the_oldest_stays(world, copies):
    await world.publish(copies)
    assert await world.sweep_later(0) == 0, "not before its time"
    assert await world.sweep_later() == copies - 1
    assert world.ids() == ["1"]
    assert world.row.remote_id == "1"


async def test_it_is_checked_hourly_for_a_day_and_then_left_alone(world):
    await world.publish(1)
    for _ in range(30 * 60):
        await world.sweep_later(60)
    assert [what for what, _ in world.github.reads].count("own_comments") == 24


async def test_other_peoples_copies_and_other_intents_stay(world):
    await world.publish(1)
    world.github.say(THREAD, world.github.comments[THREAD.key][0].body, author="mallory")
    world.outbox.plan([a_comment(why="comment:7")])
    await publish_next(world.parts)
    assert await world.sweep_later() == 0
    assert len(world.ids()) == 3


async def test_a_comment_a_person_deleted_stays_deleted(world):
    await world.publish(1)
    world.github.comments[THREAD.key].clear()
    assert await world.sweep_later() == 0
    assert [verb for verb, _ in world.github.writes] == ["post_comment"]
    assert world.row.remote_id == "1"


async def test_the_one_that_stays_gets_the_newest_wording(world):
    """The row knew the younger copy, so edits went there."""
    await world.publish(2)
    world.row.remote_id = "2"
    world.outbox.plan([a_comment("Newest")])
    while await publish_next(world.parts):
        pass
    assert await world.sweep_later() == 1
    [comment] = world.github.comments[THREAD.key]
    assert (comment.id, comment.body.startswith("Newest\n\n<!--")) == ("1", True)
    assert world.row.remote_id == "1"


async def test_a_look_that_fails_is_left_to_the_next_hour(world):
    await world.publish(2)
    world.github.failures.append(WriteAnswer(502))
    assert await world.sweep_later() == 0
    assert await world.sweep_later(60) == 0
    assert await world.sweep_later(3600) == 1


@pytest.mark.parametrize("answer", [WriteAnswer(None, "timed out"), WriteAnswer(502)])
async def test_a_deletion_without_an_answer_is_tried_again_soon(world, answer):
    await world.publish(3)
    world.github.answers.append(answer)
    assert await world.sweep_later() == 0
    assert await world.sweep_later(61) == 2
    assert world.ids() == ["1"]


async def test_a_copy_that_is_gone_already_is_good(world):
    await world.publish(2)
    world.github.answers.append(WriteAnswer(404, "Not Found"))
    await world.sweep_later()
    assert world.row.sweep_at > world.clock.now() + timedelta(minutes=30)


async def test_a_rate_limit_holds_the_installation(world):
    await world.publish(2)
    world.github.answers.append(WriteAnswer(403, "secondary rate limit", retry_after=500.0))
    assert await world.sweep_later() == 0
    writes = len(world.github.writes)
    assert await world.sweep_later(61) == 0
    assert len(world.github.writes) == writes
    assert await world.sweep_later(500) == 1


async def test_a_refused_deletion_is_not_asked_again_and_again(world):
    await world.publish(2)
    world.github.answers.append(WriteAnswer(403, "Resource not accessible by integration"))
    await world.sweep_later()
    await world.sweep_later(61)
    assert [verb for verb, _ in world.github.writes].count("delete_comment") == 1


async def test_deletions_keep_the_pace(world):
    await world.publish(4)
    await world.sweep_later()
    assert world.clock.slept == [1.0, 1.0]


async def test_an_edit_of_the_kept_one_that_fails_deletes_nothing_yet(world):
    await world.publish(2)
    world.row.remote_id = "2"
    world.row.payload = CommentPayload(body="Newest")
    world.github.answers.append(WriteAnswer(502))
    assert await world.sweep_later() == 0
    assert world.ids() == ["1", "2"]
    assert await world.sweep_later(61) == 1
    effect = await _swept_effect(world)
    body = with_marker("Newest", sign(world.parts.marker_key, effect))
    assert world.github.comments[THREAD.key][0].body == body


async def _swept_effect(world: World):
    world.clock.advance(3700)
    [effect] = await world.outbox.to_sweep(1)
    return effect


async def test_a_machine_whose_clock_is_late_still_deletes(world):
    await world.publish(2)
    world.parts.clock = FakeClock(world.clock.now() - timedelta(minutes=3))
    assert await world.sweep_later() == 1
