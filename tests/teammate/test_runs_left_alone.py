"""Where people want nothing, or talk to each other: no model is asked, or nothing is said."""

from typing import Any

import pytest

from app.domain.act import Stance
from app.domain.effect import CommentPayload
from app.domain.pull import PullChanges
from app.domain.thread import Comment, ThreadRef
from app.teammate.publish import publish_next
from tests.fakes.parts import REPOSITORY, THREAD, FakeHouse, a_thread, asks
from tests.teammate.test_runs import attend, told

pytestmark = pytest.mark.usefixtures("logs")


@pytest.mark.parametrize(
    ("thread", "trigger"),
    [
        ({"title": "[no bot] Crash"}, "body"),
        ({"body": "Text. [No Bot]"}, "body"),
        ({"labels": ("plumbline:pause",)}, "body"),
        ({"draft": True}, "body"),
    ],
)
async def test_where_a_thread_wants_to_be_left_alone_no_model_is_asked(thread: dict[str, Any], trigger: str):
    house = FakeHouse()
    house.github.add_thread(THREAD, a_thread(**thread))
    await attend(house, trigger)
    assert house.model.requests == []
    assert house.wrote_nothing


async def test_there_a_question_by_name_is_still_answered():
    house = FakeHouse()
    house.github.add_thread(THREAD, a_thread(title="[no bot] Crash", comments=(asks(9),)))
    await attend(house, "comment:9")
    assert told(house.queue.runs) == [("answer", "comment:9", "acted")]


@pytest.mark.parametrize("trigger", ["body", "reply:8"])
async def test_paused_no_model_is_asked_and_github_is_not_read(trigger: str):
    house = FakeHouse()
    house.ledger.stances[THREAD.key] = Stance(quiet="paused", by="ada")
    await attend(house, trigger)
    assert house.github.reads == []
    assert house.model.requests == []
    assert house.wrote_nothing


async def test_held_back_as_drafts():
    house = FakeHouse()
    house.ledger.stances[THREAD.key] = Stance(drafts=True)
    await attend(house)
    assert {planned.draft for planned in house.queue.planned} == {True}
    assert {run.outcome for run in house.queue.runs} == {"drafted"}


def talk(body: str = "I have seen this, too.", author: str = "linus", **changed: Any) -> Comment:
    return asks(8, body=body).model_copy(update={"author": author, **changed})


async def test_where_people_talk_a_thread_is_labelled_and_nothing_is_said():
    house = FakeHouse()
    house.github.add_thread(THREAD, a_thread(comments=(talk(),)))
    await attend(house)
    assert told(house.queue.runs) == [("triage", "body", "acted")]
    assert [planned.payload.kind for planned in house.queue.planned] == ["labels"]


@pytest.mark.parametrize(
    "comment",
    [
        talk(author="grace"),
        talk(author="helper[bot]", author_is_bot=True),
        talk("@plumbline label +bug"),
    ],
)
async def test_the_author_a_bot_or_somebody_who_talks_to_us_do_not_silence_it(comment: Comment):
    house = FakeHouse()
    house.github.add_thread(THREAD, a_thread(comments=(comment,)))
    await attend(house)
    assert ("answer", "body", "acted") in told(house.queue.runs)


async def test_what_was_said_before_people_came_may_still_be_mended():
    house = FakeHouse()
    house.outbox.write_interval_s = 0
    await attend(house)
    while await publish_next(house.parts):
        pass
    house.github.comments[THREAD.key].append(talk())
    await attend(house)
    assert told(house.queue.runs)[2:] == [("triage", "body", "silent"), ("answer", "body", "acted")]


async def test_of_a_pull_request_that_people_talk_about_only_the_comment_is_left_out():
    house = FakeHouse()
    ref = ThreadRef(REPOSITORY, "pull_request", 31)
    house.github.add_thread(ref, a_thread("pull_request", 31, comments=(talk(),)))
    house.github.pulls[ref.key] = PullChanges(base="main", head="fix", files=(), patches={})
    await attend(house, thread=ref)
    assert not any(isinstance(planned.payload, CommentPayload) for planned in house.queue.planned)


async def test_no_duplicate_is_looked_for_where_somebody_said_it_is_none():
    house = FakeHouse()
    house.ledger.stances[THREAD.key] = Stance(unlike=True)
    other = ThreadRef(REPOSITORY, "issue", 3)
    house.github.add_thread(other, a_thread(number=3))
    await attend(house, thread=other)  # remembered, so that the other one resembles it
    await attend(house)
    assert not any(run.skill == "duplicates" and run.snapshot.number == 12 for run in house.queue.runs)
