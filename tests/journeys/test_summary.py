"""After an installation the owner finds, on a page alone, what the teammate would have done in the repository."""

import asyncio
from pathlib import Path

import httpx

from tests.stage import QUICK, REPOSITORY, stage

HISTORY = 60
PAGE = f"/repositories/{REPOSITORY}"


async def test_an_installation_is_measured_on_its_history_and_nobody_is_told(tmp_path: Path):
    quick = QUICK | {"PLUMBLINE_SUMMARY_INTERVAL_S": "1", "PLUMBLINE_EMBEDDINGS": "none"}
    async with stage(tmp_path, environment=quick) as on, httpx.AsyncClient(base_url=on.house.url, timeout=20) as client:
        with on.hub.silence():
            on.add_repository(mode="draft")
            for number in range(HISTORY):
                wish = number % 2
                on.hub.open_thread(
                    actor="visitor",
                    repo=REPOSITORY,
                    title=f"Please support option {number}" if wish else f"Crash in step {number}",
                    body="It would be nice to have it." if wish else "It fails with an error.",
                    labels=["enhancement" if wish else "bug"],
                )
        on.hub.state.installations.clear()
        told = dict(on.hub.state.notifications)
        on.hub.install(account="acme")
        await on.settle()

        async with asyncio.timeout(100):
            while "threads of its history were replayed" not in (page := (await client.get(PAGE)).text):
                assert "could not be measured" not in page
                await asyncio.sleep(0.5)
        assert f"{HISTORY} threads" in page
        assert "<code>draft</code>" in page
        assert "Labels" in page
        assert on.hub.state.notifications == told
        assert not any(on.app_comments(number) for number in range(1, HISTORY + 1))
        writes = [one for one in on.hub.requests if one.method != "GET" and "access_tokens" not in one.path]
        assert [one.path for one in writes if "graphql" not in one.path] == []
