"""One worker process: hands for work and for effects, the schedule, and arq as the bell."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog
from arq.connections import RedisSettings
from redis.exceptions import RedisError

from app.adapters.arq_bell import QUEUE, dump_job, load_job
from app.adapters.backtest_process import backtest_process
from app.adapters.summary_files import SummaryFiles
from app.bootstrap import SUMMARIES, parts_over
from app.errors import EmbeddingError
from app.settings import Settings
from app.store.activity import threads_a_week
from app.store.engine import Database, open_database
from app.store.retention import delete_old
from app.store.sessions import worker_session
from app.store.ticks import may_run
from app.supervisor import stop_signal, stop_with_parent
from app.teammate.attend import attend_next
from app.teammate.cases.erase import erase_waiting, keep_promises
from app.teammate.installation import sync_all
from app.teammate.labelling import warm_up
from app.teammate.listen.poll import poll_reactions
from app.teammate.parts import Parts
from app.teammate.publish import publish_next
from app.teammate.recover import order_history, reconcile_threads, recovery_window, request_failed_deliveries
from app.teammate.stale import order_stale
from app.teammate.summarize import summarize_next
from app.teammate.sweep import sweep_duplicates
from worker.hands import Hands
from worker.jobs import effects, work
from worker.nudge import NudgedWorker, run_arq
from worker.schedule import Periodic, keep

log = structlog.get_logger("worker")

GRACE_S = 20.0
RINGS_PER_SWEEP = 500
WARM_UP_AFTER_S = 8.0
ERASE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what is in hand within the grace."""
    async with (
        open_database(settings.database_url, pool_size=settings.hands * 2 + 4) as database,
        parts_over(settings, database) as parts,
        worker_session(database, parts.worker) as session,
    ):
        stop_with_parent()
        stop = stop_signal()
        work_hands = Hands("work", settings.hands, lambda: attend_next(parts))
        effect_hands = Hands("effects", settings.hands, lambda: publish_next(parts))
        background = [
            asyncio.create_task(keep(periodic, lambda name, every: may_run(database, name, every)))
            for periodic in schedule(settings, parts, database, work_hands, effect_hands)
        ]
        background.append(asyncio.create_task(_arq_for_ever(settings, work_hands, effect_hands)))
        background.append(asyncio.create_task(_get_ready(parts)))
        hands = asyncio.gather(work_hands.run(), effect_hands.run())
        log.info("worker_ready", worker=str(parts.worker), hands=settings.hands)
        await _first(stop.wait, session.lost.wait)
        log.info("worker_stopping", session_lost=session.lost.is_set())
        for task in background:
            task.cancel()
        work_hands.stop()
        effect_hands.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await hands
        await asyncio.gather(*background, return_exceptions=True)


def schedule(
    settings: Settings, parts: Parts, database: Database, work_hands: Hands, effect_hands: Hands
) -> list[Periodic]:
    """Everything that happens by the clock. Intervals come from the settings."""

    async def sweep() -> None:
        await parts.queue.expire()
        if due := await parts.queue.due(RINGS_PER_SWEEP):
            work_hands.wake_all()
            await _ring(lambda: parts.bell.work(due))
        if due := await parts.outbox.due(RINGS_PER_SWEEP):
            effect_hands.wake_all()
            await _ring(lambda: parts.bell.effects(due))

    async def poll() -> None:
        await poll_reactions(parts)

    async def reconcile() -> None:
        await sync_all(parts)
        await reconcile_threads(
            installations=parts.installations, reader=parts.reader, queue=parts.queue, clock=parts.clock
        )

    last_full: datetime | None = None

    async def recover() -> None:
        nonlocal last_full
        now = parts.clock.now()
        since, full = recovery_window(now, last_full)
        await request_failed_deliveries(reader=parts.reader, writer=parts.writer, since=since)
        last_full = now if full else last_full

    async def clean() -> None:
        await parts.installations.purge_deleted(parts.clock.now())
        await delete_old(database)

    started = parts.clock.now()
    summaries = SummaryFiles(settings.data_dir / SUMMARIES)

    async def summarize() -> None:
        # Not while everything starts: it takes a processor for minutes, and nobody waits for it.
        if parts.clock.now() - started >= timedelta(seconds=settings.summary_interval_s / 2):
            await summarize_next(parts, summaries, backtest_process, partial(threads_a_week, database))

    return [
        Periodic("sweep", settings.sweep_interval_s, sweep, alone=False),
        Periodic("reactions", settings.look_interval_s, poll),
        Periodic("duplicates", settings.sweep_interval_s, lambda: sweep_duplicates(parts)),
        Periodic("recover", settings.recover_interval_s, recover),
        Periodic("reconcile", settings.reconcile_interval_s, reconcile),
        Periodic(
            "history",
            settings.history_interval_s,
            lambda: order_history(installations=parts.installations, queue=parts.queue),
        ),
        Periodic("erase", ERASE_S, lambda: erase_waiting(parts)),
        Periodic("promises", HOUR_S, lambda: keep_promises(parts)),
        Periodic("stale", DAY_S, lambda: order_stale(parts)),
        Periodic("summaries", settings.summary_interval_s, summarize),
        Periodic("clean", min(DAY_S, settings.purge_after_hours * 3600 / 4 + 60), clean),
    ]


async def _get_ready(parts: Parts) -> None:
    """Whoever comes first finds the encoder loaded. What the classifier learns from our own examples waits: it takes
    all processors for seconds, and the first threads and the first index want them more.
    """
    if parts.embedder is not None:
        with suppress(EmbeddingError):
            await parts.embedder.embed(["."])
    await asyncio.sleep(WARM_UP_AFTER_S)
    await warm_up(parts)


async def _ring(ring: Callable[[], Awaitable[None]]) -> None:
    """Other workers may have free hands; without Redis this one still has its own."""
    with suppress(RedisError, OSError):
        await ring()


async def _arq_for_ever(settings: Settings, work_hands: Hands, effect_hands: Hands) -> None:
    """Arq leaves when Redis does; come back every second until Redis is there again."""
    while True:
        worker = NudgedWorker(
            functions=[work, effects],
            redis_settings=RedisSettings.from_dsn(settings.redis_url),
            queue_name=QUEUE,
            ctx={"work_hands": work_hands, "effect_hands": effect_hands},
            handle_signals=False,
            max_jobs=50,
            max_tries=1,
            job_timeout=5,
            keep_result=0,
            health_check_interval=10,
            job_serializer=dump_job,
            job_deserializer=load_job,
        )
        try:
            await run_arq(worker)
        except Exception as error:  # noqa: BLE001  whatever arq dies of, it must come back
            log.warning("bell_unreachable", error=repr(error), what="work goes on by the sweeper")
        await asyncio.sleep(1)


async def _first(*waits: Callable[[], Awaitable[object]]) -> None:
    tasks = [asyncio.ensure_future(wait()) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
