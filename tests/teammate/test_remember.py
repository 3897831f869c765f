"""What one thread leaves behind, and what the past says of the next one."""

from datetime import timedelta

import pytest

from app.domain.past import Remark
from app.domain.pull import PullChanges
from app.domain.snapshot import ChangedFile, Snapshot
from app.domain.thread import Comment, ThreadRef
from app.knowledge.duplicates import embedding_text
from app.knowledge.needs import WORTH_ASKING
from app.ports import Near
from app.teammate.gather import gather
from app.teammate.past import as_kept
from tests.contracts.values import a_past
from tests.fakes.clock import START
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.parts import REPOSITORY, THREAD, FakeHouse, a_thread

ID = REPOSITORY.repository_id
PULL = ThreadRef(REPOSITORY, "pull_request", 30)


async def shown(house: FakeHouse, ref: ThreadRef = THREAD) -> Snapshot:
    snapshot = await gather(house.parts, ref, "body")
    assert isinstance(snapshot, Snapshot)
    return snapshot


def says(number: int, body: str, association: str = "MEMBER") -> Comment:
    return Comment(
        id=str(number),
        author="ada",
        author_is_bot=False,
        association=association,
        body=body,
        created_at=START,
        updated_at=START,
    )


async def test_a_new_thread_is_found_by_its_meaning_at_once():
    embedder = FakeEmbedder()
    house = FakeHouse(embedder=embedder)
    await shown(house)
    assert await house.threads.unembedded(ID, embedder.name, 5) == []
    thread = a_thread()
    (place,) = await embedder.embed([embedding_text(thread.title, thread.body)])
    (found,) = await house.threads.similar(ID, "unheard", 5, near=Near(embedder.name, place))
    assert found.cosine == pytest.approx(1)


async def test_without_an_embedder_it_waits_for_one():
    house = FakeHouse()
    await shown(house)
    assert len(await house.threads.unembedded(ID, "later", 5)) == 1


async def test_what_maintainers_said_below_it_counts_at_once():
    house = FakeHouse()
    house.github.add_thread(THREAD, a_thread(comments=(says(5, "Duplicate of #3"), says(6, "+1", "NONE"))))
    await shown(house)
    (found,) = await house.threads.similar(ID, "rotate webhook secret", 5)
    assert found.thread.duplicate_of == 3
    assert set(house.threads.remarks[ID, "comments"]) == {5}


async def test_comments_of_discussions_have_other_ids_and_are_left_alone():
    house = FakeHouse()
    ref = ThreadRef(REPOSITORY, "discussion", 14)
    comment = says(0, "Duplicate of #3").model_copy(update={"id": "DC_kwDOA"})
    house.github.add_thread(ref, a_thread("discussion", 14, comments=(comment,)))
    await shown(house, ref)
    assert not house.threads.remarks.get((ID, "comments"))


async def test_a_repository_s_habit_decides_what_is_asked():
    house = FakeHouse()
    house.github.add_thread(THREAD, a_thread(title="It crashes", body="It crashes with an error when I press start."))
    assert all(need.probability < WORTH_ASKING for need in (await shown(house)).needs)
    month_ago = START - timedelta(days=30)
    reports = [
        as_kept(a_past(n, f"Crash {n}", "It crashes when I press start.", created_at=month_ago)) for n in range(20, 60)
    ]
    await house.threads.remember(ID, reports, private=False)
    asked = [Remark(id=one.number, number=one.number, at=START, asks=("version",)) for one in reports]
    await house.threads.note(ID, "comments", asked)
    await house.threads.set_history(ID, "comments", START)
    (need, *_) = (await shown(house)).needs
    assert need.id == "version"
    assert need.probability >= WORTH_ASKING
    assert need.why == "maintainers asked for it in 40 of 40 reports that lacked it"


async def test_who_reviewed_near_files_may_review_again():
    house = FakeHouse()
    house.github.add_thread(PULL, a_thread("pull_request", 30))
    file = ChangedFile(path="src/a.py", status="modified", additions=1, deletions=0)
    house.github.pulls[PULL.key] = PullChanges(base="main", head="b", files=(file,), patches={})
    merged = [
        a_past(n, "Mend it", kind="pull_request", author="linus", merged_at=START, paths=("src/a.py",))
        for n in (21, 22)
    ]
    await house.threads.remember(ID, merged, private=False)
    spoke = [Remark(id=n, number=n, at=START, reviewer="hopper", path="src/a.py") for n in (21, 22)]
    await house.threads.note(ID, "reviews", spoke)
    pull = (await shown(house, PULL)).pull
    assert pull is not None
    assert pull.reviewers == ("hopper", "linus")
