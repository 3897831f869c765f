"""`plumbline run` on a fresh machine: the setup page makes an App, everything restarts with it, and hears GitHub."""

import asyncio
import html
import json
import re
from pathlib import Path

import httpx
from dotenv import dotenv_values

from app.playground.hub import Hub
from app.playground.pages import page_routes
from app.playground.serve import running
from app.supervisor import free_port
from tests.commands.shell import started


async def said(process: asyncio.subprocess.Process, words: str) -> None:
    assert process.stderr is not None
    lines: list[str] = []
    while words not in (lines[-1] if lines else ""):
        line = (await process.stderr.readline()).decode()
        assert line, "".join(lines)
        lines.append(line)


async def agreed(browser: httpx.AsyncClient, page: str) -> str:
    """Press the button on our page and agree on GitHub's; where GitHub leads then."""
    action = html.unescape((re.search(r'<form method="post" action="([^"]+)"', page) or [""])[1])
    sent = html.unescape((re.search(r'name="manifest" value="([^"]+)"', page) or [""])[1])
    assert json.loads(sent)["name"] == "Plumbline"
    form = {"manifest": sent, "name": "Acme Helper"}
    answer = await browser.post(action, data=form, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def test_a_fresh_run_becomes_one_with_an_app(tmp_path: Path):
    hub = Hub()
    hub.person("ada")
    hub.add_repository("acme/engine", owner="ada", files={"README.md": "# Engine\n"})
    port, play = free_port(0, strict=False), free_port(0, strict=False)
    command = ("run", "--port", str(port), "--playground-port", str(play))
    quiet = {"PLUMBLINE_EMBEDDINGS": "none"}
    async with (
        running(hub, pages=page_routes(hub)) as github,
        started(*command, folder=tmp_path, **quiet) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as browser,
        asyncio.timeout(100),
    ):
        await said(process, "ready: ")
        page = (await browser.get("/setup", params={"server": github})).text
        led = await browser.get(await agreed(browser, page))
        assert (led.status_code, led.headers["location"]) == (303, "/setup/steps")
        await said(process, "starting again with the new GitHub App")
        await said(process, "ready: ")
        assert dotenv_values(tmp_path / ".env")["GITHUB_APP_ID"] == str(hub.state.app.id)

        hub.install(account="acme", actor="ada")
        await hub.outgoing.join()
        steps = ""
        while "the App was installed" not in steps:
            await asyncio.sleep(0.1)
            steps = (await browser.get("/setup/steps")).text
        assert "@acme-helper" in steps
        # The worker, too, is the new App's: it asks what was installed.
        while not any("/installation/repositories" in one.path and one.status == 200 for one in hub.requests):
            await asyncio.sleep(0.05)
