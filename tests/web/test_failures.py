"""The pages of failures: useful when empty, harmless with what strangers wrote, quick while trends are being told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from app.domain.failing import WEEKS, FailureRow, ModeCount, Week
from app.domain.failure import CATALOGUE, ModeName
from app.errors import EmbeddingError
from app.knowledge.failures.releases import Judged
from app.knowledge.failures.vectors import Trace
from app.web.failures import HEIGHT, WIDTH, failures_router, spark
from app.web.lookout import Lookout, segments_of
from app.web.pages import site
from tests.knowledge.failures.planted import stream
from tests.web.test_pages import HOSTILE, harmless

NOW = datetime.now(UTC)
ROW = FailureRow(
    repository_id=1,
    id="reply:1",
    kind="reply",
    actor="ada",
    role="maintainer",
    text="That is far too long.",
    at=NOW,
    run_id=7,
    repository="ada/engine",
    number=12,
    title="How do I rotate it?",
    skill="answer",
    prompt="answer@1",
    model="local/1",
)


def judged(number: int, days_ago: float, digest: str, *modes: ModeName, label: str = "bug") -> Judged:
    segments = frozenset({("repository", "ada/engine"), ("label", label)})
    return Judged(1, number, f"triage@{digest}", digest, NOW - timedelta(days=days_ago), frozenset(modes), segments)


def regression() -> list[Judged]:
    before = [judged(n, 60 - n / 40, "1", *(("verbose",) if n % 30 == 0 else ())) for n in range(1_500)]
    return before + [judged(n, 6 - n / 1_000, "2", *(("verbose",) if n % 4 == 0 else ())) for n in range(2_000, 2_300)]


@dataclass
class FakeFailures:
    """What the pages read, from memory; `gate` holds what trends are told by."""

    found: list[ModeCount] = field(default_factory=list)
    rows: list[FailureRow] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    runs: list[Judged] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    told: int = 0
    broken: bool = False

    def __post_init__(self) -> None:
        self.gate.set()

    async def counts(self, now: datetime, *, repository: str | None = None) -> list[ModeCount]:
        return [] if repository == "nobody/here" else self.found

    async def newest(
        self, mode: ModeName | None, *, repository: str | None = None, limit: int = 50
    ) -> list[FailureRow]:
        return self.rows[:limit]

    async def repositories(self) -> list[str]:
        return ["ada/engine", HOSTILE]

    async def week(self, now: datetime, *, repository: str | None = None) -> Week:
        return Week(runs=200, good=20, bad=10)

    async def nameless(self, since: datetime, *, repository: str | None = None, limit: int = 400) -> list[Trace]:
        return self.traces

    async def trace(self, run_id: int) -> Trace | None:
        return next((one for one in self.traces if one.run_id == run_id), None)

    async def judged_badly(self, without: int, *, limit: int = 500) -> list[Trace]:
        return [one for one in self.traces if one.run_id != without]

    async def judged(self, now: datetime) -> list[Judged]:
        self.told += 1
        await self.gate.wait()
        if self.broken:
            raise ConnectionError("the database is gone")
        return self.runs


class BrokenEmbedder:
    name, dimensions = "broken", 3

    async def embed(self, texts: Sequence[str]) -> "np.typing.NDArray[np.float32]":
        raise EmbeddingError("the provider is down")


@asynccontextmanager
async def visiting(failures: FakeFailures, embedder: BrokenEmbedder | None = None) -> AsyncIterator[httpx.AsyncClient]:
    lookout = Lookout(failures, embedder)
    app = FastAPI()
    app.include_router(failures_router(failures, lookout, site()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plumbline.test") as client:
        yield client
        await lookout.close()


async def told(client: httpx.AsyncClient, path: str, words: str) -> str:
    """The page, once what takes long has been told."""
    async with asyncio.timeout(60):
        while words not in (page := (await client.get(path)).text):
            await asyncio.sleep(0)
    return page


PATHS = (
    "/failures",
    "/failures?repository=nobody/here",
    "/failures/digest",
    "/failures/verbose",
    "/failures/unnamed",
    "/failures/like/7",
)


async def test_empty_pages_say_what_will_be_there():
    async with visiting(FakeFailures()) as client:
        overview = await told(client, "/failures", "no prompt was released lately")
        digest = (await client.get("/failures/digest")).text
        verbose = (await client.get("/failures/verbose")).text
    assert "it is counted here within minutes" in overview
    assert f"Not seen in twelve weeks ({len(CATALOGUE)})" in overview
    assert "No prompt was released lately" in digest
    assert "None so far" in verbose
    assert "yes, since 1.4" in verbose


async def test_a_mode_shows_its_count_its_line_and_its_newest_signals():
    failures = FakeFailures([ModeCount("verbose", (1,) * (WEEKS - 1) + (1_234,))], [ROW])
    async with visiting(failures) as client:
        overview = (await client.get("/failures")).text
        page = (await client.get("/failures/verbose?repository=ada/engine")).text
    assert "1,234" in overview
    assert 'class="spark"' in overview
    for words in (
        "That is far too long.",
        'href="/runs/7"',
        'href="/failures/like/7"',
        "Maintainer replied",
        "Too long",
    ):
        assert words in page


async def test_what_grew_is_said_first_with_its_interval():
    failures = FakeFailures([ModeCount("verbose", (0,) * (WEEKS - 1) + (60,))], runs=regression())
    async with visiting(failures) as client:
        overview = await told(client, "/failures", "Too long rose from")
        mode = (await client.get("/failures/verbose")).text
        digest = (await client.get("/failures/digest")).text
        text = await client.get("/failures/digest.md")
    assert "<code>triage@2</code>" in overview
    assert "75 of 300 threads since" in overview
    assert '<span class="pill wrong">grew</span>' in overview
    assert "75 of 300 threads since" in mode
    assert "<h1>Too long rose from" in digest
    assert text.headers["content-type"].startswith("text/plain")
    assert "**Too long rose from 3.3 % to 25 % since `triage@2`**" in text.text


async def test_what_has_no_name_is_grouped_and_leads_to_its_runs():
    traces, _ = stream(31, each=8, noise=0)
    failures = FakeFailures([ModeCount(None, (0,) * (WEEKS - 1) + (len(traces),))], traces=traces)
    async with visiting(failures) as client:
        overview = await told(client, "/failures", 'class="card group"')
        like = (await client.get("/failures/like/1")).text
    assert "runs in four weeks" in overview
    assert "smaller groups" in overview
    assert overview.count("<details") == overview.count("</details>")
    assert "% alike" in like


async def test_without_the_provider_of_embeddings_words_must_do():
    traces, _ = stream(32, each=6, noise=0)
    failures = FakeFailures([ModeCount(None, (0,) * (WEEKS - 1) + (9,))], traces=traces)
    async with visiting(failures, BrokenEmbedder()) as client:
        assert "runs in four weeks" in await told(client, "/failures", 'class="card group"')
        assert "% alike" in (await client.get("/failures/like/1")).text


async def test_a_page_does_not_wait_for_trends_and_two_visitors_tell_them_once():
    failures = FakeFailures([ModeCount("verbose", (0,) * WEEKS)])
    failures.gate.clear()
    async with visiting(failures) as client:
        first, second = await asyncio.gather(client.get("/failures"), client.get("/failures"))
        assert "Trends and groups are being told" in first.text
        assert 'data-live="3"' in second.text
        failures.gate.set()
        await told(client, "/failures", "Trends and groups as of")
        await client.get("/failures")
    assert failures.told == 1


async def test_trends_that_cannot_be_told_leave_the_counts_and_are_tried_again():
    failures = FakeFailures([ModeCount("verbose", (0,) * (WEEKS - 1) + (77,))], broken=True)
    async with visiting(failures) as client:
        assert ">77<" in (await client.get("/failures")).text
        failures.broken = False
        await told(client, "/failures", "Trends and groups as of")
    assert failures.told >= 2


@pytest.mark.parametrize("path", PATHS)
async def test_what_strangers_wrote_is_text(path: str):
    hostile = Trace(7, HOSTILE, HOSTILE, HOSTILE, NOW, frozenset({("label", HOSTILE)}))
    row = FailureRow(
        **{**{name: getattr(ROW, name) for name in FailureRow.__slots__}, "title": HOSTILE, "text": HOSTILE}
    )
    runs = [*regression(), *(judged(n, 2, "2", "slow", label=HOSTILE) for n in range(9_000, 9_009))]
    failures = FakeFailures([ModeCount("slow", (0, 9)), ModeCount(None, (0, 9))], [row], [hostile] * 12, runs)
    async with visiting(failures) as client:
        await told(client, "/failures", "Trends and groups as of")
        harmless((await client.get(path)).text)


@pytest.mark.parametrize("path", ["/failures/nonsense", "/failures/like/404", "/failures/like/x", "/failures/like/0"])
async def test_what_is_not_there_is_said(path: str):
    async with visiting(FakeFailures()) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "page of failures" in answer.text or "There is no run" in answer.text


def test_a_line_shows_every_week_that_has_any():
    bars = spark(ModeCount("slow", (0, 1, 1_000)))
    assert [height for *_, height in bars] == [0.0, 2.0, HEIGHT]
    assert all(left + width <= WIDTH and top + height == HEIGHT for left, top, width, height in bars)
    assert spark(ModeCount("slow", (0, 0)))[0][3] == 0


def test_where_a_mode_happens_is_where_it_is_commoner_than_elsewhere():
    runs = [judged(n, 1, "1", "slow", label="docs" if n < 6 else "bug") for n in range(7)]
    runs += [judged(n, 1, "1") for n in range(100, 150)] + [judged(n, 9, "1", "slow", label="old") for n in range(50)]
    assert segments_of(runs, NOW) == {"slow": [(("label", "docs"), 6)]}
    assert segments_of(runs, NOW, "nobody/here") == {}
