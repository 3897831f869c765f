"""Releases: what changed for the runs of one prompt, and what grew since. Pure.

A release is the first run of a prompt's digest after runs of another. Before and after are compared thread by thread,
because several runs on one thread are one judgement, and only threads of which a day has passed: what is wrong is
mostly said within it, and what is said later counts on the pages and not here, so that old and new are judged alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.failure import ModeName
from app.knowledge.failures.trends import Alarm, Outcome, Segment, alarms

SETTLED = timedelta(days=1)
"""After which a run is judged by what was said of it until then."""
LIVE = timedelta(days=14)
"""A release that no run has used for so long is over."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One settled run; `modes` are those of its signals within `SETTLED`. `prompt` is `name@version`."""

    repository_id: int
    number: int
    prompt: str
    digest: str
    at: datetime
    modes: frozenset[ModeName]
    segments: frozenset[Segment]


@dataclass(frozen=True, slots=True)
class Release:
    """`before` and `after` count threads."""

    prompt: str
    digest: str
    since: datetime
    before: int
    after: int
    alarms: tuple[Alarm, ...]


def releases(runs: Iterable[Judged], now: datetime) -> list[Release]:
    """Those that are live, newest first; the oldest digest of a prompt is no release, nobody knows what was before."""
    by_prompt: dict[str, list[Judged]] = defaultdict(list)
    for run in sorted(runs, key=lambda one: one.at):
        by_prompt[run.prompt.partition("@")[0]].append(run)
    found = [release for own in by_prompt.values() for release in _releases(own, now)]
    return sorted(found, key=lambda one: one.since, reverse=True)


def every_alarm(found: Sequence[Release]) -> list[tuple[Release, Alarm]]:
    """Of all these releases, the most evident first."""
    pairs = [(release, alarm) for release in found for alarm in release.alarms]
    return sorted(pairs, key=lambda pair: -pair[1].evidence)


def _releases(runs: Sequence[Judged], now: datetime) -> Iterable[Release]:
    first: dict[str, int] = {}
    for place, run in enumerate(runs):
        first.setdefault(run.digest, place)
    for digest, place in list(first.items())[1:]:
        fresh = [run for run in runs[place:] if run.digest == digest]
        if now - fresh[-1].at > LIVE:
            continue
        before, after = outcomes(runs[:place]), outcomes(fresh)
        yield Release(
            prompt=fresh[-1].prompt,
            digest=digest,
            since=fresh[0].at,
            before=len(before),
            after=len(after),
            alarms=tuple(alarms(before, after)),
        )


def outcomes(runs: Sequence[Judged]) -> list[Outcome]:
    """One a thread, in the order in which their threads came first."""
    threads: dict[tuple[int, int], list[Judged]] = defaultdict(list)
    for run in runs:
        threads[run.repository_id, run.number].append(run)
    return [
        Outcome(
            modes=frozenset[ModeName]().union(*(one.modes for one in own)),
            segments=frozenset[Segment]().union(*(one.segments for one in own)),
        )
        for own in threads.values()
    ]
