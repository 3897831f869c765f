"""The cases page: what a person says happens once, under their name, and comes from nowhere but this page."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.domain.case import Case, Judgement
from app.domain.signal import Wanted
from app.web.cases import COOKIE, JUDGE, PAGE, CaseDesk, cases_router
from app.web.door import Seal
from app.web.forms import FORM_LIFE_S
from app.web.pages import site
from tests.contracts.test_cases import TEXTS, a_case, says
from tests.fakes.cases import FakeCases
from tests.web.test_drafts import Clock
from tests.web.test_pages import HOSTILE, harmless

ORIGIN = "http://plumbline.test"
TOKEN = re.compile(r'name="token" value="([^"]+)"')


class Page:
    """The page in one browser, over cases in memory."""

    def __init__(self, cases: FakeCases, clock: Clock) -> None:
        app = FastAPI()
        app.include_router(cases_router(CaseDesk(cases, ("s3cr3t-literal",)), Seal(b"key", clock=clock), site()))
        transport = httpx.ASGITransport(app)
        self.client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})

    async def get(self, path: str = "/cases") -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200
        harmless(answer.text)
        return answer.text

    async def begin(self, name: str = "Ada") -> None:
        assert (await self.post("name", name=name)).status_code == 303

    async def post(self, path: str, page: str = "", **fields: str) -> httpx.Response:
        """What the page's own form sends; from a fresh page where none is given."""
        token = TOKEN.search(page or await self.get())
        return await self.client.post(f"/cases/{path}", data={"token": token[1] if token else "", **fields})

    async def does(self, path: str, **fields: str) -> str:
        """The notice on the page it leads back to."""
        answer = await self.post(path, **fields)
        assert answer.status_code == 303
        after = await self.get(answer.headers["location"])
        notice = after.partition("<div data-notice")[2].partition("<details")[0]
        return " ".join(unescape(re.sub(r"<[^>]+>", "", notice)).partition(">")[2].split())


@dataclass
class House:
    cases: FakeCases
    clock: Clock

    async def case(self, run_id: int = 1, **changed: Any) -> Case:
        text = changed.pop("text", TEXTS[(run_id - 1) % len(TEXTS)] + f" ({'x' * (run_id // len(TEXTS) * 200)})")
        case_id = await self.cases.propose(a_case(run_id, text, **changed))
        assert case_id
        return self.cases.rows[case_id]

    def opened(self) -> Page:
        return Page(self.cases, self.clock)

    async def said(self) -> list[Judgement]:
        return await self.cases.judgements()


@pytest.fixture
def house() -> House:
    return House(FakeCases(lambda: datetime.now(UTC)), Clock())


@pytest.fixture
async def page(house: House) -> AsyncIterator[Page]:
    opened = house.opened()
    yield opened
    await opened.client.aclose()


# --- looking -----------------------------------------------------------------------------------------------


async def test_before_the_first_case_it_says_what_will_come_and_what_must_be_switched_on(page: Page):
    shown = await page.get()
    assert "No case yet" in shown
    assert "data: {learn: true}" in shown


async def test_a_case_shows_what_was_asked_done_and_wanted(house: House, page: Page):
    await house.case(
        text="How do I stop it?", wanted=Wanted(labels_on=("bug",), body="Press **stop**.", duplicate_of=9)
    )
    await page.begin()
    shown = await page.get()
    assert "How do I stop it?" in shown
    assert '<span class="pill label">question</span>' in shown
    assert '<span class="pill label">bug</span>' in shown
    assert "<strong>stop</strong>" in shown
    assert "Named #9 as the original." in shown
    assert "Wrong label" in shown
    assert 'href="https://github.com/acme/r840/issues/1"' in shown


async def test_what_nobody_said_is_not_made_up(house: House, page: Page):
    await house.case(wanted=None, did=())
    shown = await page.get()
    assert "only let it be known that this was wrong" in shown
    assert "Did nothing" in shown


async def test_what_strangers_wrote_does_nothing_here(house: House, page: Page):
    text = {"title": HOSTILE, "body": HOSTILE, "question": HOSTILE, "repository": HOSTILE, "conversation": [HOSTILE]}
    did: tuple[dict[str, Any], ...] = ({"kind": "comment", "body": HOSTILE}, {"kind": "labels", "names": [HOSTILE]}, {})
    wanted = Wanted(labels_on=(HOSTILE,), body=HOSTILE)
    await house.case(snapshot=text, did=did, wanted=wanted, segment={"repository": HOSTILE})
    await page.begin(HOSTILE)
    await page.post("1/assign", assignee=HOSTILE)
    await page.post("1/reject", note=HOSTILE)
    for path in ("/cases", "/cases?show=rejected", "/cases?show=second"):
        assert "<script>alert" not in await page.get(path)
    await page.get()


async def test_an_empty_snapshot_is_shown_all_the_same(house: House, page: Page):
    await house.case(snapshot={})
    assert "untitled" in await page.get()


async def test_cases_are_filtered(house: House, page: Page):
    await house.case(1)
    await house.case(2, mode="verbose")
    await house.case(3, text=TEXTS[0])
    await page.begin()
    await page.post("2/assign", assignee="Ada")

    async def ids(chosen: str) -> list[str]:
        return re.findall(r'id="case-(\d+)"', await page.get(f"/cases?{chosen}"))

    assert await ids("") == ["1", "2"]
    assert await ids("twins=true") == ["1", "2", "3"]
    assert await ids("mode=verbose") == ["2"]
    assert await ids("mode=nonsense") == ["1", "2"]
    assert await ids("mine=true") == ["2"]
    assert await ids("show=accepted") == []
    assert await ids("after=1") == ["2"]
    assert await ids("after=x&about=0&show=all&mine=x&twins=2") == ["1", "2"]


async def test_a_long_queue_comes_page_by_page(house: House, page: Page):
    for run_id in range(1, PAGE + 2):
        await house.cases.propose(a_case(run_id, f"{run_id * 977} " * 30))
    first = await page.get()
    assert first.count('id="case-') == PAGE
    more = re.search(r'href="(/cases\?after=\d+)">More', first)
    assert more
    assert (await page.get(unescape(more[1]))).count('id="case-') == 1


# --- judging -----------------------------------------------------------------------------------------------


async def test_a_name_comes_before_the_first_verdict(house: House, page: Page):
    await house.case()
    assert "Who judges?" in await page.get()
    assert (await page.post("1/accept")).status_code == 403
    await page.begin("  Ada   Lovelace ")
    shown = await page.get()
    assert "Who judges?" not in shown
    assert "You judge as Ada Lovelace" in shown
    await page.post("1/accept")
    assert [(one.judge, one.verdict) for one in await house.said()] == [("Ada Lovelace", "accept")]


async def test_a_name_of_nothing_is_none(page: Page):
    await page.begin("   ")
    assert "Who judges?" in await page.get()


async def test_verdicts_lead_back_and_can_be_taken_back(house: House, page: Page):
    for run_id in (1, 2, 3):
        await house.case(run_id)
    await page.begin()
    assert await page.does("1/accept") == "Case 1: Accepted. Undo"
    assert await page.does("2/reject", note="  it   was right ") == "Case 2: Rejected. Undo"
    assert [one.state for one in house.cases.rows.values()] == ["accepted", "rejected", "proposed"]
    assert (await house.said())[1].note == "it was right"
    assert await page.does("2/undo") == "Case 2: It waits."
    assert house.cases.rows[2].state == "proposed"
    assert await page.does("3/assign", assignee="Grace") == "Case 3: It is Grace’s to judge."


async def test_a_correction_says_what_would_have_been_right(house: House, page: Page):
    await house.case()
    await page.begin()
    fields = {
        "mode": "verbose",
        "labels_on": "crash,  good first issue ,crash",
        "labels_off": "question",
        "note": "see 12",
    }
    numbers = {"duplicate_of": "#12", "not_duplicate_of": "13"}
    told = await page.does("1/correct", body="Use s3cr3t-literal.\r\n\r\nThen go.", **fields, **numbers)
    assert told == "Case 1: Accepted as you corrected it. Undo"
    (said,) = await house.said()
    assert (said.verdict, said.mode, said.note) == ("correct", "verbose", "see 12")
    assert said.wanted == Wanted(
        labels_on=("crash", "good first issue"),
        labels_off=("question",),
        duplicate_of=12,
        not_duplicate_of=13,
        body="Use [redacted].\n\nThen go.",
    )


async def test_nothing_may_be_what_was_right(house: House, page: Page):
    await house.case()
    await page.begin()
    await page.post("1/correct", silence="on", mode="nonsense")
    (said,) = await house.said()
    assert (said.wanted, said.mode) == (Wanted(silence=True), "wrong-label")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"labels_on": "Bug", "labels_off": "bug"}, "cannot be both right and wrong"),
        ({"duplicate_of": "twelve"}, "no number of a thread"),
        ({"not_duplicate_of": "0"}, "no number of a thread"),
        ({"duplicate_of": str(9**30)}, "no number of a thread"),
        ({"silence": "on", "body": "Words."}, "choose one"),
        ({"body": "x" * 20_001}, "at most 20,000"),
        ({"labels_on": ",".join(map(str, range(30)))}, "At most 20 labels"),
    ],
)
async def test_a_correction_that_cannot_be_is_told_and_stays_typed(
    fields: dict[str, str], problem: str, house: House, page: Page
):
    await house.case()
    await page.begin()
    answer = await page.post("1/correct", **{"note": "kept note", **fields})
    harmless(answer.text)
    assert problem in answer.text
    assert "kept note" in answer.text
    assert '<details class="edit" open>' in answer.text
    assert await house.said() == []


async def test_the_filter_stays_after_a_verdict(house: House, page: Page):
    await house.case()
    await page.begin()
    answer = await page.post("1/accept", show="waiting", only="wrong-label", twins="true")
    assert answer.headers["location"] == "/cases?mode=wrong-label&twins=true&about=1"
    corrected = await page.post("1/correct", await page.get("/cases?show=accepted"), mode="verbose")
    assert corrected.headers["location"] == "/cases?about=1"


async def test_a_harvested_case_can_only_be_agreed_with(house: House, page: Page):
    await house.case()
    await page.begin()
    await house.cases.judge(says(1, judge="Grace"))
    await house.cases.harvested([1])
    await page.post("1/reject", await page.get("/cases?show=harvested"))
    assert "in a dataset already" in await page.get("/cases?show=harvested&about=1")
    assert house.cases.rows[1].state == "harvested"


# --- two people --------------------------------------------------------------------------------------------


async def test_a_second_opinion_does_not_see_the_first(house: House, page: Page):
    await house.case()
    await house.cases.judge(says(1, judge="Grace", note="clearly so"))
    await page.begin()
    assert 'id="case-1"' not in await page.get()
    second = await page.get("/cases?show=second")
    assert 'id="case-1"' in second
    assert "clearly so" not in second
    assert "clearly so" in await page.get("/cases?show=accepted")
    await page.post("1/reject", second)
    assert [one.judge for one in await house.said()] == ["Grace", "Ada"]
    assert 'id="case-1"' not in await page.get("/cases?show=second")


async def test_it_says_how_far_two_agree(house: House, page: Page):
    assert "Where two have judged the same cases" in await page.get()
    for run_id in (1, 2, 3, 4):
        await house.case(run_id)
        verdict = "accept" if run_id % 2 else "reject"
        await house.cases.judge(says(run_id, verdict, "Ada"))
        await house.cases.judge(says(run_id, verdict, "Grace", 1))
    shown = await page.get()
    assert "kappa 1.00" in shown
    assert "the same verdict on 4 of 4 cases" in shown


# --- forms from elsewhere ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["1/accept", "name"])
async def test_a_form_that_is_not_from_this_page_does_nothing(path: str, house: House, page: Page):
    await house.case()
    await page.begin()
    shown = await page.get()
    other = house.opened()
    theirs = await other.get()
    await other.client.aclose()
    before = page.client.cookies.get(JUDGE)
    assert (await page.post(path, "<no token>", name="Eve")).status_code == 403
    assert (await page.post(path, theirs, name="Eve")).status_code == 403
    elsewhere = {"token": TOKEN.findall(shown)[0], "name": "Eve"}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert (await page.client.post(f"/cases/{path}", data=elsewhere, headers=headers)).status_code == 403
    house.clock.now += FORM_LIFE_S + 1
    assert (await page.post(path, shown, name="Eve")).status_code == 403
    assert await house.said() == []
    assert page.client.cookies.get(JUDGE) == before


async def test_a_name_cannot_be_put_into_the_cookie_by_hand(house: House, page: Page):
    await house.case()
    await page.get()
    page.client.cookies.set(JUDGE, "eyJuYW1lIjogIkV2ZSJ9.forged", domain="plumbline.test", path="/cases")
    assert "Who judges?" in await page.get()
    assert COOKIE in page.client.cookies


@pytest.mark.parametrize("path", ["99/accept", "1/burn", "x/accept", f"{9**30}/accept"])
async def test_what_is_not_there_is_a_sentence(path: str, house: House, page: Page):
    await house.case()
    await page.begin()
    answer = await page.post(path)
    harmless(answer.text)
    assert (answer.status_code, "No such case" in answer.text) == (404, True)
