"""The drafts page: what a person decides happens once, is remembered, and comes from nowhere but this page."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest
from fastapi import FastAPI

from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.web.door import Seal
from app.web.drafts import COOKIE, PAGE, DraftDesk, drafts_router
from app.web.forms import FORM_LIFE_S
from app.web.pages import site
from tests.contracts.values import a_thread
from tests.fakes.bell import FakeBell
from tests.fakes.drafts import FakeDrafts
from tests.fakes.ledger import FakeLedger
from tests.fakes.outbox import FakeOutbox, Row
from tests.web.test_pages import HOSTILE, harmless

ORIGIN = "http://plumbline.test"
BODY = "Put the new secret first.\n\nThen restart."


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Page:
    """The page in one browser, over an outbox in memory."""

    def __init__(self, desk: DraftDesk, clock: Clock) -> None:
        app = FastAPI()
        app.include_router(drafts_router(desk, Seal(b"key", clock=clock), site()))
        transport = httpx.ASGITransport(app)
        self.client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})

    async def get(self, path: str = "/drafts") -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200
        harmless(answer.text)
        return answer.text

    async def post(self, row: Row, verb: str, page: str = "", **fields: str) -> httpx.Response:
        """What the page's own form sends; from a fresh page where none is given."""
        token = re.search(r'name="token" value="([^"]+)"', page or await self.get())
        sent = {"token": token[1] if token else "", "revision": str(row.revision), **fields}
        return await self.client.post(f"/drafts/{row.id}/{verb}", data=sent)

    async def does(self, row: Row, verb: str, page: str = "", **fields: str) -> str:
        """The page it leads back to, and its notice first."""
        answer = await self.post(row, verb, page, **fields)
        assert answer.status_code == 303
        after = await self.get(answer.headers["location"])
        notice = after.partition("<div data-notice")[2].partition('<form class="filters"')[0]
        return " ".join(unescape(re.sub(r"<[^>]+>", "", notice)).partition(">")[2].split())


@dataclass
class House:
    outbox: FakeOutbox
    ledger: FakeLedger
    bell: FakeBell
    drafts: FakeDrafts
    clock: Clock

    def draft(self, body: str = BODY, *labels: str, number: int = 1, repository_id: int = 840) -> Row:
        thread = a_thread(number, repository_id=repository_id)
        payload = LabelsPayload(names=labels) if labels else CommentPayload(body=body)
        run_id = len(self.outbox.rows) + 1
        self.outbox.plan([PlannedEffect(f"{thread.key}:body", thread, "I_1", payload, run=0, draft=True)], run_id)
        return self.outbox.rows[len(self.outbox.rows)]

    def opened(self) -> Page:
        desk = DraftDesk(self.drafts, self.outbox, self.ledger, self.bell, "https://github.com", ("s3cr3t-literal",))
        return Page(desk, self.clock)

    def acts(self, row: Row) -> list[tuple[str, str]]:
        return [(act.kind, act.detail) for act in self.ledger.heard[row.thread.key].values()]


@pytest.fixture
def house() -> House:
    outbox = FakeOutbox(lambda: datetime.now(UTC))
    return House(outbox, FakeLedger(outbox), FakeBell(), FakeDrafts(outbox), Clock())


@pytest.fixture
async def page(house: House) -> AsyncIterator[Page]:
    opened = house.opened()
    yield opened
    await opened.client.aclose()


# --- looking -----------------------------------------------------------------------------------------------


async def test_nothing_waits(page: Page):
    assert "No draft waits" in await page.get()


async def test_a_draft_says_where_what_and_why(house: House, page: Page):
    house.draft()
    house.draft("", "bug", "crash", number=2, repository_id=841)
    shown = await page.get()
    assert shown.index("acme/r841#2") < shown.index("acme/r840#1")
    assert 'href="https://github.com/acme/r840/issues/1"' in shown
    assert '<span class="pill label">bug</span> <span class="pill label">crash</span>' in shown
    assert "<p>Put the new secret first.</p>" in shown
    assert "82 % sure" in shown
    assert "64 % sure" in shown
    assert "It crashes." in shown
    assert "Set both secrets" in shown
    assert shown.count('class="card draft"') == 2
    assert shown.count("<textarea") == 1


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ("repository=acme/r841", ["draft-2"]),
        ("skill=answer", ["draft-1"]),
        ("skill=x", []),
        ("before=2-2", ["draft-1"]),
    ],
)
async def test_drafts_are_filtered(chosen: str, left: list[str], house: House, page: Page):
    house.draft()
    house.draft("", "bug", number=2, repository_id=841)
    assert re.findall(r'id="(draft-\d+)"', await page.get(f"/drafts?{chosen}")) == left


@pytest.mark.parametrize(
    "chosen", ["before=x", "before=2", "before=-1--2", "about=0", "about=x&told=", f"before={9**30}-1"]
)
async def test_a_query_that_says_nothing_is_none(chosen: str, house: House, page: Page):
    house.draft()
    assert 'id="draft-1"' in await page.get(f"/drafts?{chosen}")


async def test_a_long_queue_comes_page_by_page(house: House, page: Page):
    for number in range(1, PAGE + 3):
        house.draft(number=number)
    first = await page.get()
    older = re.search(r'href="(/drafts\?before=[^"]+)">Older', first)
    assert older
    assert re.findall(r'id="(draft-\d+)"', await page.get(older[1])) == ["draft-2", "draft-1"]


async def test_a_thread_that_was_closed_meanwhile_says_so(house: House, page: Page):
    house.drafts.states[house.draft().id] = "closed"
    assert "closed meanwhile" in await page.get()


async def test_what_strangers_wrote_is_text(house: House, page: Page):
    house.drafts.title = HOSTILE
    house.draft(HOSTILE)
    shown = await page.get("/drafts?repository=%22%3E%3Cscript%3E&skill=<x>")
    assert "<script>alert" not in shown
    assert "<script>alert" not in await page.get()


async def test_a_fold_is_shown_folded(house: House, page: Page):
    house.draft(
        "Above.\n\n<details>\n<summary>More</summary>\n\n**Below** <b>x</b>.\n\n</details>\n\n_Automated note._"
    )
    shown = await page.get()
    assert "<details><summary>More</summary><p><strong>Below</strong> &lt;b&gt;x&lt;/b&gt;.</p>" in shown


# --- deciding ----------------------------------------------------------------------------------------------


async def test_accepting_plans_it_remembers_that_and_rings_the_bell(house: House, page: Page):
    row = house.draft("", "bug")
    assert await page.does(row, "accept") == "Labels on acme/r840#1: Accepted. It is on its way."
    assert (row.state, house.bell.rung_effects, house.acts(row)) == ("planned", [row.id], [("draft_accepted", "")])
    [act] = house.ledger.heard[row.thread.key].values()
    assert (act.subject, act.by) == (str(row.id), "person")


async def test_a_bell_that_is_out_of_order_changes_nothing(house: House, page: Page):
    row = house.draft()
    house.bell.broken = True
    assert "on its way" in await page.does(row, "accept")


async def test_an_edit_is_published_in_the_persons_words_and_its_difference_is_kept(house: House, page: Page):
    row = house.draft()
    await page.does(row, "edit", body="Put the new secret first.\r\n\r\nThen reload.\r\n")
    assert row.state == "planned"
    assert row.payload == CommentPayload(body="Put the new secret first.\n\nThen reload.")
    assert house.acts(row) == [
        ("draft_edited", "@@ -2,2 +2,2 @@\n \n-Then restart.\n+Then reload."),
    ]


async def test_an_edit_that_changes_nothing_is_an_accept(house: House, page: Page):
    row = house.draft()
    await page.does(row, "edit", body=BODY.replace("\n", "\r\n") + "\r\n ")
    assert (row.state, row.revision, house.acts(row)) == ("planned", 1, [("draft_accepted", "")])


async def test_what_acts_on_github_is_made_harmless_and_shown_before_anything_is_written(house: House, page: Page):
    row = house.draft()
    answer = await page.post(row, "edit", body="Ask @ada, this fixes #12. <!-- plumbline:1 0 -->")
    assert answer.status_code == 200
    harmless(answer.text)
    assert house.acts(row) == []
    assert "made harmless" in answer.text
    left = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)[1])  # type: ignore[index]
    assert "plumbline:1" not in left
    await page.does(row, "edit", answer.text, body=left)
    assert row.state == "planned"
    assert row.payload == CommentPayload(body=left)


@pytest.mark.parametrize(
    ("body", "problem"), [("", "no words left"), (" \r\n", "no words left"), ("x" * 12_001, "12,001")]
)
async def test_words_that_cannot_be_written_stay_with_the_person(body: str, problem: str, house: House, page: Page):
    row = house.draft()
    answer = await page.post(row, "edit", body=body)
    assert (answer.status_code, row.state) == (200, "draft")
    assert problem in answer.text
    assert house.acts(row) == []


async def test_a_preview_shows_and_writes_nothing(house: House, page: Page):
    row = house.draft()
    answer = await page.post(row, "preview", body="**Loud** s3cr3t-literal and @ada")
    shown = answer.text.partition("data-shown>")[2]
    assert "<strong>Loud</strong>" in shown
    assert "s3cr3t-literal" not in answer.text
    assert "mention" in shown
    assert (row.state, house.acts(row)) == ("draft", [])


@pytest.mark.parametrize(
    ("given", "words", "kept"),
    [
        ("incorrect", "", "incorrect"),
        ("verbose", "half  of\nit", "verbose: half of it"),
        ("nonsense", "", "other"),
        ("other", "w" * 900, f"other: {'w' * 500}"),
    ],
)
async def test_declining_keeps_the_reason(given: str, words: str, kept: str, house: House, page: Page):
    row = house.draft()
    assert await page.does(row, "decline", reason=given, words=words) == (
        f"Comment on acme/r840#1: Declined as {kept}. Undo"
    )
    assert (row.state, row.reason, house.acts(row)) == ("skipped", f"declined: {kept}", [("draft_declined", kept)])


async def test_a_decline_is_taken_back(house: House, page: Page):
    row = house.draft()
    await page.does(row, "decline", reason="verbose")
    assert "waits again" in await page.does(row, "restore", await page.get(f"/drafts?about={row.id}"))
    assert row.state == "draft"
    await page.does(row, "accept")
    kinds = [kind for kind, _ in house.acts(row)]
    assert kinds == ["draft_declined", "command", "draft_accepted"]


async def test_a_choice_of_filters_outlives_a_decision(house: House, page: Page):
    row = house.draft()
    answer = await page.post(row, "accept", repository="acme/r840", skill="answer")
    assert answer.headers["location"] == f"/drafts?repository=acme%2Fr840&skill=answer&about={row.id}"


# --- two people, and newer runs ----------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["accept", "decline"])
@pytest.mark.parametrize("second", ["accept", "edit", "decline"])
async def test_who_comes_second_sees_what_was_decided(first: str, second: str, house: House, page: Page):
    row, other = house.draft(), house.opened()
    seen = await other.get()
    await page.does(row, first)
    before = (row.state, row.payload, row.revision, house.acts(row), list(house.bell.rung_effects))
    assert "Somebody decided before you" in await other.does(row, second, seen, body="Mine.", reason="other")
    assert (row.state, row.payload, row.revision, house.acts(row), house.bell.rung_effects) == before


async def test_of_many_at_once_one_decides(house: House):
    row = house.draft()
    people = [house.opened() for _ in range(8)]
    seen = [await one.get() for one in people]
    verbs = ["accept", "decline"] * 4
    answers = await asyncio.gather(*(p.post(row, v, s) for p, v, s in zip(people, verbs, seen, strict=True)))
    assert sum("told" not in answer.headers["location"] for answer in answers) == 1
    assert len(house.acts(row)) == 1


@pytest.mark.parametrize("verb", ["accept", "edit", "decline"])
async def test_words_that_changed_meanwhile_are_looked_at_first(verb: str, house: House, page: Page):
    row = house.draft()
    seen = await page.get()
    house.outbox.plan([PlannedEffect(row.intent, row.thread, "I_1", CommentPayload(body="New."), run=0, draft=True)], 9)
    answer = await page.client.post(
        f"/drafts/{row.id}/{verb}",
        data={"token": re.search(r'"token" value="([^"]+)', seen)[1], "revision": "1"},  # type: ignore[index]
    )
    assert "A newer run has changed this draft" in await page.get(answer.headers["location"])
    assert (row.state, house.acts(row)) == ("draft", [])


async def test_what_was_accepted_is_not_restored(house: House, page: Page):
    row = house.draft()
    await page.does(row, "accept")
    house.draft(number=2)
    assert "Somebody decided" in await page.does(row, "restore")
    assert row.state == "planned"


@pytest.mark.parametrize("path", ["999/accept", "x/accept", "1/publish", f"{2**70}/accept", "2/edit", "2/preview"])
async def test_there_is_no_such_draft(path: str, house: House, page: Page):
    house.draft()
    labels = house.draft("", "bug", number=2)
    token = re.search(r'"token" value="([^"]+)', await page.get())[1]  # type: ignore[index]
    answer = await page.client.post(f"/drafts/{path}", data={"token": token, "revision": "1", "body": "x"})
    assert answer.status_code == 404
    assert labels.state == "draft"


# --- only from here ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://plumbline.test:81"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": ""},
    ],
)
async def test_a_form_of_another_site_is_refused(headers: dict[str, str], house: House, page: Page):
    row = house.draft()
    token = re.search(r'"token" value="([^"]+)', await page.get())[1]  # type: ignore[index]
    answer = await page.client.post(f"/drafts/{row.id}/accept", data={"token": token, "revision": "1"}, headers=headers)
    assert (answer.status_code, row.state) == (403, "draft")


async def test_a_token_of_another_browser_or_of_yesterday_is_refused(house: House, page: Page):
    row, other = house.draft(), house.opened()
    elsewhere = await other.get()
    assert (await page.post(row, "accept", elsewhere)).status_code == 403
    await page.get()
    assert (await page.post(row, "accept", elsewhere)).status_code == 403
    seen = await page.get()
    house.clock.now += FORM_LIFE_S + 1
    assert (await page.post(row, "accept", seen)).status_code == 403
    assert row.state == "draft"
    assert (await page.post(row, "accept")).status_code == 303


async def test_a_form_without_a_token_or_of_any_length_is_refused(house: House, page: Page):
    row = house.draft()
    await page.get()
    assert (await page.client.post(f"/drafts/{row.id}/accept")).status_code == 403
    assert (await page.client.post(f"/drafts/{row.id}/accept", data={"token": "x.y"})).status_code == 403
    assert (await page.post(row, "edit", body="x" * 100_001)).status_code == 403
    assert row.state == "draft"


async def test_looking_changes_nothing(house: House, page: Page):
    row = house.draft()
    for verb in ("accept", "decline", "restore"):
        assert (await page.client.get(f"/drafts/{row.id}/{verb}")).status_code == 405
    assert row.state == "draft"


async def test_the_cookie_is_for_this_page_alone(page: Page):
    answer = await page.client.get("/drafts")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "Path=/drafts" in cookie
    assert "SameSite=lax" in cookie
