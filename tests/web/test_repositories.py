"""The page that shows an owner what would happen in a repository, with numbers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.domain.summary import ActionSummary, Summary
from app.domain.worth import Worth
from app.web.pages import site
from app.web.repositories import ACTIONS, repositories_router
from tests.web.test_pages import HOSTILE


def an_action(**changed: Any) -> ActionSummary:
    action = ActionSummary(
        action="labels",
        proposed="auto",
        threshold=0.8,
        precision=0.97,
        coverage=0.4,
        judged=1234,
        notifications_a_week=2.3,
    )
    return action.model_copy(update=changed)


def a_summary(**changed: Any) -> Summary:
    return Summary(
        repository_id=7,
        repository="ada/Engine",
        state="done",
        at=datetime(2026, 1, 2, tzinfo=UTC),
        threads=5000,
        error_rate=0.05,
        actions=(an_action(), an_action(action="duplicates", proposed="unknown", precision=None, more_needed=20)),
        settings="labels:\n  mode: auto\n",
        modes={"labels": "draft", "duplicates": "off"},
        left_out=("Answers: nobody knows.",),
    ).model_copy(update=changed)


@asynccontextmanager
async def visiting(*summaries: Summary, month: Worth | None = None) -> AsyncIterator[httpx.AsyncClient]:
    async def all_() -> dict[int, Summary]:
        return {one.repository_id: one for one in summaries}

    async def worth(_: str) -> Worth | None:
        return month

    app = FastAPI()
    app.include_router(repositories_router(all_, worth, site()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plumbline.test") as client:
        yield client


async def test_the_numbers_the_proposal_and_what_is_in_force():
    async with visiting(a_summary()) as client:
        page = (await client.get("/repositories/ada/engine")).text
        listed = (await client.get("/repositories")).text
    for words in ("5,000 threads", "97 %", "40 %", "2.3", "1,234 threads", "switch on", "<code>draft</code>"):
        assert words in page
    for words in ("too little history", "20 more judged threads", "at most 5 %", "Answers: nobody knows."):
        assert words in page
    assert "labels:\n  mode: auto\n" in page
    assert 'href="/repositories/ada/Engine"' in listed
    assert "Labels: switch on; Duplicates: too little history" in listed


async def test_too_little_history_stays_in_draft():
    async with visiting(a_summary(settings="", actions=())) as client:
        page = (await client.get("/repositories/ada/engine")).text
    assert "stays in draft" in page
    assert "<pre>" not in page


@pytest.mark.parametrize(("state", "words"), [("running", "is being replayed"), ("failed", "could not be measured")])
async def test_one_that_is_not_done(state: str, words: str):
    async with visiting(a_summary(state=state, reason=HOSTILE)) as client:
        page = (await client.get("/repositories/ada/engine")).text
    assert words in page
    assert "<script>alert" not in page


async def test_one_that_is_not_there():
    async with visiting() as client:
        assert (await client.get("/repositories/ada/engine")).status_code == 404
        assert "None yet" in (await client.get("/repositories")).text


def test_every_action_of_a_backtest_has_a_name():
    assert {"labels", "duplicates", "needs_info"} <= ACTIONS.keys()


async def test_what_a_month_was_worth_is_said_and_what_to_do_about_it():
    now = datetime(2026, 3, 2, tzinfo=UTC)
    useful = Worth(now, now - timedelta(days=90), runs=689, comments=9, labels=80, good=12, bad=3, cost_usd=4.45)
    async with visiting(a_summary(), month=useful) as client:
        page = (await client.get("/repositories/ada/engine")).text
    assert "689" in page
    assert "$4.45" in page
    assert "$0.050 each" in page
    assert "mode: off into the settings" not in page
    for month in (replace(useful, labels=0), replace(useful, good=3, bad=12)):
        async with visiting(a_summary(), month=month) as client:
            assert "mode: off into the settings" in (await client.get("/repositories/ada/engine")).text
    async with visiting(a_summary(), month=replace(useful, runs=0)) as client:
        assert "The last 30 days" not in (await client.get("/repositories/ada/engine")).text
