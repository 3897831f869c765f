"""The supervisor behind `plumbline run` and `plumbline replay`: servers, web and worker under one roof.

It starts what is not configured (embedded Postgres, embedded Valkey, a playground in place of GitHub), then
`plumbline serve` and `plumbline worker` as child processes, restarts a child that dies, and stops everything
in reverse order.
"""

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.errors import ConfigurationError
from app.settings import Settings

STOP_GRACE_S = 25.0
SUPERVISED = "PLUMBLINE_SUPERVISED"
READY_WITHIN_S = 60.0

Say = Callable[[str], None]


@dataclass(slots=True)
class Child:
    """One `plumbline` process that is restarted when it dies. `deaths` counts for the tests and the log."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    say: Say
    module: str = "app.cli"
    grace_s: float = STOP_GRACE_S
    deaths: int = 0
    process: asyncio.subprocess.Process | None = None
    _task: asyncio.Task[None] | None = field(default=None, repr=False)

    async def start(self) -> None:
        self.process = await self._spawn()
        self._task = asyncio.create_task(self._watch(), name=f"watch-{self.name}")

    async def _spawn(self) -> asyncio.subprocess.Process:
        # The pipe on its standard input ends when this process does, however it ends: see `stop_with_parent`.
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.module,
            *self.arguments,
            env={**os.environ, **self.environment, SUPERVISED: "1"},
            stdin=asyncio.subprocess.PIPE,
            # Ctrl-C reaches every process of a terminal's group; children end when they are told, in their order.
            start_new_session=True,
        )

    async def _watch(self) -> None:
        while True:
            assert self.process is not None
            started = time.monotonic()
            code = await self.process.wait()
            self.deaths += 1
            self.say(f"{self.name} ended with {code}; starting it again")
            if time.monotonic() - started < 5:
                await asyncio.sleep(1)  # a child that cannot even start must not spin
            with suppress(OSError):  # the machine is short of something: the dead one is found again, a second later
                self.process = await self._spawn()

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL after the grace."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        process = self.process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(self.grace_s):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


@dataclass(frozen=True, slots=True)
class House:
    """What is running: the web address, the children, and the environment they share."""

    url: str
    web: Child
    worker: Child
    environment: Mapping[str, str]


@asynccontextmanager
async def house(settings: Settings, *, port: int, environment: Mapping[str, str], say: Say) -> AsyncIterator[House]:
    """Servers, web and worker, ready to hear; `environment` overrides settings for the children."""
    from app.store.migrations import migrate

    async with AsyncExitStack() as stack:
        shared = {"PLUMBLINE_DATA_DIR": str(settings.data_dir), **environment}
        shared |= await _servers(settings, stack, say)
        await migrate(shared["DATABASE_URL"])
        url = f"http://127.0.0.1:{port}"
        web = Child("web", ("serve", "--port", str(port)), shared, say)
        worker = Child("worker", ("worker",), shared, say)
        for child in (web, worker):
            await child.start()
            stack.push_async_callback(child.stop)
        await ready(url, web)
        yield House(url, web, worker, shared)


async def _servers(settings: Settings, stack: AsyncExitStack, say: Say) -> dict[str, str]:
    """Addresses of Postgres and Redis, started under the data directory where none is configured."""
    from app.adapters.embedded_postgres import EmbeddedPostgres
    from app.adapters.embedded_valkey import EmbeddedValkey

    addresses = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    if not settings.database_url:
        say("starting embedded PostgreSQL")
        postgres = EmbeddedPostgres(settings.data_dir)
        addresses["DATABASE_URL"] = await postgres.start()
        stack.push_async_callback(postgres.stop)
    if not settings.redis_url:
        say("starting embedded Valkey")
        valkey = EmbeddedValkey(settings.data_dir)
        addresses["REDIS_URL"] = await valkey.start()
        stack.push_async_callback(valkey.stop)
    return addresses


async def ready(url: str, web: Child, *, within_s: float = READY_WITHIN_S) -> None:
    """Return when `/readyz` answers 200; raise with its last words when it does not in time."""
    last = "no answer"
    deadline = time.monotonic() + within_s
    async with httpx.AsyncClient(timeout=2) as client:
        while time.monotonic() < deadline:
            try:
                answer = await client.get(f"{url}/readyz")
                if answer.is_success:
                    return
                last = answer.text
            except httpx.HTTPError as error:
                last = str(error) or type(error).__name__
            if web.deaths > 2:
                raise ConfigurationError("the web process does not stay up; its last lines above say why.")
            await asyncio.sleep(0.05)
    raise ConfigurationError(f"{url}/readyz was not ready within {within_s:.0f} s: {last}")


def free_port(wanted: int, *, strict: bool) -> int:
    """`wanted` if nobody listens there; else any free one, or with `strict` an error that says what to do."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            if strict:
                why = "is in use: stop what listens there," if error.errno == errno.EADDRINUSE else "is not allowed:"
                raise ConfigurationError(f"port {wanted} {why} or choose another with --port.") from None
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stop_with_parent() -> None:
    """In a child: SIGTERM ourselves when the supervisor is gone, so that `kill -9` on it leaves no orphan."""
    if not os.environ.get(SUPERVISED):
        return
    loop, pipe = asyncio.get_running_loop(), sys.stdin.fileno()

    def ended() -> None:
        loop.remove_reader(pipe)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(pipe, ended)


def stop_signal() -> asyncio.Event:
    """Set by SIGINT or SIGTERM from now on. Asked for before anything is started, so that all of it is stopped."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def project_root() -> Path:
    """The folder that holds `app/`, `docs/`, `prompts/`: a checkout, or the image's copy of one."""
    return Path(__file__).resolve().parent.parent
