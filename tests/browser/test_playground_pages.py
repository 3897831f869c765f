"""The playground as people use it: a newcomer's first issue, citations that open, forms that keep what was typed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from app.playground.hub import Hub
from app.playground.model import Thread
from app.playground.pages import page_routes
from app.playground.seed import REPOSITORY, seed_self
from app.playground.serve import running

ROOT = Path(__file__).parents[2]
HOME = f"/{REPOSITORY}"


class Visit:
    """A page of a running playground. `complaints` are what the browser's console says: errors and CSP violations."""

    def __init__(self, hub: Hub, url: str, page: Page) -> None:
        self.hub, self.url, self.page = hub, url, page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    def issue(self, body: str = "Help.", author: str = "visitor") -> Thread:
        return self.hub.open_thread(actor=author, repo=REPOSITORY, title="A question", body=body)

    def answer(self, number: int, path: str, lines: str) -> None:
        """What the teammate does to a thread: a label, and an answer that cites `lines` of a file."""
        me, sha = self.hub.state.app.login, self.hub.state.repositories[REPOSITORY].branches["main"]
        self.hub.add_labels(actor=me, repo=REPOSITORY, number=number, names=["question"])
        body = f"It is so.\n\n— [{path}]({self.url}{HOME}/blob/{sha}/{path}#{lines})\n\n<!-- plumbline:1 00 -->"
        self.hub.comment(actor=me, repo=REPOSITORY, number=number, body=body)


@asynccontextmanager
async def visit(
    browser: Browser, *, width: int = 1200, scheme: str = "light", scripts: bool = True
) -> AsyncIterator[Visit]:
    hub = Hub()
    async with running(hub, pages=page_routes(hub, product_url="http://127.0.0.1:9")) as url:
        seed_self(hub, ROOT)
        context = await browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        found = Visit(hub, url, await context.new_page())
        yield found
        await context.close()
        assert found.complaints == []


async def test_a_newcomers_issue_gets_its_answer_while_they_type(browser: Browser) -> None:
    async with visit(browser) as here:
        page = here.page
        await here.go("/")
        await page.get_by_role("link", name="How do I rotate the webhook secret?").click()
        await page.get_by_role("button", name="Submit").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("How do I rotate the webhook secret?")
        number = max(here.hub.state.repositories[REPOSITORY].threads)
        await page.get_by_label("Comment").fill("I have begun to wri")
        here.answer(number, "docs/webhooks.md", "L16-L22")
        answer = page.locator("article.teammate")
        await expect(answer).to_contain_text("It is so.")
        await expect(answer).not_to_contain_text("plumbline:1")
        await expect(page.locator("aside")).to_contain_text("question")
        await expect(page.get_by_label("Comment")).to_have_value("I have begun to wri")
        await expect(page.get_by_label("Comment")).to_be_focused()
        await expect(answer.get_by_role("link", name="trace")).to_have_attribute(
            "href", f"http://127.0.0.1:9/runs?repository={REPOSITORY.replace('/', '%2F')}&number={number}"
        )


@pytest.mark.parametrize(("anchor", "first", "last"), [("L40", 40, 40), ("L30-L44", 30, 44), ("L44-L30", 30, 44)])
async def test_a_citation_opens_exactly_the_quoted_lines(browser: Browser, anchor: str, first: int, last: int) -> None:
    async with visit(browser) as here:
        thread = here.issue()
        here.answer(thread.number, "docs/webhooks.md", anchor)
        await here.go(f"{HOME}/issues/{thread.number}")
        await here.page.get_by_role("link", name="docs/webhooks.md").click()
        lit = here.page.locator("tr.lit")
        await expect(lit.first).to_be_in_viewport()
        rows = [f"L{number}" for number in range(first, last + 1)]
        assert await lit.evaluate_all("rows => rows.map(row => row.id)") == rows
        text = (ROOT / "docs/webhooks.md").read_text().split("\n")
        assert await lit.locator("td:last-child").all_text_contents() == text[first - 1 : last]


async def test_lines_are_chosen_by_clicking(browser: Browser) -> None:
    async with visit(browser) as here:
        await here.go(f"{HOME}/blob/main/Makefile")
        await here.page.locator("#L8 a").click()
        await here.page.locator("#L5 a").click(modifiers=["Shift"])
        await expect(here.page.locator("tr.lit")).to_have_count(4)
        assert here.page.url.endswith("#L8-L5")


async def test_small_forms_act_in_place_and_keep_what_was_typed(browser: Browser) -> None:
    async with visit(browser) as here:
        thread, page = here.issue(), here.page
        here.answer(thread.number, "README.md", "L1")
        await here.go(f"{HOME}/threads/{thread.number}")
        typing = page.get_by_label("Comment")
        await typing.fill("half a sentence")
        await page.locator("article.teammate").get_by_role("button", name="-1").click()
        await expect(page.locator("article.teammate [aria-pressed=true]")).to_have_text("👎 1")
        await page.get_by_label("You are").select_option("grace")
        await page.get_by_role("button", name="Remove question").click()
        await expect(page.locator("aside ul.tags")).to_contain_text("None yet.")
        await expect(page.get_by_label("Write as")).to_have_value("grace")
        await page.get_by_label("Add a label").select_option("documentation")
        await page.get_by_role("button", name="Add").click()
        await expect(page.locator("aside ul.tags")).to_contain_text("documentation")
        await page.locator("article.teammate").get_by_role("button", name="delete").click()
        await expect(page.locator("article.teammate")).to_have_count(0)
        await expect(typing).to_have_value("half a sentence")
        await typing.press("Control+Enter")
        await expect(page.locator("article.member")).to_contain_text("half a sentence")
    assert [event.event for event in thread.timeline][-4:] == ["unlabeled", "labeled", "comment_deleted", "commented"]


async def test_a_refusal_in_place_stays_until_it_is_read(browser: Browser) -> None:
    async with visit(browser) as here:
        thread, page = here.issue(author="grace"), here.page
        comment = here.hub.comment(actor="visitor", repo=REPOSITORY, number=thread.number, body="Mine")
        await here.go(f"{HOME}/threads/{thread.number}")
        here.hub.lock(actor="ada", repo=REPOSITORY, number=thread.number)
        here.hub.delete_comment(actor="ada", repo=REPOSITORY, comment=comment.id)
        await page.get_by_role("button", name="delete").click()
        await expect(page.get_by_role("alert")).to_have_text("That is not there any more.")
        async with page.expect_response(lambda answer: answer.request.method == "GET"):
            await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("Comment").fill("May I?")
        await page.get_by_role("button", name="Comment").click()
        await expect(page.get_by_role("alert")).to_contain_text("locked")
        await expect(page.get_by_label("Comment")).to_have_value("May I?")
        # The browser itself reports answers of 403 and 404.
        assert all("status of 40" in line for line in here.complaints)
        here.complaints.clear()


async def test_a_pull_request_begins_at_the_file(browser: Browser) -> None:
    async with visit(browser) as here:
        page = here.page
        await here.go(f"{HOME}/blob/main/docs/webhooks.md")
        await page.get_by_role("link", name="Propose a change").click()
        await expect(page.get_by_label("Category")).to_be_hidden()
        await page.get_by_label("Title").fill("Say it shorter")
        await page.get_by_label("Its new content").fill("# Webhooks\n")
        await page.get_by_role("button", name="Submit").click()
        await expect(page.locator(".diff .gone").first).to_be_visible()


async def test_everything_works_without_scripts(browser: Browser) -> None:
    async with visit(browser, scripts=False) as here:
        thread, page = here.issue(), here.page
        await here.go(f"{HOME}/issues/{thread.number}")
        await page.locator("#you").select_option("ada")
        await page.get_by_role("button", name="Switch").click()
        await expect(page).to_have_url(f"{here.url}{HOME}/issues/{thread.number}")
        await page.get_by_label("Add a label").select_option("security")
        await page.get_by_role("button", name="Add").click()
        await page.locator("#top summary").click()
        await page.get_by_role("button", name="rocket").click()
        await page.get_by_label("Comment").fill("Done.")
        await page.get_by_role("button", name="Close issue").click()
        await expect(page.locator("article.owner")).to_contain_text("Done.")
    assert (thread.state, len(thread.labels), thread.reactions[0].content) == ("closed", 1, "rocket")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1200, "light")])
async def test_no_page_is_wider_than_the_screen_or_breaks_its_own_policy(
    browser: Browser, width: int, scheme: str
) -> None:
    async with visit(browser, width=width, scheme=scheme) as here:
        here.hub.webhook_url = "http://127.0.0.1:9/"
        thread = here.issue(body="x" * 500 + "\n\n| a | b |\n|-|-|\n| 1 | " + "y" * 300 + " |\n")
        here.answer(thread.number, "README.md", "L1")
        await here.hub.deliveries_idle()
        paths = ["/", "/people", "/deliveries", f"/deliveries/{here.hub.state.deliveries[0].id}", "/faults", HOME]
        paths += [f"{HOME}/new?kind=pull_request", f"{HOME}/issues/{thread.number}", f"{HOME}/discussions/3"]
        paths += [f"{HOME}/blob/main/app/playground/hub.py", f"{HOME}/tree/main"]
        for path in paths:
            await here.go(path)
            assert await here.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
