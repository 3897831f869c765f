"""Check runs: only the App writes them, the newest of a name counts, and the pull request's page shows it."""

from typing import Any

import httpx
import pytest
from githubkit.exception import RequestFailed

from app.playground.hub import Hub
from app.playground.model import Thread
from tests.fixtures_playground import running_playground
from tests.playground.openapi import DESCRIPTION, github, needs
from tests.playground.visiting import visiting
from tests.playground.worlds import NAME, OWNER, REPO, as_installation, as_person, small_world

FILES: dict[str, str | None] = {".github/plumbline.yml": "mode: of\n"}


def pull_request() -> tuple[Hub, Thread, str]:
    hub = small_world()
    thread = hub.open_pull_request(actor="grace", repo=REPO, title="Settle down", body="", files=FILES)
    assert thread.head
    return hub, thread, thread.head.sha


def finished(sha: str, *, conclusion: str = "failure") -> dict[str, Any]:
    remark = {
        "path": ".github/plumbline.yml",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "failure",
        "message": "`mode` is of; expected one of off, mention, draft, auto",
    }
    output = {"title": "1 mistake", "summary": "| a | b |\n|---|---|\n| *1* | 2 |", "annotations": [remark]}
    return {
        "name": "Plumbline settings",
        "head_sha": sha,
        "status": "completed",
        "conclusion": conclusion,
        "output": output,
    }


@needs(DESCRIPTION)
async def test_githubkit_and_the_openapi_description_agree():
    hub, _, sha = pull_request()
    async with running_playground(hub) as (hub, url), as_installation(hub, url) as client:
        checks, where = client.rest.checks, (OWNER, NAME)
        made = await checks.async_create(*where, **finished(sha))
        listed = await checks.async_list_for_ref(*where, sha)
        told = await checks.async_list_annotations(*where, made.parsed_data.id)
        one = await checks.async_get(*where, made.parsed_data.id)
        assert listed.parsed_data.check_runs[0].conclusion == "failure"
        assert listed.parsed_data.check_runs[0].output.annotations_count == 1
        assert told.parsed_data[0].start_line == 1
        for answer in (made, listed, told, one):
            raw = answer.raw_response
            path = raw.request.url.raw_path.decode().partition("?")[0]
            assert github().response_problems(raw.request.method, path, raw.status_code, raw.json()) == []
        assert [
            problem for record in hub.requests if record.body for problem in github().request_problems(record)
        ] == []


async def test_the_newest_of_a_name_counts_and_the_page_shows_it():
    hub, thread, sha = pull_request()
    branch = thread.head.ref if thread.head else ""
    async with running_playground(hub) as (hub, url), as_installation(hub, url) as client:
        await client.rest.checks.async_create(OWNER, NAME, **finished(sha))
        await client.rest.checks.async_create(OWNER, NAME, **finished(sha, conclusion="success"))
        listed = await client.rest.checks.async_list_for_ref(OWNER, NAME, f"heads/{branch}")
        everything = await client.rest.checks.async_list_for_ref(OWNER, NAME, sha, filter_="all")
        assert [run.conclusion for run in listed.parsed_data.check_runs] == ["success"]
        assert everything.parsed_data.total_count == 2
    async with visiting(hub) as visitor:
        page = await visitor.get(f"/{REPO}/threads/{thread.number}")
        assert "Plumbline settings" in page.text
        assert "<td><em>1</em></td>" in page.text
        assert ".github/plumbline.yml:1" in page.text


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"head_sha": "f" * 40}, 422),
        ({"conclusion": "great"}, 422),
        ({"output": {"title": "t", "summary": "s" * 65_536}}, 422),
    ],
)
async def test_what_github_would_refuse_is_refused(changed: dict[str, Any], status: int):
    hub, _, sha = pull_request()
    async with running_playground(hub) as (hub, url), as_installation(hub, url) as client:
        with pytest.raises(RequestFailed) as refused:
            await client.arequest("POST", f"/repos/{REPO}/check-runs", json=finished(sha) | changed)
        assert refused.value.response.status_code == status


async def test_a_person_cannot_write_one():
    hub, _, sha = pull_request()
    async with running_playground(hub) as (hub, url), as_person(url) as client:
        answer: httpx.Response = await client.post(
            f"/repos/{REPO}/check-runs", json=finished(sha), headers={"authorization": "token ghp_ada"}
        )
        assert answer.status_code == 403
        assert hub.repository(REPO).check_runs == {}
