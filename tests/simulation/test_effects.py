"""The effect protocol under every misfortune: the real publisher and sweep, in seeded worlds that crash and lie.

A seed that fails is in the message: `live(seed, Scenario(...))` shows the same world again. The last tests break the
protocol on purpose, one piece at a time: a simulation that does not notice proves nothing.
"""

from datetime import datetime

import pytest
import structlog

from app.domain.act import Act
from app.domain.effect import Effect, WriteAnswer
from app.domain.thread import Comment, Thread, ThreadRef
from tests.fakes.outbox import FakeOutbox, Row
from tests.simulation.github import BOT, SimulatedGitHub
from tests.simulation.world import Scenario, Story, Violation, live

CALM, FROZEN = Scenario(), Scenario(freezes=True)


@pytest.fixture(autouse=True)
def quiet():
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def live_all(first: int, seeds: int, scenario: Scenario) -> list[Story]:
    return [live(seed, scenario) for seed in range(first, first + seeds)]


@pytest.mark.parametrize("chunk", range(20))
def test_one_comment_per_intent_at_every_moment(chunk):
    stories = live_all(chunk * 500, 500, CALM)
    assert sum(story.crashes for story in stories) > 500
    assert sum(story.looks for story in stories) > 500
    assert sum(story.acts for story in stories) > 300
    assert sum(story.copies for story in stories) == 0


@pytest.mark.parametrize("chunk", range(4))
def test_machines_that_stand_still_leave_one_comment_after_the_sweep(chunk):
    stories = live_all(chunk * 500, 500, FROZEN)
    assert sum(story.freezes for story in stories) > 500
    assert sum(story.copies for story in stories) > 0, "freezing never mattered"
    assert max(story.longest_copy_s for story in stories) < 3700, "a copy outlived the hourly sweep"


@pytest.mark.chaos
@pytest.mark.parametrize("scenario", [CALM, FROZEN], ids=["calm", "frozen"])
@pytest.mark.parametrize("chunk", range(40))
def test_long_runs(chunk, scenario):
    live_all(1_000_000 + chunk * 5_000, 5_000, scenario)


def test_a_world_is_a_function_of_its_seed():
    assert live(7, FROZEN) == live(7, FROZEN)


class NoLease(FakeOutbox):
    """Anybody may claim what another is working on, and settle it."""

    def _claimable(self) -> list[Row]:
        for row in self.rows.values():
            if row.state == "sending":
                row.state, row.not_before = "planned", min(row.not_before, self.now())
            row.give_up_lease()
        return super()._claimable()

    def _mine(self, effect: Effect) -> Row | None:
        return self.rows[effect.id]


class Forgetful(FakeOutbox):
    """A create of unknown fate is simply planned again."""

    async def unknown(self, effect: Effect, reason: str, look_at: datetime) -> None:
        await self.replan(effect, reason, look_at, counts=False)


class NotDurable(FakeOutbox):
    """That a create may have left is not written down before it does."""

    async def begin_send(self, effect: Effect) -> Effect | None:
        begun = await super().begin_send(effect)
        self.rows[effect.id].sent_at = None
        return begun


class Repeating(SimulatedGitHub):
    """The client below the outbox tries a failed create once more by itself."""

    async def post_comment(self, ref: ThreadRef, node_id: str, body: str) -> WriteAnswer:
        answer = await super().post_comment(ref, node_id, body)
        if answer.stage == "write" and (answer.status is None or answer.status >= 500):
            answer = await super().post_comment(ref, node_id, body)
        return answer


class AnybodysMarker(SimulatedGitHub):
    """Whoever pastes our marker passes for us."""

    async def own_comments(self, ref: ThreadRef, since: datetime) -> list[Comment]:
        listed = await super().own_comments(ref, since)
        return [comment.model_copy(update={"author": BOT}) for comment in listed]


class Forgetting(SimulatedGitHub):
    """Nobody is told what people did."""

    async def acts(self, ref: ThreadRef) -> list[Act]:
        await super().acts(ref)
        return []


class Unread(SimulatedGitHub):
    """Our comments are not read before they are edited."""

    async def thread(self, ref: ThreadRef) -> Thread:
        return (await super().thread(ref)).model_copy(update={"comments": ()})


BROKEN: dict[str, Scenario] = {
    "no lease": Scenario(outbox=NoLease),
    "no search for what was lost": Scenario(outbox=Forgetful),
    "nothing written down before the create": Scenario(outbox=NotDurable),
    "no wait before absence counts": Scenario(reconcile_after_s=0.0),
    "too short a wait before absence counts": Scenario(reconcile_after_s=15.0),
    "a client that repeats a create": Scenario(github=Repeating),
    "a marker anybody may use": Scenario(github=AnybodysMarker),
    "no memory of what people did": Scenario(github=Forgetting),
    "no look at our comment before it is edited": Scenario(github=Unread),
    "freezes and no sweep": Scenario(freezes=True, sweeps=False),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_protocol_is_noticed(name):
    with pytest.raises(Violation):
        live_all(0, 1_500, BROKEN[name])
