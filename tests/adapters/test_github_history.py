"""A repository's history over real HTTP, against the playground: in order, whole, and from any moment on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.adapters import github_http, github_parse
from app.domain.past import PastThread
from app.errors import GitHubError
from tests.adapters.github_world import GitHubWorld, github_world


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_http, "READ_PAUSES_S", (0.0, 0.0))


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


async def read(world: GitHubWorld, since: datetime | None = None) -> list[PastThread]:
    return [thread async for page in world.github.history(world.ref, since) for thread in page]


async def test_issues_and_pull_requests_with_what_became_of_them(world: GitHubWorld):
    issue, ref = world.open("issue", title="It crashes")
    world.hub.add_labels(actor="ada", repo=world.ref.name, number=ref.number, names=["bug"])
    world.hub.close(actor="ada", repo=world.ref.name, number=ref.number, reason="not_planned")
    pull, _ = world.open("pull_request", title="A fix")
    world.open("discussion")
    found = {thread.number: thread for thread in await read(world)}
    assert sorted(found) == [issue.number, pull.number]
    crash = found[issue.number]
    assert (crash.kind, crash.title, crash.body, crash.author) == ("issue", "It crashes", "It breaks.", "visitor")
    assert (crash.state, crash.state_reason, crash.labels) == ("closed", "not_planned", ("bug",))
    assert crash.closed_at
    assert crash.url.endswith(f"/acme/tool/issues/{issue.number}")
    assert not crash.stale
    assert (found[pull.number].kind, found[pull.number].state, found[pull.number].closed_at) == (
        "pull_request",
        "open",
        None,
    )


async def test_a_repository_without_threads_has_no_pages(world: GitHubWorld):
    assert [page async for page in world.github.history(world.ref)] == []


async def test_nothing_is_skipped_where_somebody_writes_between_two_pages(world: GitHubWorld):
    numbers = [world.open()[0].number for _ in range(230)]
    stamps = {number: f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z" for number in numbers}
    for thread in world.repository.threads.values():
        thread.updated_at = stamps[thread.number]
    seen: set[int] = set()
    async for page in world.github.history(world.ref):
        seen |= {thread.number for thread in page}
        for early in numbers[:5]:  # they move to the end, and everything else one place forward
            world.repository.threads[early].updated_at = "2026-06-01T00:00:00Z"
    assert seen == set(numbers)


async def test_more_than_a_page_of_one_moment_is_read_whole(world: GitHubWorld):
    numbers = {world.open()[0].number for _ in range(250)}
    for thread in world.repository.threads.values():
        thread.updated_at = "2026-01-01T00:00:00Z"
    assert {thread.number for thread in await read(world)} == numbers


async def test_from_a_moment_on(world: GitHubWorld):
    for number in (world.open()[0].number for _ in range(4)):
        world.repository.threads[number].updated_at = f"2026-01-0{number}T00:00:00Z"
    found = await read(world, datetime(2026, 1, 3, tzinfo=UTC))
    assert [thread.number for thread in found] == [3, 4]


async def test_a_refusal_is_an_error(world: GitHubWorld):
    world.next("answer", path="/issues", status=404, message="Not Found", times=3)
    with pytest.raises(GitHubError, match="history: 404"):
        await read(world)


def data(**changed: Any) -> dict[str, Any]:
    stamp = "2026-01-01T00:00:00Z"
    known = {"number": 1, "title": "T", "body": None, "user": None, "labels": [], "state": "closed", "html_url": "u"}
    return {**known, "created_at": stamp, "updated_at": stamp, "closed_at": stamp, **changed}


@pytest.mark.parametrize(
    ("labels", "state", "stale"),
    [
        ([{"name": "stale"}], "closed", True),
        (["Status: Inactive"], "closed", True),
        (["auto-closed"], "closed", True),
        ([{"name": "stale"}], "open", False),
        ([{"name": "stalemate"}], "closed", False),
    ],
)
def test_what_only_grew_old_is_told_by_its_labels(labels: list[Any], state: str, stale: bool):
    assert github_parse.rest_past(data(labels=labels, state=state)).stale is stale


@pytest.mark.parametrize(
    ("said", "kept"), [(None, ""), ("completed", "completed"), ("duplicate", "duplicate"), ("new", "")]
)
def test_reasons_that_are_not_known_yet_are_left_out(said: str | None, kept: str):
    thread = github_parse.rest_past(data(state_reason=said))
    assert thread.state_reason == kept
    assert (thread.author, thread.body) == ("ghost", "")
