import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ConfigurationError
from app.web import webhook
from app.web.commits import Commits
from app.web.metrics import Metrics
from app.web.webhook import Webhook
from tests.fakes.bell import FakeBell
from tests.web.served import (
    PATH,
    SECRET,
    MemoryInbox,
    Served,
    get,
    github_headers,
    opened,
    post,
    raw,
    request,
    served,
    sign,
)

EXAMPLES = Path("../shared/data/webhooks/examples.json")
BODY = opened()


@pytest.fixture
async def web() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


async def test_an_accepted_delivery_is_in_the_inbox_as_it_came(web):
    headers = github_headers(BODY, x_github_delivery="guid-a")
    answer = await post(web, BODY, headers)
    assert (answer.status, answer.json) == (202, {"ok": True})
    delivery = web.inbox.bodies["guid-a"]
    assert (delivery.event, delivery.action, delivery.installation_id) == ("issues", "opened", 7)
    assert delivery.body == BODY
    assert delivery.order
    assert (delivery.order.key, delivery.order.trigger) == ("42#3", "body")


async def test_ping_is_answered_and_not_stored(web):
    body = b'{"zen": "Keep it simple", "hook_id": 1}'
    answer = await post(web, body, github_headers(body, x_github_event="ping"))
    assert (answer.status, answer.json) == (202, {"ok": True, "pong": True})
    assert web.inbox.bodies == {}


async def test_only_post(web):
    answer = await get(web, PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


# --- who sent it -----------------------------------------------------------------------------------------


def test_githubs_own_test_vector():
    assert sign(b"Hello, World!") == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


async def test_githubs_own_test_vector_is_accepted(web):
    answer = await post(web, b"Hello, World!")
    assert answer.status == 400
    assert "not JSON" in answer.json["error"]


RIGHT = sign(BODY)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        RIGHT.removeprefix("sha256="),
        RIGHT[:-1],
        RIGHT + "0",
        RIGHT.replace("sha256=", "SHA256="),
        "sha256=" + RIGHT[7:].upper(),
        RIGHT.replace("sha256=", "sha1="),
        RIGHT[:-1] + ("0" if RIGHT[-1] != "0" else "1"),
        RIGHT[:-1] + "é",
        "é" * 71,
        "sha256=" + "0" * 64,
        sign(BODY, b"another secret"),
        sign(BODY + b" "),
        RIGHT + ", " + RIGHT,
    ],
)
async def test_a_wrong_signature_is_refused(web, signature):
    answer = await post(web, BODY, github_headers(BODY, x_hub_signature_256=signature))
    assert answer.status == 401
    assert "secret" in answer.json["error"]
    assert web.inbox.bodies == {}


async def test_sha1_alone_is_refused(web):
    headers = github_headers(BODY, x_hub_signature_256=None, x_hub_signature="sha1=" + "0" * 40)
    assert (await post(web, BODY, headers)).status == 401


async def test_two_signatures_are_refused_even_when_both_are_right(web):
    headers = [*github_headers(BODY).items(), ("X-Hub-Signature-256", RIGHT)]
    assert (await request(web.port, "POST", PATH, headers, BODY)).status == 401


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_one_flipped_bit_is_a_forgery(data):
    place = data.draw(st.integers(0, len(BODY) * 8 - 1))
    forged = bytearray(BODY)
    forged[place // 8] ^= 1 << place % 8
    hears = Webhook(
        secrets=(SECRET,), handle="plumbline", commits=Commits(MemoryInbox(), FakeBell(), Metrics()), metrics=Metrics()
    )
    assert asyncio.run(called(hears, bytes(forged), github_headers(BODY))) == 401


@pytest.mark.parametrize("secrets", [(), (b"",), (b"  ",), (b"good", b"")])
def test_refuses_to_start_with_an_empty_secret(secrets):
    with pytest.raises(ConfigurationError, match="GITHUB_WEBHOOK_SECRET"):
        Webhook(secrets=secrets, handle="x", commits=Commits(MemoryInbox(), FakeBell(), Metrics()), metrics=Metrics())


async def test_secrets_rotate_without_a_gap():
    old, new = b"old secret", b"new secret"

    async def heard(secrets: list[bytes], *senders: bytes) -> list[int]:
        async with served(secrets=secrets) as web:
            posts = [
                post(web, BODY, github_headers(BODY, x_hub_signature_256=sign(BODY, sender))) for sender in senders
            ]
            return [answer.status for answer in await asyncio.gather(*posts)]

    assert await heard([old], old, new) == [202, 401]
    assert await heard([new, old], *[old, new] * 10) == [202] * 20
    assert await heard([new], old, new) == [401, 202]


@pytest.mark.parametrize(
    "body",
    [
        opened(title="\U0001f600 naïve \x1b[1m"),
        json.dumps(json.loads(opened(title="é")), ensure_ascii=False).encode(),
        json.dumps(json.loads(BODY), indent=4, sort_keys=True).encode(),
        b"\xef\xbb\xbf" + BODY,
        opened(title="x").replace(b'"x"', rb'"\u001B \ud800 \u0000"'),
    ],
)
async def test_the_signature_is_over_the_bytes_as_they_came(web, body):
    assert (await post(web, body)).status == 202
    rewritten = json.dumps(json.loads(body), separators=(",", ":")).encode()
    assert (await post(web, rewritten, github_headers(body))).status == 401
    assert [delivery.body for delivery in web.inbox.bodies.values()] == [body]


# --- how much, how fast ----------------------------------------------------------------------------------


async def test_an_announced_giant_is_refused_at_once(web):
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {(25 << 20) + 1}\r\n\r\n"
    assert (await raw(web.port, head.encode())).status == 413


async def test_an_endless_body_is_refused_at_the_cap(web, monkeypatch):
    monkeypatch.setattr(webhook, "BODY_BYTES", 1 << 20)
    _, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode())
    sent = 0
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    try:
        while sent < 64 << 20:
            writer.write(chunk)
            sent += len(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()
    assert sent < 16 << 20, "the server read on"
    assert await post(web, BODY), "and still hears others"


async def test_the_largest_body_is_heard(web):
    body = opened(title="x" * ((25 << 20) - len(opened(title=""))))
    assert len(body) == 25 << 20
    assert (await post(web, body)).status == 202


async def test_a_slow_body_is_given_up(web, monkeypatch):
    monkeypatch.setattr(webhook, "BODY_WITHIN_S", 0.05)
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nslow"
    assert (await raw(web.port, head.encode())).status == 408


async def test_a_body_that_ends_early_harms_nobody(web):
    _, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf".encode())
    await writer.drain()
    writer.close()
    assert (await post(web, BODY)).status == 202


async def test_bodies_in_flight_are_bounded(web, monkeypatch):
    monkeypatch.setattr(webhook, "BODIES_BYTES", 3 * len(BODY))
    web.inbox.gate.clear()
    posts = [asyncio.create_task(post(web, BODY)) for _ in range(4)]
    done, held = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
    [refused] = [task.result() for task in done]
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    web.inbox.gate.set()
    assert [answer.status for answer in await asyncio.gather(*held)] == [202] * 3
    assert (await post(web, BODY)).status == 202, "what was answered no longer counts"


# --- what it says ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "status", "hint"),
    [
        ({"x_github_event": None}, 400, "X-GitHub-Event"),
        ({"x_github_delivery": None}, 400, "X-GitHub-Delivery"),
        ({"x_github_delivery": "x" * 129}, 400, "128"),
        ({"x_github_event": "isssués"}, 400, "printable"),
        ({"x_github_delivery": "a\tb"}, 400, "printable"),
        ({"content_type": "application/x-www-form-urlencoded"}, 415, "application/json"),
        ({"content_type": None}, 415, "application/json"),
        ({"content_encoding": "gzip"}, 415, "encoding"),
    ],
)
async def test_a_strange_head_is_refused_with_a_hint(web, changed, status, hint):
    answer = await post(web, BODY, github_headers(BODY, **changed))
    assert answer.status == status
    assert hint in answer.json["error"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_content_types_of_json(web, kind):
    assert (await post(web, BODY, github_headers(BODY, content_type=kind))).status == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"issue": {"number": []}}',
        b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
async def test_signed_nonsense_is_refused_with_a_sentence(web, body):
    answer = await post(web, body)
    assert answer.status == 400
    assert answer.json["error"].startswith("The body is ")


@pytest.mark.parametrize(("event", "action"), [("weather", "rain"), ("issues", "levitated"), ("star", "created")])
async def test_the_unknown_is_accepted_and_asks_for_nothing(web, event, action):
    body = opened(action=action)
    assert (await post(web, body, github_headers(body, x_github_event=event))).status == 202
    [delivery] = web.inbox.bodies.values()
    assert (delivery.event, delivery.action, delivery.order) == (event, action, None)


@given(
    body=st.binary(max_size=120) | st.text().map(str.encode),
    event=st.sampled_from(["issues", "push", "installation", "weather"]),
    signed=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_nothing_that_anybody_sends_is_a_5xx(body, event, signed):
    async def heard() -> int:
        metrics = Metrics()
        async with Commits(MemoryInbox(), FakeBell(), metrics) as commits:
            hears = Webhook(secrets=(SECRET,), handle="plumbline", commits=commits, metrics=metrics)
            signature = sign(body) if signed else sign(body + b"x")
            return await called(hears, body, github_headers(body, x_github_event=event, x_hub_signature_256=signature))

    assert asyncio.run(heard()) in ((202, 400) if signed else (401,))


@pytest.mark.skipif(not EXAMPLES.exists(), reason="GitHub's examples are not on this machine")
async def test_every_example_of_github_is_accepted(web):
    for name, body in examples():
        answer = await post(web, body, github_headers(body, x_github_event=name))
        assert answer.status == 202, (name, answer.body)
    assert len(examples()) >= 192


# --- while others fail -----------------------------------------------------------------------------------


async def test_a_broken_bell_delays_nothing():
    async with served(bell=FakeBell(broken=True)) as web:
        answers = await asyncio.gather(*(post(web, opened(n)) for n in range(20)))
    assert {answer.status for answer in answers} == {202}
    assert len(web.inbox.bodies) == 20


async def test_a_lost_database_is_a_503_and_comes_back():
    inbox = MemoryInbox(down=True)
    async with served(inbox=inbox) as web:
        refused = await post(web, BODY)
        assert (refused.status, refused.headers["retry-after"]) == (503, "30")
        inbox.down = False
        assert (await post(web, BODY)).status == 202


async def test_one_guid_five_times_at_once(web):
    headers = github_headers(BODY)
    answers = await asyncio.gather(*(post(web, BODY, headers) for _ in range(5)))
    assert [answer.status for answer in answers] == [202] * 5
    assert len(web.inbox.bodies) == 1


def examples() -> list[tuple[str, bytes]]:
    return [
        (entry["name"], json.dumps(example).encode())
        for entry in json.loads(EXAMPLES.read_text())
        for example in entry["examples"]
    ]


async def called(hears: Webhook, body: bytes, headers: dict[str, str]) -> int:
    """The status of one request without a server around the application."""
    sent: list[int] = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message.get("status", 0))

    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await hears({"type": "http", "method": "POST", "path": PATH, "headers": encoded}, receive, send)
    return sent[0]
