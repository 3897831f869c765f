"""The pages people look at: each renders, none interprets what strangers wrote, forms keep what was chosen."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from app.domain.history import Day, EffectRow, Facets, RunDetail, RunFilter, RunRow
from app.web.pages import PAGE, bars, pages_router
from app.web.pages import site as site_of
from tests.fakes.snapshots import snapshot

NOW = datetime.now(UTC)
HOSTILE = (
    """</pre></title><script>alert(1)</script>"'><img src=x onerror=alert(1)> {{ 7 * 7 }} [x](javascript:alert(1)) \0"""
)


def a_row(run_id: int = 1, **changed: Any) -> RunRow:
    row = RunRow(
        id=run_id,
        repository="ada/engine",
        thread_kind="issue",
        number=12,
        title="How do I rotate the webhook secret?",
        skill="triage",
        trigger="body",
        prompt="triage@1",
        model="local/1",
        outcome="acted",
        summary="label question",
        cost_usd=0.0,
        error=None,
        started_at=NOW - timedelta(seconds=90),
        finished_at=NOW - timedelta(seconds=88),
    )
    return replace(row, **changed)


def an_effect(kind: str = "labels", **changed: Any) -> EffectRow:
    payload: dict[str, Any] = {"names": ["question"]} if kind == "labels" else {"body": "Set **both**."}
    effect = EffectRow(
        id=1,
        intent="7#12:body",
        kind=kind,
        payload={"kind": kind} | payload,
        state="done",
        reason="",
        attempts=1,
        remote_id=None,
        created_at=NOW,
        done_at=NOW,
    )
    return replace(effect, **changed)


HELD = an_effect("comment", state="planned", done_at=None, not_before=NOW + timedelta(minutes=3))
TRIAGE = {"skill": "triage", "labels": [{"name": "question", "confidence": 0.91, "rationale": "It asks how."}]}
ANSWER = {
    "skill": "answer",
    "claims": [{"text": "Set both.", "passage": 1, "quote": "Set both secrets"}],
    "silence": "",
}
SILENT = {"skill": "answer", "claims": [], "silence": "the evidence is thin"}


def a_detail(row: RunRow | None = None, **changed: Any) -> RunDetail:
    detail = RunDetail(
        row=row or a_row(),
        work_id=1,
        prompt_digest="d" * 64,
        snapshot=snapshot(conversation=({"author": "ada", "role": "owner", "text": "Which version?"},)).model_dump(
            mode="json"
        ),
        decision=TRIAGE,
        verdict={"effects": [], "refusals": [], "summary": ""},
        usage={"input_tokens": 1200, "output_tokens": 5, "cache_read_tokens": 90, "cost_usd": 0.25},
        spans=[{"name": "gather", "start_ms": 0.0, "duration_ms": 20.0, "attributes": {"passages": 3}}],
        effects=(an_effect(), an_effect("comment", id=2)),
    )
    return replace(detail, **changed)


@dataclass
class FakeHistory:
    """Implements ports.History over a list, newest first; notes what it was asked."""

    rows: list[RunRow] = field(default_factory=list)
    details: dict[int, RunDetail] = field(default_factory=dict)
    today: Day = field(default_factory=lambda: Day(runs=1234, effects=5, cost_usd=1.5, dead=0, oldest_s=None))
    asked: list[tuple[RunFilter, int | None]] = field(default_factory=list)

    async def runs(self, wanted: RunFilter, *, before_id: int | None = None, limit: int = 50) -> list[RunRow]:
        self.asked.append((wanted, before_id))
        return [row for row in self.rows if before_id is None or row.id < before_id][:limit]

    async def run(self, run_id: int) -> RunDetail | None:
        return self.details.get(run_id)

    async def facets(self) -> Facets:
        names = ("repository", "skill", "prompt", "outcome")
        return Facets(*(tuple(sorted({getattr(row, name) for row in self.rows})) for name in names))

    async def day(self) -> Day:
        return self.today


class Site:
    """The pages over a fake history."""

    def __init__(self, history: FakeHistory, **options: Any) -> None:
        app = FastAPI()
        app.include_router(pages_router(history, site_of(**options)))
        self.history = history
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plumbline.test")

    async def get(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        harmless(answer.text)
        return answer.text


@pytest.fixture
async def history() -> FakeHistory:
    return FakeHistory()


@pytest.fixture
async def site(history: FakeHistory) -> AsyncIterator[Site]:
    opened = Site(history)
    yield opened
    await opened.client.aclose()


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def harmless(page: str) -> None:
    """Nothing in it can run or load anything but our own two files."""
    reader = Reader()
    reader.feed(page)
    tags = reader.tags
    assert [found for tag, found in tags if tag == "script"] == [{"src": "/static/page.js", "defer": None}]
    assert {found["src"] for tag, found in tags if tag == "img"} == {"/static/mark.svg"}
    assert not [name for _, found in tags for name in found if name.startswith("on") or name == "style"]
    links = [found.get(name) or "" for _, found in tags for name in ("href", "src", "action") if name in found]
    assert [link for link in links if not link.startswith(("/", "http://", "https://"))] == []


def chosen(page: str) -> dict[str, str]:
    """The selected option of every select."""
    reader, found, name = Reader(), {}, ""
    reader.feed(page)
    options = page.split("<option")
    for part in options[1:]:
        before = page[: page.index("<option" + part)]
        name = before.rpartition('<select id="')[2].partition('"')[0]
        if part.startswith(" selected"):
            found[name] = part.partition(">")[2].partition("</option>")[0]
    return found


# --- home --------------------------------------------------------------------------------------------------


async def test_home_says_what_to_do_when_nothing_has_happened(site: Site):
    page = await site.get("/")
    assert "No run yet" in page
    assert "1,234" in page
    assert "Playground" not in page


async def test_home_leads_to_the_playground_where_there_is_one(history: FakeHistory):
    page = await Site(history, playground_url="http://127.0.0.1:8090").get("/")
    assert page.count('href="http://127.0.0.1:8090"') == 2


@pytest.mark.parametrize(
    ("oldest_s", "shown"), [(None, "none"), (0.25, "250 ms"), (59.0, "59.0 s"), (90.0, "2 min"), (7200.0, "2.0 h")]
)
async def test_waiting_is_said_in_units_of_people(oldest_s: float | None, shown: str, site: Site):
    site.history.today = replace(site.history.today, oldest_s=oldest_s)
    assert f'<div class="figure">{shown}</div>' in await site.get("/")


# --- the list ----------------------------------------------------------------------------------------------


async def test_filters_are_asked_for_and_kept_in_the_form(site: Site):
    site.history.rows = [a_row(2), a_row(1, repository="b & c/<d>", outcome="silent")]
    page = await site.get("/runs?repository=b+%26+c%2F%3Cd%3E&skill=triage&number=12&outcome=silent&prompt=")
    wanted, before = site.history.asked[-1]
    assert wanted == RunFilter(repository="b & c/<d>", number=12, skill="triage", outcome="silent")
    assert before is None
    assert chosen(page) == {"repository": "b &amp; c/&lt;d&gt;", "skill": "triage", "outcome": "silent"}
    assert 'name="number" min="1" value="12"' in page
    assert ">Clear<" in page


async def test_a_filter_that_no_newer_run_has_is_kept_too(site: Site):
    assert chosen(await site.get("/runs?prompt=triage@0")) == {"prompt": "triage@0"}


async def test_without_filters_there_is_nothing_to_clear(site: Site):
    page = await site.get("/runs?repository=&number=&skill=&prompt=&outcome=")
    assert site.history.asked == [(RunFilter(), None)]
    assert "No run matches" in page
    assert ">Clear<" not in page


@pytest.mark.parametrize("number", ["x", "-1", "0", "1.5", "9" * 30, "%00", str(2**31)])
async def test_a_number_that_can_be_none_is_any(number: str, site: Site):
    await site.get(f"/runs?number={number}&before={'9' * 40}")
    assert site.history.asked == [(RunFilter(), None)]


async def test_pages_of_a_long_list_keep_the_filters(site: Site):
    site.history.rows = [a_row(number) for number in range(PAGE * 2, 0, -1)]
    first = await site.get("/runs?skill=triage")
    older = f"/runs?skill=triage&amp;before={PAGE + 1}"
    assert older in first
    second = await site.get(older.replace("&amp;", "&"))
    assert site.history.asked[-1] == (RunFilter(skill="triage"), PAGE + 1)
    assert "/runs/1" in second
    last = await site.get(f"/runs?before={PAGE}")
    assert "Older" not in last


# --- one run -----------------------------------------------------------------------------------------------


async def test_a_run_shows_all_there_is(site: Site):
    site.history.details[7] = a_detail()
    page = await site.get("/runs/7")
    for shown in (
        *(
            "How do I rotate",
            "0.91",
            "It asks how.",
            "1,200",
            "gather",
            "passages 3",
            "docs/webhooks.md",
            "Which version?",
        ),
        *("<strong>both</strong>", "d" * 64, 'href="/runs?repository=ada/engine&amp;number=12"'),
    ):
        assert shown in page


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"decision": ANSWER}, "Set both secrets"),
        ({"decision": SILENT, "effects": ()}, "Silent: the evidence is thin"),
        ({"decision": {"skill": "triage", "labels": []}, "effects": ()}, "Nothing was to be written"),
        ({"decision": None, "verdict": None, "spans": [], "effects": ()}, "No decision came"),
        ({"verdict": {"refusals": [{"what": "label x", "why": "not listed"}]}}, "Refused by the guard"),
        ({"effects": (an_effect(state="dead", reason="422 no", done_at=None),)}, "422 no"),
        ({"effects": (HELD,)}, "people go first: not before"),
        ({"effects": (replace(HELD, reason="quiet hours until 07:00"),)}, "quiet hours until 07:00"),
        ({"row": a_row(outcome="failed", error="timeout: no answer", title="")}, "timeout: no answer"),
        ({"row": a_row(title="")}, "untitled"),
    ],
)
async def test_every_kind_of_run_renders(changed: dict[str, Any], shown: str, site: Site):
    site.history.details[7] = a_detail(**changed)
    assert shown in await site.get("/runs/7")


@pytest.mark.parametrize("run_id", ["404", "0", "-1", "x", "9" * 30, str(2**63), "%3Cscript%3E"])
async def test_a_run_that_is_not_there_is_a_page_too(run_id: str, site: Site):
    page = await site.get(f"/runs/{run_id}", status=404)
    assert "There is no run" in page
    assert 'href="/runs"' in page


async def test_what_strangers_wrote_is_shown_and_not_interpreted(site: Site):
    hostile_words: dict[str, Any] = dict.fromkeys(
        ("repository", "title", "skill", "trigger", "prompt", "model", "outcome", "summary"), HOSTILE
    )
    row = a_row(**hostile_words)
    words = snapshot(
        title=HOSTILE,
        question=HOSTILE,
        asked_by=HOSTILE,
        association=HOSTILE,
        removed=(HOSTILE,),
        conversation=({"author": HOSTILE, "role": HOSTILE, "text": HOSTILE},),
        labels=({"name": HOSTILE, "description": HOSTILE},),
    ).model_dump(mode="json")
    words["passages"][0] |= dict.fromkeys(("path", "heading", "text"), HOSTILE)
    hostile = a_detail(
        row,
        snapshot=words,
        decision={"skill": "triage", "labels": [{"name": HOSTILE, "confidence": 1.0, "rationale": HOSTILE}]},
        verdict={"refusals": [{"what": HOSTILE, "why": HOSTILE}]},
        spans=[{"name": HOSTILE, "start_ms": 0.0, "duration_ms": 0.0, "attributes": {HOSTILE: HOSTILE}}],
        effects=(
            an_effect(payload={"names": [HOSTILE]}, state=HOSTILE, reason=HOSTILE),
            an_effect("comment", payload={"body": HOSTILE}),
        ),
    )
    claims = {"skill": "answer", "claims": [{"text": HOSTILE, "passage": 1, "quote": HOSTILE}]}
    site.history.rows = [row, replace(row, id=2, error=HOSTILE)]
    site.history.details = {
        1: hostile,
        2: replace(hostile, row=replace(row, error=HOSTILE)),
        3: replace(hostile, decision=claims),
        4: replace(hostile, decision={"skill": "answer", "claims": [], "silence": HOSTILE}),
    }
    for path in ("/", "/runs", f"/runs?skill={quote(HOSTILE)}", "/runs/1", "/runs/2", "/runs/3", "/runs/4"):
        page = await site.get(path)
        assert "<script>alert" not in page
        assert "{{ 7 * 7 }}" in page


# --- the rest ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("style.css", 200, "text/css"),
        ("page.js", 200, "text/javascript"),
        ("mark.svg", 200, "image/svg+xml"),
        ("gone.css", 404, "text/plain"),
        ("..%2f__init__.py", 404, ""),
    ],
)
async def test_three_files_and_no_other(name: str, status: int, kind: str, site: Site):
    answer = await site.client.get(f"/static/{name}")
    assert answer.status_code == status
    assert kind in answer.headers["content-type"]


def test_bars_share_one_line_and_the_narrowest_is_visible():
    spans: list[dict[str, Any]] = [
        {"name": "gather", "start_ms": 0.0, "duration_ms": 50.0},
        {"name": "guard", "start_ms": 50.0, "duration_ms": 0.0},
        {"name": "decide", "start_ms": 50.0, "duration_ms": 150.0},
    ]
    assert [(one["left"], one["width"]) for one in bars(spans)] == [(0.0, 25.0), (25.0, 0.8), (25.0, 75.0)]
    assert bars([]) == []
    assert bars([{"name": "x", "start_ms": 0.0, "duration_ms": 0.0}])[0]["width"] == 0.8
