"""A backup made from one installation brings another one to life, whole, and says no to what would lose something."""

import asyncio
import os
import re
import stat
import tarfile
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from app.commands.backup import back_up, restore_backup
from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.errors import ConfigurationError
from app.store.engine import Database, open_database
from app.store.keys import marker_key
from app.store.migrations import HEAD, current_revision
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from tests.commands.shell import given, plumbline
from tests.contracts.values import a_run, a_thread, an_order


def quiet(_: str) -> None:
    """What commands say is tested where it matters."""


async def lived_in(database: Database) -> None:
    """One run with a comment and labels that nobody has written yet."""
    queue, worker = PostgresQueue(database), uuid4()
    async with worker_session(database, worker):
        await queue.order([an_order(1)])
        lease = await queue.claim(worker)
        assert lease is not None
        thread = a_thread(1)
        effects = [
            PlannedEffect("1:answer", thread, "I_1", CommentPayload(body="Hello"), run=0),
            PlannedEffect("1:triage", thread, "I_1", LabelsPayload(names=("bug",)), run=0),
        ]
        await queue.conclude(lease, [a_run(title="It crashes")], effects)


async def test_everything_comes_back_elsewhere(database_url: str, empty_database_url: str, tmp_path: Path):
    async with open_database(database_url, pool_size=2) as database:
        await lived_in(database)
        key = await marker_key(database)
    data = tmp_path / "data"
    data.mkdir()
    (data / "github-app-7.pem").write_text("the key")
    (tmp_path / ".env").write_text("GITHUB_APP_ID=7\n")
    file = tmp_path / "backup.tar.gz"
    await back_up(given(database_url=database_url, data_dir=data), file, say=quiet)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as archive:
        assert archive.getnames() == ["database.dump", "keys/github-app-7.pem", "env"]

    (tmp_path / ".env").unlink()
    elsewhere = given(database_url=empty_database_url, data_dir=tmp_path / "new")
    said: list[str] = []
    pipe = tmp_path / "pipe"  # as it comes into a container
    os.mkfifo(pipe)
    feeding = asyncio.create_task(asyncio.to_thread(lambda: pipe.write_bytes(file.read_bytes())))
    await restore_backup(elsewhere, pipe, over=False, say=said.append)
    await feeding
    assert said == ["restored the database, github-app-7.pem, .env; start Plumbline again"]
    assert (tmp_path / ".env").read_text() == "GITHUB_APP_ID=7\n"
    restored = tmp_path / "new/github-app-7.pem"
    assert (restored.read_text(), stat.S_IMODE(restored.stat().st_mode)) == ("the key", 0o600)
    async with open_database(empty_database_url, pool_size=2) as database:
        assert await marker_key(database) == key
        assert await current_revision(database) == HEAD
        connection = await asyncpg.connect(empty_database_url)
        effects = await connection.fetch(
            "select kind, state, sent_at is not null as doubted from effects order by kind"
        )
        titles = await connection.fetch("select title from runs")
        await connection.close()
    # The comment may have been posted since: it is looked for before it is posted again.
    assert [tuple(row) for row in effects] == [("comment", "unknown", True), ("labels", "planned", False)]
    assert [row["title"] for row in titles] == ["It crashes"]


async def test_nothing_is_lost_by_mistake(database_url: str, empty_database_url: str, tmp_path: Path):
    settings = given(database_url=database_url, data_dir=tmp_path / "data")
    file = tmp_path / "backup.tar.gz"
    await back_up(settings, file, say=quiet)
    with pytest.raises(ConfigurationError, match="is not empty: --over"):
        await restore_backup(settings, file, over=False, say=quiet)
    target = given(database_url=empty_database_url, data_dir=tmp_path / "data")
    in_use = await asyncpg.connect(empty_database_url)
    with pytest.raises(ConfigurationError, match="is in use: stop Plumbline"):
        await restore_backup(target, file, over=True, say=quiet)
    await in_use.execute("create table theirs ()")
    await in_use.close()
    (tmp_path / ".env").write_text("NEW=1\n")
    await restore_backup(target, file, over=True, say=quiet)
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("select to_regclass('theirs')") is None
    assert await connection.fetchval("select count(*) from alembic_version") == 1
    await connection.close()
    assert (tmp_path / ".env").read_text() == "NEW=1\n"


async def test_what_is_no_backup_changes_nothing(empty_database_url: str, tmp_path: Path):
    (tmp_path / "text").write_text("no archive")
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "text", "text")
    settings = given(database_url=empty_database_url, data_dir=tmp_path)
    for name in ("text", "other.tar.gz", "gone"):
        with pytest.raises(ConfigurationError, match="is no backup of Plumbline"):
            await restore_backup(settings, tmp_path / name, over=True, say=quiet)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        await back_up(settings, tmp_path / "text/backup", say=quiet)
    away = given(database_url="postgresql://me@127.0.0.1:1/x", data_dir=tmp_path)
    with pytest.raises(ConfigurationError, match="pg_dump failed"):
        await back_up(away, tmp_path / "b", say=quiet)
    assert not (tmp_path / "b").exists()


ROOT = Path(__file__).parents[2]


async def test_the_scripts_keep_the_newest_and_bring_an_embedded_database_back(tmp_path: Path):
    """From end to end, as cron runs it: the embedded server is started for it where it does not run."""
    settings, kept = {"PLUMBLINE_DATA_DIR": str(tmp_path / "data")}, tmp_path / "kept"

    async def script(name: str, *arguments: str) -> str:
        made = await asyncio.create_subprocess_exec(
            *(str(ROOT / f"infra/{name}"), *arguments),
            cwd=tmp_path,
            env={"PATH": f"{ROOT}/.venv/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "KEEP": "2", **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await made.communicate()
        assert made.returncode == 0, out.decode()
        return out.decode()

    for day in ("2026-01-01", "2026-01-02"):
        kept.mkdir(exist_ok=True)
        (kept / f"plumbline-{day}T00-00-00.tar.gz").touch()
    await script("backup.sh", str(kept))
    names = sorted(each.name for each in kept.iterdir())
    assert len(names) == 2
    assert names[0] == "plumbline-2026-01-02T00-00-00.tar.gz"
    assert re.fullmatch(r"plumbline-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.tar\.gz", names[1])

    settings["PLUMBLINE_DATA_DIR"] = str(tmp_path / "elsewhere")
    assert "restored the database" in await script("restore.sh", str(kept / names[1]))
    told = await plumbline("dead", "--data-dir", settings["PLUMBLINE_DATA_DIR"], folder=tmp_path)
    assert told.code == 1  # nothing runs: the server was stopped again
    assert "no database" in told.err
