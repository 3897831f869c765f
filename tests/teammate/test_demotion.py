from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.act import Role
from app.domain.signal import Polarity, Signal
from app.domain.thread import ThreadRef
from app.teammate.demotion import SURE, TOLERATED, Standing, demoted, evidence_against, standing
from app.teammate.runs import attend_thread
from tests.fakes.parts import REPOSITORY, THREAD, FakeHouse, a_thread


def test_nobody_said_anything():
    assert standing([]) == Standing()
    assert evidence_against(0, 0) == pytest.approx(1.0)


def test_what_people_keep_finding_wrong_drafts_and_comes_back_when_drafts_are_accepted():
    assert standing([True] * 2) == Standing(False, 2, 2)
    assert standing([True] * 3).demoted
    assert standing([True] * 3 + [False] * 2).demoted
    assert standing([True] * 3 + [False] * 4) == Standing()
    assert standing([True] * 3 + [False] * 40) == standing([False] * 36)


def test_what_is_mostly_right_keeps_its_trust():
    assert not standing([False] * 50 + [True] * 5).demoted
    assert not standing(([False] * 4 + [True]) * 100).demoted


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_that_is_bad_is_more_evidence_and_more_that_is_good_is_less(bad: int, good: int):
    here = evidence_against(bad, bad + good)
    assert here >= 0
    assert evidence_against(bad + 1, bad + good + 1) >= here or here < 1
    assert evidence_against(bad, bad + good + 1) <= here


@pytest.mark.parametrize("share", [0.05, TOLERATED])
def test_at_most_one_in_twenty_is_demoted_wrongly(share: float):
    random = Random(11)
    streams = [[random.random() < share for _ in range(200)] for _ in range(400)]
    wrongly = sum(
        any(
            evidence_against(sum(stream[:judged]), judged) >= SURE
            for judged in (1, 2, 3, 5, 8, 13, 20, 30, 45, 70, 100, 140, 200)
        )
        for stream in streams
    )
    assert wrongly <= 400 / SURE + 9  # two standard errors


def test_three_in_five_bad_ones_are_noticed_within_a_few_dozen():
    random = Random(7)
    delays = []
    for _ in range(100):
        stream = [random.random() < 0.6 for _ in range(60)]
        delays.append(next((n for n in range(1, 61) if standing(stream[:n]).demoted), 61))
    assert sorted(delays)[89] <= 45


async def judged(house: FakeHouse, numbers: Iterable[int], polarity: Polarity, role: Role = "maintainer") -> None:
    """Runs of triage on threads of their own, each judged by one person."""
    for number in numbers:
        thread = ThreadRef(REPOSITORY, "issue", number)
        house.github.add_thread(thread, a_thread(number=number))
        house.plan(thread=thread)
        await attend_thread(house.parts, await house.lease())
        run_id = next(
            place
            for place, run in enumerate(house.queue.runs, 1)
            if (run.snapshot.number, run.skill) == (number, "triage")
        )
        signal = Signal(
            id=f"reply:{number}",
            kind="reply",
            polarity=polarity,
            run_id=run_id,
            actor="ada",
            role=role,
            at=house.clock.now(),
        )
        await house.parts.signals.record(thread, [signal])


async def drafts(house: FakeHouse, number: int) -> dict[str, bool]:
    await judged(house, [number], "neutral")
    return {effect.payload.kind: effect.draft for effect in house.queue.planned if effect.thread.number == number}


async def test_a_skill_that_was_wrong_again_and_again_drafts_and_the_others_write_on():
    house = FakeHouse()
    await judged(house, range(20, 23), "bad")
    assert await drafts(house, 30) == {"labels": True, "comment": False}
    await judged(house, range(40, 44), "good")
    assert await drafts(house, 50) == {"labels": False, "comment": False}


async def test_another_prompt_starts_anew():
    house = FakeHouse()
    await judged(house, range(20, 23), "bad")
    house.prompts.versions["triage"] = house.prompts.versions["triage"].model_copy(update={"digest": "another"})
    assert (await drafts(house, 30))["labels"] is False


async def test_only_there_and_nobody_else():
    house = FakeHouse()
    await judged(house, range(20, 23), "bad")
    assert await demoted(house.parts, REPOSITORY.repository_id, THREAD.key) == {"triage"}
    assert await demoted(house.parts, REPOSITORY.repository_id + 1, THREAD.key) == set()
