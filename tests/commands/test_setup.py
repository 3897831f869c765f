"""Keeping a new App where it can be kept, and serving the setup before there is one."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest
from dotenv import dotenv_values

from app.commands.setup import RENEW, keep, registration_reader, values
from app.domain.registration import NewApp, Server
from app.playground.control import environment
from app.supervisor import free_port
from tests.commands.shell import given, plumbline, started
from tests.fixtures_playground import running_playground

APP = NewApp(77, "plumbline-acme", "https://github.com/apps/plumbline-acme", "-----BEGIN\nkey", "hush-hush-hush")


async def test_an_app_is_kept_beside_the_data(tmp_path: Path):
    assert await keep(given(data_dir=tmp_path / "data"), APP, Server()) == "kept"
    found = dotenv_values(tmp_path / ".env")
    assert found["GITHUB_PRIVATE_KEY"] == str(tmp_path / "data/github-app-77.pem")
    assert found["GITHUB_API_URL"] == "https://api.github.com"


async def test_where_the_environment_names_an_app_no_file_would_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GITHUB_APP_ID", "5")
    assert await keep(given(data_dir=tmp_path), APP, Server()) == "not kept"
    assert not (tmp_path / ".env").exists()
    assert await keep(given(data_dir=tmp_path, playground_url="http://127.0.0.1:1"), APP, Server()) == "kept"


async def test_where_nothing_can_be_written_all_of_it_is_told(tmp_path: Path):
    (tmp_path / ".env").mkdir()
    assert await keep(given(data_dir=tmp_path / "data"), APP, Server()) == "not kept"
    assert values(APP, Server())["GITHUB_PRIVATE_KEY"] == APP.private_key


async def test_whoever_promised_to_listen_is_told_to_start_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, asked.set)
    monkeypatch.setenv(RENEW, str(os.getpid()))
    try:
        assert await keep(given(data_dir=tmp_path), APP, Server()) == "restarting"
        await asyncio.wait_for(asked.wait(), 5)
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)


async def test_github_is_asked_about_the_app_once_for_many_pages():
    async with running_playground() as (hub, _):
        read = registration_reader(given(**{name.lower(): value for name, value in environment(hub).items()}))
        found = [await read() for _ in range(5)]
        assert {one.slug for one in found if one} == {"plumbline"}
        assert [one.path for one in hub.requests].count("/app") == 1
    assert await registration_reader(given())() is None
    assert await registration_reader(given(github_app_id=7, playground_url="http://127.0.0.1:1"))() is None


async def test_serve_without_an_app_prints_the_way_in(database_url: str, redis_url: str, tmp_path: Path):
    port = free_port(0, strict=False)
    servers = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    async with (
        started("serve", "--port", str(port), folder=tmp_path, **servers) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"x-forwarded-for": "192.0.2.1"}) as browser,
        asyncio.timeout(60),
    ):
        assert process.stderr is not None
        line = (await process.stderr.readline()).decode()
        address, _, token = line.strip().rpartition("?token=")
        assert address == f"plumbline: no GitHub App yet: open http://127.0.0.1:{port}/setup"
        while True:
            try:
                assert (await browser.get("/setup")).status_code == 403
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        assert (await browser.get(f"/setup?token={token}")).status_code == 303
        assert (await browser.get("/setup")).status_code == 200
        assert (await browser.post("/webhooks/github", content=b"{}")).status_code == 401


async def test_a_token_that_is_easily_guessed_is_refused(tmp_path: Path):
    done = await plumbline(
        *("serve", "--port", "0"),
        folder=tmp_path,
        DATABASE_URL="postgresql://x",
        REDIS_URL="redis://x",
        PLUMBLINE_SETUP_TOKEN="tiny",
    )
    assert (done.code, "must have at least 16 characters" in done.err) == (1, True)
