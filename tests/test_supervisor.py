"""The supervisor: children come back, end when told, and never outlive it."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from app.errors import ConfigurationError
from app.supervisor import Child, free_port, ready, stop_signal

T = TypeVar("T")
ROOT = Path(__file__).parents[1]

# Each says that it is up by opening the FIFO it is given, and that it has ended by closing it, however it ends.
POLITE = """
import asyncio, os, signal, sys
from app.supervisor import stop_with_parent

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    stop_with_parent()
    alive = os.open(sys.argv[1], os.O_WRONLY)
    await stop.wait()
    os.write(alive, b"ended politely")

asyncio.run(main())
"""
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
alive = os.open(sys.argv[1], os.O_WRONLY)
time.sleep(60)
"""
SUPERVISOR = """
import asyncio, os, sys
from app.supervisor import Child

async def main():
    child = Child("kid", (sys.argv[1],), {}, print, module="polite")
    await child.start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


class Nursery:
    """Makes children of the scripts above; `heard` is the other end of their FIFO."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.fifo = folder / "alive"
        os.mkfifo(self.fifo)
        for name, text in (("polite", POLITE), ("stubborn", STUBBORN)):
            (folder / f"{name}.py").write_text(text)
        self.environment = {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}

    def child(self, module: str, *, grace_s: float = 10) -> Child:
        return Child("kid", (str(self.fifo),), self.environment, self.said.append, module=module, grace_s=grace_s)

    def open(self) -> int:
        """Returns when a child has opened the other end."""
        return os.open(self.fifo, os.O_RDONLY)


@pytest.fixture
def nursery(tmp_path: Path) -> Nursery:
    return Nursery(tmp_path)


def rest(alive: int) -> bytes:
    """What is written until the last writer is gone."""
    with os.fdopen(alive, "rb") as end:
        return end.read()


async def within(seconds: float, waited: Awaitable[T]) -> T:
    return await asyncio.wait_for(waited, seconds)


async def until(condition: Callable[[], bool], *, within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_killed_child_comes_back_and_is_stopped_in_the_end(nursery: Nursery):
    child = nursery.child("polite")
    await child.start()
    first = await asyncio.to_thread(nursery.open)
    assert child.process is not None
    pid = child.process.pid
    os.kill(pid, signal.SIGKILL)
    await until(lambda: child.process is not None and child.process.pid != pid)
    os.close(first)
    second = await asyncio.to_thread(nursery.open)
    assert child.deaths == 1
    assert nursery.said == ["kid ended with -9; starting it again"]
    await child.stop()
    assert child.process.returncode == 0
    assert rest(second) == b"ended politely"
    assert child.deaths == 1


async def test_a_stubborn_child_is_killed_after_the_grace(nursery: Nursery):
    child = nursery.child("stubborn", grace_s=0.3)
    await child.start()
    alive = await asyncio.to_thread(nursery.open)
    began = time.monotonic()
    await child.stop()
    assert 0.3 <= time.monotonic() - began < 5
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL
    assert rest(alive) == b""


async def test_stop_between_death_and_rebirth_leaves_nobody(nursery: Nursery):
    child = nursery.child("polite")
    await child.start()
    os.close(await asyncio.to_thread(nursery.open))
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)
    await until(lambda: child.deaths == 1)
    await child.stop()
    assert child.process.returncode == -signal.SIGKILL
    await child.stop()  # twice is as once


async def test_stop_before_start_is_nothing(nursery: Nursery):
    await nursery.child("polite").stop()


async def test_ctrl_c_in_a_terminal_does_not_reach_the_children(nursery: Nursery):
    child = nursery.child("polite")
    await child.start()
    alive = await asyncio.to_thread(nursery.open)
    assert child.process is not None
    assert os.getpgid(child.process.pid) != os.getpgid(0)
    await child.stop()
    os.close(alive)


async def test_children_end_when_the_supervisor_is_killed(nursery: Nursery):
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, str(nursery.fifo), env={**os.environ, **nursery.environment}
    )
    alive = await within(20, asyncio.to_thread(nursery.open))
    supervisor.kill()
    await supervisor.wait()
    assert await within(10, asyncio.to_thread(rest, alive)) == b"ended politely"


# --- waiting -----------------------------------------------------------------------------------------------


async def serve(status: str, body: str) -> tuple[asyncio.Server, str]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n{body}".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def asleep(deaths: int = 0) -> Child:
    return Child("web", (), {}, print, deaths=deaths)


async def test_ready_returns_when_the_answer_is_good():
    server, url = await serve("200 OK", "{}")
    async with server:
        await within(5, ready(url, asleep()))


async def test_ready_gives_up_with_the_last_words():
    server, url = await serve("503 Service Unavailable", '{"database": "down"}')
    async with server:
        with pytest.raises(ConfigurationError, match=r'was not ready within 0 s: {"database": "down"}'):
            await ready(url, asleep(), within_s=0.2)


async def test_ready_gives_up_on_a_process_that_does_not_stay_up():
    with pytest.raises(ConfigurationError, match="does not stay up"):
        await within(5, ready(f"http://127.0.0.1:{free_port(0, strict=False)}", asleep(deaths=3)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_either_signal_ends_the_wait(number: signal.Signals):
    stop = stop_signal()
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    await within(5, stop.wait())
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(each)


# --- ports -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_one_sentence_or_another_port(host: str):
    with socket.create_server((host, 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"^port {port} is in use: .*--port"):
            free_port(port, strict=True)
        assert free_port(port, strict=False) not in (0, port)
    assert free_port(port, strict=True) == port


def test_any_port_is_a_free_one():
    port = free_port(0, strict=True)
    with socket.create_server(("127.0.0.1", port)):
        pass
