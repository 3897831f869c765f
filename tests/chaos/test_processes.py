"""Pulling the plug on real processes under load: nothing that was acknowledged is lost, nothing is said twice.

The same run at two sizes: a small one in `make test`, the full one in `make chaos`. People keep opening threads
whose question the guide answers, so each must end with exactly one visible comment, whatever was killed.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from app.playground.faults import Faults
from tests.stage import QUICK, Stage, kill, stage

ENVIRONMENT = QUICK | {
    # The playground answers within a second and its listings lag 5 s at most, so absence is certain sooner.
    "PLUMBLINE_RECONCILE_AFTER_S": "21",
    "PLUMBLINE_SWEEP_AFTER_S": "3",
    "PLUMBLINE_RECOVER_INTERVAL_S": "3",
    "PLUMBLINE_RECONCILE_INTERVAL_S": "5",
    # Processes live for seconds here: loading the encoder each time would be most of their lives.
    "PLUMBLINE_EMBEDDINGS": "none",
}


@dataclass(frozen=True)
class Plan:
    """What is done to the product: how many threads are opened in how many accounts, and what is killed."""

    threads: int
    accounts: int
    worker_kills: int = 0
    web_kills: int = 0
    wipes: int = 0
    faults: Faults = field(default_factory=Faults)
    pause_s: tuple[float, float] = (0.5, 2.5)
    settle_s: float = 240
    seed: int = 1


RATES: dict[str, float] = dict.fromkeys(
    (
        "latency",
        "error_before_write",
        "error_after_write",
        "lost_response",
        "secondary_limit",
        "primary_limit",
        "html_error",
        "truncated_json",
        "slow_drip",
        "token_rejected",
        "listing_lag",
        "event_loss",
        "event_duplicate",
    ),
    0.05,
)
"""Everything that answers within seconds. The limit without `retry-after` holds an account for a minute by design:
it is a plan of its own."""

LEASED = sa.text("select token from work where state = 'leased'")
STILL = sa.text("select count(*) from work where state = 'leased' and token = any(:tokens)")
UNSWEPT = sa.text(
    "select count(*) from effects where kind = 'comment' and state = 'done' and sweep_at < now() + interval '10 min'"
)


async def trouble(on: Stage, plan: Plan) -> list[float]:
    """Kill and wipe by the plan; seconds until the leases of each killed worker were taken back."""
    rng = random.Random(plan.seed)
    acts = ["worker"] * plan.worker_kills + ["web"] * plan.web_kills + ["wipe"] * plan.wipes
    rng.shuffle(acts)
    watches = []
    async with Redis.from_url(on.house.environment["REDIS_URL"]) as redis:
        for act in acts:
            await asyncio.sleep(rng.uniform(*plan.pause_s))
            match act:
                case "worker":
                    held = [row.token for row in await on.database.run(LEASED)]
                    with contextlib.suppress(ProcessLookupError):
                        kill(on.house.worker)
                    watches.append(asyncio.create_task(taken_back(on, held)))
                case "web":
                    with contextlib.suppress(ProcessLookupError):
                        kill(on.house.web)
                case "wipe":
                    await redis.flushall()
    return await asyncio.gather(*watches)


async def taken_back(on: Stage, tokens: list[UUID]) -> float:
    started = time.monotonic()
    while (await on.database.run(STILL, tokens=tokens))[0][0]:
        await asyncio.sleep(0.2)
    return time.monotonic() - started


async def people(on: Stage, plan: Plan, done: asyncio.Event) -> list[tuple[str, int]]:
    """Open the plan's threads while there is trouble; where each of them is."""
    rng = random.Random(plan.seed + 1)
    opened = []
    for number in range(plan.threads):
        repo = f"account-{number % plan.accounts}/tool"
        opened.append((repo, on.ask(repo, body=f"Asked for the {number}th time.").number))
        if not done.is_set():
            await asyncio.sleep(rng.uniform(0, 2 * plan_seconds(plan) / plan.threads))
    return opened


def plan_seconds(plan: Plan) -> float:
    acts = plan.worker_kills + plan.web_kills + plan.wipes
    return acts * sum(plan.pause_s) / 2


async def survive(folder: Path, plan: Plan) -> None:
    async with stage(folder, environment=ENVIRONMENT) as on:
        for number in range(plan.accounts):
            on.add_repository(f"account-{number}/tool")
        await on.settle()
        await asyncio.sleep(6)  # one pass of the reconciler marks every repository: what comes later is not backlog
        on.hub.faults = plan.faults
        over = asyncio.Event()
        asking = asyncio.create_task(people(on, plan, over))
        recovery = await trouble(on, plan)
        over.set()
        opened = await asking
        on.hub.faults = Faults()
        end = await settled_and_swept(on, opened, plan.settle_s)

        acknowledged = {one.guid for one in on.hub.state.deliveries if one.status == 202}
        comments = Counter(len(on.app_comments(number, repo=repo)) for repo, number in opened)
        print(  # noqa: T201  a fault run is read by people
            f"\n{len(acknowledged)} acknowledged, {len(opened)} threads, comments {dict(comments)}, "
            f"recovery max {max(recovery, default=0):.1f} s, dead {end.dead}, "
            f"worker deaths {on.house.worker.deaths}, web deaths {on.house.web.deaths}"
        )
        assert acknowledged <= end.guids, "acknowledged and lost"
        assert comments == {1: len(opened)}, "not exactly one visible comment per intent"
        assert end.dead == 0
        assert max(recovery, default=0) < 60
        assert on.house.worker.deaths >= min(plan.worker_kills, 1)


async def settled_and_swept(on: Stage, opened: list[tuple[str, int]], within_s: float):
    """Nothing open, every thread answered (recovery asks GitHub for what was missed), every comment swept once."""
    deadline = time.monotonic() + within_s
    while True:
        end = await on.settle(within_s=max(deadline - time.monotonic(), 1))
        missing = [number for repo, number in opened if not on.app_comments(number, repo=repo)]
        unswept = (await on.database.run(UNSWEPT))[0][0]
        if (not missing and not unswept) or time.monotonic() > deadline:
            return end
        await asyncio.sleep(0.5)


@pytest.mark.timeout(300)
async def test_killed_processes_and_a_wiped_bell(tmp_path: Path):
    await survive(tmp_path, Plan(threads=30, accounts=3, worker_kills=5, web_kills=3, wipes=2))


@pytest.mark.timeout(300)
async def test_faults_of_github(tmp_path: Path):
    faults = Faults(**RATES, latency_s=0.3, listing_lag_s=4, drip_s=0.3)
    await survive(tmp_path, Plan(threads=30, accounts=6, worker_kills=2, web_kills=1, wipes=1, faults=faults, seed=3))


@pytest.mark.chaos
@pytest.mark.timeout(3600)
async def test_two_hundred_worker_kills(tmp_path: Path):
    plan = Plan(threads=400, accounts=10, worker_kills=200, wipes=20, pause_s=(2.0, 4.0), settle_s=600, seed=5)
    await survive(tmp_path, plan)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
async def test_a_hundred_web_kills(tmp_path: Path):
    plan = Plan(threads=600, accounts=10, web_kills=100, pause_s=(2.0, 4.0), settle_s=600, seed=7)
    await survive(tmp_path, plan)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
async def test_everything_at_once(tmp_path: Path):
    faults = Faults(**RATES, secondary_limit_bare=0.01, latency_s=0.5, listing_lag_s=5, drip_s=0.5)
    plan = Plan(
        threads=300,
        accounts=20,
        worker_kills=60,
        web_kills=30,
        wipes=10,
        faults=faults,
        pause_s=(1.5, 3.5),
        settle_s=900,
        seed=9,
    )
    await survive(tmp_path, plan)
