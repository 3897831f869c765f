"""`plumbline bench answers`: real threads with answers on, and an audit of all that reached GitHub.

Questions whose answer stands in a repository's documentation, and strangers: threads of other projects, dealt to the
same repositories, whose answer does not. They are played by `plumbline replay`, through the processes that serve.
"""

import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeVar

from app.commands.replay import Report, played
from app.commands.replay_files import Files, Record, read_files, read_lines, read_records
from app.domain.history import RunFilter
from app.errors import ConfigurationError
from app.playground.hub import Hub
from app.settings import Settings
from app.store.engine import Database
from app.store.history import PostgresHistory
from evals.benchmarks.audit import Audit, Ground, audit

SEED = 0
ALL_RUNS = 100_000
"""More than a bench makes."""

Say = Callable[[str], None]
Place = tuple[str, int]
"""A repository's name in lower case, and a thread's number in it."""
Quotes = Mapping[Place, Mapping[str, Sequence[str]]]
Thread = TypeVar("Thread", bound=Record)


class Question(Record):
    """A thread that a page of its repository answers; a stranger is one that no page answers."""

    gold_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """One thread as it ended: what the App said in it, comment by comment."""

    thread: Question
    comments: tuple[str, ...]
    audits: tuple[Audit, ...]


async def measure(
    settings: Settings, corpus: Path, questions: Path, threads: Path, *, limit: int, say: Say
) -> dict[str, Any]:
    """The figures; each fault that the audit finds is told to `say`. Raises ConfigurationError for unreadable files."""
    files = read_files(corpus)
    asked = list(islice(read_lines(questions, Question), limit))
    dealt = deal(read_records([threads], None), asked, files, limit - len(asked))
    report, seen = await play(settings, shuffled([*asked, *dealt]), files, say)
    for one in seen:
        for found in one.audits:
            for fault in (*found.unresolved, *(f"`{name}` stands nowhere" for name in found.invented)):
                say(f"{one.thread.repo}: {one.thread.title}: {fault}")
    return figures(report, seen)


def deal(
    threads: Sequence[Record], asked: Sequence[Question], files: Mapping[str, Files], count: int
) -> list[Question]:
    """`count` threads of other projects, of as many as there are, as if opened by nobody known where questions are.

    Raises ConfigurationError where a repository that is asked has no page.
    """
    homes = sorted({one.repo for one in asked})
    if without := [home for home in homes if home.lower() not in files]:
        raise ConfigurationError(f"the corpus has no page of {without[0]}, which the questions name")
    turns: Counter[str] = Counter()
    by_turn: defaultdict[int, list[Record]] = defaultdict(list)
    for one in shuffled([one for one in threads if one.repo.lower() not in files]):
        turns[one.repo] += 1
        by_turn[turns[one.repo]].append(one)
    chosen = islice((one for turn in sorted(by_turn) for one in by_turn[turn]), count)
    return [
        Question(repo=home, title=one.title, body=one.body) for one, home in zip(chosen, cycle(homes), strict=False)
    ]


def shuffled(threads: Sequence[Thread]) -> list[Thread]:
    """The same order every time."""
    return random.Random(SEED).sample(threads, len(threads))  # noqa: S311  a bench must repeat, not surprise


async def play(
    settings: Settings, threads: Sequence[Question], files: Mapping[str, Files], say: Say
) -> tuple[Report, list[Seen]]:
    """What the simulated GitHub saw of each thread, audited."""
    hub = Hub()
    async with played(settings, hub, threads, files=files, mode="auto", say=say) as (report, database):
        quotes = await _quotes(database)
    numbers: Counter[str] = Counter()
    seen = []
    for thread in threads:
        name = thread.repo.lower()
        numbers[name] += 1
        seen.append(_seen(hub, thread, (name, numbers[name]), quotes))
    return report, seen


async def _quotes(database: Database) -> Quotes:
    """By thread and address: what the decisions said stands there."""
    history = PostgresHistory(database)
    quotes: defaultdict[Place, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in await history.runs(RunFilter(skill="answer"), limit=ALL_RUNS):
        run = await history.run(row.id)
        if run and run.decision:
            passages = run.snapshot["passages"]
            for claim in run.decision["claims"]:
                if 1 <= claim["passage"] <= len(passages):
                    url = passages[claim["passage"] - 1]["url"]
                    quotes[row.repository.lower(), row.number][url].append(claim["quote"])
    return quotes


def _seen(hub: Hub, thread: Question, place: Place, quotes: Quotes) -> Seen:
    repository = hub.repository(place[0])
    said = [repository.comments[one] for one in repository.threads[place[1]].comments]
    comments = tuple(one.body for one in said if one.via_app)
    trees = {
        sha: {path: repository.blobs[blob] for path, blob in commit.tree.items()}
        for sha, commit in repository.commits.items()
    }
    ground = Ground(
        address=f"{hub.base_url}/{repository.full_name}",
        commits=trees,
        thread="\n".join((thread.title, thread.body or "", *(one.body for one in said if not one.via_app))),
        quotes=quotes.get(place, {}),
    )
    return Seen(thread, comments, tuple(audit(comment, ground) for comment in comments))


def figures(report: Report, seen: Sequence[Seen]) -> dict[str, Any]:
    """`abstention_rate`: threads that got no answer. `from_gold_page`: answered questions whose first link is to a
    right page. `unresolved` links and `invented` names are the audit's; words are those above the fold.
    """
    asked = [one for one in seen if one.thread.gold_paths]
    strangers = [one for one in seen if not one.thread.gold_paths]
    answered = [one for one in asked if one.comments]
    audits = [found for one in seen for found in one.audits]
    shown = [found.shown for found in audits]
    return {
        "threads": len(seen),
        "answered": sum(bool(one.comments) for one in seen),
        "questions": len(asked),
        "questions_answered": len(answered),
        "from_gold_page": sum(
            one.audits[0].cited[:1] in {(path,) for path in one.thread.gold_paths} for one in answered
        ),
        "strangers": len(strangers),
        "strangers_answered": sum(bool(one.comments) for one in strangers),
        "abstention_rate": _silent(seen),
        "abstention_rate_questions": _silent(asked),
        "abstention_rate_strangers": _silent(strangers),
        "citations": sum(len(found.cited) + len(found.unresolved) for found in audits),
        "unresolved": sum(len(found.unresolved) for found in audits),
        "names": sum(len(found.names) for found in audits),
        "invented": sum(len(found.invented) for found in audits),
        "comments": len(audits),
        "words_median": statistics.median(shown) if shown else None,
        "words_max": max(shown, default=None),
        "p50_s": report.p50_s,
        "lost": report.lost,
        "errors": report.errors,
    }


def _silent(seen: Sequence[Seen]) -> float | None:
    return round(sum(not one.comments for one in seen) / len(seen), 4) if seen else None
