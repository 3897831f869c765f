"""POST /webhooks/github: prove who sent it, read what it asks for, make it durable, answer 202.

A bare ASGI application, because a framework costs more per request than all the rest together. Checked in this
order: size, time, signature (over the raw bytes, before anything is read in them), headers, content. Nothing that
anybody sends causes a 5xx: that says only that the database or this process cannot take more at the moment.
Source: docs.github.com, "Validating webhook deliveries" and "Best practices for using webhooks".
"""

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.events import parse
from app.errors import ConfigurationError
from app.ports import Delivery
from app.teammate.intake import overheard, route
from app.web.commits import Commits
from app.web.metrics import Metrics

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = "/webhooks/github"
BODY_BYTES = 25 << 20
BODY_WITHIN_S = 10.0
BODIES_BYTES = 64 << 20
HEADER_CHARS = 128


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response, ready to send."""

    status: int
    start: Message
    body: Message


def _answer(status: int, content: dict[str, object], *headers: tuple[bytes, bytes]) -> Answer:
    body = json.dumps(content).encode()
    fixed = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": status, "headers": [*fixed, *headers]}
    return Answer(status, start, {"type": "http.response.body", "body": body})


def _refusal(status: int, sentence: str, *headers: tuple[bytes, bytes]) -> Answer:
    return _answer(status, {"error": sentence}, *headers)


HANG_UP = (b"connection", b"close")
"""Where the rest of the body is not wanted any more."""

ACCEPTED = _answer(202, {"ok": True})
PONG = _answer(202, {"ok": True, "pong": True})
WRONG_METHOD = _refusal(405, "Webhooks are sent with POST.", (b"allow", b"POST"), HANG_UP)
TOO_LARGE = _refusal(413, f"A webhook has at most {BODY_BYTES} bytes.", HANG_UP)
TOO_SLOW = _refusal(408, f"The body did not arrive within {BODY_WITHIN_S:.0f} seconds.", HANG_UP)
HUNG_UP = _refusal(400, "The connection ended before the body did.", HANG_UP)
UNSIGNED = _refusal(
    401, "Exactly one X-Hub-Signature-256 header is needed: set a webhook secret in the settings of the GitHub App."
)
WRONGLY_SIGNED = _refusal(
    401, "The signature is not that of the body: GITHUB_WEBHOOK_SECRET and the App's webhook secret must be equal."
)
NO_NAME = _refusal(
    400, f"X-GitHub-Event and X-GitHub-Delivery are needed once each, with 1 to {HEADER_CHARS} printable characters."
)
NOT_JSON = _refusal(415, "Choose the content type application/json in the webhook's settings.")
ENCODED = _refusal(415, "The body must be sent without a content encoding.")
TOO_BUSY = _refusal(503, "Too much is being received right now; deliver it again.", (b"retry-after", b"5"), HANG_UP)
NOT_STORED = _refusal(503, "The database does not answer; deliver it again.", (b"retry-after", b"30"))


class Webhook:
    """The ASGI application for this one path. `secrets` are all that may sign, several while one is replaced."""

    def __init__(self, *, secrets: Sequence[bytes], handle: str, commits: Commits, metrics: Metrics) -> None:
        if not secrets or not all(secret.strip() for secret in secrets):
            raise ConfigurationError("GITHUB_WEBHOOK_SECRET is empty: anybody could send forged webhooks.")
        self._secrets = tuple(secrets)
        self._handle = handle
        self._commits = commits
        self._metrics = metrics
        self._receiving = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers = _once(scope["headers"])
        answer = await self._answer(scope["method"], headers, receive)
        self._metrics.answered(headers.get(b"x-github-event", b"").decode("latin-1"), answer.status)
        await send(answer.start)
        await send(answer.body)

    async def _answer(self, method: str, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        if method != "POST":
            return WRONG_METHOD
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > BODY_BYTES:
            return TOO_LARGE
        started = time.perf_counter()
        parts: list[bytes] = []
        try:
            refusal = await self._receive(receive, parts)
            if refusal:
                return refusal
            if len(parts) > 1:
                parts[:] = [b"".join(parts)]
            answer = await self._accept(headers, parts[0])
        finally:
            self._receiving -= sum(map(len, parts))
        if answer is ACCEPTED:
            self._metrics.ack_seconds.observe(time.perf_counter() - started)
        return answer

    async def _receive(self, receive: Receive, parts: list[bytes]) -> Answer | None:
        """Collect the body in `parts`, counting its bytes among those in flight; why not, if not."""
        size = 0
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return HUNG_UP
                    part: bytes = message.get("body", b"")
                    size += len(part)
                    if size > BODY_BYTES:
                        return TOO_LARGE
                    if self._receiving + len(part) > BODIES_BYTES:
                        return TOO_BUSY
                    self._receiving += len(part)
                    parts.append(part)
                    if not message.get("more_body"):
                        return None
        except TimeoutError:
            return TOO_SLOW

    async def _accept(self, headers: dict[bytes, bytes], body: bytes) -> Answer:
        signature = headers.get(b"x-hub-signature-256", b"")
        if not signature:
            return UNSIGNED
        if not self._signed(body, signature):
            return WRONGLY_SIGNED
        event, guid = _name(headers, b"x-github-event"), _name(headers, b"x-github-delivery")
        if not event or not guid:
            return NO_NAME
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
            return NOT_JSON
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            return ENCODED
        if event == "ping":
            return PONG
        try:
            hook = parse(event, body)
        except ValueError as error:
            return _refusal(400, str(error))
        order, listen = route(event, hook, handle=self._handle), overheard(event, hook, handle=self._handle)
        delivery = Delivery(guid, event, hook.action, hook.installation_id, body, order, listen)
        return ACCEPTED if await self._commits.add(delivery) else NOT_STORED

    def _signed(self, body: bytes, signature: bytes) -> bool:
        """In constant time and over bytes: text that is not ASCII would raise, and any doubt is a refusal."""
        return any(
            hmac.compare_digest(b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode(), signature)
            for secret in self._secrets
        )


def _once(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by name; one that came twice counts as empty, since two readers could disagree on it."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = b"" if name in found else value
    return found


def _name(headers: dict[bytes, bytes], header: bytes) -> str:
    """The value of a header if it is sane, else an empty text."""
    value = headers.get(header, b"")
    if not value.isascii() or len(value) > HEADER_CHARS:
        return ""
    text = value.decode("ascii")
    return text if text.isprintable() else ""
