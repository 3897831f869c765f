import asyncio
import hashlib
import hmac
import json
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from app.playground import deliver
from app.playground.hub import Hub
from tests.fixtures_playground import running_playground
from tests.playground.openapi import EVENTS, needs
from tests.playground.receiver import Receiver, receiving
from tests.playground.worlds import REPO, as_app, as_installation, small_world


def verified(receiver: Receiver, hub: Hub) -> list[tuple[str, str]]:
    """(event, guid) of what came, after checking each signature over the raw bytes."""
    for headers, body in receiver.got:
        digest = hmac.new(hub.state.app.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={digest}"
        assert headers["content-type"] == "application/json"
    return [(headers["x-github-event"], headers["x-github-delivery"]) for headers, _ in receiver.got]


async def test_what_happens_is_delivered_signed_and_written_down():
    async with receiving() as receiver, running_playground(small_world(), webhook_url=receiver.url) as (hub, url):
        hub.ping()
        hub.open_thread(actor="visitor", repo=REPO, title="a")
        async with as_installation(hub, url) as client:
            await client.rest.issues.async_create_comment("acme", "widgets", 1, body="b")
        await hub.deliveries_idle()
        names = {event for event, _ in verified(receiver, hub)}
        assert names == {"ping", "issues", "issue_comment"}
        bodies = {headers["x-github-event"]: orjson.loads(body) for headers, body in receiver.got}
        assert bodies["issue_comment"]["sender"]["type"] == "Bot"
        assert bodies["issue_comment"]["comment"]["user"]["login"] == "plumbline[bot]"
        assert {(d.status, d.outcome, d.answer) for d in hub.state.deliveries} == {(202, "OK", "ok")}


@pytest.mark.parametrize(("status", "outcome"), [(500, "Internal Server Error"), (401, "Unauthorized"), (200, "OK")])
async def test_a_refused_delivery_is_not_retried_but_can_be_redelivered_under_its_guid(status: int, outcome: str):
    async with receiving(status) as receiver, running_playground(small_world(), webhook_url=receiver.url) as (hub, url):
        hub.open_thread(actor="visitor", repo=REPO, title="a")
        await hub.deliveries_idle()
        assert [(d.status, d.outcome) for d in hub.state.deliveries] == [(status, outcome)]
        receiver.status = 202
        async with as_app(hub, url) as client:
            failed = (await client.rest.apps.async_list_webhook_deliveries()).parsed_data[0]
            await client.rest.apps.async_redeliver_webhook_delivery(failed.id)
            await hub.deliveries_idle()
            listed = (await client.rest.apps.async_list_webhook_deliveries()).parsed_data
        assert [(d.redelivery, d.status_code) for d in listed] == [(True, 202), (False, status)]
        assert listed[0].guid == listed[1].guid
        assert len({guid for _, guid in verified(receiver, hub)}) == 1


async def test_an_app_that_is_down_or_asleep_is_written_down(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deliver, "TIMEOUT_S", 0.05)
    async with receiving(None) as sleepy, running_playground(small_world(), webhook_url=sleepy.url) as (hub, _):
        hub.open_thread(actor="visitor", repo=REPO, title="a")
        await hub.deliveries_idle()
        hub.webhook_url = "http://127.0.0.1:9/nobody"
        hub.open_thread(actor="visitor", repo=REPO, title="b")
        await hub.deliveries_idle()
        outcomes = [(d.status, d.outcome) for d in hub.state.deliveries]
        assert outcomes == [(0, "timed out"), (0, "failed to connect to host")]
        assert hub.state.deliveries[0].duration >= 0.05


async def test_lost_events_leave_no_trace_and_doubled_ones_share_a_guid():
    async with receiving() as receiver, running_playground(small_world(), webhook_url=receiver.url) as (hub, _):
        hub.faults.event_loss = 1.0
        hub.open_thread(actor="visitor", repo=REPO, title="lost")
        hub.faults.event_loss, hub.faults.event_duplicate = 0.0, 1.0
        hub.open_thread(actor="visitor", repo=REPO, title="doubled")
        await hub.deliveries_idle()
        assert len(hub.state.deliveries) == 2
        assert len(receiver.got) == 2
        assert len(set(verified(receiver, hub))) == 1
        assert orjson.loads(receiver.got[0][1])["issue"]["title"] == "doubled"


async def test_the_log_is_listed_by_cursor_and_status():
    async with receiving() as receiver, running_playground(small_world(), webhook_url=receiver.url) as (hub, url):
        for number in range(7):
            receiver.status = 500 if number == 3 else 202
            hub.open_thread(actor="visitor", repo=REPO, title=str(number))
            await hub.deliveries_idle()
        async with as_app(hub, url) as client:
            seen: list[int] = []
            path: str | None = "/app/hook/deliveries?per_page=3"
            while path:
                answer = (await client.arequest("GET", path)).raw_response
                seen += [item["id"] for item in answer.json()]
                path = answer.links.get("next", {}).get("url")
            assert seen == [d.id for d in reversed(hub.state.deliveries)]
            failed = (await client.arequest("GET", "/app/hook/deliveries?status=failure")).raw_response.json()
            assert [item["status_code"] for item in failed] == [500]


async def test_deliveries_go_out_side_by_side_but_no_more_than_sixteen():
    open_now, most = 0, 0
    gate = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        if open_now == deliver.CONCURRENT:
            gate.set()
        await reader.readuntil(b"\r\n\r\n")
        await gate.wait()
        writer.write(b"HTTP/1.1 202 A\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        open_now -= 1
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with running_playground(small_world(), webhook_url=url) as (hub, _):
        for number in range(40):
            hub.open_thread(actor="visitor", repo=REPO, title=str(number))
        await hub.deliveries_idle()
        assert {d.status for d in hub.state.deliveries} == {202}
    server.close()
    assert most == deliver.CONCURRENT


def _sent_events() -> Hub:
    hub = small_world()
    hub.webhook_url = "http://127.0.0.1:9/"
    hub.state.installations.clear()
    installation = hub.install(account="acme", actor="ada")
    hub.add_repository("acme/other")
    hub.choose_repositories(installation=installation.id, repositories=[REPO])
    hub.ping()
    hub.open_thread(actor="visitor", repo=REPO, title="a", body="b", labels=["bug"])
    comment = hub.comment(actor="visitor", repo=REPO, number=1, body="c")
    hub.edit_comment(actor="visitor", repo=REPO, comment=comment.id, body="d")
    hub.delete_comment(actor="visitor", repo=REPO, comment=comment.id)
    hub.edit_thread(actor="visitor", repo=REPO, number=1, title="e")
    hub.remove_label(actor="ada", repo=REPO, number=1, name="bug")
    hub.close(actor="ada", repo=REPO, number=1)
    hub.reopen(actor="ada", repo=REPO, number=1)
    pull = hub.open_pull_request(actor="grace", repo=REPO, title="p", body="q", files={"x": "1"})
    assert pull.head is not None
    hub.push_files(actor="grace", repo=REPO, files={"x": "2"}, branch=pull.head.ref)
    hub.push_tag(actor="grace", repo=REPO, name="v1.0")
    hub.open_thread(actor="visitor", repo=REPO, title="d", body="d", kind="discussion")
    reply = hub.comment(actor="ada", repo=REPO, number=3, body="e")
    hub.edit_comment(actor="ada", repo=REPO, comment=reply.id, body="f")
    hub.create_label(actor="ada", repo=REPO, name="n", description="d")
    hub.suspend(installation=installation.id, actor="ada")
    hub.unsuspend(installation=installation.id, actor="ada")
    return hub


def _missing(schema: dict[str, Any], payload: Any) -> list[str]:
    """Required keys that the payload lacks, anywhere; newer GitHub sends more keys than this schema knows."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in Draft7Validator(schema).iter_errors(payload)
        if error.validator == "required"
    ]


@needs(EVENTS)
def test_payloads_have_every_key_that_githubs_schema_requires():
    definitions = json.loads(EVENTS.read_text())["definitions"]
    hub = _sent_events()
    names = set()
    for delivery in hub.state.deliveries:
        name = f"{delivery.event}${delivery.action or 'event'}"
        names.add(name)
        schema = {"$ref": f"#/definitions/{name}", "definitions": definitions}
        assert (name, _missing(schema, orjson.loads(delivery.payload))) == (name, [])
    assert {name.partition("$")[0] for name in names} == {
        *("issues", "issue_comment", "pull_request", "discussion", "discussion_comment", "label", "push", "ping"),
        *("installation", "installation_repositories"),
    }
