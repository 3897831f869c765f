"""Each step of the effect protocol by itself; tests/simulation tries them in every order with crashes between."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.effect import PlannedEffect, WriteAnswer, Wrote
from app.domain.thread import RepositoryRef, ThreadRef
from app.teammate.publish import publish_next
from tests.fakes.clock import FakeClock
from tests.fakes.github import ButWritten, FakeGitHub
from tests.fakes.publisher import THREAD, a_comment, a_thread, some_labels
from tests.teammate.publishing import Publishing

LOST = WriteAnswer(None, "timed out")
BROKEN = WriteAnswer(502, "Server Error")


class World(Publishing):
    @property
    def looks(self) -> int:
        """How often the thread was searched for our marker."""
        return [what for what, _ in self.github.reads].count("own_comments")

    async def run_until(self, state: str, *, within: float = 3600) -> None:
        """Publish whatever becomes due until the first row is in `state`."""
        end = self.clock.now() + timedelta(seconds=within)
        while self.row.state != state:
            assert self.clock.now() < end, f"still {self.row.state}: {self.row.reason}"
            if not await publish_next(self.parts):
                self.clock.advance(1)


@pytest.fixture
def world() -> World:
    return World.on(THREAD)


async def test_nothing_due(world: World):
    assert not await publish_next(world.parts)


async def test_a_comment_is_written_once_and_signed(world: World):
    [effect_id] = world.outbox.plan([a_comment()])
    assert await publish_next(world.parts, effect_id)
    assert world.bodies() == ["Hello"]
    assert world.github.comments[THREAD.key][0].body.startswith("Hello\n\n<!-- plumbline:1 ")
    assert (world.row.state, world.row.remote_id, world.row.sent_revision) == ("done", "1", 1)
    assert not await publish_next(world.parts)


async def test_labels(world: World):
    world.outbox.plan([some_labels("bug", "docs")])
    await publish_next(world.parts)
    assert world.github.labels[THREAD.key] == ["bug", "docs"]
    assert world.row.state == "done"


async def test_another_effect_than_the_one_rung_for_stays(world: World):
    world.outbox.plan([a_comment(), a_comment("Other", why="comment:9")])
    assert await publish_next(world.parts, 2)
    assert (world.row.state, world.outbox.rows[2].state) == ("planned", "done")


async def test_an_intent_planned_again_is_an_edit(world: World):
    world.outbox.plan([a_comment()])
    await publish_next(world.parts)
    world.outbox.plan([a_comment("Hello again")])
    await world.run_until("done")
    assert world.bodies() == ["Hello again"]
    assert [verb for verb, _ in world.github.writes] == ["post_comment", "edit_comment"]
    assert world.row.sent_revision == 2


async def test_a_comment_that_a_person_deleted_is_never_posted_again(world: World):
    world.outbox.plan([a_comment()])
    await publish_next(world.parts)
    world.github.comments[THREAD.key].clear()
    for wording in ("Second", "Third"):
        world.outbox.plan([a_comment(wording)])
        for _ in range(30):
            await publish_next(world.parts)
            world.clock.advance(1)
    assert world.bodies() == []
    assert world.row.state == "skipped"


@pytest.mark.parametrize("answer", [LOST, BROKEN, WriteAnswer(201)])
async def test_written_but_unsaid_is_found_and_not_repeated(world: World, answer):
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(answer))
    await world.run_until("done", within=10)
    assert world.bodies() == ["Hello"]
    assert world.row.remote_id == "1"
    assert [verb for verb, _ in world.github.writes] == ["post_comment"]


async def test_absence_counts_only_when_the_request_can_neither_run_nor_hide_any_more(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(LOST)
    begun = world.clock.now()
    await world.run_until("done")
    assert world.bodies() == ["Hello"]
    assert (world.clock.now() - begun).total_seconds() >= 45
    assert world.looks == 2


async def test_a_newer_wording_planned_while_the_fate_was_unknown_is_edited_in(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.outbox.plan([a_comment("Newer")])
    await world.run_until("done")
    assert world.bodies() == ["Newer"]
    assert [verb for verb, _ in world.github.writes] == ["post_comment", "edit_comment"]


async def test_a_pasted_marker_is_not_ours(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(LOST)
    await publish_next(world.parts)
    pasted = next(text for verb, text in world.github.writes if verb == "post_comment")
    world.github.say(THREAD, str(pasted), author="mallory")
    await world.run_until("done")
    assert world.bodies() == ["Hello", "Hello"]
    assert world.row.remote_id == "2"


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (WriteAnswer(404, "Not Found"), "skipped"),
        (WriteAnswer(422, "Validation Failed"), "dead"),
        (WriteAnswer(502), "unknown"),
        (WriteAnswer(403, "Resource not accessible by integration"), "unknown"),
    ],
)
async def test_a_look_that_fails(world: World, failure, state):
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.github.failures.append(failure)
    world.clock.advance(3)
    await publish_next(world.parts)
    assert world.row.state == state
    assert len(world.github.writes) == 1


async def test_an_unknown_effect_of_a_suspended_installation_waits_without_being_planned_again(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.github.failures.append(WriteAnswer(403, "suspended", stage="token"))
    world.clock.advance(3)
    await publish_next(world.parts)
    assert world.outbox.parked == {5: "GitHub: 403 suspended"}
    await world.outbox.resume_installation(5)
    await world.run_until("done", within=3700)
    assert world.bodies() == ["Hello"]


async def test_a_thread_that_cannot_be_searched_for_a_day_is_buried(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(LOST)
    await publish_next(world.parts)
    world.github.failures.extend([BROKEN] * 2000)
    await world.run_until("dead", within=90_000)
    assert "could not be searched for a day" in world.row.reason
    assert world.looks < 60


@pytest.mark.parametrize("answer", [LOST, ButWritten(LOST)])
async def test_a_lost_answer_to_labels_waits_until_it_cannot_arrive_late(world: World, answer):
    world.outbox.plan([some_labels("bug")])
    world.github.answers.append(answer)
    begun = world.clock.now()
    await world.run_until("done", within=60)
    assert (world.clock.now() - begun).total_seconds() >= 25
    assert world.github.labels[THREAD.key] == ["bug"]
    assert world.row.wrote == Wrote(labels=("bug",))
    assert world.looks == 0


async def test_an_edit_whose_worker_died_is_simply_repeated(world: World):
    world.outbox.plan([a_comment()])
    await publish_next(world.parts)
    world.outbox.plan([a_comment("Second")])
    claimed = await world.outbox.claim(UUID(int=2))
    assert claimed is not None
    await world.outbox.begin_send(claimed)
    world.outbox.vanish(UUID(int=2))
    world.outbox.expire()
    died = world.clock.now()
    await world.run_until("done", within=60)
    assert world.bodies() == ["Second"]
    assert world.looks == 0
    assert (world.clock.now() - died).total_seconds() >= 25, "the lost edit may still arrive"


async def test_writes_of_one_installation_keep_their_distance(world: World):
    world.outbox.plan([a_comment(why=f"comment:{n}") for n in range(3)])
    while await publish_next(world.parts):
        pass
    assert world.clock.slept == [1.0] * 2
    assert len(world.bodies()) == 3


async def test_a_turn_that_is_far_away_gives_the_effect_back(world: World):
    world.outbox.plan([a_comment(), a_comment("Other", why="comment:1")])
    world.outbox.writes_per_hour = 1
    await publish_next(world.parts)
    await publish_next(world.parts)
    second = world.outbox.rows[2]
    assert (second.state, second.attempts, world.clock.slept) == ("planned", 0, [])
    assert (second.not_before - world.clock.now()).total_seconds() == 3600
    assert not await publish_next(world.parts)


async def test_a_lease_that_is_nearly_over_writes_nothing(world: World):
    world.outbox.plan([a_comment()])
    world.outbox.lease_s = 20
    await publish_next(world.parts)
    assert world.github.writes == []
    assert (world.row.state, world.row.attempts) == ("planned", 0)


async def test_a_machine_whose_clock_is_late_still_writes(world: World):
    late = FakeClock(world.clock.now() - timedelta(minutes=3))
    world.parts.clock = late
    world.outbox.plan([a_comment()])
    await publish_next(world.parts)
    assert (world.bodies(), late.slept) == (["Hello"], [])


async def test_a_machine_whose_clock_is_early_does_not_shorten_the_wait(world: World):
    world.parts.clock = FakeClock(world.clock.now() + timedelta(minutes=30))
    world.outbox.plan([a_comment()])
    world.github.answers.append(LOST)
    await publish_next(world.parts)
    world.row.not_before = world.clock.now()
    world.clock.advance(30)
    await publish_next(world.parts)
    assert world.row.state == "unknown"


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (WriteAnswer(403, "Unable to create comment because issue is locked."), "skipped", "locked"),
        (WriteAnswer(410, "Gone"), "skipped", "Gone"),
        (WriteAnswer(301, "Moved Permanently"), "skipped", "Moved"),
        (WriteAnswer(422, "body is too long"), "dead", "too long"),
        (WriteAnswer(403, "Resource not accessible by integration"), "parked", "not accessible"),
    ],
)
async def test_final_answers(world: World, answer, state, reason):
    world.outbox.plan([a_comment()])
    world.github.answers.append(answer)
    await publish_next(world.parts)
    world.clock.advance(4000)
    assert not await publish_next(world.parts)
    assert world.row.state == state
    assert reason in world.row.reason
    assert world.outbox.parked == {}


async def test_a_suspended_installation_is_asked_once_and_resumes(world: World):
    world.outbox.plan([a_comment(), a_comment("Other", why="comment:1")])
    world.github.answers.append(WriteAnswer(403, "This installation has been suspended", stage="token"))
    while await publish_next(world.parts):
        world.clock.advance(1000)
    assert len(world.github.writes) == 1
    await world.outbox.resume_installation(5)
    while await publish_next(world.parts):
        pass
    assert sorted(world.bodies()) == ["Hello", "Other"]


async def test_a_rate_limit_holds_the_whole_installation_and_costs_no_attempt(world: World):
    elsewhere = ThreadRef(RepositoryRef(6, 841, "p/q"), "issue", 1)
    world.github.add_thread(elsewhere, a_thread(elsewhere))
    world.outbox.plan([a_comment(), a_comment("Other", why="comment:1"), a_comment(thread=elsewhere)])
    world.github.answers.append(WriteAnswer(403, "secondary rate limit", retry_after=300.0))
    while await publish_next(world.parts):
        pass
    assert (world.bodies(), world.bodies(elsewhere)) == ([], ["Hello"])
    assert world.row.attempts == 0
    refused_at = world.clock.now()
    await world.run_until("done", within=400)
    assert (world.clock.now() - refused_at).total_seconds() >= 290
    assert world.clock.now() >= world.outbox.writes[5][0] + timedelta(seconds=300)


@pytest.mark.parametrize("plan", [a_comment(), some_labels("bug")])
async def test_an_outage_of_an_hour_loses_nothing(world: World, plan: PlannedEffect):
    world.outbox.plan([plan])
    world.github.answers.extend([BROKEN] * 12)
    await world.run_until("done", within=2 * 3600)
    assert len(world.github.writes) == 13


async def test_what_github_refuses_for_a_day_is_dead_with_its_reason(world: World):
    world.outbox.plan([some_labels("bug")])
    world.github.answers.extend([BROKEN] * 2000)
    await world.run_until("dead", within=90_000)
    assert "502" in world.row.reason
    assert len(world.github.writes) < 300


async def test_a_fresh_token_may_be_refused_for_six_seconds(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.extend([WriteAnswer(401, "Bad credentials")] * 2)
    await world.run_until("done", within=10)
    assert world.bodies() == ["Hello"]


async def test_a_lost_lease_writes_nothing_down(world: World):
    """The worker froze during the request; meanwhile its effect was settled by another."""
    world.outbox.plan([a_comment()])
    claimed = await world.outbox.claim(UUID(int=9))
    assert claimed is not None
    begun = await world.outbox.begin_send(claimed)
    assert begun is not None
    world.clock.advance(91)
    await world.run_until("done")
    before = (world.row.state, world.row.remote_id)
    await world.outbox.done(begun, "99")
    await world.outbox.bury(begun, "late")
    assert (world.row.state, world.row.remote_id) == before


async def test_a_machine_that_stood_still_looks_whether_it_was_alone(world: World):
    """Its lease ran out before the request left: another has written meanwhile, and this copy goes again."""

    class Frozen(FakeGitHub):
        async def post_comment(self, ref, node_id, body):
            world.clock.advance(200)
            world.github.say(ref, body)
            world.clock.advance(5)
            return await world.github.post_comment(ref, node_id, body)

    world.parts.writer = Frozen(world.clock)
    world.parts.writer.comments = world.github.comments
    world.parts.writer.delete_comment = world.github.delete_comment  # type: ignore[method-assign]
    world.outbox.plan([a_comment()])
    await publish_next(world.parts)
    assert [comment.id for comment in world.github.comments[THREAD.key]] == ["1"]
    assert (world.row.remote_id, world.clock.slept) == ("1", [20.0])


async def test_an_edit_without_an_answer_is_repeated_only_when_it_cannot_arrive_late(world: World):
    world.outbox.plan([a_comment()])
    await publish_next(world.parts)
    world.outbox.plan([a_comment("Second")])
    world.github.answers.append(LOST)
    await publish_next(world.parts)
    lost_at = world.clock.now()
    world.outbox.plan([a_comment("Third")])
    await world.run_until("done", within=60)
    assert world.bodies() == ["Third"]
    assert (world.clock.now() - lost_at).total_seconds() >= 25
