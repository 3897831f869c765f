"""What was said in a repository's past over real HTTP, against the playground: in order, whole, from any moment on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from app.adapters import github_http
from app.domain.past import PastComment, PastThread
from app.errors import GitHubError
from tests.adapters.github_world import GitHubWorld, github_world

EVER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_http, "READ_PAUSES_S", (0.0, 0.0))


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


async def comments(world: GitHubWorld, since: datetime = EVER) -> list[PastComment]:
    return [one async for page in world.github.past_comments(world.ref, since) for one in page]


async def reviews(world: GitHubWorld, since: datetime = EVER) -> list[PastComment]:
    return [one async for page in world.github.past_reviews(world.ref, since) for one in page]


async def discussions(world: GitHubWorld, since: datetime | None = None) -> list[PastThread]:
    return [one async for page in world.github.past_discussions(world.ref, since) for one in page]


async def test_comments_name_their_thread_and_who_wrote_them(world: GitHubWorld):
    issue, ref = world.open("issue")
    _, pull = world.open("pull_request")
    _, discussion = world.open("discussion")
    world.comment(ref, "Which version?", "ada")
    world.comment(pull, "Nice.")
    world.comment(discussion, "Hi.")
    first, second = await comments(world)
    assert (first.number, first.path, first.comment.body) == (issue.number, "", "Which version?")
    assert (first.comment.author, first.comment.association) == ("ada", "OWNER")
    assert second.number == pull.number


async def test_comments_come_oldest_change_first_and_from_a_moment_on(world: GitHubWorld):
    _, ref = world.open()
    ids = [int(world.comment(ref, str(number))) for number in range(230)]
    for place, id_ in enumerate(ids):
        world.repository.comments[id_].updated_at = f"2026-01-01T00:{place // 60:02}:{place % 60:02}Z"
    world.repository.comments[ids[0]].updated_at = "2026-06-01T00:00:00Z"  # edited later
    found = [one.comment.body for one in await comments(world)]
    assert sorted(map(int, set(found))) == list(range(230))
    assert (found[0], found[-1]) == ("1", "0")
    late = await comments(world, datetime(2026, 1, 1, 0, 3, 48, tzinfo=UTC))
    assert [one.comment.body for one in late] == ["228", "229", "0"]


async def test_reviews_name_the_file_they_speak_about(world: GitHubWorld):
    _, pull = world.open("pull_request")
    world.hub.review(actor="grace", repo=world.ref.name, number=pull.number, path="new.md", body="nit")
    (one,) = await reviews(world)
    assert (one.number, one.path, one.comment.author) == (pull.number, "new.md", "grace")
    assert await comments(world) == []
    assert await reviews(world, datetime(2100, 1, 1, tzinfo=UTC)) == []


async def test_a_merged_pull_request_says_so_in_the_history(world: GitHubWorld):
    _, pull = world.open("pull_request")
    world.hub.merge(actor="ada", repo=world.ref.name, number=pull.number)
    (found,) = [one async for page in world.github.history(world.ref) for one in page]
    assert found.merged_at


async def test_discussions_and_what_became_of_them(world: GitHubWorld):
    name = world.ref.name
    opened, _ = world.open("discussion", title="Open")
    answered, ref = world.open("discussion", title="Answered")
    reply = world.comment(ref, "Like this.", "grace")
    world.hub.answer(actor="visitor", repo=name, comment=int(reply))
    closed, _ = world.open("discussion", title="Closed")
    world.hub.close(actor="ada", repo=name, number=closed.number, reason="duplicate")
    world.open("issue")
    found = {one.number: one for one in await discussions(world)}
    assert sorted(found) == [opened.number, answered.number, closed.number]
    ended = {number: (one.state, one.state_reason) for number, one in found.items()}
    assert ended[opened.number] == ("open", "")
    assert ended[answered.number] == ("closed", "completed")
    assert ended[closed.number] == ("closed", "duplicate")
    assert found[answered.number].closed_at
    assert found[opened.number].kind == "discussion"
    assert found[opened.number].url.endswith(f"/acme/tool/discussions/{opened.number}")


async def test_discussions_are_read_newest_first_as_far_back_as_is_new(world: GitHubWorld):
    numbers = [world.open("discussion")[0].number for _ in range(130)]
    for number in numbers:
        world.repository.threads[number].updated_at = f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"
    assert [one.number for one in await discussions(world)] == numbers[::-1]
    fresh = await discussions(world, datetime(2026, 1, 1, 2, 8, tzinfo=UTC))
    assert [one.number for one in fresh] == [130, 129, 128]
    assert len(world.asked(path="/graphql")) == 3


async def test_where_nobody_discusses_nothing_is_asked(world: GitHubWorld):
    assert await discussions(world) == []
    assert world.asked(path="/graphql") == []


async def test_refusals_are_errors(world: GitHubWorld):
    world.open("discussion")
    world.next("answer", path="/graphql", status=403, message="Resource not accessible by integration")
    with pytest.raises(GitHubError, match="discussions: 403"):
        await discussions(world)
    world.next("answer", path="/pulls/comments", status=404, message="Not Found", times=3)
    with pytest.raises(GitHubError, match="past reviews: 404"):
        await reviews(world)
