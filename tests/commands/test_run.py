"""`plumbline run`: one command, everything up, quickly again the second time, and nothing left behind."""

import asyncio
import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.supervisor import free_port
from tests.commands.shell import plumbline, started

STARTED = re.compile(r"^plumbline: (ready|try it): (http://127\.0\.0\.1:\d+)$")


async def addresses(process: asyncio.subprocess.Process) -> tuple[str, str]:
    """Where the product and its playground are, as soon as both are said."""
    assert process.stderr is not None
    found: dict[str, str] = {}
    said: list[str] = []
    while len(found) < 2:
        line = (await process.stderr.readline()).decode()
        assert line, "".join(said)
        said.append(line)
        if match := STARTED.match(line.strip()):
            found[match[1]] = match[2]
    return found["ready"], found["try it"]


async def rest(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    text = await process.stderr.read()
    await process.wait()
    return text.decode()


def families(data: Path) -> Iterator[int]:
    """Processes that serve the installation under `data`: its environment, its arguments or its directory say so."""
    for proc in Path("/proc").iterdir():
        if proc.name.isdecimal() and int(proc.name) != os.getpid():
            try:
                known = (proc / "environ").read_bytes() + (proc / "cmdline").read_bytes()
                known += os.fsencode((proc / "cwd").readlink())
                state = (proc / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if os.fsencode(data) in known and state != "Z":
                yield int(proc.name)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
async def test_everything_comes_up_and_ctrl_c_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    data = tmp_path / "data"
    port, play = free_port(0, strict=False), free_port(0, strict=False)
    command = ("run", "--port", str(port), "--playground-port", str(play), "--data-dir", str(data))

    began = time.monotonic()
    async with started(*command, folder=tmp_path) as process, httpx.AsyncClient(timeout=10) as client:
        url, playground = await asyncio.wait_for(addresses(process), 60)
        first = time.monotonic() - began
        assert (url, playground) == (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{play}")
        assert (await client.get(f"{url}/readyz")).json()["status"] == "ready"
        assert playground in (await client.get(url)).text
        assert "plumbline-dev/plumbline" in (await client.get(playground)).text

        busy = await plumbline(*command, folder=tmp_path)
        assert busy.code == 1
        assert (
            busy.err == f"plumbline: port {port} is in use: stop what listens there, or choose another with --port.\n"
        )

        told = await plumbline("doctor", "--json", "--data-dir", str(data), folder=tmp_path)
        found = {one["part"]: one for one in json.loads(told.out.splitlines()[-1])["findings"]}
        assert (found["Postgres"]["mark"], found["Redis"]["mark"], told.code) == ("ok", "ok", 0)
        assert str(data) in found["Postgres"]["sentence"]
        dead = await plumbline("dead", "--data-dir", str(data), folder=tmp_path)
        assert (dead.code, dead.out) == (0, "Nothing is dead.\n")

        assert len(list(families(data))) >= 5
        os.killpg(process.pid, signal.SIGINT)
        last = await asyncio.wait_for(rest(process), 40)
    assert process.returncode == 0, last
    assert "Traceback" not in last
    assert "starting it again" not in last
    assert list(families(data)) == []

    async with started(*command, folder=tmp_path, PLUMBLINE_EMBEDDINGS="none") as process:
        began = time.monotonic()
        await asyncio.wait_for(addresses(process), 60)
        took = time.monotonic() - began
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(rest(process), 40)
    with capsys.disabled():
        print(f"\nthe second start took {took:.1f} s")  # noqa: T201
    assert took < max(15, first), "not even a busy machine takes longer the second time"
    assert (process.returncode, list(families(data))) == (0, [])


async def test_a_playground_alone_says_how_to_connect_to_it(tmp_path: Path):
    play = free_port(0, strict=False)
    hook = "http://127.0.0.1:9/webhooks/github"
    async with started(
        *("playground", "--port", str(play), "--data-dir", "a b", "--webhook-url", hook), folder=tmp_path
    ) as process:
        assert process.stdout is not None
        exported = [await asyncio.wait_for(process.stdout.readline(), 30) for _ in range(4)]
        shell = await asyncio.create_subprocess_exec(
            *("sh", "-c", b"".join(exported).decode() + 'test -f "$GITHUB_PRIVATE_KEY" && echo "$GITHUB_API_URL"'),
            cwd="/",
            stdout=asyncio.subprocess.PIPE,
        )
        assert (await shell.communicate())[0].decode().strip() == f"http://127.0.0.1:{play}"
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{play}/_playground/app")).is_success
        os.killpg(process.pid, signal.SIGINT)
        said = await asyncio.wait_for(rest(process), 10)
    assert process.returncode == 0, said
    assert hook in said


async def test_a_playgrounds_port_in_use_is_one_sentence(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = await plumbline("playground", "--port", port, folder=tmp_path)
    assert (done.code, done.err.startswith(f"plumbline: port {port} is in use")) == (1, True)
