"""The whole way of a newcomer in a real browser: register an App on a simulated GitHub, install it, see a delivery."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, expect

from app.adapters.summary_files import SummaryFiles
from app.bootstrap import SUMMARIES, open_web
from app.domain.registration import EVENTS, PERMISSIONS
from app.playground.hub import Hub
from app.playground.pages import page_routes
from app.playground.serve import QuietServer, running
from app.settings import Settings, read_settings
from app.supervisor import free_port
from tests.commands.shell import SETTINGS
from tests.conftest import empty
from tests.web.test_repositories import a_summary


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `.env` will be; no settings but those of this test."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(migrated_url: str) -> str:
    await empty(migrated_url)
    return migrated_url


@asynccontextmanager
async def product(settings: Settings, port: int) -> AsyncIterator[str]:
    async with open_web(settings) as app:
        config = uvicorn.Config(app, port=port, ws="none", http="httptools", log_config=None, access_log=False)
        server = QuietServer(config)
        serving = asyncio.create_task(server.serve())
        await server.ready.wait()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.stop.set()
            await serving


def a_github() -> Hub:
    hub = Hub()
    hub.person("ada")
    hub.add_repository("acme/engine", owner="ada", files={"README.md": "# Engine\n"})
    return hub


async def pictured(page: Page, folder: Path, name: str) -> None:
    """Pictures for people, narrow and wide, and nothing that sticks out to the right."""
    for width in (390, 1200):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(beyond) == 0


async def test_from_one_click_to_the_first_delivery(browser: Browser, database_url: str, redis_url: str, folder: Path):
    given = {"database_url": database_url, "redis_url": redis_url}
    (folder / ".env").write_text("# mine\nANTHROPIC_BASE_URL=http://models.test\n")
    port, hub = free_port(0, strict=False), a_github()
    context = await browser.new_context(viewport={"width": 1200, "height": 800})
    page = await context.new_page()
    complaints: list[str] = []
    visited: list[str] = []
    page.on("request", lambda request: visited.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    async with running(hub, pages=page_routes(hub)) as github:
        async with product(Settings.model_validate(given), port) as url:
            await page.goto(f"{url}/setup")
            await expect(page.get_by_text("GitHub cannot reach this machine")).to_be_visible()
            await pictured(page, folder, "1-setup")
            await page.get_by_label("Enterprise Server").fill(github)
            await page.get_by_label("Organisation").fill("acme")
            await page.get_by_role("button", name="Use these").click()
            await pictured(page, folder, "2-ready")
            await page.get_by_role("button", name="Create the GitHub App").click()

            await expect(page.get_by_role("heading", level=1)).to_have_text("Create a GitHub App for acme")
            for permission in PERMISSIONS:
                await expect(page.get_by_role("cell", name=permission.replace("_", " "))).to_be_visible()
            await pictured(page, folder, "3-github")
            await page.get_by_label("GitHub App name").fill("Acme Helper")
            await page.get_by_role("button", name="Create GitHub App").click()
            await expect(page).to_have_url(f"{url}/setup/steps")
            await expect(page.get_by_text("Start Plumbline again")).to_be_visible()
            await pictured(page, folder, "4-restart")
            (led_back,) = [address for address in visited if "/setup/created" in address]
            await page.goto(led_back)  # a second visit does nothing
            await expect(page).to_have_url(f"{url}/setup/steps")

        kept = read_settings()
        assert kept.github_app_id == hub.state.app.id
        assert kept.private_key() == hub.state.app.private_key
        assert kept.webhook_secrets() == (hub.state.app.webhook_secret.encode(),)
        assert (kept.handle, kept.github_api_url) == ("acme-helper", f"{github}/api/v3")
        assert (folder / ".env").read_text().startswith("# mine\nANTHROPIC_BASE_URL=http://models.test\n")
        assert (hub.state.app.permissions, hub.state.app.events) == (PERMISSIONS, list(EVENTS))

        async with product(kept.model_copy(update=given), port) as url:
            await page.evaluate("refresh()")
            await page.get_by_role("link", name="Install on repositories").click()
            await pictured(page, folder, "5-install")
            await page.get_by_role("button", name="Install").click()
            await page.wait_for_url(f"{url}/setup/steps?*")
            await hub.outgoing.join()
            await page.evaluate("refresh()")
            await expect(page.get_by_text("the App was installed")).to_be_visible()
            await expect(page.locator(".pill.ok")).to_have_count(3, timeout=20_000)
            await pictured(page, folder, "6-done")
            await page.goto(f"{url}/setup")
            await expect(page.get_by_role("heading", name="is connected")).to_be_visible()
            await pictured(page, folder, "7-connected")
            await SummaryFiles(kept.data_dir / SUMMARIES).put(a_summary(repository="acme/engine"))
            await page.get_by_role("link", name="Home").click()
            await page.get_by_role("link", name="measured on its history").click()
            await pictured(page, folder, "8-repositories")
            await page.get_by_role("link", name="acme/engine").click()
            await expect(page.get_by_text("switch on")).to_be_visible()
            await pictured(page, folder, "9-repository")
    await context.close()
    assert [one for one in complaints if "ERR_CONNECTION" not in one] == []
