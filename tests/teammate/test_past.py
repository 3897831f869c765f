"""The past: each listing read from where the last reading stopped, with nothing lost and nothing counted twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.effect import WriteAnswer
from app.domain.past import PastComment, PastThread
from app.domain.thread import Comment
from app.errors import GitHubError
from app.teammate import past
from app.teammate.past import as_kept, index_history, read_past
from tests.contracts.values import NOON, a_past
from tests.fakes.clock import START, FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.parts import REPOSITORY, FakeHouse
from tests.fakes.threads import FakeThreads

ASKS = "Which version do you use?"


def github() -> FakeGitHub:
    return FakeGitHub(FakeClock())


def said(id_: int, number: int, body: str = ASKS, *, minutes: float = 0, path: str = "", **more: Any) -> PastComment:
    facts = {"id": str(id_), "author": "ada", "author_is_bot": False, "association": "MEMBER", "body": body} | more
    at = START + timedelta(minutes=minutes)
    return PastComment(number=number, path=path, comment=Comment(created_at=at, updated_at=at, **facts))


async def test_history_goes_on_where_it_stopped():
    hub, threads = github(), FakeThreads()
    hub.past[840] = [a_past(number, f"Thread {number}", days=number) for number in range(5)]
    assert await index_history(hub, threads, REPOSITORY, private=True) == 5
    assert threads.private[840] is True
    hub.past[840] += [a_past(9, "Newer", days=9)]
    # The moment it stopped at is looked at again.
    assert await index_history(hub, threads, REPOSITORY, private=True) == 2
    assert sorted(threads.known[840]) == [0, 1, 2, 3, 4, 9]


async def test_a_history_that_breaks_off_keeps_what_was_read():
    hub, threads = github(), FakeThreads()
    hub.past[840] = [a_past(number, f"Thread {number}", days=number) for number in range(5)]
    hub.past_page = 2
    hub.failures.extend([None, None, WriteAnswer(502, "Bad Gateway")])
    with pytest.raises(GitHubError):
        await index_history(hub, threads, REPOSITORY, private=False)
    assert sorted(threads.known[840]) == [0, 1, 2, 3]
    assert threads.until[840, "threads"] == NOON + timedelta(days=3)
    await index_history(hub, threads, REPOSITORY, private=False)
    assert sorted(threads.known[840]) == [0, 1, 2, 3, 4]


def test_what_is_kept_of_a_thread_is_sanitized_bounded_and_what_was_said():
    body = "### What happened?\n\nIt \N{RIGHT-TO-LEFT OVERRIDE}crashes.\n\n### Version\n\n_No response_\n<!-- hint -->"
    kept = as_kept(a_past(1, "A crash \N{ZERO WIDTH SPACE}here" * 100, body))
    assert "It crashes." in kept.body
    assert "hint" not in kept.body
    assert "No response" not in kept.body
    assert "version" in kept.lacks
    assert len(kept.title) <= 600
    huge = as_kept(a_past(1, "Crash", "2026-11-20 12:00:00 INFO tick\n" * 50_000))
    assert len(huge.body) < 10_000
    assert isinstance(kept, PastThread)


# --- what was said


@pytest.fixture
def house() -> FakeHouse:
    built = FakeHouse()
    built.github.past[840] = [a_past(1, "It crashes", "When I start it.", created_at=START - timedelta(days=30))]
    return built


async def read(house: FakeHouse, reader: Any = None) -> bool:
    """Whether everything is read."""
    return await read_past(reader or house.github, house.threads, REPOSITORY, private=False, now=house.clock.now())


async def asked(house: FakeHouse) -> tuple[int, int] | None:
    return (await house.threads.asked(840, timedelta(days=7))).get("version")


async def test_comments_leave_what_was_asked_and_who_was_named(house: FakeHouse):
    house.github.old_comments[840] = [said(1, 1, f"{ASKS} Duplicate of #4"), said(2, 1, "Thanks!", minutes=1)]
    assert await read(house)
    assert await asked(house) == (1, 1)
    (found,) = await house.threads.similar(840, "crashes", 5)
    assert found.thread.duplicate_of == 4
    assert set(house.threads.remarks[840, "comments"]) == {1}
    assert house.threads.until[840, "comments"] == START + timedelta(minutes=1)


async def test_an_edit_takes_back_what_was_said(house: FakeHouse):
    house.github.old_comments[840] = [said(1, 1)]
    await read(house)
    house.github.old_comments[840] = [said(1, 1, "Never mind.", minutes=5)]
    await read(house)
    assert await asked(house) == (1, 0)


async def test_comments_are_read_a_turn_at_a_time(house: FakeHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(past, "PAGES_A_TURN", 2)
    house.github.past_page = 2
    house.github.old_comments[840] = [said(number, 1, minutes=number) for number in range(7)]
    turns = []
    while not await read(house):
        turns.append(len(house.threads.remarks[840, "comments"]))
    assert turns == [4, 7]  # the moment it stopped at is looked at again
    assert set(house.threads.remarks[840, "comments"]) == set(range(7))


async def test_more_than_a_turn_of_one_moment_comes_to_an_end(house: FakeHouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(past, "PAGES_A_TURN", 1)
    house.github.past_page = 2
    house.github.old_comments[840] = [said(number, 1) for number in range(9)]
    for _ in range(3):
        if await read(house):
            break
    else:
        pytest.fail("it would never end")
    assert len(house.threads.remarks[840, "comments"]) == 9


@pytest.mark.parametrize("dies_at", range(3, 9))
async def test_whoever_is_killed_loses_nothing_and_counts_nothing_twice(house: FakeHouse, dies_at: int):
    house.github.past_page = 2
    house.github.old_comments[840] = [said(number, 1, minutes=number) for number in range(5)]
    house.github.past[840] += [a_past(3, "Mend it", kind="pull_request", merged_at=START, paths=("a.py",))]
    house.github.old_reviews[840] = [said(number, 3, minutes=number, path="a.py") for number in range(5)]
    house.github.failures.extend([*[None] * dies_at, WriteAnswer(502, "Bad Gateway")])
    for _ in range(2):
        try:
            await read(house)
        except GitHubError:
            continue
    assert await asked(house) == (1, 1)
    assert await house.threads.reviews(840, [3]) == {3: {"ada": ("a.py",)}}
    assert len(house.threads.remarks[840, "comments"]) == len(house.threads.remarks[840, "reviews"]) == 5


async def test_the_first_reading_of_comments_begins_two_years_back(house: FakeHouse):
    house.github.old_comments[840] = [said(1, 1, minutes=-60 * 24 * 731), said(2, 1, minutes=-60 * 24 * 729)]
    await read(house)
    assert set(house.threads.remarks[840, "comments"]) == {2}


async def test_reviews_are_read_from_the_oldest_merge_that_counts(house: FakeHouse):
    house.github.old_reviews[840] = [said(1, 3, minutes=-60, path="a.py"), said(2, 3, minutes=60, path="b.py")]
    await read(house)
    assert (840, "reviews") not in house.threads.until  # nothing was merged: there is nothing to learn from
    merged = a_past(3, "Mend it", kind="pull_request", created_at=START, merged_at=START, paths=("b.py",))
    house.github.past[840] += [merged]
    await read(house)
    assert await house.threads.reviews(840, [3]) == {3: {"ada": ("b.py",)}}


async def test_discussions_are_threads_of_the_past_too(house: FakeHouse):
    house.github.past_page = 1
    listed = [a_past(number, f"Question {number}", kind="discussion", days=number) for number in (5, 6, 7)]
    house.github.old_discussions[840] = listed
    house.github.failures.extend([None, None, None, WriteAnswer(502, "Bad Gateway")])
    with pytest.raises(GitHubError):
        await read(house)
    assert (840, "discussions") not in house.threads.until  # the oldest were not seen
    await read(house)
    assert {5, 6, 7} <= house.threads.known[840].keys()
    assert house.threads.until[840, "discussions"] == listed[-1].updated_at
    house.github.reads.clear()
    await read(house)
    assert [what for what, _ in house.github.reads].count("discussions") == 1


@dataclass
class Refusing:
    """A reader that GitHub lets read nothing but issues."""

    hub: FakeGitHub
    answer: WriteAnswer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.hub, name)

    async def past_discussions(self, *_: object) -> AsyncIterator[list[PastThread]]:
        raise GitHubError("discussions", self.answer)
        yield []

    async def past_comments(self, *_: object) -> AsyncIterator[list[PastComment]]:
        raise GitHubError("past comments", self.answer)
        yield []


@pytest.mark.parametrize("answer", [WriteAnswer(403, "Resource not accessible by integration"), WriteAnswer(404, "")])
async def test_what_an_app_may_not_read_is_passed_over(house: FakeHouse, answer: WriteAnswer):
    assert await read(house, Refusing(house.github, answer))
    assert house.threads.known[840].keys() == {1}


async def test_trouble_goes_up_so_that_it_is_tried_again(house: FakeHouse):
    with pytest.raises(GitHubError):
        await read(house, Refusing(house.github, WriteAnswer(502, "Bad Gateway")))


def stamps(house: FakeHouse) -> dict[Any, datetime]:
    return dict(house.threads.until)


async def test_nothing_new_moves_nothing(house: FakeHouse):
    house.github.old_comments[840] = [said(1, 1)]
    await read(house)
    before = stamps(house)
    assert await read(house)
    assert stamps(house) == before
