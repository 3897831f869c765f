"""Everything the playground answers is what githubkit's typed models and GitHub's own OpenAPI description expect."""

import io
import tarfile
from typing import Any
from urllib.parse import quote

import pytest

from app.playground.hub import Hub
from tests.fixtures_playground import running_playground
from tests.playground.openapi import DESCRIPTION, github, needs
from tests.playground.worlds import NAME, OWNER, REPO, as_app, as_installation, as_person, installation_id, small_world


def busy_world() -> Hub:
    """One of everything, so that no listing is empty."""
    hub = small_world()
    hub.webhook_url = "http://127.0.0.1:9/unreachable"
    hub.open_thread(actor="visitor", repo=REPO, title="It breaks", body="See #2, @grace", labels=["bug"])
    hub.open_pull_request(
        actor="grace",
        repo=REPO,
        title="Mend it",
        body="Fixes #1",
        files={"README.md": "# New\n", "docs/guide.md": None, "n.txt": "n\n"},
    )
    comment = hub.comment(actor="ada", repo=REPO, number=1, body="Looking")
    hub.comment(actor=hub.state.app.login, repo=REPO, number=1, body="I can help")
    hub.react(actor="ada", repo=REPO, content="heart", number=1)
    hub.react(actor="ada", repo=REPO, content="eyes", comment=comment.id)
    hub.edit_thread(actor="visitor", repo=REPO, number=1, title="It breaks badly")
    hub.remove_label(actor="ada", repo=REPO, number=1, name="bug")
    hub.lock(actor="ada", repo=REPO, number=1)
    hub.lock(actor="ada", repo=REPO, number=1, locked=False)
    hub.close(actor="ada", repo=REPO, number=1, reason="not_planned")
    hub.reopen(actor="visitor", repo=REPO, number=1)
    hub.add_labels(actor="ada", repo=REPO, number=1, names=["bug", "brand new"])
    spam = hub.comment(actor="visitor", repo=REPO, number=2, body="Buy now")
    hub.delete_comment(actor="ada", repo=REPO, comment=spam.id)
    hub.push_tag(actor="ada", repo=REPO, name="release/1.0")
    hub.push_tag(actor="ada", repo=REPO, name="v1.1")
    return hub


def checked(response: Any) -> Any:
    """The typed data of a githubkit response, after GitHub's own description has agreed with the raw one."""
    raw = response.raw_response
    body = raw.json() if raw.content else None
    path = raw.request.url.raw_path.decode().partition("?")[0]
    assert github().response_problems(raw.request.method, path, raw.status_code, body) == []
    return response.parsed_data


@needs(DESCRIPTION)
async def test_githubkit_and_the_openapi_description_agree_with_every_answer_to_an_installation():
    async with running_playground(busy_world()) as (hub, url), as_installation(hub, url) as client:
        issues, repos, reactions = client.rest.issues, client.rest.repos, client.rest.reactions
        where = (OWNER, NAME)
        comment = next(iter(hub.repository(REPO).comments))

        assert checked(await repos.async_get(*where)).default_branch == "main"
        assert checked(await client.rest.apps.async_list_repos_accessible_to_installation()).total_count == 1
        assert [i.number for i in checked(await issues.async_list_for_repo(*where, state="all"))] == [2, 1]
        assert checked(await issues.async_get(*where, 1)).reactions.heart == 1
        assert checked(await issues.async_get(*where, 2)).pull_request is not None
        created = checked(await issues.async_create(*where, title="New", body="b", labels=["bug"]))
        assert [label.name for label in created.labels] == ["bug"]
        updated = checked(
            await issues.async_update(*where, created.number, state="closed", state_reason="not_planned", title="Old")
        )
        assert (updated.state, updated.state_reason, updated.title) == ("closed", "not_planned", "Old")
        assert [c.body for c in checked(await issues.async_list_comments(*where, 1))] == ["Looking", "I can help"]
        assert len(checked(await issues.async_list_comments_for_repo(*where))) == 2
        assert checked(await issues.async_get_comment(*where, comment)).author_association == "OWNER"
        mine = checked(await issues.async_create_comment(*where, 1, body="hello"))
        assert mine.user.login == "plumbline[bot]"
        assert mine.performed_via_github_app.slug == "plumbline"
        assert checked(await issues.async_update_comment(*where, mine.id, body="bye")).body == "bye"
        assert (await issues.async_delete_comment(*where, mine.id)).status_code == 204
        assert {label.name for label in checked(await issues.async_list_labels_for_repo(*where))} > {"bug", "area/ui"}
        assert checked(await issues.async_create_label(*where, name="new", color="ff0000")).color == "ff0000"
        added = checked(await issues.async_add_labels(*where, 1, data={"labels": ["area/ui"]}))
        assert "area/ui" in {label.name for label in added}
        assert len(checked(await issues.async_list_labels_on_issue(*where, 1))) == 3
        left = checked(await issues.async_remove_label(*where, 1, quote("area/ui", safe="")))
        assert "area/ui" not in {label.name for label in left}
        assert len(checked(await issues.async_set_labels(*where, 1, data={"labels": ["bug"]}))) == 1
        events = [event.event for event in checked(await issues.async_list_events_for_timeline(*where, 1))]
        assert events[:4] == ["labeled", "cross-referenced", "commented", "commented"]
        assert {"unlabeled", "locked", "unlocked", "closed", "reopened"} < set(events)

        ended = checked(await issues.async_list_events_for_timeline(*where, 2))
        assert [(event.event, event.actor.type) for event in ended][-1] == ("comment_deleted", "User")
        by_us = checked(await issues.async_list_events_for_timeline(*where, 1))[-1]
        assert (by_us.event, by_us.actor.login, by_us.actor.type) == ("unlabeled", "plumbline[bot]", "Bot")
        assert by_us.performed_via_github_app.slug == "plumbline"

        made = checked(await reactions.async_create_for_issue_comment(*where, comment, content="rocket"))
        assert made.content == "rocket"
        assert len(checked(await reactions.async_list_for_issue_comment(*where, comment))) == 2
        assert (await reactions.async_delete_for_issue_comment(*where, comment, made.id)).status_code == 204
        again = await reactions.async_create_for_issue(*where, 1, content="heart")
        assert (again.status_code, checked(again).user.login) == (201, "plumbline[bot]")
        assert (await reactions.async_create_for_issue(*where, 1, content="heart")).status_code == 200
        assert len(checked(await reactions.async_list_for_issue(*where, 1))) == 2

        pulls = client.rest.pulls
        assert [p.number for p in checked(await pulls.async_list(*where))] == [2]
        assert checked(await pulls.async_get(*where, 2)).changed_files == 3
        files = checked(await pulls.async_list_files(*where, 2))
        assert {f.filename: f.status for f in files} == {
            "README.md": "modified",
            "docs/guide.md": "removed",
            "n.txt": "added",
        }

        tags = checked(await repos.async_list_tags(*where))
        assert [tag.name for tag in tags] == ["v1.1", "release/1.0"]
        assert tags[0].commit.sha == hub.repository(REPO).branches["main"]
        assert checked(await repos.async_get_content(*where, "docs/guide.md")).encoding == "base64"
        listing = (await repos.async_get_content(*where, "src")).raw_response.json()
        assert [(entry["path"], entry["type"]) for entry in listing] == [("src/a b", "dir")]
        ref = checked(await client.rest.git.async_get_ref(*where, "heads/main"))
        tree = checked(await client.rest.git.async_get_tree(*where, ref.object_.sha, recursive="1"))
        assert {e.path: e.type for e in tree.tree}["src/a b/ü.py"] == "blob"
        assert checked(await repos.async_get_commit(*where, "main")).sha == ref.object_.sha
        assert checked(await repos.async_get_commit(*where, "tags/v1.1")).sha == ref.object_.sha
        archive = await repos.async_download_tarball_archive(*where, "main")
        with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
            assert f"{OWNER}-{NAME}-{ref.object_.sha[:7]}/src/a b/ü.py" in tar.getnames()
        level = checked(await repos.async_get_collaborator_permission_level(*where, "grace"))
        assert (level.permission, level.role_name) == ("write", "write")
        found = checked(await client.rest.search.async_issues_and_pull_requests(q=f"repo:{REPO} is:issue breaks"))
        assert [item.number for item in found.items] == [1]
        assert checked(await client.rest.rate_limit.async_get()).resources.core.limit == 15_000
        assert checked(await client.rest.users.async_get_by_username("plumbline[bot]")).type == "Bot"
        assert checked(await client.rest.meta.async_get()).hooks


@needs(DESCRIPTION)
async def test_githubkit_and_the_openapi_description_agree_with_every_answer_to_the_app():
    async with running_playground(busy_world()) as (hub, url), as_app(hub, url) as client:
        await hub.deliveries_idle()
        apps = client.rest.apps
        assert checked(await apps.async_get_authenticated()).slug == "plumbline"
        assert [i.account.login for i in checked(await apps.async_list_installations())] == [OWNER]
        assert checked(await apps.async_get_installation(installation_id(hub))).app_slug == "plumbline"
        repo = hub.repository(REPO)
        minted = checked(
            await apps.async_create_installation_access_token(installation_id(hub), repository_ids=[repo.id])
        )
        assert len(minted.token) > 400
        listed = checked(await apps.async_list_webhook_deliveries(per_page=5))
        assert len(listed) == 5
        assert {item.status_code for item in listed} == {0}
        one = checked(await apps.async_get_webhook_delivery(listed[0].id))
        assert one.guid == listed[0].guid
        assert (await apps.async_redeliver_webhook_delivery(listed[0].id)).status_code == 202


@needs(DESCRIPTION)
async def test_what_githubkit_sent_is_what_github_documents():
    async with running_playground(busy_world()) as (hub, url), as_installation(hub, url) as client:
        await client.rest.issues.async_create(OWNER, NAME, title="t", labels=["bug"])
        await client.rest.issues.async_add_labels(OWNER, NAME, 1, data={"labels": ["bug"]})
        await client.rest.issues.async_create_comment(OWNER, NAME, 1, body="b")
        await client.rest.issues.async_get(OWNER, NAME, 1)
        assert [github().request_problems(record) for record in hub.requests] == [[]] * 5


@needs(DESCRIPTION)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/repos/{REPO}/issues", {"body": "no title"}),
        (f"/repos/{REPO}/issues/1/comments", {"body": "b", "bdoy": 1}),
        (f"/repos/{REPO}/issues/1/comments", {"body": 5}),
        (f"/repos/{REPO}/issues/1/labels", {"labels": [1]}),
        (f"/repos/{REPO}/issues/1/reactions", {"content": "thumbs"}),
    ],
)
async def test_the_playground_and_the_description_refuse_the_same_bodies(path: str, body: Any):
    async with running_playground(busy_world()) as (hub, url), as_person(url, "ada") as client:
        answer = await client.post(path, json=body)
        assert answer.status_code == 422
        assert "documentation_url" in answer.json()
        assert github().request_problems(hub.requests[-1]) != []
