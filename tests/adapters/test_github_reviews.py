"""What a review of a pull request says, over real HTTP, and how it is acknowledged."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.domain.thread import ThreadRef
from app.errors import GitHubError
from app.playground.render import node_id
from tests.adapters.github_world import GitHubWorld, github_world


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


def reviewed(world: GitHubWorld, body: str = "@plumbline why?") -> tuple[ThreadRef, int, str]:
    thread, ref = world.open("pull_request")
    said = world.hub.review(actor="grace", repo=ref.repository.name, number=thread.number, path="new.md", body=body)
    return ref, said.id, node_id("PRRC", ref.repository.repository_id, said.id)


async def test_a_remark_on_a_file_is_read_by_the_id_that_its_webhook_names(world: GitHubWorld):
    ref, _, remark = reviewed(world)
    found = await world.github.review(ref, remark)
    assert found is not None
    assert (found.id, found.author, found.author_is_bot, found.association, found.body) == (
        *(remark, "grace", False),
        *("MEMBER", "@plumbline why?"),
    )


async def test_of_another_pull_request_or_gone_it_is_nothing(world: GitHubWorld):
    ref, _, remark = reviewed(world)
    assert await world.github.review(replace(ref, number=ref.number + 1), remark) is None
    assert await world.github.review(ref, "PRRC_unknown") is None


async def test_github_s_trouble_is_no_absence(world: GitHubWorld):
    ref, _, remark = reviewed(world)
    world.next("error_before_write", path="/graphql", times=9)
    with pytest.raises(GitHubError):
        await world.github.review(ref, remark)


async def test_it_is_reacted_to_once(world: GitHubWorld):
    ref, comment, remark = reviewed(world)
    for _ in range(2):
        assert (await world.github.react(ref, remark, "eyes")).status == 200
    review = world.hub.repository(ref.repository.name).review_comments[comment]
    assert [one.content for one in review.reactions] == ["eyes"]
