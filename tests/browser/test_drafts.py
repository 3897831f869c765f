"""Drafts judged in a real browser: by keyboard, by mouse, without JavaScript, and by two people at once."""

from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, Locator, Page, expect

from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.store.engine import Database
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from tests.browser.test_product_pages import BODY, an_answer, just_now
from tests.browser.visiting import database, person, url
from tests.contracts.values import a_run, a_thread, an_order
from tests.web.test_pages import HOSTILE

__all__ = ["database", "url"]

FOLDED = "Set both.\n\n<details>\n<summary>More</summary>\n\n- `old`\n- `new`\n\n</details>\n\n_Automated note._"


async def drafted(database: Database, *titles: str) -> None:
    """For each title a thread with a draft: a comment where its number is odd, else labels."""
    queue, worker = PostgresQueue(database), uuid4()
    async with worker_session(database, worker):
        for number, title in enumerate(titles, start=1):
            await queue.order([an_order(number)])
            lease = await queue.claim(worker)
            assert lease is not None
            thread = a_thread(number)
            comment = CommentPayload(body=BODY if number % 4 == 1 else FOLDED)
            payload = comment if number % 2 else LabelsPayload(names=("bug",))
            run = an_answer(title) if number % 2 else a_run(title=title)
            effect = PlannedEffect(f"{thread.key}:body", thread, "I_1", payload, run=0, draft=True)
            await queue.conclude(lease, [just_now(run)], [effect])


async def states(database: Database) -> dict[int, str]:
    rows = await database.run(sa.text("select number, state from effects order by number"))
    return {row.number: row.state for row in rows}


async def acts(database: Database) -> list[str]:
    return [row.kind for row in await database.run(sa.text("select kind from acts order by at, id"))]


def of(page: Page, title: str) -> Locator:
    """The draft of this thread."""
    return page.locator(".draft").filter(has=page.get_by_role("heading", name=title))


async def test_twenty_drafts_are_judged_by_keyboard(browser: Browser, database: Database, url: str):
    await drafted(database, *(f"Question {number}" for number in range(1, 21)))
    async with person(browser, f"{url}/drafts") as page:
        cards, notice = page.locator(".draft"), page.locator("[data-notice]")
        await expect(cards).to_have_count(20)
        for left in range(19, 9, -1):
            await page.keyboard.press("a")
            await expect(cards).to_have_count(left)
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        await expect(cards.nth(1)).to_be_focused()
        for left in range(9, 1, -1):
            await page.keyboard.press("d")
            await page.keyboard.press("3")
            await expect(cards).to_have_count(left)
            await expect(notice).to_contain_text("Declined as incorrect")
        await page.keyboard.press("u")
        await expect(cards).to_have_count(3)
        await page.get_by_role("article", name="Comment").first.focus()
        await page.keyboard.press("e")
        words = page.locator("textarea:focus")
        await words.fill("In my own words.")
        await words.press("Control+Enter")
        await expect(cards).to_have_count(2)
        for left in (1, 0):
            await cards.first.focus()
            await page.keyboard.press("a")
            await expect(cards).to_have_count(left)
        await expect(page.locator(".empty")).to_be_visible()
    found = list((await states(database)).values())
    assert (found.count("planned"), found.count("skipped")) == (13, 7)
    assert sorted(set(await acts(database))) == ["command", "draft_accepted", "draft_declined", "draft_edited"]


async def test_drafts_are_judged_by_mouse(browser: Browser, database: Database, url: str):
    await drafted(database, *(f"Question {number}" for number in range(1, 21)))
    async with person(browser, f"{url}/drafts") as page:
        cards = page.locator(".draft")
        for left in range(19, -1, -1):
            card = cards.last
            if left % 3 == 0:
                await card.get_by_text("Decline", exact=True).click()
                await card.get_by_label("In your own words").fill("we said so before")
                await card.get_by_role("button", name="verbose").click()
            elif left % 3 == 1 and await card.locator("textarea").count():
                await card.get_by_text("Edit", exact=True).click()
                await card.locator("textarea").fill("Mine.")
                await card.get_by_role("button", name="Accept these words").click()
            else:
                await card.get_by_role("button", name="Accept", exact=True).click()
            await expect(cards).to_have_count(left)
        await expect(page.locator("h1")).to_have_text("Drafts 0")
    found = list((await states(database)).values())
    assert (found.count("planned"), found.count("skipped")) == (13, 7)


async def test_what_one_types_is_shown_as_it_would_be_and_stays(browser: Browser, database: Database, url: str):
    await drafted(database, "One", "Two", "Three")
    async with person(browser, f"{url}/drafts") as page:
        card, other = of(page, "One"), of(page, "Three")
        for one in (card, other):
            await one.get_by_text("Edit", exact=True).click()
            await one.locator("textarea").fill("Ask **@ada**, this fixes #1.")
        await expect(card.locator("[data-shown] code").first).to_have_text("ada")
        await expect(card.locator("[data-shown]")).to_contain_text("Made harmless")
        await card.get_by_role("button", name="Accept these words").click()
        await expect(card.get_by_role("alert")).to_contain_text("made harmless")
        await expect(other.locator("textarea")).to_have_value("Ask **@ada**, this fixes #1.")
        assert (await states(database))[1] == "draft"
        await card.get_by_role("button", name="Accept these words").click()
        await expect(card).to_have_count(0)
        await expect(other.locator("textarea")).to_have_value("Ask **@ada**, this fixes #1.")
    assert (await states(database)) == {1: "planned", 2: "draft", 3: "draft"}


async def test_two_people_decide_once(browser: Browser, database: Database, url: str):
    await drafted(database, "One", "Two")
    async with person(browser, f"{url}/drafts") as ada, person(browser, f"{url}/drafts") as grace:
        await of(ada, "One").get_by_role("button", name="Accept", exact=True).click()
        await expect(of(ada, "One")).to_have_count(0)
        await of(grace, "One").get_by_text("Decline", exact=True).click()
        await of(grace, "One").get_by_role("button", name="irrelevant").click()
        await expect(grace.locator("[data-notice]")).to_contain_text("Somebody decided before you. Accepted.")
        await expect(grace.locator(".draft")).to_have_count(1)
    assert await states(database) == {1: "planned", 2: "draft"}
    assert await acts(database) == ["draft_accepted"]


async def test_all_of_it_works_without_javascript(browser: Browser, database: Database, url: str):
    await drafted(database, "One", "Two", "Three")
    async with person(browser, f"{url}/drafts", java_script_enabled=False) as page:
        await of(page, "Three").get_by_text("Edit", exact=True).click()
        await of(page, "Three").locator("textarea").fill("**Mine**.")
        await of(page, "Three").get_by_role("button", name="Preview").click()
        await expect(of(page, "Three").locator("[data-shown] strong")).to_have_text("Mine")
        await of(page, "Three").get_by_role("button", name="Accept these words").click()
        await expect(page.locator("[data-notice]")).to_contain_text("Accepted. It is on its way.")
        await of(page, "Two").get_by_text("Decline", exact=True).click()
        await of(page, "Two").get_by_role("button", name="good").click()
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator("[data-notice]")).to_contain_text("It waits again.")
        await expect(page.locator(".draft")).to_have_count(2)
    assert await states(database) == {1: "draft", 2: "draft", 3: "planned"}


async def test_a_server_that_is_away_loses_nothing(browser: Browser, database: Database, url: str):
    await drafted(database, "One")
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/drafts")
    await page.keyboard.press("e")
    await page.locator("textarea").fill("Mine.")
    await context.set_offline(True)
    await page.get_by_role("button", name="Accept these words").click()
    await expect(page.locator("[data-notice]")).to_contain_text("did not answer")
    await context.set_offline(False)
    await page.get_by_role("button", name="Accept these words").click()
    await expect(page.locator(".draft")).to_have_count(0)
    await context.close()
    assert await states(database) == {1: "planned"}


async def test_keys_in_a_field_are_letters(browser: Browser, database: Database, url: str):
    await drafted(database, "One")
    async with person(browser, f"{url}/drafts") as page:
        await page.keyboard.press("e")
        await page.keyboard.type("jadeku1")
        await expect(page.locator("textarea")).to_have_value("jadeku1" + BODY)
        await page.keyboard.press("Escape")
        await expect(page.locator("textarea")).to_be_hidden()
        await expect(page.locator(".draft")).to_be_focused()
    assert await states(database) == {1: "draft"}


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "light"), (1200, "dark")])
async def test_it_fits_and_is_kept_as_a_picture(
    width: int, scheme: str, browser: Browser, database: Database, url: str, tmp_path: Path
):
    await drafted(database, "How do I rotate the webhook secret?", "W" * 120, HOSTILE)
    await database.run(sa.text("update effects set reason = 'everything waits here' where number = 2"))
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    async with person(browser, f"{url}/drafts", **options) as page:
        await page.screenshot(path=tmp_path / f"list-{width}-{scheme}.png", full_page=True)
        for summary in await page.locator("summary").all():
            if await summary.is_visible():
                await summary.click()
        edge = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(edge) == 0
        await page.screenshot(path=tmp_path / f"open-{width}-{scheme}.png", full_page=True)
        await page.keyboard.press("Escape")
        await page.locator(".draft").nth(1).focus()
        await page.keyboard.press("d")
        await page.keyboard.press("5")
        await expect(page.locator("[data-notice]")).to_contain_text("Declined as hallucination")
        assert await page.evaluate(edge) == 0
        await page.screenshot(path=tmp_path / f"after-{width}-{scheme}.png", full_page=True)
