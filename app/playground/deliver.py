"""The courier: sends queued webhooks to the App, as GitHub does: signed, ten seconds, once, and written down."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

import httpx

from app.playground.hub import Hub
from app.playground.model import DeliveryAttempt
from app.playground.render_code import reason
from app.playground.webhooks import headers

TIMEOUT_S = 10.0
CONCURRENT = 16
ANSWER_KEPT = 1_000


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Loading the certificates takes longer than starting the rest of a playground, so once is enough."""
    return ssl.create_default_context()


@asynccontextmanager
async def courier(hub: Hub) -> AsyncIterator[None]:
    """While inside, deliveries go out, up to sixteen at a time."""
    limits = httpx.Limits(max_connections=CONCURRENT, max_keepalive_connections=CONCURRENT)
    async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False, verify=_tls()) as client:
        hands = [asyncio.create_task(_carry(hub, client)) for _ in range(CONCURRENT)]
        try:
            yield
        finally:
            for hand in hands:
                hand.cancel()
            await asyncio.gather(*hands, return_exceptions=True)


async def _carry(hub: Hub, client: httpx.AsyncClient) -> None:
    while True:
        attempt = await hub.outgoing.get()
        try:
            await _deliver(hub, client, attempt)
        finally:
            hub.outgoing.task_done()


async def _deliver(hub: Hub, client: httpx.AsyncClient, attempt: DeliveryAttempt) -> None:
    """One POST; whatever happens is the attempt's outcome. GitHub gives up after ten seconds in all."""
    started = time.monotonic()
    url = hub.webhook_url
    if url is None:
        attempt.status, attempt.outcome = 0, "failed to connect to host"
        return
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer = await client.post(url, content=attempt.payload, headers=headers(hub.state.app, attempt))
        attempt.status, attempt.outcome = answer.status_code, reason(answer.status_code)
        attempt.answer = answer.text[:ANSWER_KEPT]
    except (TimeoutError, httpx.TimeoutException):
        attempt.status, attempt.outcome = 0, "timed out"
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        attempt.status, attempt.outcome = 0, "failed to connect to host"
    attempt.duration = time.monotonic() - started
    hub.touch()
