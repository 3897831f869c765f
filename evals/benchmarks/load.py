"""A load generator for webhooks: keep-alive connections, signed requests built beforehand, a new GUID each.

Closed loop: every connection sends its next request when the last one is answered, so latency at many connections
is mostly waiting in line; read service time at one.
"""

import asyncio
import hmac
import json
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

PayloadName = Literal["small", "pull_request", "1MB"]
SIZES: dict[PayloadName, int] = {"small": 11_700, "pull_request": 23_600, "1MB": 1_000_000}
THREADS: dict[PayloadName, int] = {"small": 1000, "pull_request": 500, "1MB": 16}
WARM_UP_S = 1.0
REPOSITORY_ID = 2**53 - 1
"""No repository of GitHub has it, so what a benchmark leaves in a database can be told from real work."""


@dataclass(frozen=True, slots=True)
class Request:
    """A whole HTTP request around the GUID that is new each time."""

    before_guid: bytes
    after_guid: bytes


@dataclass(slots=True)
class Load:
    """What a run saw: seconds per answered request of the measured window, and answers by status in all."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 3) if ordered else 0.0


def requests_for(name: PayloadName, secret: bytes, path: str) -> list[Request]:
    """Requests about many threads of one repository; distinct, because one thread's events are coalesced."""
    return [_request(name, number, secret, path) for number in range(1, THREADS[name] + 1)]


async def drive(
    host: str, port: int, requests: Sequence[Request], *, connections: int, seconds: float, run: str
) -> Load:
    """Load the server for `seconds` after a warm-up; `run` begins every GUID."""
    load = Load()
    guids = _Guids(run)
    loop = asyncio.get_running_loop()
    starts = loop.time() + WARM_UP_S
    ends = starts + seconds
    clients = [
        (await loop.create_connection(lambda: _Client(load, requests, guids, starts, ends), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.finished for client in clients))
    load.seconds = seconds
    return load


def new_run() -> str:
    return secrets.token_hex(4)


class _Guids:
    def __init__(self, run: str) -> None:
        self._run = run
        self.count = 0

    def next(self) -> tuple[int, bytes]:
        self.count += 1
        return self.count, f"{self._run}-0000-4000-8000-{self.count:012d}".encode()


class _Client(asyncio.Protocol):
    """One connection. Raises through `finished` when the server closes it in the middle."""

    def __init__(self, load: Load, requests: Sequence[Request], guids: _Guids, starts: float, ends: float) -> None:
        self._load = load
        self._requests = requests
        self._guids = guids
        self._starts = starts
        self._ends = ends
        self._answer = b""
        self._sent = 0.0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        number, guid = self._guids.next()
        request = self._requests[number % len(self._requests)]
        self._sent = time.monotonic()
        self._transport.writelines((request.before_guid, guid, request.after_guid))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < _content_length(head):
            return
        now = time.monotonic()
        self._load.statuses[int(head[9:12])] += 1
        if self._starts <= now < self._ends:
            self._load.latencies.append(now - self._sent)
        self._answer = b""
        if now < self._ends:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.finished.done():
            return
        if time.monotonic() < self._ends:
            self.finished.set_exception(exc or ConnectionError("the server closed a connection under load"))
        else:
            self.finished.set_result(None)


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0] or 0)


def _request(name: PayloadName, number: int, secret: bytes, path: str) -> Request:
    event, body = ("pull_request" if name == "pull_request" else "issues"), _body(name, number)
    signature = hmac.digest(secret, body, "sha256").hex()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: GitHub-Hookshot/bench\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nX-GitHub-Event: {event}\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(body)}\r\nX-GitHub-Delivery: "
    )
    return Request(head.encode(), b"\r\n\r\n" + body)


def _body(name: PayloadName, number: int) -> bytes:
    """An event of GitHub's shape: mostly addresses in people and repositories, the rest in the thread's text."""
    kind = "pull_request" if name == "pull_request" else "issue"
    thread: dict[str, object] = {"number": number, "title": "It stops", "user": _links("user", 1, 18), "body": ""}
    payload: dict[str, object] = {
        "action": "opened",
        kind: thread,
        "repository": _links("repository", REPOSITORY_ID, 48) | {"full_name": "octo/bench", "default_branch": "main"},
        "sender": _links("user", 1, 18) | {"login": "octo", "type": "User"},
        "installation": {"id": 7},
    }
    if kind == "pull_request":
        thread |= {side: {"repo": _links("repository", 42, 48)} for side in ("head", "base")}
    line = 'Traceback:\n  File "main.py", line 42, in handler\n    raise ValueError("bad \\u00e9tat")\n'
    lacking = SIZES[name] - len(json.dumps(payload))
    thread["body"] = line * (lacking // len(json.dumps(line)))
    return json.dumps(payload, separators=(",", ":")).encode()


def _links(kind: str, number: int, count: int) -> dict[str, object]:
    links = {f"part_{n}_url": f"https://api.github.com/{kind}s/octo/bench/part-{n}{{/sha}}" for n in range(count)}
    return {"id": number, "node_id": f"MDEw{number}", "private": False, **links}
