"""What people did on a thread, read over real HTTP from the playground's timeline."""

from collections.abc import AsyncIterator

import pytest

from app.domain.thread import RepositoryRef, ThreadRef
from app.errors import GitHubError
from tests.adapters.github_world import GitHubWorld, github_world


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


@pytest.mark.parametrize("kind", ["issue", "pull_request"])
async def test_acts(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    where, number, us = world.ref.name, ref.number, "plumbline[bot]"
    world.hub.add_labels(actor=us, repo=where, number=number, names=["bug"])
    world.hub.remove_label(actor="ada", repo=where, number=number, name="bug")
    world.hub.add_labels(actor="renovate[bot]", repo=where, number=number, names=["docs"])
    said = world.comment(ref, "Mine", actor="grace")
    gone = world.hub.comment(actor=us, repo=where, number=number, body="Ours")
    world.hub.delete_comment(actor="ada", repo=where, comment=gone.id)
    world.hub.edit_thread(actor="visitor", repo=where, number=number, title="Renamed")
    world.hub.close(actor="ada", repo=where, number=number)
    world.hub.reopen(actor="visitor", repo=where, number=number)
    world.hub.lock(actor="ada", repo=where, number=number)
    acts = await world.github.acts(ref)
    assert [(act.kind, act.actor, act.by, act.subject) for act in acts] == [
        ("labeled", us, "us", "bug"),
        ("unlabeled", "ada", "person", "bug"),
        ("labeled", "renovate[bot]", "bot", "docs"),
        ("commented", "grace", "person", said),
        ("comment_deleted", "ada", "person", ""),
        ("closed", "ada", "person", ""),
        ("reopened", "visitor", "person", ""),
        ("locked", "ada", "person", ""),
    ]
    assert len({act.id for act in acts}) == len(acts)
    assert await world.github.acts(ref) == acts


async def test_acts_of_more_than_one_page(world: GitHubWorld):
    _, ref = world.open()
    for _ in range(60):
        world.hub.add_labels(actor="ada", repo=world.ref.name, number=ref.number, names=["bug"])
        world.hub.remove_label(actor="ada", repo=world.ref.name, number=ref.number, name="bug")
    acts = await world.github.acts(ref)
    assert [act.kind for act in acts] == ["labeled", "unlabeled"] * 60


async def test_a_moved_issue_says_so_at_its_new_place(world: GitHubWorld):
    _, ref = world.open()
    target = world.hub.add_repository("acme/other")
    moved = world.hub.transfer_thread(actor="ada", repo=world.ref.name, number=ref.number, to="acme/other")
    there = ThreadRef(RepositoryRef(world.ref.installation_id, target.id, "acme/other"), "issue", moved.number)
    assert [act.kind for act in await world.github.acts(there)] == ["transferred"]
    with pytest.raises(GitHubError, match="timeline"):
        await world.github.acts(ref)


async def test_a_discussion_has_no_timeline(world: GitHubWorld):
    _, ref = world.open("discussion")
    assert await world.github.acts(ref) == []
    assert world.asked(path="timeline") == []
