"""The classifier learns from an installation's history, keeps private words private, and is asked about one thread."""

from datetime import timedelta

import pytest

from app.domain.past import PastThread
from app.domain.thread import RepositoryRef
from app.knowledge.labelling.model import LabelModel
from app.teammate.labelling import ENOUGH, GROWN, label_evidence, learn_labels, warm_up
from app.teammate.subject import Subject
from tests.fakes.clock import START
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.parts import ACCOUNT, REPOSITORY, THREAD, FakeHouse, a_thread
from tests.fakes.tuned import FakeTuned

SIBLING = RepositoryRef(REPOSITORY.installation_id, 841, "ada/notes")
pytestmark = pytest.mark.usefixtures("logs")


def filed(number: int, label: str, what: str) -> PastThread:
    return PastThread(
        number=number,
        kind="issue",
        title=f"{what} in part {number}",
        body=f"{what} happens in part {number} since yesterday.",
        author="linus",
        labels=(label,) if label else (),
        created_at=START + timedelta(hours=number),
        updated_at=START + timedelta(hours=number),
    )


def history(first: int, count: int) -> list[PastThread]:
    return [
        filed(number, *(("bug", "zorbling crash") if number % 2 else ("question", "quibbling how do I")))
        for number in range(first, first + count)
    ]


async def learn(house: FakeHouse) -> str | None:
    return await learn_labels(house.parts, REPOSITORY, house.github.repositories[REPOSITORY.repository_id])


async def stored(house: FakeHouse) -> LabelModel:
    kept = await house.label_models.newest(REPOSITORY.repository_id)
    assert kept is not None
    return LabelModel.load(kept)


async def asked(house: FakeHouse, title: str) -> dict[str, float]:
    repository = house.github.repositories[REPOSITORY.repository_id]
    subject = Subject(THREAD, repository, a_thread(title=title, body=""), title, "")
    found = await label_evidence(house.parts, subject)
    return dict(found.probabilities)


async def test_too_little_history_teaches_nothing():
    house = FakeHouse()
    await house.threads.remember(840, history(1, ENOUGH - 1), private=False)
    assert await learn(house) is None
    assert await house.label_models.newest(840) is None


async def test_what_was_learnt_decides_afterwards():
    house = FakeHouse()
    await house.threads.remember(840, [*history(1, 40), filed(90, "", "nothing yet")], private=False)
    version = await learn(house)
    assert version == (await stored(house)).version
    crash, how = await asked(house, "zorbling crash again"), await asked(house, "quibbling how do I start")
    assert crash["bug"] > crash["question"]
    assert how["question"] > how["bug"]
    assert await house.label_models.learnt_from(840) == 40


async def test_it_learns_again_only_when_there_is_more_to_learn_from():
    house = FakeHouse()
    await house.threads.remember(840, history(1, 40), private=False)
    first = await learn(house)
    assert await learn(house) is None
    await house.threads.remember(840, history(41, int(40 * GROWN) - 40), private=False)
    assert await learn(house) not in (None, first)


@pytest.mark.parametrize(("private", "learnt"), [(False, True), (True, False)])
async def test_public_siblings_teach_and_private_ones_do_not(private: bool, learnt: bool):
    house = FakeHouse()
    await house.installations.set_repositories(ACCOUNT.installation_id, [REPOSITORY, SIBLING])
    await house.threads.remember(841, history(1, 40), private=private)
    assert (await learn(house) is not None) == learnt


async def test_before_any_history_the_prior_speaks_where_texts_can_be_placed():
    house = FakeHouse()
    assert await asked(house, "Crash on start") == {}
    house.embedder = FakeEmbedder(dimensions=48)
    assert await asked(house, "Crash on start") == {}  # nobody waits for the warm-up
    assert house.embedder.texts == []
    await warm_up(house.parts)
    prior = await asked(house, "TypeError: crash on start, traceback below")
    assert set(prior) <= {"bug", "question", "documentation"}
    assert prior["bug"] > prior["question"]


async def test_a_model_that_was_fitted_before_the_embedder_changed_still_answers():
    house = FakeHouse()
    house.embedder = FakeEmbedder()
    await house.threads.remember(840, history(1, 40), private=False)
    await learn(house)
    house.embedder = FakeEmbedder(dimensions=7)
    assert set(await asked(house, "zorbling crash")) == {"bug", "question", "documentation"} & set(
        (await stored(house)).labels
    )
    house.embedder = None
    assert await asked(house, "zorbling crash")


async def test_a_released_encoder_corrects_what_both_know_and_is_named():
    house = FakeHouse()
    await house.threads.remember(840, history(1, 40), private=False)
    version = await learn(house)
    before = await asked(house, "zorbling crash again")
    tuned = FakeTuned({"question": 0.999, "wontfix": 1.0})
    house.tuned_models.released["ada/elsewhere"] = tuned
    assert await asked(house, "zorbling crash again") == before
    house.tuned_models.released = {REPOSITORY.name: tuned}
    after = await asked(house, "zorbling crash again")
    assert after["question"] > before["question"]
    assert {**after, "question": 0} == {**before, "question": 0}
    assert tuned.texts == ["zorbling crash again\n"]
    subject = Subject(THREAD, house.github.repositories[840], a_thread(title="crash", body=""), "crash", "")
    assert (await label_evidence(house.parts, subject)).version == f"{version}+tuned"


async def test_an_encoder_that_fails_changes_nothing():
    house = FakeHouse()
    await house.threads.remember(840, history(1, 40), private=False)
    await learn(house)
    before = await asked(house, "zorbling crash again")
    house.tuned_models.released[REPOSITORY.name] = FakeTuned({})
    assert await asked(house, "zorbling crash again") == before
