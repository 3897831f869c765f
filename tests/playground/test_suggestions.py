"""Suggested labels wait for a person: on the page and over the API, for issues where the repository takes them."""

from typing import Any

import pytest

from app.playground.hub import Hub
from app.playground.model import Thread
from app.playground.persist import load, save
from tests.fixtures_playground import running_playground
from tests.playground.visiting import visiting
from tests.playground.worlds import REPO, as_person, small_world

ISSUE = f"/repos/{REPO}/issues/1"
BUG: dict[str, Any] = {"name": "bug", "suggest": True, "confidence": "low", "rationale": "<b>it crashes</b>"}


def opened() -> tuple[Hub, Thread]:
    hub = small_world()
    return hub, hub.open_thread(actor="visitor", repo=REPO, title="o")


def carried(hub: Hub, thread: Thread) -> list[str]:
    return [hub.repository(REPO).labels[label].name for label in thread.labels]


async def test_a_suggestion_is_listed_until_somebody_decides():
    hub, thread = opened()
    async with running_playground(hub) as (_, url), as_person(url, "ada") as client:
        await client.post(f"{ISSUE}/labels", json={"labels": [BUG, {"name": "question", "suggest": True}]})
        bug, question = (await client.get(f"{ISSUE}/suggestions")).json()
        assert (bug["action"], bug["state"], bug["confidence"]) == ("add_label", "pending", "LOW")
        assert carried(hub, thread) == []
        approved = (await client.post(f"{ISSUE}/suggestions/{bug['id']}/approve")).json()
        dismissed = (await client.post(f"{ISSUE}/suggestions/{question['id']}/dismiss")).json()
        assert (approved["state"], dismissed["state"], carried(hub, thread)) == ("approved", "dismissed", ["bug"])
        labeled = [(event.id, event.actor) for event in thread.timeline if event.event == "labeled"]
        assert labeled == [(approved["issue_event_id"], "ada")]
        assert (await client.get(f"{ISSUE}/suggestions")).json() == []
        assert len((await client.get(f"{ISSUE}/suggestions?state=all")).json()) == 2
        again = await client.post(f"{ISSUE}/suggestions/{question['id']}/approve")
        assert (again.status_code, carried(hub, thread)) == (422, ["bug"])


async def test_a_newer_suggestion_replaces_the_one_that_waits_and_none_is_made_of_what_stands():
    hub, thread = opened()
    async with running_playground(hub) as (_, url), as_person(url, "ada") as client:
        for reason in ("one", "two"):
            await client.post(f"{ISSUE}/labels", json={"labels": [BUG | {"rationale": reason}]})
        assert [(one.rationale, one.state) for one in thread.suggestions] == [("one", "replaced"), ("two", "pending")]
        hub.add_labels(actor="ada", repo=REPO, number=1, names=["question"])
        await client.post(f"{ISSUE}/labels", json={"labels": [{"name": "question", "suggest": True}]})
        assert len(thread.suggestions) == 2
        unknown = await client.post(f"{ISSUE}/labels", json={"labels": [BUG | {"name": "unheard of"}]})
        assert unknown.status_code == 422


async def test_an_older_server_puts_the_label_on_at_once():
    hub, thread = opened()
    hub.repository(REPO).takes_suggestions = False
    async with running_playground(hub) as (_, url), as_person(url, "ada") as client:
        await client.post(f"{ISSUE}/labels", json={"labels": [BUG]})
        assert (carried(hub, thread), thread.suggestions) == (["bug"], [])
        assert (await client.get(f"{ISSUE}/suggestions")).status_code == 404


@pytest.mark.parametrize("path", ["", "/1/approve", "/1/dismiss"])
async def test_strangers_see_and_decide_nothing(path: str):
    hub, _ = opened()
    async with running_playground(hub) as (_, url), as_person(url, "visitor") as client:
        answer = await client.request("POST" if path else "GET", f"{ISSUE}/suggestions{path}")
        assert answer.status_code == 403


async def test_people_accept_and_reject_on_the_issues_page(tmp_path):
    hub, thread = opened()
    async with running_playground(hub) as (_, url), as_person(url, "ada") as client:
        await client.post(f"{ISSUE}/labels", json={"labels": [BUG, {"name": "question", "suggest": True}]})
    bug, question = thread.suggestions
    save(tmp_path / "state.json", hub.state)
    async with visiting(hub) as visitor:
        place = f"/{REPO}/threads/1"
        page = await visitor.get(f"{place}?person=ada")
        assert "Suggested by the teammate" in page.text
        assert "&lt;b&gt;it crashes&lt;/b&gt;" in page.text
        await visitor.post(place, data={"person": "ada", "verb": "approve", "suggestion": str(bug.id)})
        await visitor.post(place, data={"person": "ada", "verb": "dismiss", "suggestion": str(question.id)})
        assert (bug.state, question.state, question.resolved_by) == ("approved", "dismissed", "ada")
        assert carried(hub, thread) == ["bug"]
        assert "Suggested by the teammate" not in (await visitor.get(place)).text
        refused = await visitor.post(place, data={"person": "visitor", "verb": "approve", "suggestion": "1"})
        assert "may not label here" in refused.text
    kept = load(tmp_path / "state.json")
    assert kept is not None
    assert [one.state for one in kept.repositories[REPO].threads[1].suggestions] == ["pending", "pending"]
