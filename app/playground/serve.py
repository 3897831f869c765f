"""Serving a hub over real HTTP, with its courier and its saved state: what `plumbline playground` and replays run."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.routing import BaseRoute
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.playground.app import create_app
from app.playground.deliver import courier
from app.playground.hub import Hub
from app.playground.persist import autosaved

BACKLOG = 2048
GRACE_S = 1


class DroppableProtocol(HttpToolsProtocol):
    """Lets the application close a connection without answering, which ASGI alone has no word for."""

    def on_headers_complete(self) -> None:
        extensions: dict[str, Any] = {"playground.transport": self.transport}
        self.scope["extensions"] = extensions
        super().on_headers_complete()


class QuietServer(uvicorn.Server):
    """Leaves the signals to whoever runs us, and starts and stops on events instead of a clock's tick."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Uvicorn sleeps a tenth of a second even when nobody is connected; tests stop hundreds of servers."""
        for server in self.servers:
            server.close()
        # Clients that hung up are forgotten only when the loop next looks.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets=sockets)
        else:
            await self.lifespan.shutdown()


@contextlib.asynccontextmanager
async def running(
    hub: Hub,
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    state_file: Path | None = None,
    pages: Sequence[BaseRoute] = (),
) -> AsyncIterator[str]:
    """Serve `hub` and yield its base URL; port 0 takes a free one. OSError when the port is taken."""
    sock = socket.create_server((host, port), backlog=BACKLOG)
    # asyncio skips this for sockets it did not make itself, and every answer then waits 40 ms for an ACK.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    hub.base_url = f"http://{host}:{sock.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(hub, pages=pages),
        http=DroppableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = QuietServer(config)
    async with contextlib.AsyncExitStack() as stack:
        if state_file is not None:
            await stack.enter_async_context(autosaved(hub, state_file))
        await stack.enter_async_context(courier(hub))
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            await server.ready.wait()
            yield hub.base_url
        finally:
            server.stop.set()
            await serving
