"""The web process as one ASGI application: the webhook in front, FastAPI behind it for everything else."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI

from app.ports import Bell, Inbox
from app.web.commits import Commits
from app.web.health import Vitals, health_router
from app.web.metrics import Metrics
from app.web.schema import schema_router
from app.web.webhook import PATH, Message, Receive, Send, Webhook

App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def create_app(
    *,
    inbox: Inbox,
    bell: Bell,
    secrets: Sequence[bytes],
    handle: str,
    vitals: Vitals,
    routers: Sequence[APIRouter] = (),
) -> App:
    """Compose the application; ConfigurationError when a secret is empty.

    Its lifespan runs the flushers: what was accepted is committed before the lifespan ends. `handle` is the name
    that people mention, `routers` are the pages. Serve it with uvloop, httptools and without an access log.
    """
    metrics = Metrics()
    commits = Commits(inbox, bell, metrics)
    webhook = Webhook(secrets=secrets, handle=handle, commits=commits, metrics=metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with commits:
            yield

    pages = FastAPI(title="Plumbline", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    for router in (health_router(vitals, metrics), schema_router(), *routers):
        pages.include_router(router)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            await webhook(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return app
