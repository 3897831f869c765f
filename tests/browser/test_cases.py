"""Cases judged in a real browser: by keyboard alone, by mouse, without JavaScript, and all the way into a dataset."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from app.domain.case import Case
from app.domain.signal import Wanted
from app.store.cases import PostgresCases
from app.store.engine import Database
from app.store.erasures import PostgresErasures
from app.store.queue import PostgresQueue
from app.store.sessions import worker_session
from evals.cases.datasets import read
from evals.cases.harvest import harvest
from tests.browser.test_product_pages import just_now
from tests.browser.visiting import database, person, url
from tests.contracts.test_cases import KEY, a_case, says
from tests.contracts.values import a_run, an_order
from tests.fakes.snapshots import snapshot
from tests.web.test_pages import HOSTILE

__all__ = ["database", "url"]

ASKED = (
    "After an update to 4.2 the importer drops the last row of every file that does not end in a line break.\n\n"
    "1. Save `a,b` without a line break at its end\n2. Run `engine import a.csv`\n\nI expected one row and got none."
)
SUBJECTS = ("importer", "scheduler", "gateway", "printer", "parser", "ledger", "watcher", "boiler", "crane", "signal")


def a_question(number: int, title: str = "") -> Case:
    """One of many that are nothing like each other: labels, and an answer for every third."""
    title = title or f"The {SUBJECTS[number % 10]} loses number {number * 7919} when {SUBJECTS[number * 3 % 7]} starts"
    body = f"{ASKED}\n\n{' '.join(str(number * 104729 + place * 7919) for place in range(120))}"
    seen = snapshot(title=title, body=body, question=f"{title}\n\n{body}", settings={"data": {"learn": True}})
    answered = number % 3 == 0
    did = {"kind": "comment", "body": "Set both secrets, then **restart**."} if answered else _labels("question")
    return a_case(
        number,
        skill="answer" if answered else "triage",
        mode="wrong-answer" if answered else "wrong-label",
        wanted=Wanted(body="Rotate it on the page *Keys*.")
        if answered
        else Wanted(labels_on=("bug",), labels_off=("question",)),
        snapshot=seen.model_dump(mode="json"),
        did=(did,),
        segment={"repository": "acme/r840", "skill": "triage"},
    )


def _labels(name: str) -> dict[str, object]:
    return {"kind": "labels", "names": [name]}


async def proposed(database: Database, count: int) -> list[int]:
    """So many cases that wait, of a repository whose newest run says that it may be learnt from."""
    cases = PostgresCases(database)
    ids = [await cases.propose(a_question(number)) for number in range(1, count + 1)]
    queue, worker = PostgresQueue(database), uuid4()
    async with worker_session(database, worker):
        await queue.order([an_order(1)])
        lease = await queue.claim(worker)
        assert lease is not None
        seen = snapshot(settings={"data": {"learn": True}})
        await queue.conclude(lease, [just_now(a_run().model_copy(update={"snapshot": seen}))], [])
    return [one for one in ids if one is not None]


async def harvested(database: Database, folder: Path) -> list[dict[str, object]]:
    """What the harvest makes of what was judged."""
    await harvest(PostgresCases(database), PostgresErasures(database, KEY), folder)
    return [dict(row.data) for rows in read(folder).values() for row in rows]


async def begin(page: Page, name: str = "Ada") -> None:
    """Say who judges, by keyboard: the field has the focus."""
    await expect(page.get_by_label("Your name")).to_be_focused()
    await page.keyboard.type(name)
    await page.keyboard.press("Enter")
    await expect(page.locator(".filters")).to_contain_text(f"You judge as {name}")


def of(page: Page, case_id: int) -> Locator:
    return page.get_by_role("article", name=f"Case {case_id}", exact=True)


async def test_twenty_cases_are_judged_by_keyboard_alone(
    browser: Browser, database: Database, url: str, tmp_path: Path
):
    await proposed(database, 20)
    async with person(browser, f"{url}/cases") as page:
        await begin(page)
        cards, notice = page.locator(".case"), page.locator("[data-notice]")
        await expect(cards).to_have_count(20)
        await page.keyboard.press("?")
        await expect(page.locator(".help")).to_contain_text("Accept where the right column is right")
        await expect(cards.first).to_be_focused()
        for left in range(19, 9, -1):
            await page.keyboard.press("a")
            await expect(cards).to_have_count(left)
            await expect(notice).to_contain_text("Accepted")
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        await expect(cards.first).to_be_focused()
        for left in range(9, 2, -1):
            await page.keyboard.press("r")
            await expect(cards).to_have_count(left)
        await expect(notice).to_contain_text("Rejected")
        await page.keyboard.press("u")
        await expect(cards).to_have_count(4)
        await expect(cards.first).to_be_focused()
        await page.keyboard.press("s")
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.type("Grace")
        await page.keyboard.press("Enter")
        await expect(cards.first).to_contain_text("Grace’s")
        for left in (3, 2):
            await cards.first.focus()
            await page.keyboard.press("c")
            await page.keyboard.press("ControlOrMeta+a")
            await page.keyboard.type("bug, good first issue")
            await page.keyboard.press("Enter")
            await expect(cards).to_have_count(left)
            await expect(notice).to_contain_text("Accepted as you corrected it")
        for left in (1, 0):
            await page.keyboard.press("a")
            await expect(cards).to_have_count(left)
        await expect(page.locator(".empty")).to_contain_text("Everything is judged")
    assert await PostgresCases(database).count() == {"accepted": 14, "rejected": 6}
    rows = await harvested(database, tmp_path)
    assert len(rows) == 14
    assert sum("good first issue" in json.dumps(row["expected"]) for row in rows) == 2
    assert await PostgresCases(database).count() == {"harvested": 14, "rejected": 6}


async def test_twenty_cases_are_judged_by_mouse(browser: Browser, database: Database, url: str, tmp_path: Path):
    await proposed(database, 20)
    async with person(browser, f"{url}/cases") as page:
        await page.get_by_label("Your name").fill("Grace")
        await page.get_by_role("button", name="Begin").click()
        cards = page.locator(".case")
        for left in range(19, -1, -1):
            card = cards.last
            if left % 3 == 0:
                await card.get_by_role("button", name="Reject").click()
            elif left % 3 == 1:
                await card.get_by_text("Correct", exact=True).click()
                await card.get_by_label("The answer that would have been right").fill("Restart it.")
                await card.get_by_role("button", name="Accept it so").click()
            else:
                await card.get_by_role("button", name="Accept", exact=True).click()
            await expect(cards).to_have_count(left)
        await expect(page.locator("h1")).to_have_text("Cases 0")
    assert await PostgresCases(database).count() == {"accepted": 13, "rejected": 7}
    assert len(await harvested(database, tmp_path)) == 13


async def test_a_correction_that_cannot_be_is_mended_in_place(browser: Browser, database: Database, url: str):
    first, second = await proposed(database, 2)
    async with person(browser, f"{url}/cases") as page:
        await begin(page)
        await of(page, first).get_by_text("Correct", exact=True).click()
        await of(page, first).get_by_label("It is a duplicate of").fill("twelve")
        await of(page, first).get_by_role("button", name="Accept it so").click()
        await expect(of(page, first).get_by_role("alert")).to_contain_text("twelve is no number")
        await of(page, first).get_by_label("It is a duplicate of").fill("#12")
        await of(page, first).get_by_role("button", name="Accept it so").click()
        await expect(of(page, first)).to_have_count(0)
        await expect(of(page, second)).to_be_visible()
    (said,) = await PostgresCases(database).judgements()
    assert said.wanted
    assert said.wanted.duplicate_of == 12


async def test_a_second_opinion_is_given_blind_and_measured(browser: Browser, database: Database, url: str):
    cases = PostgresCases(database)
    for case_id, verdict in zip(await proposed(database, 4), ("accept", "reject") * 2, strict=True):
        await cases.judge(says(case_id, verdict, "Grace", note="I am sure"))
    async with person(browser, f"{url}/cases") as page:
        await begin(page)
        await expect(page.locator(".empty")).to_contain_text("Everything is judged")
        await page.get_by_label("Show cases that").select_option("others have judged, you have not")
        await expect(page.locator(".case")).to_have_count(4)
        await expect(page.get_by_text("I am sure")).to_have_count(0)
        await expect(page.locator(".case").first).to_be_focused()
        for key, left in (("a", 3), ("r", 2), ("a", 1), ("r", 0)):
            await page.keyboard.press(key)
            await expect(page.locator(".case")).to_have_count(left)
        await page.reload()
        await expect(page.locator("main")).to_contain_text("Ada and Grace: kappa 1.00")
        await expect(page.locator("main")).to_contain_text("the same verdict on 4 of 4 cases")


async def test_all_of_it_works_without_javascript(browser: Browser, database: Database, url: str):
    first, second, third = await proposed(database, 3)
    async with person(browser, f"{url}/cases", java_script_enabled=False) as page:
        await page.get_by_label("Your name").fill("Ada")
        await page.get_by_role("button", name="Begin").click()
        await of(page, first).get_by_role("button", name="Accept", exact=True).click()
        await expect(page.locator("[data-notice]")).to_contain_text(f"Case {first}: Accepted")
        await page.get_by_role("button", name="Undo").click()
        await of(page, first).get_by_text("Correct", exact=True).click()
        await of(page, first).get_by_label("It should have said and done nothing").check()
        await of(page, first).get_by_label("Labels that are right").fill("")
        await of(page, first).get_by_role("button", name="Accept it so").click()
        await of(page, second).locator(".assign summary").click()
        await of(page, second).locator("[name=assignee]").fill("Grace")
        await of(page, second).locator(".assign button").click()
        await expect(of(page, second)).to_contain_text("Grace’s")
        await of(page, third).get_by_role("button", name="Reject").click()
        await page.get_by_label("Show cases that").select_option("rejected")
        await page.get_by_role("button", name="Filter").click()
        await expect(page.locator(".case")).to_have_count(1)
    assert await PostgresCases(database).count() == {"accepted": 1, "proposed": 1, "rejected": 1}


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "light"), (1200, "dark"), (390, "dark")])
async def test_it_fits_and_is_kept_as_a_picture(
    width: int, scheme: str, browser: Browser, database: Database, url: str, tmp_path: Path
):
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    edge = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    async with person(browser, f"{url}/cases", **options) as page:
        await expect(page.locator(".empty")).to_contain_text("Learning must be switched on")
        await page.screenshot(path=tmp_path / f"empty-{width}-{scheme}.png", full_page=True)
        assert await page.evaluate(edge) == 0
        await proposed(database, 3)
        await PostgresCases(database).propose(a_question(4, HOSTILE))
        await PostgresCases(database).propose(a_question(5, "W" * 120))
        await page.reload()
        await begin(page)
        await page.screenshot(path=tmp_path / f"list-{width}-{scheme}.png", full_page=True)
        assert await page.evaluate(edge) == 0
        for summary in await page.locator("summary").all():
            if await summary.is_visible():
                await summary.click()
        assert await page.evaluate(edge) == 0
        await page.screenshot(path=tmp_path / f"open-{width}-{scheme}.png", full_page=True)
