"""The relay brings what GitHub sent to a channel here, byte for byte, and comes back when the channel goes away."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.commands import relay
from app.commands.relay import lines, read, relay_webhooks
from app.errors import ConfigurationError
from app.playground.serve import QuietServer
from tests.web.served import PATH, Served, github_headers, opened, served


class Channel:
    """A server like smee.io: what is posted goes to whoever listens, as an event."""

    def __init__(self) -> None:
        self.listeners: list[asyncio.Queue[bytes | None]] = []
        self.came = asyncio.Event()

    async def listen(self, _: Request) -> Response:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.listeners.append(queue)
        self.came.set()

        async def stream() -> AsyncIterator[bytes]:
            yield b"event: ready\ndata: {}\n\n"
            while (message := await queue.get()) is not None:
                yield message

        return StreamingResponse(stream(), media_type="text/event-stream")

    def send(self, headers: dict[str, str], body: bytes, *, newline: str = "\n") -> None:
        """As the channel does it: the body parsed, the headers beside it."""
        message = {**headers, "host": "smee.io", "x-forwarded-for": "192.0.2.1", "query": {}, "timestamp": 1}
        data = json.dumps({**message, "body": json.loads(body)}, ensure_ascii=False)
        self.say(f"id: 1{newline}data: {data}{newline}{newline}".encode())

    def say(self, message: bytes | None) -> None:
        self.listeners[-1].put_nowait(message)


@asynccontextmanager
async def open_channel() -> AsyncIterator[tuple[Channel, str]]:
    channel = Channel()
    app = Starlette(routes=[Route("/channel", channel.listen), Route("/page", lambda _: PlainTextResponse("hello"))])
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await server.ready.wait()
    try:
        yield channel, f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for queue in channel.listeners:
            queue.put_nowait(None)
        server.stop.set()
        await serving


@asynccontextmanager
async def relaying(site: Served, url: str) -> AsyncIterator[Callable[[str], Any]]:
    """Yields a wait for a line that the relay says."""
    said: asyncio.Queue[str] = asyncio.Queue()
    to = f"http://127.0.0.1:{site.port}{PATH}"
    task = asyncio.create_task(relay_webhooks(url, to, say=said.put_nowait))

    async def wait(words: str) -> str:
        async with asyncio.timeout(20):
            while words not in (line := await said.get()):
                pass
        return line

    try:
        yield wait
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


HARD = 'é — "quoted" \\ </script> \u2028\u2029\x0b\x85 😀'


async def test_what_arrives_is_what_github_signed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relay, "PAUSES_S", (0.01,))
    body = json.dumps(
        json.loads(opened(sender={"login": HARD, "type": "User"}, ratio=0.1, big=2**53, none=None, yes=True)),
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    async with served() as site, open_channel() as (channel, url), relaying(site, f"{url}/channel") as wait:
        await wait("listening")
        await channel.came.wait()
        first = github_headers(body)
        channel.say(b": a comment\nevent: ping\ndata: {}\n\n")
        channel.say(b"data: not json\n\n")
        channel.send(first, body)
        assert f"issues.opened {first['x-github-delivery'][:8]}: 202" in await wait("issues")
        assert site.inbox.bodies[first["x-github-delivery"]].body == body

        channel.came.clear()
        channel.say(None)  # the channel ends, and the relay comes back
        await wait("coming back")
        async with asyncio.timeout(20):
            await channel.came.wait()
        second = github_headers(body)
        channel.send(second, body, newline="\r\n")
        await wait(": 202")
        assert set(site.inbox.bodies) == {first["x-github-delivery"], second["x-github-delivery"]}


async def test_nobody_at_home_is_said_and_the_relay_lives_on():
    async with served() as site:
        pass
    async with open_channel() as (channel, url), relaying(site, f"{url}/channel") as wait:
        await wait("listening")
        await channel.came.wait()
        channel.send(github_headers(opened()), opened())
        assert "is Plumbline running there?" in await wait("issues.opened")


async def test_what_is_no_channel_ends_it_with_a_sentence():
    async with open_channel() as (_, url):
        for path in ("page", "gone"):
            with pytest.raises(ConfigurationError, match="is no channel"):
                await relay_webhooks(f"{url}/{path}", "http://127.0.0.1:1/", say=lambda _: None)
    for channel, to in (("smee.io/x", "http://here/"), ("https://smee.io/x", "here"), ("http://[", "http://here/")):
        with pytest.raises(ConfigurationError, match="must be addresses"):
            await relay_webhooks(channel, to, say=lambda _: None)


@pytest.mark.parametrize("data", ["", "[]", "{}", "1", '{"body": {}}', '{"x-github-event": "push"}'])
def test_a_message_that_is_no_webhook_is_left_out(data: str):
    assert read(data) is None


def test_only_what_github_sent_is_forwarded_and_a_raw_body_goes_first():
    found = read(
        json.dumps({"X-GitHub-Event": "push", "x-github-event": "push", "Cookie": "a", "body": 1, "rawBody": "{ }"})
    )
    assert found is not None
    assert found.headers == {"x-github-event": "push"}
    assert (found.body, found.name) == (b"{ }", "push")


async def test_lines_end_at_line_feeds_wherever_the_bytes_are_cut():
    async def chunks() -> AsyncIterator[bytes]:
        for byte in "data: é\u2028x\r\n\nrest".encode():
            yield bytes([byte])

    assert [line async for line in lines(chunks())] == ["data: é\u2028x", ""]
