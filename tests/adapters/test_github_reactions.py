"""Reactions and the rest that GitHub tells only when it is asked, read over real HTTP from the playground."""

from collections.abc import AsyncIterator

import pytest

from app.errors import GitHubError
from app.playground.model import Content
from tests.adapters.github_world import GitHubWorld, github_world


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


def react(world: GitHubWorld, comment: str, content: Content, *actors: str) -> None:
    for actor in actors:
        world.hub.react(actor=actor, repo=world.ref.name, content=content, comment=int(comment))


async def test_reactions_and_then_nothing_new(world: GitHubWorld):
    _, ref = world.open()
    comment = world.comment(ref, "Ours", actor="plumbline[bot]")
    react(world, comment, "-1", "grace")
    react(world, comment, "rocket", "renovate[bot]")
    first = await world.github.reactions(ref, comment, "")
    assert first is not None
    assert [(one.login, one.content, one.is_bot) for one in first.found] == [
        ("grace", "-1", False),
        ("renovate[bot]", "rocket", True),
    ]
    assert first.remaining is not None
    account = f"installation ID {world.installation.id}"
    used = world.hub.spend(account, cost=0)
    assert await world.github.reactions(ref, comment, first.etag) is None
    assert world.hub.spend(account, cost=0) == used
    react(world, comment, "heart", "ada")
    again = await world.github.reactions(ref, comment, first.etag)
    assert again is not None
    assert len(again.found) == 3
    assert again.etag != first.etag


async def test_more_than_a_page_is_read_whole_and_each_time(world: GitHubWorld):
    _, ref = world.open()
    comment = world.comment(ref, "Ours", actor="plumbline[bot]")
    react(world, comment, "+1", *(f"fan-{n}" for n in range(130)))
    found = await world.github.reactions(ref, comment, "")
    assert found is not None
    assert (len({one.login for one in found.found}), found.etag) == (130, "")


async def test_reactions_in_a_discussion(world: GitHubWorld):
    _, ref = world.open("discussion")
    number = world.comment(ref, "Ours", actor="plumbline[bot]")
    [comment] = [one.id for one in (await world.github.thread(ref)).comments]
    react(world, number, "-1", "grace")
    react(world, number, "hooray", "ada")
    first = await world.github.reactions(ref, comment, "")
    assert first is not None
    assert [(one.login, one.content) for one in first.found] == [("grace", "-1"), ("ada", "hooray")]
    assert await world.github.reactions(ref, comment, first.etag) is None
    world.hub.unreact(repo=world.ref.name, comment=int(number), reaction=_first(world, int(number)))
    second = await world.github.reactions(ref, comment, first.etag)
    assert second is not None
    assert [one.login for one in second.found] == ["ada"]


def _first(world: GitHubWorld, comment: int) -> int:
    return world.repository.comments[comment].reactions[0].id


@pytest.mark.parametrize("kind", ["issue", "discussion"])
async def test_a_comment_that_is_gone(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    missing = "99999" if kind == "issue" else "DC_none"
    with pytest.raises(GitHubError) as caught:
        await world.github.reactions(ref, missing, "")
    assert caught.value.answer.status == 404


async def test_an_answer_that_was_cut_off_is_no_empty_list(world: GitHubWorld):
    _, ref = world.open()
    comment = world.comment(ref, "Ours", actor="plumbline[bot]")
    react(world, comment, "-1", "grace")
    world.next("truncated_json", path="/reactions", times=3)
    with pytest.raises(GitHubError, match="cut off"):
        await world.github.reactions(ref, comment, "")


@pytest.mark.parametrize("kind", ["issue", "discussion"])
async def test_what_people_hid_comes_with_its_reason(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    comment = world.comment(ref, "Ours", actor="plumbline[bot]")
    assert [one.hidden for one in (await world.github.thread(ref)).comments] == [""]
    world.hub.hide_comment(actor="grace", repo=world.ref.name, comment=int(comment), reason="off-topic")
    assert [one.hidden for one in (await world.github.thread(ref)).comments] == ["off-topic"]


async def test_why_it_was_closed_and_as_a_duplicate_of_what(world: GitHubWorld):
    original, _ = world.open()
    _, ref = world.open()
    where = world.ref.name
    assert await world.github.original(ref) is None
    world.hub.close(actor="ada", repo=where, number=ref.number, reason="duplicate", duplicate_of=original.number)
    assert await world.github.original(ref) == original.number
    acts = [(act.kind, act.detail) for act in await world.github.acts(ref)]
    assert acts == [("closed", "duplicate"), ("marked_as_duplicate", "")]
    _, pull = world.open("pull_request")
    assert await world.github.original(pull) is None


async def test_the_chosen_answer_of_a_discussion(world: GitHubWorld):
    _, ref = world.open("discussion")
    number = world.comment(ref, "Ours", actor="plumbline[bot]")
    assert (await world.github.thread(ref)).answer == ""
    world.hub.answer(actor="ada", repo=world.ref.name, comment=int(number))
    thread = await world.github.thread(ref)
    assert thread.answer == thread.comments[0].id


async def test_a_converted_issue(world: GitHubWorld):
    _, ref = world.open()
    world.hub.convert_issue(actor="ada", repo=world.ref.name, number=ref.number)
    assert [act.kind for act in await world.github.acts(ref)] == ["converted_to_discussion"]
    assert (await world.github.thread(ref)).state == "closed"
