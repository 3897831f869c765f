"""Each thing that can go wrong with an answer of GitHub, proven over HTTP."""

import contextlib
import time
from collections import Counter

import httpx
import orjson
import pytest

from app.playground.faults import RATED, Faults, Shot
from app.playground.hub import Hub
from tests.fixtures_playground import running_playground
from tests.playground.worlds import REPO, Clock, as_installation, as_person, small_world

COMMENTS = f"/repos/{REPO}/issues/1/comments"


def world_with_issue(**settings: object) -> Hub:
    hub = small_world(**settings)
    hub.open_thread(actor="ada", repo=REPO, title="o")
    return hub


def written(hub: Hub) -> int:
    return len(hub.repository(REPO).threads[1].comments)


def next_post(fault: str, **more: object) -> Faults:
    return Faults.model_validate({"next": [{"fault": fault, "method": "POST", "path": "/comments", **more}]})


@pytest.mark.parametrize(
    ("shot", "status", "done"),
    [
        ({"fault": "error_before_write", "status": 503}, 503, 0),
        ({"fault": "error_after_write", "status": 502}, 502, 1),
        ({"fault": "secondary_limit"}, 403, 0),
        ({"fault": "secondary_limit_bare"}, 403, 0),
        ({"fault": "primary_limit"}, 429, 0),
        ({"fault": "html_error"}, 502, 0),
        ({"fault": "truncated_json"}, 201, 1),
        ({"fault": "token_rejected"}, 401, 0),
        ({"fault": "latency", "latency_s": 0.02}, 201, 1),
        ({"fault": "answer", "status": 451, "message": "Repository access blocked"}, 451, 0),
    ],
)
async def test_a_one_shot_hits_the_next_matching_request_only(shot: dict[str, object], status: int, done: int):
    async with running_playground(world_with_issue()) as (hub, url), as_person(url, "ada") as client:
        hub.faults = next_post(**shot)  # type: ignore[arg-type]
        assert (await client.get(COMMENTS)).status_code == 200
        answer = await client.post(COMMENTS, json={"body": "b"})
        assert (answer.status_code, written(hub)) == (status, done)
        assert hub.requests[-1].status == status
        assert (await client.post(COMMENTS, json={"body": "b"})).status_code == 201
        assert hub.faults.next == []


async def test_a_lost_response_is_a_closed_connection_after_the_write():
    async with running_playground(world_with_issue()) as (hub, url), as_person(url, "ada") as client:
        hub.faults = next_post("lost_response")
        with pytest.raises(httpx.TransportError):
            await client.post(COMMENTS, json={"body": "b"})
        assert (written(hub), hub.requests[-1].status) == (1, 0)
        assert (await client.get(COMMENTS)).json()[0]["body"] == "b"


async def test_limits_say_when_to_come_back_or_do_not():
    async with running_playground(world_with_issue()) as (hub, url), as_person(url, "ada") as client:
        hub.faults = Faults(next=[Shot(fault="secondary_limit"), Shot(fault="secondary_limit_bare")], retry_after_s=7)
        told, bare = await client.get(COMMENTS), await client.get(COMMENTS)
        assert told.headers["retry-after"] == "7"
        assert "retry-after" not in bare.headers
        assert int(bare.headers["x-ratelimit-remaining"]) > 0
        assert told.json()["message"].startswith("You have exceeded a secondary rate limit")
        hub.faults = Faults(next=[Shot(fault="primary_limit")], retry_after_s=7)
        primary = await client.get(COMMENTS)
        assert primary.headers["x-ratelimit-remaining"] == "0"
        assert 5 <= int(primary.headers["x-ratelimit-reset"]) - time.time() <= 9


async def test_broken_bodies_are_broken():
    async with running_playground(world_with_issue()) as (hub, url), as_person(url, "ada") as client:
        hub.faults = Faults(next=[Shot(fault="html_error"), Shot(fault="truncated_json")])
        html, cut = await client.get(f"/repos/{REPO}"), await client.get(f"/repos/{REPO}")
        assert html.headers["content-type"].startswith("text/html")
        assert cut.status_code == 200
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(cut.content)


async def test_a_slow_answer_drips_but_arrives_whole():
    async with running_playground(world_with_issue()) as (hub, url), as_person(url, "ada") as client:
        hub.faults = Faults(next=[Shot(fault="slow_drip")], drip_s=0.08)
        pieces: list[bytes] = []
        async with client.stream("GET", f"/repos/{REPO}") as answer:
            pieces = [piece async for piece in answer.aiter_raw()]
        assert len(pieces) > 3
        assert orjson.loads(b"".join(pieces))["full_name"] == REPO


async def test_a_new_comment_is_not_listed_before_its_lag_is_over():
    clock = Clock()
    async with running_playground(world_with_issue(clock=clock)) as (hub, url), as_person(url, "ada") as client:
        hub.faults = Faults(listing_lag=1.0, listing_lag_s=10)
        made = (await client.post(COMMENTS, json={"body": "b"})).json()
        timeline = f"/repos/{REPO}/issues/1/timeline"
        assert (await client.get(COMMENTS)).json() == (await client.get(timeline)).json() == []
        assert (await client.get(f"/repos/{REPO}/issues/comments/{made['id']}")).json()["body"] == "b"
        clock.now += 10
        assert [c["id"] for c in (await client.get(COMMENTS)).json()] == [made["id"]]


async def test_only_fresh_tokens_are_rejected():
    clock = Clock()
    async with running_playground(world_with_issue()) as (hub, url), as_installation(hub, url) as client:
        assert (await client.arequest("GET", COMMENTS)).status_code == 200
        [token] = hub.state.tokens
        header = {"authorization": f"token {token}"}
        hub.clock = clock
        clock.now = hub.state.tokens[token].minted + 5.9
        hub.faults.token_rejected = 1.0
        async with as_person(url) as plain:
            assert (await plain.get(COMMENTS, headers=header)).status_code == 401
            assert (await plain.get(COMMENTS)).status_code == 200
            clock.now += 0.1
            assert (await plain.get(COMMENTS, headers=header)).status_code == 200


async def test_the_same_seed_gives_the_same_faults():
    async def statuses(seed: int) -> list[int]:
        hub = world_with_issue(seed=seed)
        hub.faults = Faults(error_before_write=0.3, html_error=0.2)
        async with running_playground(hub) as (_, url), as_person(url, "ada") as client:
            return [(await client.get(COMMENTS)).status_code for _ in range(30)]

    first = await statuses(1)
    assert first == await statuses(1)
    assert first != await statuses(2)
    assert {200, 502} < set(first)


async def test_under_every_fault_at_once_what_was_answered_is_what_was_done():
    hub = world_with_issue(seed=7)
    rates = dict.fromkeys(RATED, 0.05) | {"listing_lag": 0.05}
    hub.faults = Faults(**rates, latency_s=0.001, drip_s=0.008, listing_lag_s=0.0)
    async with running_playground(hub) as (_, url), as_person(url, "ada") as client:
        for number in range(200):
            with contextlib.suppress(httpx.TransportError):
                await client.post(COMMENTS, json={"body": str(number)})
    done = Counter(comment.body for comment in hub.repository(REPO).comments.values())
    answered = {record.body["body"]: record.status for record in hub.requests}
    assert len(answered) == 200
    for body, status in answered.items():
        if status in (0, 201):
            assert done[body] == 1
        elif status < 500:
            assert done[body] == 0
    assert max(done.values()) == 1
    assert {0, 201, 403, 429, 502} < set(answered.values())


async def test_faults_are_set_and_checked_over_http():
    async with running_playground(world_with_issue()) as (hub, url), as_person(url) as client:
        assert (await client.put("/_playground/faults", json={"latency": 2})).status_code == 422
        assert (await client.put("/_playground/faults", json={"typo": 1})).status_code == 422
        wanted = {"html_error": 1.0, "next": [{"fault": "answer", "status": 410}]}
        assert (await client.put("/_playground/faults", json=wanted)).json()["html_error"] == 1.0
        assert [(await client.get(COMMENTS)).status_code for _ in range(2)] == [410, 502]
        assert (await client.get("/_playground/faults")).json()["next"] == []
        assert hub.faults.html_error == 1.0
