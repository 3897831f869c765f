"""`plumbline replay`: real threads through a simulated GitHub, signed webhooks and the real processes.

Nothing here knows how the teammate works: it plays people, waits until all is settled, and counts what the
simulated GitHub saw and what the database says.
"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from app.commands.playground import app_environment
from app.commands.replay_files import Files, Record, read_files, read_records
from app.errors import ConfigurationError, PlumblineError
from app.playground.control import dump as dump_hub
from app.playground.hub import Hub
from app.playground.limits import LONGEST_BODY, LONGEST_LABEL, LONGEST_TITLE
from app.playground.model import Role
from app.playground.serve import running
from app.settings import Settings
from app.store.engine import Database, open_database
from app.store.ledger import Settled, settled
from app.supervisor import Say, free_port, house

BURST = 25
"""Threads opened at once, and how many may be open when the next are: a busy project, not a flood."""

STUCK_S = 180.0
"""Longer than any retry or reconciliation of a replay waits."""

Mode = Literal["auto", "draft"]

AT_ONCE = """hold_minutes: 0
notify: {per_person: 1000, per_hour: 1000}
budget: {usd_per_day: 10000, usd_per_thread: 1000, calls_per_person: 10000}
"""
"""Years pass within minutes here, and nobody's mail or sleep is at stake."""

ROLES: dict[str, Role] = {
    "OWNER": "owner",
    "MEMBER": "member",
    "COLLABORATOR": "collaborator",
    "CONTRIBUTOR": "contributor",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of `--json`. Times in seconds from the first delivery of a thread, as it was stored, to each
    effect on GitHub.
    """

    threads: int
    deliveries: int
    acknowledged: int
    labels: int
    comments: int
    drafts: int
    duplicate_comments: int
    lost: int
    errors: int
    seconds: float
    p50_s: float | None
    p99_s: float | None


def check_place(dump: Path | None) -> None:
    """Before everything is played: is there a place for what was seen?"""
    if dump is not None and (dump.is_dir() or not dump.absolute().parent.is_dir()):
        raise ConfigurationError(f"--dump {dump}: name a file in a folder that exists")


async def replay_files(
    settings: Settings,
    files: Sequence[Path],
    *,
    corpus: Path | None,
    limit: int | None,
    mode: Mode,
    dump: Path | None,
    as_json: bool,
    say: Say,
) -> None:
    """Play the threads of `files` in repositories that hold those of `corpus`, and print the report.

    Raises ConfigurationError for input that cannot be played.
    """
    records = read_records(files, limit)
    held = read_files(corpus) if corpus else {}
    check_place(dump)
    hub = Hub()
    async with played(settings, hub, records, files=held, mode=mode, say=say) as (report, _):
        pass
    if dump is not None:
        await asyncio.to_thread(dump.write_text, json.dumps(dump_hub(hub)), "utf-8")
        say(f"what the simulated GitHub saw is in {dump}")
    _print(report, as_json=as_json)


@asynccontextmanager
async def played(
    settings: Settings, hub: Hub, records: Sequence[Record], *, files: Mapping[str, Files], mode: Mode, say: Say
) -> AsyncIterator[tuple[Report, Database]]:
    """Play `records` on `hub` through processes of its own; the report, and the database while it is still there.

    `files` are those of each repository, by its name in lower case. Its threads get their numbers in the order of
    `records`, from 1.
    """
    port = free_port(0, strict=False)
    lay_out(hub, records, files, mode)
    async with AsyncExitStack() as stack:
        # A replay never touches the configured database: it brings its own servers in a scratch directory.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-replay-")))
        own = settings.model_copy(update={"data_dir": folder, "database_url": "", "redis_url": ""})
        await stack.enter_async_context(running(hub, free_port(0, strict=False)))
        pace = {"PLUMBLINE_WRITE_INTERVAL_S": "0", "PLUMBLINE_WRITES_PER_HOUR": "1000000"}
        environment = app_environment(hub, folder / "playground") | pace
        house_ = await stack.enter_async_context(house(own, port=port, environment=environment, say=say))
        database = await stack.enter_async_context(open_database(house_.environment["DATABASE_URL"], pool_size=2))
        hub.webhook_url = f"{house_.url}/webhooks/github"
        install(hub)
        await _settle(hub, database, say)
        started = time.monotonic()
        await _speak(hub, database, records, say)
        end = await _settle(hub, database, say)
        seconds = time.monotonic() - started
        yield report_of(hub, end, threads=len(records), seconds=seconds), database


def lay_out(hub: Hub, records: Sequence[Record], files: Mapping[str, Files], mode: Mode) -> None:
    """Repositories with the labels their threads carry, their `files`, and settings for `mode`."""
    names = {record.repo.lower(): record.repo for record in reversed(records)}
    labels: dict[str, dict[str, str]] = {}
    for record in records:  # GitHub takes names of repositories and labels in any case for the same
        found = labels.setdefault(record.repo.lower(), {})
        for label in record.labels or ():
            if cut := label[:LONGEST_LABEL].strip():
                found.setdefault(cut.lower(), cut)
    with hub.silence():
        for repo, known in labels.items():
            # Of a repository without files nothing is known but its name: a page made up here would be quoted.
            held = files.get(repo) or {"README.md": f"# {names[repo]}\n"}
            written = {**held, ".github/plumbline.yml": f"mode: {mode}\n{AT_ONCE}"}
            hub.add_repository(names[repo], files=written, labels=known.values())


def install(hub: Hub) -> None:
    """The App on every account; its events go to whoever listens by now."""
    for owner in dict.fromkeys(repository.owner for repository in hub.state.repositories.values()):
        hub.install(account=owner)


async def _speak(hub: Hub, database: Database, records: Sequence[Record], say: Say) -> None:
    """Open threads as their authors and let people comment, burst by burst, each when the last is mostly handled."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    bursts = [records[start : start + BURST] for start in range(0, len(records), BURST)]
    for burst in track(bursts, description="playing", console=console, transient=True):
        for record in burst:
            _play_thread(hub, record)
        await _settle(hub, database, say, below=BURST)


def _play_thread(hub: Hub, record: Record) -> None:
    author = record.author or "ghost"
    _give_role(hub, record.repo, author, record.author_association)
    title, body = record.title[:LONGEST_TITLE], (record.body or "")[:LONGEST_BODY]
    thread = hub.open_thread(actor=author, repo=record.repo, title=title if title.strip() else "untitled", body=body)
    for comment in record.comments or ():
        said = (comment.body or "")[:LONGEST_BODY]
        if said.strip():
            writer = comment.author or "ghost"
            _give_role(hub, record.repo, writer, comment.author_association)
            hub.comment(actor=writer, repo=record.repo, number=thread.number, body=said)


def _give_role(hub: Hub, repo: str, login: str, association: str | None) -> None:
    if association in ROLES:
        hub.set_role(repo=repo, person=login, role=ROLES[association])


async def _settle(hub: Hub, database: Database, say: Say, *, below: int = 1) -> Settled:
    """Wait until fewer than `below` things are planned, leased or being written; says how many are every few seconds.

    Raises PlumblineError when nothing at all happens any more: better an error than a command that never ends.
    """
    quiet, before, moved = 0, (-1, -1), time.monotonic()
    last_said = moved
    while True:
        await hub.deliveries_idle()
        state = await settled(database)
        quiet = quiet + 1 if state.open < below else 0
        if quiet >= 2:  # the second look is after the events of what the first still saw being written
            return state
        now = time.monotonic()
        # Making vectors of a large repository is one piece of work that asks GitHub something at every turn.
        if (state.open, len(hub.requests)) != before:
            before, moved = (state.open, len(hub.requests)), now
        if now - moved > STUCK_S:
            raise PlumblineError(f"{state.open} things are open and nothing moves; the lines above may say why.")
        if now - last_said > 5:
            say(f"{state.open} still open")
            last_said = now
        await asyncio.sleep(0.05)


def report_of(hub: Hub, end: Settled, *, threads: int, seconds: float) -> Report:
    """Compare what GitHub saw with what the database says."""
    tried = list(hub.state.deliveries)
    acknowledged = [one for one in tried if one.status is not None and 200 <= one.status < 300]
    seen = dump_hub(hub)
    by_app = [
        (thread["repo"], thread["number"], comment["body"])
        for thread in seen["threads"]
        for comment in thread["comments"]
        if comment["is_app"]
    ]
    per_intent = Counter((repo, number, _marker(body)) for repo, number, body in by_app)
    latencies = sorted(end.latencies_s)
    return Report(
        threads=threads,
        deliveries=len(tried),
        acknowledged=len(acknowledged),
        labels=sum(1 for _ in _labels_by_app(hub)),
        comments=len(by_app),
        drafts=end.drafts,
        duplicate_comments=sum(count - 1 for count in per_intent.values()),
        lost=len({one.guid for one in acknowledged} - end.guids) + end.dead,
        errors=end.failed_runs + end.dead + len(tried) - len(acknowledged),
        seconds=round(seconds, 3),
        p50_s=_quantile(latencies, 0.5),
        p99_s=_quantile(latencies, 0.99),
    )


def _labels_by_app(hub: Hub) -> Iterator[str]:
    login = hub.state.app.login
    for repository in hub.state.repositories.values():
        for thread in repository.threads.values():
            for event in thread.timeline:
                if event.event == "labeled" and event.actor == login:
                    yield event.detail["label"]["name"]


def _marker(body: str) -> str:
    """The hidden last line of our comments names the intent it is for."""
    return body.rsplit("<!--", 1)[-1]


def _quantile(values: list[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(share * len(values)))], 3) if values else None


def _print(report: Report, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "value", title="replay")
    figures: dict[str, Any] = asdict(report)
    for name, value in figures.items():
        table.add_row(name, str(value))
    Console(stderr=as_json).print(table)
    if as_json:
        print(json.dumps(figures))  # noqa: T201
