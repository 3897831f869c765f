"""Health: is the process alive, can it do its part, and how old is the oldest thing nobody has done yet.

The database is a must; the bell is not, because a sweeper does its work, only more slowly.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import nan

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from app.web.metrics import Metrics

log = structlog.get_logger("web.health")

LOOK_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """As `app.store.backlog` counts it, and `app.store.watches` what concerns listening."""

    oldest_due_s: float = 0.0
    dead_work: int = 0
    dead_effects: int = 0
    spent_usd: float = 0.0
    held: int = 0
    night: int = 0
    crowd: int = 0
    resting: int = 0
    watched: int = 0
    late: int = 0
    looks: int = 0
    unchanged: int = 0
    signals: int = 0
    reaction_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """What to look at: `backlog` raises when the database is gone, `bell` when nobody would hear it."""

    backlog: Callable[[], Awaitable[Backlog]]
    bell: Callable[[], Awaitable[None]]


def health_router(vitals: Vitals, metrics: Metrics) -> APIRouter:
    """GET /healthz, /readyz and /metrics."""
    router = APIRouter(include_in_schema=False)
    oldest = Gauge("plumbline_oldest_due_work_seconds", "Age of the oldest work that is due", registry=metrics.registry)
    dead = Gauge("plumbline_dead", "Given up until a person retries it", ("what",), registry=metrics.registry)
    spent = Gauge("plumbline_spent_usd", "On model calls within 24 hours, in US dollars", registry=metrics.registry)
    waiting = Gauge("plumbline_waiting_comments", "Comments that wait, and why", ("why",), registry=metrics.registry)
    resting = Gauge("plumbline_resting_threads", "Threads in a storm of events, left alone", registry=metrics.registry)
    watched = Gauge("plumbline_watched_effects", "Effects whose reactions are looked for", registry=metrics.registry)
    late = Gauge("plumbline_late_looks", "Looks for reactions that are overdue", registry=metrics.registry)
    looks = Gauge("plumbline_looks", "Looks for reactions so far", ("answer",), registry=metrics.registry)
    heard = Gauge("plumbline_signals", "Signals heard within 24 hours", registry=metrics.registry)
    reaction = Gauge("plumbline_reaction_seconds", "From a reaction to its signal, median", registry=metrics.registry)
    up = Gauge("plumbline_up", "Whether a part answers", ("part",), registry=metrics.registry)

    async def look() -> tuple[Backlog | None, bool]:
        backlog, bell = await asyncio.gather(_backlog(vitals), _bell_answers(vitals))
        up.labels("database").set(backlog is not None)
        up.labels("bell").set(bell)
        return backlog, bell

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        backlog, bell = await look()
        parts = {"database": _word(backlog is not None), "bell": _word(bell)}
        if backlog is None:
            return JSONResponse({"status": "not ready", **parts}, status_code=503)
        return JSONResponse(
            {
                "status": "ready" if bell else "degraded",
                **parts,
                "oldest_due_s": round(backlog.oldest_due_s, 3),
                "dead": {"work": backlog.dead_work, "effects": backlog.dead_effects},
                "listening": {"watched": backlog.watched, "late": backlog.late},
            }
        )

    @router.get("/metrics")
    async def prometheus() -> Response:
        backlog, _ = await look()
        oldest.set(backlog.oldest_due_s if backlog else nan)
        dead.labels("work").set(backlog.dead_work if backlog else nan)
        dead.labels("effects").set(backlog.dead_effects if backlog else nan)
        spent.set(backlog.spent_usd if backlog else nan)
        for why in ("held", "night", "crowd"):
            waiting.labels(why).set(getattr(backlog, why) if backlog else nan)
        resting.set(backlog.resting if backlog else nan)
        watched.set(backlog.watched if backlog else nan)
        late.set(backlog.late if backlog else nan)
        looks.labels("unchanged").set(backlog.unchanged if backlog else nan)
        looks.labels("changed").set(backlog.looks - backlog.unchanged if backlog else nan)
        heard.set(backlog.signals if backlog else nan)
        reaction.set(backlog.reaction_s if backlog else nan)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _backlog(vitals: Vitals) -> Backlog | None:
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await vitals.backlog()
    except Exception as error:  # noqa: BLE001 whatever the driver raises, it means the same here
        log.warning("database_unreachable", error=repr(error))
        return None


async def _bell_answers(vitals: Vitals) -> bool:
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            await vitals.bell()
    except Exception as error:  # noqa: BLE001 nobody would hear it, whatever it raises
        log.warning("bell_unreachable", error=repr(error))
        return False
    return True


def _word(up: bool) -> str:
    return "up" if up else "down"
