"""The teammate's own pages in a real browser: they read well, follow what happens, and run nothing of strangers'."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, expect

from app.bootstrap import open_web
from app.domain.decision import AnswerDecision, Claim
from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.domain.history import RunFilter
from app.domain.run import RunRecord, Span
from app.domain.verdict import Refusal, Verdict
from app.playground.serve import QuietServer
from app.settings import Settings
from app.store.engine import Database, open_database
from app.store.history import PostgresHistory
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from tests.conftest import empty
from tests.contracts.values import a_run, a_thread, an_order
from tests.fakes.snapshots import snapshot
from tests.web.test_pages import HOSTILE

BODY = """Put the new secret first and keep the old one, separated by a comma, then restart.

— [docs/webhooks.md › Rotate the webhook secret](https://github.com/ada/engine/blob/0/docs/webhooks.md#L12-L20)"""


def an_answer(title: str) -> RunRecord:
    """A run with something in every part of its page."""
    return a_run().model_copy(
        update={
            "skill": "answer",
            "prompt": "answer@1",
            "snapshot": snapshot(title=title, removed=("3 invisible characters",)),
            "decision": AnswerDecision(
                claims=(
                    Claim(text="Put the new secret first.", passage=1, quote="Set both secrets, the new one first"),
                ),
                confidence=0.8,
            ),
            "verdict": Verdict(
                effects=(CommentPayload(body=BODY),),
                refusals=(Refusal(what="@everyone", why="mentions are not ours to make"),),
                summary="answer with one citation",
            ),
            "spans": tuple(
                Span(name=name, start_ms=start, duration_ms=took, attributes=attributes)
                for name, start, took, attributes in (
                    ("gather", 0, 82.5, {"passages": 6}),
                    ("decide", 82.5, 410, {"model": "local/1", "prompt": "answer@1"}),
                    ("guard", 492.5, 3, {"refusals": 1}),
                )
            ),
        }
    )


def just_now(run: RunRecord) -> RunRecord:
    now = datetime.now(UTC)
    return run.model_copy(
        update={"started_at": now - timedelta(seconds=31), "finished_at": now - timedelta(seconds=30)}
    )


async def seed(database: Database, *titles: str) -> None:
    """For each title a thread with three runs: labels, an answer, a failure."""
    queue, worker = PostgresQueue(database), uuid4()
    async with worker_session(database, worker):
        for number, title in enumerate(titles, start=1):
            await queue.order([an_order(number)])
            lease = await queue.claim(worker)
            assert lease is not None
            thread = a_thread(number)
            effects = [
                PlannedEffect(f"{number}:triage", thread, "I_1", LabelsPayload(names=("bug", "question")), run=0),
                PlannedEffect(f"{number}:answer", thread, "I_1", CommentPayload(body=BODY), run=1),
            ]
            runs = [a_run(title=title), an_answer(title), a_run(title=title, outcome="failed")]
            await queue.conclude(lease, [just_now(run) for run in runs], effects)


@pytest_asyncio.fixture(loop_scope="session")
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """The store's fixture lives in the loop of one test; a browser and its pages share the session's."""
    await empty(migrated_url)
    async with open_database(migrated_url, pool_size=2) as opened:
        yield opened


class Visit:
    """A page of the running product. `complaints` are what the browser's console says: errors and CSP violations."""

    def __init__(self, url: str, page: Page) -> None:
        self.url, self.page = url, page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def fits(self) -> None:
        """Nothing sticks out to the right."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await self.page.evaluate(width) == 0


@asynccontextmanager
async def visit(
    browser: Browser, database: Database, redis_url: str, *, width: int = 1200, scheme: str = "light"
) -> AsyncIterator[Visit]:
    settings = Settings.model_validate(
        {
            "database_url": database.dsn,
            "redis_url": redis_url,
            "github_webhook_secret": "0123456789abcdef",
            "playground_url": "http://127.0.0.1:9",
        }
    )
    async with open_web(settings) as app:
        server = QuietServer(uvicorn.Config(app, port=0, ws="none", log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve())
        await server.ready.wait()
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
        )
        port = server.servers[0].sockets[0].getsockname()[1]
        found = Visit(f"http://127.0.0.1:{port}", await context.new_page())
        try:
            yield found
        finally:
            await context.close()
            server.stop.set()
            await serving
        assert found.complaints == []


async def test_a_visitor_finds_the_way_from_home_to_a_run_and_back(
    browser: Browser, database: Database, redis_url: str
):
    await seed(database, "It crashes", "How do I rotate the webhook secret?")
    async with visit(browser, database, redis_url) as on:
        await on.go("/")
        await expect(on.page.get_by_role("heading", level=1)).to_have_text("The teammate at work")
        await expect(on.page.locator(".card", has_text="Runs, last 24 h").locator(".figure")).to_have_text("6")
        await on.page.get_by_role("link", name="How do I rotate").nth(1).click()
        await expect(on.page.get_by_role("heading", level=1)).to_have_text("How do I rotate the webhook secret?")
        await expect(on.page.locator(".bar rect")).to_have_count(3)
        await expect(on.page.get_by_role("link", name="docs/webhooks.md › Rotate")).to_be_visible()
        await on.page.get_by_role("link", name="#2", exact=True).click()
        await expect(on.page.locator("tbody tr")).to_have_count(3)
        await expect(on.page.get_by_label("thread")).to_have_value("2")
        await on.page.get_by_role("link", name="Clear").click()
        await expect(on.page.locator("tbody tr")).to_have_count(6)


async def test_a_choice_filters_at_once_and_stays(browser: Browser, database: Database, redis_url: str):
    await seed(database, "One", "Two")
    async with visit(browser, database, redis_url) as on:
        await on.go("/runs")
        await on.page.get_by_label("outcome").select_option("failed")
        await expect(on.page.locator("tbody tr")).to_have_count(2)
        await expect(on.page.get_by_label("outcome")).to_have_value("failed")
        await expect(on.page.locator("tbody .pill")).to_have_text(["failed", "failed"])


async def test_the_list_follows_what_happens_without_a_reload(browser: Browser, database: Database, redis_url: str):
    async with visit(browser, database, redis_url) as on:
        await on.go("/")
        await expect(on.page.locator(".empty")).to_be_visible()
        await seed(database, "A thread that came later")
        await on.page.evaluate("refresh()")
        await expect(on.page.get_by_role("link", name="A thread that came later").first).to_be_visible()


async def test_what_strangers_wrote_is_text(browser: Browser, database: Database, redis_url: str):
    await seed(database, HOSTILE)
    async with visit(browser, database, redis_url) as on:
        for path in ("/", "/runs"):
            await on.go(path)
            await expect(on.page.get_by_role("link", name="<script>alert(1)</script>").first).to_be_visible()
        await on.page.get_by_role("link", name="<script>").nth(1).click()
        await expect(on.page.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script>")
        assert await on.page.locator("script:not([src])").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "light"), (1200, "dark")])
async def test_pages_fit_and_are_kept_as_pictures(
    width: int, scheme: str, browser: Browser, database: Database, redis_url: str, tmp_path: Path
):
    await seed(database, "It crashes", "W" * 120, "How do I rotate the webhook secret?")
    _, answered, *_ = await PostgresHistory(database).runs(RunFilter())
    async with visit(browser, database, redis_url, width=width, scheme=scheme) as on:
        for name, path in (
            ("home", "/"),
            ("runs", "/runs?outcome=failed"),
            ("run", f"/runs/{answered.id}"),
            ("setup", "/setup"),
            ("gone", "/runs/404000"),
        ):
            await on.go(path)
            await on.fits()
            await on.page.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
        on.complaints = [one for one in on.complaints if "404" not in one]
