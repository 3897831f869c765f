"""The stage: the whole product as real processes, on real Postgres and Valkey, against a playground in this one.

Journeys and chaos runs play on it. People act through the Hub; everything else is what users run. Its processes take
seconds to start, so journeys that kill nothing share one (`tests/journeys/together`), each in an account of its own.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.commands.playground import app_environment
from app.playground.hub import Hub
from app.playground.model import Thread
from app.playground.serve import running
from app.settings import Settings
from app.store.engine import Database, open_database
from app.store.ledger import Settled, settled
from app.supervisor import Child, House, free_port, house

REPOSITORY = "acme/tool"
GUIDE = """# Guide

## Rotate the webhook secret

Put the new secret first and keep the old one, separated by a comma, then restart. Remove the old secret when deliveries
signed with it no longer arrive.

## Back up the database

Stop the processes and copy the data directory. Redis holds nothing that matters.
"""
QUESTION = "How do I rotate the webhook secret?"
LABELS = (
    ("bug", "Something does not work as documented"),
    ("question", "Somebody asks how something works"),
    ("enhancement", "A new ability"),
    ("documentation", "The words, not the code"),
)
SETTINGS = "mode: {mode}\nduplicates: {{mode: {mode}}}\nneeds_info: {{mode: {mode}}}\n"
SETTINGS += "hold_minutes: 0\nnotify: {{per_person: 1000, per_hour: 1000}}\n"
SETTINGS += "budget: {{usd_per_day: 1000, usd_per_thread: 100, calls_per_person: 1000}}\n"
QUICK = {
    "PLUMBLINE_WRITE_INTERVAL_S": "0",
    "PLUMBLINE_WRITES_PER_HOUR": "1000000",
    "PLUMBLINE_SWEEP_INTERVAL_S": "0.5",
}


@dataclass
class Stage:
    hub: Hub
    house: House
    database: Database
    said: list[str]
    repository: str = REPOSITORY

    def add_repository(
        self,
        name: str | None = None,
        *,
        mode: str = "auto",
        private: bool = False,
        files: Mapping[str, str] | None = None,
    ) -> None:
        """A repository with a guide and these files, where the App is installed."""
        name = name or self.repository
        self.hub.add_repository(
            name,
            private=private,
            files={"docs/guide.md": GUIDE, ".github/plumbline.yml": SETTINGS.format(mode=mode), **(files or {})},
            labels=LABELS,
            roles={"grace": "member"},
        )
        account = name.partition("/")[0]
        if all(one.account != account for one in self.hub.state.installations.values()):
            self.hub.install(account=account)

    def ask(self, repo: str | None = None, *, title: str = QUESTION, body: str = "", actor: str = "visitor") -> Thread:
        return self.hub.open_thread(actor=actor, repo=repo or self.repository, title=title, body=body)

    def app_comments(self, number: int, *, repo: str | None = None) -> list[str]:
        """Bodies of the teammate's comments that anybody can see."""
        repository = self.hub.repository(repo or self.repository)
        thread = repository.threads[number]
        found = (repository.comments[one] for one in thread.comments)
        return [comment.body for comment in found if comment.via_app]

    def labels(self, number: int) -> list[str]:
        repository = self.hub.repository(self.repository)
        return [repository.labels[one].name for one in repository.threads[number].labels]

    async def settle(self, *, within_s: float = 60) -> Settled:
        """Wait until every delivery was tried and nothing is planned, leased or being written."""
        deadline = time.monotonic() + within_s
        quiet = 0
        while True:
            await asyncio.wait_for(self.hub.deliveries_idle(), within_s)
            try:
                state = await settled(self.database)
            except OSError:
                quiet = 0
            else:
                quiet = quiet + 1 if state.open == 0 else 0
                if quiet >= 3:
                    return state
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{state.open} still open after {within_s} s")
            await asyncio.sleep(0.1)


def kill(child: Child) -> None:
    """What a power cut does to one process."""
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)


@asynccontextmanager
async def stage(
    folder: Path, *, hub: Hub | None = None, environment: Mapping[str, str] = QUICK
) -> AsyncIterator[Stage]:
    """Everything up and ready under `folder`; everything down afterwards."""
    hub = hub or Hub()
    settings = Settings(_env_file=None).model_copy(
        update={"data_dir": folder, "database_url": "", "redis_url": "", "github_app_id": 0}
    )
    port = free_port(0, strict=False)
    hub.webhook_url = f"http://127.0.0.1:{port}/webhooks/github"
    said: list[str] = []
    async with running(hub):
        known = app_environment(hub, folder / "playground") | {"ANTHROPIC_API_KEY": ""} | dict(environment)
        async with (
            house(settings, port=port, environment=known, say=said.append) as built,
            open_database(built.environment["DATABASE_URL"], pool_size=2) as database,
        ):
            yield Stage(hub, built, database, said)
