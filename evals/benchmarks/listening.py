"""`plumbline bench listening`: a seeded stream of what people do, with failures planted in it, through the product.

Threads are opened in waves; when the teammate has acted, people act, in any order, most of them about other things.
Webhooks come twice, late and in another order, and processes are killed on the way. Then what was heard is compared
with what was planted: each failure once, as the right mode, as one case.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, product
from pathlib import Path
from random import Random
from typing import Any, get_args

import sqlalchemy as sa

from app.commands.playground import app_environment
from app.domain.failure import ModeName
from app.playground.hub import Hub
from app.playground.serve import running
from app.settings import Settings
from app.store.engine import Database, open_database
from app.store.ledger import settled
from app.supervisor import Child, House, free_port, house
from evals.benchmarks.planted import MAINTAINERS, NOISE, ON_COMMENT, ON_LABELS, PLANTED, Place

WAVE = 40
"""Threads that are open at once."""
REPOSITORIES = 8
PEOPLE = 40
SETTINGS = """mode: auto
duplicates: {mode: draft}
hold_minutes: 0
notify: {per_person: 1000, per_hour: 1000}
budget: {calls_per_person: 10000}
data: {learn: true}
"""
LABELS = (
    ("bug", "Something does not work as documented"),
    ("question", "Somebody asks how something works"),
    ("enhancement", "A new ability"),
    ("documentation", "The words, not the code"),
)
THINGS = "lease queue worker ledger passage outbox marker bell sweep snapshot verdict delivery token cursor".split()  # noqa: SIM905
KINDS = "amber brisk cedar dusty eager faded grand humble ivory jolly keen lunar mellow noble olive proud".split()  # noqa: SIM905
QUICK = {"PLUMBLINE_WRITE_INTERVAL_S": "0", "PLUMBLINE_WRITES_PER_HOUR": "1000000", "PLUMBLINE_LOOK_INTERVAL_S": "5"}
QUICK |= {"PLUMBLINE_LOOKS_PER_MINUTE": "100000", "PLUMBLINE_RATE_RESERVE": "0", "PLUMBLINE_SWEEP_INTERVAL_S": "0.5"}
QUICK |= {"PLUMBLINE_SLOW_AFTER_S": "3600"}  # a busy machine is no failure of the teammate
ACTED_WITHIN_S = 60.0
HEARD_WITHIN_S = 900.0

_SIGNALS = sa.text("""
    select repository_id, number, kind, mode, count(*) as times from signals
    where withdrawn_at is null and polarity = 'bad' and role <> 'outsider' group by 1, 2, 3, 4
""")
_CASES = sa.text("""
    select repository_id, number, mode, extract(epoch from proposed_at)::float8 as at from cases
""")
_WATCHED = sa.text("select count(*) as waiting from watches where looks < 2 and due_at is not null")

Say = Callable[[str], None]
Spot = tuple[int, int]
"""A repository's id and a thread's number."""


@dataclass(slots=True)
class Planted:
    """What was planted where, and when (seconds of the epoch)."""

    mode: ModeName
    at: float
    polled: bool


@dataclass(slots=True)
class Stream:
    """One run over `events` webhooks."""

    hub: Hub
    built: House
    database: Database
    random: Random
    events: int
    say: Say
    planted: dict[Spot, Planted] = field(default_factory=dict)
    quiet: set[Spot] = field(default_factory=set)
    kills: int = 0

    async def play(self) -> None:
        modes = cycle(in_order(PLANTED))
        topics = cycle(product(THINGS, KINDS))
        while len(self.hub.state.deliveries) < self.events:
            places = [self._open(*next(topics)) for _ in range(WAVE)]
            await self._settled()
            acts = [act for place in places for act in self._acts(place, modes)]
            self.random.shuffle(acts)
            for number, act in enumerate(acts):
                act()
                if number == len(acts) // 2 and self.random.random() < 0.3:
                    self._kill(self.random.choice((self.built.worker, self.built.web)))
                if number % 10 == 0:
                    self._send_again()
                    await asyncio.sleep(0)
            await self._settled()
            self.say(f"{len(self.hub.state.deliveries)} of {self.events} events, {len(self.planted)} failures planted")

    def _open(self, thing: str, kind: str) -> Place:
        repo = f"ada/{self.random.choice(range(REPOSITORIES))}"
        title = f"How long does the {kind} {thing} last?"
        actor = f"visitor-{self.random.randrange(PEOPLE)}"
        thread = self.hub.open_thread(actor=actor, repo=repo, title=title, body="I did not find it.")
        return Place(self.hub, repo, thread, self.random)

    def _acts(self, place: Place, modes: Iterable[ModeName]) -> list[Callable[[], None]]:
        """One failure on every third thread where it can be planted; noise on most."""
        spot = (self.hub.repository(place.repo).id, place.thread.number)
        draw, acts = self.random, []
        mode = next(iter(modes)) if draw.random() < 0.34 else None
        fits = mode and (place.labels if mode in ON_LABELS else place.ours) and place.thread.number > 1
        if mode and fits:
            act = draw.choice(PLANTED[mode])

            def plant() -> None:
                before = len(place.ours.reactions) if place.ours else 0
                act(place)
                polled = mode == "off-topic" or (len(place.ours.reactions) if place.ours else before) > before
                self.planted[spot] = Planted(mode, time.time(), polled)

            acts.append(plant)
        else:
            self.quiet.add(spot)
            noise = [*NOISE, *(ON_COMMENT if place.ours else ())]
            acts += [lambda one=one: one(place) for one in draw.sample(noise, draw.choice((0, 1, 2, 3)))]  # type: ignore[misc]
        return acts

    def _send_again(self) -> None:
        """An old webhook comes once more."""
        self.hub.redeliver(delivery=self.random.choice(self.hub.state.deliveries[-200:]).id)

    def _kill(self, child: Child) -> None:
        """Its supervisor starts it again."""
        if child.process is not None:
            os.kill(child.process.pid, signal.SIGKILL)
            self.kills += 1

    async def _settled(self) -> None:
        """Every webhook was tried, and nothing is planned or under way."""
        deadline = time.monotonic() + ACTED_WITHIN_S * 5
        await self.hub.deliveries_idle()
        while (await settled(self.database)).open and time.monotonic() < deadline:
            await asyncio.sleep(0.2)

    async def heard(self) -> None:
        """Wait until each comment was looked at as often as a reaction of the last minute needs."""
        deadline = time.monotonic() + HEARD_WITHIN_S
        while time.monotonic() < deadline:
            [row] = await self.database.run(_WATCHED)
            if not row.waiting:
                break
            await asyncio.sleep(1)
        await self._settled()


async def measure(settings: Settings, *, events: int, seed: int, say: Say) -> dict[str, Any]:
    """The figures, per mode and in all."""
    started = time.monotonic()
    async with _stream(settings, events, seed, say) as stream:
        await stream.play()
        say("waiting until reactions were looked for")
        await stream.heard()
        signals = await stream.database.run(_SIGNALS)
        cases = await stream.database.run(_CASES)
        report = figures(stream.planted, signals, cases)
        statuses = Counter(one.status for one in stream.hub.state.deliveries)
    return {
        "events": sum(statuses.values()),
        "refused": sum(count for status, count in statuses.items() if status != 202),
        "kills": stream.kills,
        "quiet_threads": len(stream.quiet),
        **report,
        "seconds": round(time.monotonic() - started, 1),
    }


@asynccontextmanager
async def _stream(settings: Settings, events: int, seed: int, say: Say) -> AsyncIterator[Stream]:
    hub = Hub(seed=seed)
    hub.add_person("tidy[bot]", kind="Bot")
    for number in range(REPOSITORIES):
        hub.add_repository(
            f"ada/{number}",
            files={".github/plumbline.yml": SETTINGS, **_pages()},
            labels=LABELS,
            owner="ada",
            roles=dict.fromkeys(MAINTAINERS, "maintainer"),
        )
    hub.install(account="ada")
    port = free_port(0, strict=False)
    hub.webhook_url = f"http://127.0.0.1:{port}/webhooks/github"
    hub.faults.event_duplicate = 0.05
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        own = settings.model_copy(update={"data_dir": folder, "database_url": "", "redis_url": "", "github_app_id": 0})
        async with running(hub):
            known = app_environment(hub, folder / "playground") | QUICK | {"ANTHROPIC_API_KEY": ""}
            async with (
                house(own, port=port, environment=known, say=say) as built,
                open_database(built.environment["DATABASE_URL"], pool_size=2) as database,
            ):
                yield Stream(hub, built, database, Random(seed), events, say)  # noqa: S311  a bench must repeat


def _pages() -> dict[str, str]:
    """A page for each thing, with a sentence for each kind of it."""
    return {
        f"docs/{thing}.md": f"# The {thing}\n\n"
        + "\n\n".join(
            f"## The {kind} {thing}\n\nThe {kind} {thing} lasts for {number + 2} minutes unless it is renewed."
            for number, kind in enumerate(KINDS)
        )
        for thing in THINGS
    }


def in_order(planted: Mapping[ModeName, object]) -> list[ModeName]:
    """Modes in the order of the catalogue."""
    return [mode for mode in get_args(ModeName) if mode in planted]


def figures(planted: Mapping[Spot, Planted], signals: Sequence[Any], cases: Sequence[Any]) -> dict[str, Any]:
    """By mode: how many were planted, heard under their name, made one case, and what else was called so."""
    by_spot: defaultdict[Spot, list[Any]] = defaultdict(list)
    for row in signals:
        by_spot[row.repository_id, row.number].append(row)
    cases_at: defaultdict[Spot, list[Any]] = defaultdict(list)
    for row in cases:
        cases_at[row.repository_id, row.number].append(row)
    named = Counter(row.mode for row in cases)
    modes: dict[str, dict[str, Any]] = {}
    for mode in in_order(PLANTED):
        spots = [spot for spot, one in planted.items() if one.mode == mode]
        right = sum(mode in {row.mode for row in cases_at[spot]} for spot in spots)
        modes[mode] = {
            "planted": len(spots),
            "heard": sum(any(row.mode == mode for row in by_spot[spot]) for spot in spots),
            "one_case": sum(len(cases_at[spot]) == 1 for spot in spots),
            "recall": round(right / len(spots), 4) if spots else None,
            "precision": round(right / named[mode], 4) if named[mode] else None,
        }
    waits = {polled: _waits(planted, cases_at, polled=polled) for polled in (False, True)}
    return {
        "planted": len(planted),
        "cases": len(cases),
        "one_case": sum(len(cases_at[spot]) == 1 for spot in planted),
        "more_cases": sum(len(found) > 1 for found in cases_at.values()),
        "cases_without_failure": sum(len(found) for spot, found in cases_at.items() if spot not in planted),
        "right_mode": sum(one.mode in {row.mode for row in cases_at[spot]} for spot, one in planted.items()),
        "modes": modes,
        "act_to_case_p50_s": _quantile(waits[False], 0.5),
        "act_to_case_p95_s": _quantile(waits[False], 0.95),
        "polled_p95_s": _quantile(waits[True], 0.95),
    }


def _waits(planted: Mapping[Spot, Planted], cases: Mapping[Spot, Sequence[Any]], *, polled: bool) -> list[float]:
    return sorted(
        max(cases[spot][0].at - one.at, 0.0)
        for spot, one in planted.items()
        if one.polled == polled and spot in cases and cases[spot]
    )


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2) if ordered else None
