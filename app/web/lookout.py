"""Lookout: trends and groups of failures for the pages. They take seconds, so they are told at most every `FRESH_S`, in
one thread at a time beside the loop that serves webhooks, and only while somebody looks.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol

import structlog

from app.domain.failing import FailureRow, ModeCount, Week
from app.domain.failure import ModeName
from app.errors import EmbeddingError
from app.knowledge.failures.alike import alike
from app.knowledge.failures.clusters import FEW, LIFT, Cluster, clusters_of
from app.knowledge.failures.releases import Judged, Release, releases
from app.knowledge.failures.trends import Segment
from app.knowledge.failures.vectors import Trace, vectors_of
from app.ports import Embedder

log = structlog.get_logger("web.failures")

FRESH_S = 900.0
PATIENCE_S = 0.5
"""A visitor waits so long for a first look before the page comes without it."""
MOST_LOOKS = 20
"""Repositories whose last look is kept."""
GROUPED = timedelta(days=28)
WEEK = timedelta(days=7)
NAMED_SEGMENTS = 3


class Failures(Protocol):
    """What the pages read; see `app.store.failures`."""

    async def counts(self, now: datetime, *, repository: str | None = None) -> list[ModeCount]: ...
    async def newest(
        self, mode: ModeName | None, *, repository: str | None = None, limit: int = 50
    ) -> list[FailureRow]: ...
    async def repositories(self) -> list[str]: ...
    async def week(self, now: datetime, *, repository: str | None = None) -> Week: ...
    async def nameless(self, since: datetime, *, repository: str | None = None, limit: int = 400) -> list[Trace]: ...
    async def trace(self, run_id: int) -> Trace | None: ...
    async def judged_badly(self, without: int, *, limit: int = 500) -> list[Trace]: ...
    async def judged(self, now: datetime) -> list[Judged]: ...


@dataclass(frozen=True, slots=True)
class Look:
    """What takes long to tell; `at` None: it is still being told. `clusters` are of `traces`; `segments` are, for each
    mode, where it happened most this week, with the number of runs.
    """

    releases: Sequence[Release] = ()
    clusters: Sequence[Cluster] = ()
    traces: Sequence[Trace] = ()
    segments: Mapping[ModeName, Sequence[tuple[Segment, int]]] = field(default_factory=dict)
    at: datetime | None = None


class Lookout:
    """Keeps the last look at each repository, and looks anew when somebody asks and it is old."""

    def __init__(self, failures: Failures, embedder: Embedder | None) -> None:
        self._failures = failures
        self._embedder = embedder
        self._known: dict[str, tuple[float, Look]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._one = asyncio.Lock()

    async def look(self, repository: str) -> Look:
        """The newest there is, however old; an empty one while the first is still being told. Empty: all."""
        at, known = self._known.get(repository, (0.0, Look()))
        if known.at is None or monotonic() - at > FRESH_S:
            if repository not in self._running:
                self._running[repository] = asyncio.create_task(self._refresh(repository))
            if known.at is None:
                await asyncio.wait({self._running[repository]}, timeout=PATIENCE_S)
        return self._known.get(repository, (at, known))[1]

    async def like(self, one: Trace) -> list[tuple[Trace, float]]:
        """Runs most like it, with how much."""
        others = await self._failures.judged_badly(one.run_id)
        try:
            return await alike(one, others, self._embedder)
        except EmbeddingError as error:
            log.warning("without_meaning", error=str(error))
            return await alike(one, others, None)

    async def close(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _refresh(self, repository: str) -> None:
        try:
            async with self._one:
                found = await self._told(repository, datetime.now(UTC))
            self._known.pop(repository, None)
            self._known[repository] = (monotonic(), found)
            while len(self._known) > MOST_LOOKS:
                del self._known[next(iter(self._known))]
        except Exception:
            log.exception("failures_not_told", repository=repository)
        finally:
            del self._running[repository]

    async def _told(self, repository: str, now: datetime) -> Look:
        judged = await self._failures.judged(now)
        traces = await self._failures.nameless(now - GROUPED, repository=repository or None)
        return Look(
            releases=await asyncio.to_thread(releases, judged, now),
            clusters=await self._clusters(traces, now),
            traces=traces,
            segments=segments_of(judged, now, repository),
            at=now,
        )

    async def _clusters(self, traces: Sequence[Trace], now: datetime) -> Sequence[Cluster]:
        if not traces:
            return ()
        try:
            vectors = await vectors_of(traces, self._embedder)
        except EmbeddingError as error:
            log.warning("without_meaning", error=str(error))
            vectors = await vectors_of(traces, None)
        return await asyncio.to_thread(clusters_of, traces, vectors, now)


def segments_of(
    judged: Sequence[Judged], now: datetime, repository: str = ""
) -> dict[ModeName, list[tuple[Segment, int]]]:
    """Where each mode happened most among the runs of the last week, of the segments in which it is commoner than in
    all of them.
    """
    runs = [
        run for run in judged if now - run.at <= WEEK and (not repository or ("repository", repository) in run.segments)
    ]
    everywhere = Counter(segment for run in runs for segment in run.segments)
    found: dict[ModeName, list[tuple[Segment, int]]] = {}
    for mode in sorted({mode for run in runs for mode in run.modes}):
        wrong = [run for run in runs if mode in run.modes]
        here = Counter(segment for run in wrong for segment in run.segments)
        telling = [
            (segment, number)
            for segment, number in here.items()
            if number >= FEW and number / len(wrong) >= LIFT * everywhere[segment] / len(runs)
        ]
        found[mode] = sorted(telling, key=lambda pair: (-pair[1], pair[0]))[:NAMED_SEGMENTS]
    return found
