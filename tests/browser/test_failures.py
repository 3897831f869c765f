"""The pages of failures in a real browser: by keyboard alone, on a telephone, in the dark, and when empty."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from app.store.engine import Database
from tests.browser.test_product_pages import database, visit
from tests.store.judged import Ran, Said, write, write_months
from tests.web.test_pages import HOSTILE

__all__ = ["database"]


async def test_from_what_grew_to_the_run_and_to_others_like_it(browser: Browser, database: Database, redis_url: str):
    await write_months(database)
    async with visit(browser, database, redis_url) as on:
        await on.go("/failures")
        await expect(on.page.locator(".notice.bad")).to_contain_text(
            "Wrong label in label question rose", timeout=60_000
        )
        await on.page.get_by_role("link", name="Wrong label", exact=True).click()
        await expect(on.page.get_by_role("heading", level=1)).to_have_text("Wrong label")
        await expect(on.page.locator(".threads li")).to_have_count(50)
        await on.page.get_by_role("link", name="more like this").first.click()
        await expect(on.page.get_by_role("heading", name="More like this")).to_be_visible()
        await on.page.locator(".threads .title").first.click()
        await expect(on.page).to_have_url(f"{on.url}/runs/{on.page.url.rpartition('/')[2]}")
        await on.page.get_by_role("link", name="Failures").click()
        await on.page.get_by_role("link", name="The week in one screen").click()
        await expect(on.page.get_by_role("heading", level=1)).to_contain_text("Wrong label in label question rose")


async def test_by_keyboard_alone(browser: Browser, database: Database, redis_url: str):
    await write(database, [Ran(1), Ran(2)], [Said(0, "verbose", "Too long."), Said(1, "verbose", "tl;dr")])
    async with visit(browser, database, redis_url) as on:
        await on.go("/failures")
        await on.page.get_by_label("Repository").focus()
        await on.page.keyboard.press("Tab")
        await expect(on.page.get_by_role("button", name="Filter")).to_be_focused()
        await on.page.keyboard.press("Tab")
        await expect(on.page.get_by_role("link", name="Too long")).to_be_focused()
        await on.page.keyboard.press("Enter")
        await expect(on.page.get_by_role("heading", level=1)).to_have_text("Too long")


async def test_a_choice_of_repository_filters_at_once_and_stays(browser: Browser, database: Database, redis_url: str):
    said = [Said(0, "verbose"), Said(1, "slow", kind="slow")]
    await write(database, [Ran(1), Ran(2, repository=1)], said)
    async with visit(browser, database, redis_url) as on:
        await on.go("/failures")
        await expect(on.page.locator(".failing .one")).to_have_count(2)
        await on.page.get_by_label("Repository").select_option("acme/site")
        await expect(on.page.locator(".failing .one")).to_have_count(1)
        await on.page.get_by_role("link", name="Slow").click()
        await expect(on.page.locator(".threads li")).to_contain_text("Measured: slow")
        await on.page.get_by_role("link", name="Failures").last.click()
        await expect(on.page.get_by_label("Repository")).to_have_value("acme/site")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
async def test_pages_fit_and_are_kept_as_pictures(
    width: int, scheme: str, browser: Browser, database: Database, redis_url: str, tmp_path: Path
):
    said = [Said(place, "verbose" if place % 2 else None, HOSTILE if place else "W" * 300) for place in range(12)]
    ran = [Ran(1, title=HOSTILE if place else "W" * 120, labels=("L" * 50,)) for place in range(12)]
    ids = await write(database, ran, said)
    async with visit(browser, database, redis_url, width=width, scheme=scheme) as on:
        await on.go("/failures")
        await expect(on.page.get_by_text("Trends and groups as of")).to_be_visible(timeout=60_000)
        for name, path in (
            ("failures", "/failures"),
            ("empty", "/failures?repository=nobody/here"),
            ("mode", "/failures/verbose"),
            ("unnamed", "/failures/unnamed"),
            ("like", f"/failures/like/{ids[1]}"),
            ("digest", "/failures/digest"),
        ):
            await on.go(path)
            await on.fits()
            await on.page.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
