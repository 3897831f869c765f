"""Reviews, merges and answers of the simulated GitHub: what they change, and what its API says of them."""

import pytest

from app.playground.hub import Hub
from app.playground.model import Refusal
from tests.fixtures_playground import running_playground
from tests.playground.openapi import DESCRIPTION, needs
from tests.playground.test_shapes import checked
from tests.playground.worlds import NAME, OWNER, REPO, as_installation, small_world

DISCUSSIONS = """query($direction: OrderDirection!) { repository(owner: "acme", name: "widgets") {
  discussions(first: 9, orderBy: {field: UPDATED_AT, direction: $direction}) { nodes {
    number closed closedAt stateReason isAnswered answerChosenAt answer { body isAnswer } } } } }"""


def world() -> Hub:
    hub = small_world()
    hub.webhook_url = "http://127.0.0.1:9/webhooks"
    files = {"README.md": "# New\n", "docs/guide.md": None, "n.txt": "n\n"}
    hub.open_pull_request(actor="visitor", repo=REPO, title="Mend it", files=files)
    return hub


def test_a_review_speaks_about_a_file_that_is_changed():
    hub = world()
    hub.review(actor="grace", repo=REPO, number=1, path="n.txt", body="nit")
    with pytest.raises(Refusal, match="422"):
        hub.review(actor="grace", repo=REPO, number=1, path="src/other.py", body="nit")
    with pytest.raises(Refusal, match="422"):
        hub.review(actor="grace", repo=REPO, number=1, path="n.txt", body="")
    assert [item.path for item in hub.repository(REPO).review_comments.values()] == ["n.txt"]


def test_a_merge_brings_the_changes_to_the_branch_beside_what_came_meanwhile():
    hub = world()
    hub.push_files(actor="ada", repo=REPO, files={"later.md": "later\n"})
    hub.merge(actor="ada", repo=REPO, number=1)
    repo = hub.repository(REPO)
    files = hub.files(repo, repo.branches["main"])
    assert (files["README.md"], files["n.txt"], files["later.md"]) == ("# New\n", "n\n", "later\n")
    assert "docs/guide.md" not in files
    assert (repo.threads[1].state, repo.threads[1].merged_by) == ("closed", "ada")
    assert [item.event for item in hub.state.deliveries][-2:] == ["push", "pull_request"]
    with pytest.raises(Refusal, match="405"):
        hub.merge(actor="ada", repo=REPO, number=1)
    hub.open_thread(actor="ada", repo=REPO, title="an issue")
    with pytest.raises(Refusal, match="405"):
        hub.merge(actor="ada", repo=REPO, number=2)


def test_an_answer_settles_a_discussion_and_nothing_else():
    hub = world()
    hub.open_thread(actor="visitor", repo=REPO, kind="discussion", title="How?", category="Q&A")
    reply = hub.comment(actor="grace", repo=REPO, number=2, body="Like this.")
    hub.answer(actor="visitor", repo=REPO, comment=reply.id)
    thread = hub.repository(REPO).threads[2]
    assert (thread.answer, thread.answered_by, thread.state) == (reply.id, "visitor", "open")
    assert (hub.state.deliveries[-1].event, hub.state.deliveries[-1].action) == ("discussion", "answered")
    other = hub.comment(actor="grace", repo=REPO, number=1, body="Fine.")
    with pytest.raises(Refusal, match="422"):
        hub.answer(actor="visitor", repo=REPO, comment=other.id)


@needs(DESCRIPTION)
async def test_github_s_own_description_agrees_with_what_is_said_of_them():
    async with running_playground(world()) as (hub, url), as_installation(hub, url) as client:
        where = (OWNER, NAME)
        for path in ("n.txt", "README.md"):
            hub.review(actor="grace", repo=REPO, number=1, path=path, body="nit")
        listed = checked(await client.rest.pulls.async_list_review_comments_for_repo(*where))
        assert [(item.user.login, item.path) for item in listed] == [("grace", "n.txt"), ("grace", "README.md")]
        assert checked(await client.rest.pulls.async_get(*where, 1)).review_comments == 2
        hub.merge(actor="ada", repo=REPO, number=1)
        merged = checked(await client.rest.pulls.async_get(*where, 1))
        assert (merged.merged, merged.merged_by.login) == (True, "ada")
        [seen] = checked(await client.rest.issues.async_list_for_repo(*where, state="all"))
        assert seen.pull_request.merged_at


async def test_comments_of_a_repository_come_in_the_order_that_is_asked_for():
    async with running_playground(world()) as (hub, url), as_installation(hub, url) as client:
        ids = [hub.comment(actor="grace", repo=REPO, number=1, body=str(number)).id for number in range(3)]
        comments = hub.repository(REPO).comments
        for day, comment in zip((3, 1, 2), ids, strict=True):
            comments[comment].updated_at = f"2026-12-0{day}T00:00:00Z"
        issues = client.rest.issues

        async def bodies(**query: str) -> str:
            found = await issues.async_list_comments_for_repo(OWNER, NAME, **query)  # type: ignore[arg-type]
            return "".join(one["body"] for one in found.raw_response.json())

        assert await bodies() == "012"
        assert await bodies(sort="updated", direction="asc") == "120"
        assert await bodies(sort="updated") == "021"
        assert await bodies(sort="updated", direction="asc", since="2026-12-02T00:00:00Z") == "20"


async def test_discussions_say_how_they_ended_and_come_in_the_order_of_their_changes():
    async with running_playground(world()) as (hub, url), as_installation(hub, url) as client:
        for number, day in ((2, 1), (3, 3), (4, 2)):
            hub.open_thread(actor="visitor", repo=REPO, kind="discussion", title="How?", category="Q&A")
            reply = hub.comment(actor="grace", repo=REPO, number=number, body="Like this.")
            if number == 2:
                hub.answer(actor="visitor", repo=REPO, comment=reply.id)
            if number == 3:
                hub.close(actor="grace", repo=REPO, number=3, reason="not_planned")
            hub.repository(REPO).threads[number].updated_at = f"2026-12-0{day}T00:00:00Z"
        listed = await client.async_graphql(DISCUSSIONS, {"direction": "DESC"})
        closed, opened, answered = listed["repository"]["discussions"]["nodes"]
        assert (closed["number"], closed["closed"], closed["stateReason"]) == (3, True, "OUTDATED")
        assert closed["closedAt"]
        assert (opened["number"], opened["isAnswered"], opened["answer"]) == (4, False, None)
        assert (answered["number"], answered["closed"], answered["isAnswered"]) == (2, False, True)
        assert answered["answer"] == {"body": "Like this.", "isAnswer": True}
        assert answered["answerChosenAt"]
        upwards = await client.async_graphql(DISCUSSIONS, {"direction": "ASC"})
        assert [one["number"] for one in upwards["repository"]["discussions"]["nodes"]] == [2, 4, 3]
