"""`plumbline relay`: webhooks for a machine that GitHub cannot reach, through a channel such as smee.io offers.

The channel is a stream of server-sent events (html.spec.whatwg.org, "Server-sent events"), each a JSON object with the
headers of one webhook under their names and its body under `body`. The signature is GitHub's over the body's bytes; the
channel has parsed them, so they are written again as GitHub writes JSON: compact, and other letters as they are.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from app.errors import ConfigurationError

Say = Callable[[str], None]

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0)
SILENT_S = 90.0
"""Channels say something at least every half minute: a connection that is quiet for longer is dead."""
FORWARDED = ("content-type", "user-agent")


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook as GitHub sent it to the channel."""

    headers: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        """`issues.opened 4f2a…`, for people."""
        try:
            action = json.loads(self.body).get("action")
        except (ValueError, AttributeError):
            action = None
        event = self.headers.get("x-github-event", "?") + (f".{action}" if isinstance(action, str) else "")
        return f"{event} {self.headers.get('x-github-delivery', '')[:8]}".strip()


async def relay_webhooks(channel: str, to: str, *, say: Say) -> None:
    """Until it is cancelled: listen, forward, and come back whenever the channel goes away."""
    if not (_is_address(channel) and _is_address(to)):
        raise ConfigurationError("the channel and --to must be addresses such as https://smee.io/your-channel")
    failures = 0
    timeout = httpx.Timeout(30.0, read=SILENT_S)
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=True) as client:
        while True:
            try:
                async with client.stream("GET", channel, headers={"Accept": "text/event-stream"}) as stream:
                    if not _is_channel(stream):
                        raise ConfigurationError(f"{channel} is no channel: it answers {stream.status_code}.")
                    say(f"listening to {channel}, forwarding to {to}; stop with Ctrl-C")
                    failures = 0
                    async for data in events(lines(stream.aiter_bytes())):
                        await _forward(client, data, to, say)
                say("the channel ended; coming back")
            except httpx.HTTPError as error:
                say(f"the channel is gone ({type(error).__name__}); coming back")
            await asyncio.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
            failures += 1


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_channel(stream: httpx.Response) -> bool:
    """A 4xx or a page will not become a channel; a 5xx may."""
    if stream.status_code >= 500:
        stream.raise_for_status()
    return stream.is_success and "text/event-stream" in stream.headers.get("content-type", "")


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Split at line feeds alone: a JSON string may hold what Unicode, too, takes for the end of a line."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")


async def events(said: AsyncIterator[str]) -> AsyncIterator[str]:
    """The data of each message; greetings (`ready`) and heartbeats (`ping`) have names of their own: left out."""
    data: list[str] = []
    name = ""
    async for line in said:
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.strip()
        elif not line:
            if data and name in ("", "message"):
                yield "\n".join(data)
            data, name = [], ""


def read(data: str) -> Webhook | None:
    """None for a message that is no webhook."""
    try:
        message = json.loads(data)
    except ValueError:
        return None
    if not isinstance(message, Mapping) or "body" not in message or "x-github-event" not in message:
        return None
    headers = {
        name.lower(): str(value)
        for name, value in message.items()
        if name.lower().startswith(("x-github-", "x-hub-")) or name.lower() in FORWARDED
    }
    body = message.get("rawBody", message["body"])
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Webhook(headers, text.encode("utf-8", "backslashreplace"))


async def _forward(client: httpx.AsyncClient, data: str, to: str, say: Say) -> None:
    webhook = read(data)
    if webhook is None:
        return
    answer = "no answer: is Plumbline running there?"
    with suppress(httpx.HTTPError):
        answer = str((await client.post(to, content=webhook.body, headers=webhook.headers)).status_code)
    say(f"{webhook.name}: {answer}")
