"""What is PostgreSQL's own: settings, extensions, users, closed directories, interrupted first starts."""

# ruff: noqa: ASYNC220, ASYNC221  # nothing else runs in these loops

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.adapters.embedded_postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
SITE = Path(asyncpg.__file__).parents[1]
NOBODY = 65534

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

STARTS = """
import asyncio, pathlib, sys
from app.adapters.embedded_postgres import EmbeddedPostgres
from app.adapters.embedded_valkey import EmbeddedValkey

async def main():
    async with EmbeddedPostgres(pathlib.Path(sys.argv[1])) as url, EmbeddedValkey(pathlib.Path(sys.argv[1])):
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_it_is_durable_private_and_knows_unicode_and_vectors(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as url:
        connection = await asyncpg.connect(url)
        try:
            shown = {
                name: await connection.fetchval("SELECT current_setting($1)", name)
                for name in (
                    "fsync",
                    "synchronous_commit",
                    "listen_addresses",
                    "data_checksums",
                    "server_encoding",
                )
            }
            assert shown == {
                "fsync": "on",
                "synchronous_commit": "on",
                "listen_addresses": "",
                "data_checksums": "on",
                "server_encoding": "UTF8",
            }
            assert await connection.fetchval("SELECT lower('ÀÉŽ')") == "àéž"
            await connection.execute("CREATE EXTENSION vector; CREATE EXTENSION pg_trgm")
            assert await connection.fetchval("SELECT '[1,0]'::vector <=> '[1,0]'::vector") == 0
        finally:
            await connection.close()


async def test_sqlalchemy_takes_the_url_with_its_driver_named(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as url:
        engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT current_database()"))).scalar() == "plumbline"
        await engine.dispose()


async def test_an_interrupted_first_start_begins_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres/data.new/base"
    half.mkdir(parents=True)
    (tmp_path / "postgres/data.new/PG_VERSION").write_text("18")
    async with EmbeddedPostgres(tmp_path) as url:
        assert await ask(url, "SELECT 1") == 1


async def test_a_pid_file_that_names_somebody_elses_process_does_not_stop_it(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    await server.start()
    await server.stop()
    bystander = subprocess.Popen(["sleep", "60"], user=NOBODY if os.geteuid() == 0 else None)
    try:
        stale = f"{bystander.pid}\n/proc/self/cwd\n1\n5432\n{tmp_path}\n\n0 0\nready   \n"
        (tmp_path / "postgres/data/postmaster.pid").write_text(stale)
        assert await ask(await server.start(), "SELECT 1") == 1
        await server.stop()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


async def test_the_environment_of_another_postgres_does_not_disturb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "1",
        "PGDATA": "/nowhere",
        "PGUSER": "x",
        "LC_ALL": "xx_XX",
        "LANG": "zz",
    }.items():
        monkeypatch.setenv(name, value)
    async with EmbeddedPostgres(tmp_path) as url:
        monkeypatch.undo()
        assert await ask(url, "SELECT 1") == 1


@only_root
async def test_root_runs_it_as_nobody_below_a_closed_directory_and_opens_nothing(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    above = {path: path.stat().st_mode for path in (closed, *closed.parents, SITE, *SITE.parents)}
    umask = os.umask(0o077)
    try:
        async with EmbeddedPostgres(closed / "data-dir") as url:
            assert await ask(url, "SELECT current_setting('data_directory')") == "/proc/self/cwd"
            assert (closed / "data-dir/postgres/data").stat().st_uid == NOBODY
        async with EmbeddedPostgres(closed / "data-dir") as url:
            assert await ask(url, "SELECT 1") == 1
    finally:
        os.umask(umask)
    assert {path: path.stat().st_mode for path in above} == above


@only_root
async def test_root_with_an_installation_that_is_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for package in ("embedded_postgres", "embedded_postgres.libs"):
        if (SITE / package).is_dir():
            shutil.copytree(SITE / package, closed / package, symlinks=True)
    path = os.pathsep.join(map(str, (closed, ROOT, SITE)))
    assert await start_and_ask([sys.executable], tmp_path / "data-dir", path, None) == 1
    assert closed.stat().st_mode & 0o777 == 0o700


@only_root
async def test_a_normal_user_runs_everything_as_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    python = next(filter(usable_by_nobody, (sys.executable, "/usr/bin/python3")), None)
    if python is None:
        pytest.skip("no Python here that another user can run with the installed libraries")
    data_dir = Path(subprocess.check_output(["mktemp", "-d"], user=NOBODY, text=True).strip())
    try:
        path = os.pathsep.join(map(str, (ROOT, SITE)))
        assert await start_and_ask([python], data_dir, path, NOBODY) == 1
        assert (data_dir / "postgres/data").stat().st_uid == NOBODY
        assert (data_dir / "valkey/data").stat().st_uid == NOBODY
    finally:
        shutil.rmtree(data_dir)


def usable_by_nobody(python: str) -> bool:
    path = os.pathsep.join(map(str, (ROOT, SITE)))
    command = [
        python,
        "-B",
        "-c",
        "import sys, app.adapters.embedded_postgres; sys.exit(sys.version_info < (3, 11))",
    ]
    try:
        done = subprocess.run(command, env={"PYTHONPATH": path}, user=NOBODY, cwd="/", check=False)
    except OSError:
        return False
    return done.returncode == 0


async def start_and_ask(python: list[str], data_dir: Path, path: str, user: int | None) -> object:
    process = await asyncio.create_subprocess_exec(
        *python, "-B", "-c", STARTS, str(data_dir),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", user=user, env={"PYTHONPATH": path},
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    url = (await process.stdout.readline()).decode().strip()
    try:
        return await ask(url, "SELECT 1")
    finally:
        process.stdin.close()
        assert await process.wait() == 0
