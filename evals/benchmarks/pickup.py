"""`plumbline bench pickup`: from the first byte of a signed delivery to the start of its work, with nothing else due.

The real web process and worker, Postgres and Valkey, one delivery at a time. The threads do not exist on the simulated
GitHub, so each work starts, finds nothing and ends: what is measured is the way, not the work. The floor, in the same
run, is the bare acknowledgement; and the Redis commands of an idle worker are counted, because polling could buy any
latency.
"""

import asyncio
import hmac
import json
import random
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from app.adapters.arq_bell import ArqBell
from app.commands.playground import app_environment
from app.playground.hub import Hub
from app.playground.serve import running
from app.settings import read_settings
from app.supervisor import Say, free_port, house

SIZES = {"small": 11_700, "1MB": 1_000_000}
Sender = tuple[asyncio.StreamReader, asyncio.StreamWriter]
REPOSITORY_ID = 2**53 - 1
GAP_S = (0.03, 0.12)
"""Between two deliveries: long enough for the last one to be over, and never in step with any clock."""


async def measure(*, deliveries: int, idle_s: float, say: Say) -> dict[str, Any]:
    """p50 and p99 in milliseconds for each payload size, of the start of work and of the acknowledgement alone."""
    hub = Hub()
    port = free_port(0, strict=False)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-bench-")))
        settings = read_settings().model_copy(update={"data_dir": folder, "database_url": "", "redis_url": ""})
        await stack.enter_async_context(running(hub))
        built = await stack.enter_async_context(
            house(settings, port=port, environment=app_environment(hub, folder / "playground"), say=say)
        )
        sender = await asyncio.open_connection("127.0.0.1", port)
        stack.callback(sender[1].close)
        database = await asyncpg.connect(built.environment["DATABASE_URL"])
        bell = ArqBell(built.environment["REDIS_URL"])
        stack.push_async_callback(bell.close)
        secret = hub.state.app.webhook_secret.encode()
        try:
            await _play(sender, database, secret, size=SIZES["small"], numbers=range(1, 21))  # warm up
            result: dict[str, Any] = {"deliveries": deliveries}
            first = 100
            for name, size in SIZES.items():
                say(f"{deliveries} deliveries of {size} bytes")
                numbers = range(first, first + deliveries)
                result[name] = await _play(sender, database, secret, size=size, numbers=numbers)
                first += deliveries
            result["idle_redis_commands_per_s"] = await _idle_commands(bell, idle_s)
            result["lost"] = sum(result[name]["lost"] for name in SIZES)
            return result
        finally:
            await database.close()


async def _play(
    sender: Sender, database: asyncpg.Connection, secret: bytes, *, size: int, numbers: range
) -> dict[str, Any]:
    """Send one delivery for each thread number, then ask the database when the work of each began.

    Over a bare connection: an HTTP client of Python's would add as much time as what is measured.
    """
    reader, writer = sender
    rng = random.Random(numbers.start)  # noqa: S311  gaps, not secrets
    sent: dict[int, float] = {}
    acknowledged: list[float] = []
    for number in numbers:
        request = _request(_body(number, size), secret)
        await asyncio.sleep(rng.uniform(*GAP_S))
        sent[number] = time.time()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(f"not acknowledged: {head.decode()}")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
        acknowledged.append((time.time() - sent[number]) * 1000)
    started = await _started(database, numbers)
    waits = [(started[number] - sent[number]) * 1000 for number in numbers if number in started]
    return {
        "p50_ms": _quantile(waits, 0.5),
        "p99_ms": _quantile(waits, 0.99),
        "ack_p50_ms": _quantile(acknowledged, 0.5),
        "ack_p99_ms": _quantile(acknowledged, 0.99),
        "lost": len(numbers) - len(waits),
    }


async def _started(database: asyncpg.Connection, numbers: range) -> dict[int, float]:
    """When each thread's work began; waits until all have or ten seconds are over."""
    query = """
        select number, extract(epoch from started_at)::float8 as at from work
        where repository_id = $1 and number between $2 and $3 and started_at is not null
    """
    deadline = time.monotonic() + 10
    while True:
        rows = await database.fetch(query, REPOSITORY_ID, numbers.start, numbers.stop - 1)
        if len(rows) == len(numbers) or time.monotonic() > deadline:
            return {row["number"]: row["at"] for row in rows}
        await asyncio.sleep(0.05)


async def _idle_commands(bell: ArqBell, seconds: float) -> float:
    """Commands a second while nothing happens, less the one this asks with."""
    before = await bell.commands_processed()
    await asyncio.sleep(seconds)
    after = await bell.commands_processed()
    return round((after - before - 1) / seconds, 2)


def _request(body: bytes, secret: bytes) -> bytes:
    signature = hmac.digest(secret, body, "sha256").hex()
    head = (
        "POST /webhooks/github HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-GitHub-Event: issues\r\nX-GitHub-Delivery: {uuid4()}\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _body(number: int, size: int) -> bytes:
    payload = {
        "action": "opened",
        "issue": {"number": number, "title": "It stops", "user": {"login": "octo", "type": "User"}, "body": ""},
        "repository": {"id": REPOSITORY_ID, "full_name": "octo/bench", "default_branch": "main"},
        "sender": {"login": "octo", "type": "User"},
        "installation": {"id": 7},
    }
    payload["issue"]["body"] = "A line of a log that goes on. " * ((size - len(json.dumps(payload))) // 30)  # type: ignore[index]
    return json.dumps(payload).encode()


def _quantile(values: list[float], share: float) -> float | None:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None
