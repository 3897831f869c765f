import asyncio
from dataclasses import replace

import pytest

from app.web import health
from app.web.health import Backlog, Vitals
from tests.web.served import answers, get, github_headers, healthy, opened, post, served


async def fails() -> None:
    raise ConnectionError("gone")


async def no_database() -> Backlog:
    raise ConnectionError("gone")


async def hangs() -> Backlog:
    await asyncio.Event().wait()
    raise AssertionError


async def test_ready_says_how_every_part_is():
    async with served() as web:
        answer = await get(web, "/readyz")
    assert answer.status == 200
    assert answer.json == {
        "status": "ready",
        "database": "up",
        "bell": "up",
        "oldest_due_s": 1.5,
        "dead": {"work": 2, "effects": 3},
        "listening": {"watched": 0, "late": 0},
    }


async def test_ready_without_a_bell_because_the_sweeper_works_on():
    async with served(vitals=Vitals(backlog=healthy, bell=fails)) as web:
        answer = await get(web, "/readyz")
    assert (answer.status, answer.json["status"], answer.json["bell"]) == (200, "degraded", "down")


@pytest.mark.parametrize("backlog", [no_database, hangs])
async def test_not_ready_without_a_database(backlog, monkeypatch):
    monkeypatch.setattr(health, "LOOK_WITHIN_S", 0.05)
    async with served(vitals=Vitals(backlog=backlog, bell=answers)) as web:
        answer = await get(web, "/readyz")
        assert (answer.status, answer.json["database"]) == (503, "down")
        assert (await get(web, "/healthz")).status == 200
        scraped = (await get(web, "/metrics")).body.decode()
    assert 'plumbline_up{part="database"} 0.0' in scraped
    assert "plumbline_oldest_due_work_seconds NaN" in scraped


async def test_metrics_count_what_was_answered():
    async with served() as web:
        await post(web, opened(1))
        await post(web, opened(2))
        await post(web, b"{", github_headers(b"{"))
        await post(web, opened(3), github_headers(opened(3), x_hub_signature_256="sha256=0"))
        for number in range(30):
            body = opened(number)
            await post(web, body, github_headers(body, x_github_event=f"made-up-{number}"))
        scraped = (await get(web, "/metrics")).body.decode()
    series = dict(line.rsplit(" ", 1) for line in scraped.splitlines() if line.startswith("plumbline"))
    assert series['plumbline_deliveries_total{event="issues",status="202"}'] == "2.0"
    assert series['plumbline_deliveries_total{event="issues",status="400"}'] == "1.0"
    assert series['plumbline_deliveries_total{event="issues",status="401"}'] == "1.0"
    assert series['plumbline_deliveries_total{event="other",status="202"}'] == "30.0"
    assert series["plumbline_ack_seconds_count"] == "32.0"
    assert series["plumbline_oldest_due_work_seconds"] == "1.5"
    assert series['plumbline_dead{what="work"}'] == "2.0"
    assert series['plumbline_up{part="bell"}'] == "1.0"
    assert sum(name.startswith("plumbline_deliveries_total") for name in series) == 4


async def busy() -> Backlog:
    waits = Backlog(spent_usd=1.25, held=3, night=2, crowd=1, resting=4)
    return replace(waits, watched=9, late=1, looks=40, unchanged=30, signals=6, reaction_s=75.5)


async def test_metrics_say_what_was_spent_and_what_waits():
    async with served(vitals=Vitals(backlog=busy, bell=answers)) as web:
        scraped = (await get(web, "/metrics")).body.decode()
    series = dict(line.rsplit(" ", 1) for line in scraped.splitlines() if line.startswith("plumbline"))
    assert series["plumbline_spent_usd"] == "1.25"
    assert [series[f'plumbline_waiting_comments{{why="{why}"}}'] for why in ("held", "night", "crowd")] == [
        "3.0",
        "2.0",
        "1.0",
    ]
    assert series["plumbline_resting_threads"] == "4.0"
    assert [series[f'plumbline_looks{{answer="{answer}"}}'] for answer in ("changed", "unchanged")] == ["10.0", "30.0"]
    assert (series["plumbline_watched_effects"], series["plumbline_late_looks"]) == ("9.0", "1.0")
    assert (series["plumbline_signals"], series["plumbline_reaction_seconds"]) == ("6.0", "75.5")
