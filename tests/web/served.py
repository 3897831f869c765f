"""The web application over real HTTP on a free port, with an inbox in memory, and raw requests to it."""

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import uvicorn

from app.ports import Delivery
from app.web.app import App, create_app
from app.web.health import Backlog, Vitals
from tests.fakes.bell import FakeBell

SECRET = b"It's a Secret to Everybody"
PATH = "/webhooks/github"
_numbers = count(1)


@dataclass
class MemoryInbox:
    """Knows GUIDs, gives each thread one work id; `gate` holds every statement while it is not set."""

    bodies: dict[str, Delivery] = field(default_factory=dict)
    work: dict[str, int] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    poison: frozenset[str] = frozenset()
    down: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def add(self, deliveries: Sequence[Delivery]) -> list[int | None]:
        await self.gate.wait()
        if self.down:
            raise ConnectionError("the database is gone")
        if any(delivery.guid in self.poison for delivery in deliveries):
            raise ValueError("the database does not like this delivery")
        self.batches.append(len(deliveries))
        return [self._add(delivery) for delivery in deliveries]

    def _add(self, delivery: Delivery) -> int | None:
        if delivery.guid in self.bodies:
            return None
        self.bodies[delivery.guid] = delivery
        return self.work.setdefault(delivery.order.key, len(self.work) + 1) if delivery.order else None

    async def body(self, guid: str) -> bytes | None:
        known = self.bodies.get(guid)
        return known.body if known else None


@dataclass
class Served:
    """`app` listens on `port`."""

    app: App
    port: int
    inbox: MemoryInbox
    bell: FakeBell


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def healthy() -> Backlog:
    return Backlog(oldest_due_s=1.5, dead_work=2, dead_effects=3)


async def answers() -> None:
    return None


@asynccontextmanager
async def served(
    *,
    secrets: Sequence[bytes] = (SECRET,),
    inbox: MemoryInbox | None = None,
    bell: FakeBell | None = None,
    vitals: Vitals | None = None,
) -> AsyncIterator[Served]:
    inbox, bell = inbox or MemoryInbox(), bell or FakeBell()
    app = create_app(
        inbox=inbox,
        bell=bell,
        secrets=secrets,
        handle="plumbline",
        vitals=vitals or Vitals(backlog=healthy, bell=answers),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http="httptools", ws="none", access_log=False, log_config=None)
    config.load()
    server = uvicorn.Server(
        config
    )  # not `serve()`: that takes over signals and looks only now and then if it should end
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield Served(app, listener.getsockname()[1], inbox, bell)
    finally:
        await server.shutdown(sockets=[listener])


def sign(body: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def github_headers(body: bytes, **changed: str | None) -> dict[str, str]:
    """What GitHub sends; keywords change a header (`x_github_event="push"`) or leave it out (None)."""
    headers: dict[str, str | None] = {
        "content-type": "application/json",
        "x-github-event": "issues",
        "x-github-delivery": f"guid-{next(_numbers)}",
        "x-hub-signature-256": sign(body),
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: value for name, value in headers.items() if value is not None}


def opened(number: int = 3, **parts: object) -> bytes:
    """An `issues.opened` body."""
    return json.dumps(
        {
            "action": "opened",
            "installation": {"id": 7},
            "repository": {"id": 42, "full_name": "octo/hello", "default_branch": "main"},
            "sender": {"login": "mona", "type": "User"},
            "issue": {"number": number},
            **parts,
        }
    ).encode()


async def post(served_: Served, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    headers = github_headers(body) if headers is None else headers
    return await request(served_.port, "POST", PATH, list(headers.items()), body)


async def get(served_: Served, path: str) -> Answer:
    return await request(served_.port, "GET", path)


async def request(
    port: int, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
) -> Answer:
    """One request on a connection of its own, with the headers just as they are given, even twice."""
    lines = [f"{method} {path} HTTP/1.1", "host: test", "connection: close", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return await raw(port, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


async def raw(port: int, data: bytes) -> Answer:
    """Send bytes and read the answer until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        return parse_answer(await reader.read())
    finally:
        writer.close()


def parse_answer(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Answer(int(status.split()[1]), {name.lower(): value for name, _, value in pairs}, body)
