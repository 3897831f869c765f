"""What needs more than one run to be measured, or an encoder: right after the run, and once."""

from app.domain.effect import CommentPayload
from app.domain.prompt import Usage
from app.domain.run import RunRecord
from app.domain.signal import Signal
from app.domain.verdict import Verdict
from app.domain.work import listen_order
from app.errors import EmbeddingError
from app.teammate.attend import attend_next
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.parts import THREAD, FakeHouse
from tests.fakes.snapshots import snapshot
from tests.teammate.listen.scenes import a_run


def an_answer(body: str, usd: float = 0.0, number: int = 12) -> RunRecord:
    verdict = Verdict(effects=(CommentPayload(body=body),))
    return a_run(skill="answer", verdict=verdict, usage=Usage(cost_usd=usd), snapshot=snapshot(number=number))


async def heard(house: FakeHouse, *triggers: str) -> list[Signal]:
    await house.queue.order([listen_order(THREAD, trigger) for trigger in triggers or ("run",)])
    assert await attend_next(house.parts)
    return [one for one in await house.signals.of_thread(THREAD) if one.kind in ("costly", "off_topic")]


async def test_a_run_that_costs_many_times_what_others_do():
    house = FakeHouse()
    house.queue.runs += [an_answer("Rotate the webhook secret.", 0.03, number=n) for n in range(100, 130)]
    house.queue.runs += [an_answer("Rotate the webhook secret.", 0.9)]
    [signal] = await heard(house)
    assert (signal.id, signal.polarity, signal.mode) == ("costly:31", "bad", "costly")
    assert await heard(house) == [signal]


async def test_an_answer_about_something_else_with_an_encoder_and_without():
    for embedder in (FakeEmbedder(4_096), None):
        house = FakeHouse(embedder=embedder)
        house.queue.runs += [an_answer("Bananas ripen faster beside apples.")]
        house.queue.runs += [an_answer("Rotate the webhook secret, then restart.")]
        assert [(one.id, one.mode) for one in await heard(house)] == [("off_topic:1", "off-topic")]


async def test_an_encoder_that_is_away_leaves_it_to_the_words():
    away = FakeEmbedder()
    away.failure = EmbeddingError("away")
    house = FakeHouse(embedder=away)
    house.queue.runs += [an_answer("Bananas ripen faster beside apples.")]
    assert [one.id for one in await heard(house)] == ["off_topic:1"]


async def test_it_is_measured_after_a_run_and_not_at_every_act():
    house = FakeHouse()
    house.queue.runs += [an_answer("Bananas ripen faster beside apples.")]
    assert await heard(house, "act", "look") == []
