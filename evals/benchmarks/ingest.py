"""`plumbline bench ingest`: how much the web process takes in, with every acknowledged delivery counted in Postgres.

The real `plumbline serve` alone on one core; the load, Postgres and Valkey on another. In every round a server that
only checks the signature is measured the same way, because a machine's speed changes from hour to hour and the
ratio between the two does not. Read CPU per request first: at saturation, requests per second follow from it.
"""

import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import asyncpg

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.adapters.embedded_valkey import EmbeddedValkey
from app.supervisor import free_port
from evals.benchmarks.load import REPOSITORY_ID, WARM_UP_S, Load, PayloadName, Request, drive, new_run, requests_for

SECRET = "the secret of a benchmark"  # noqa: S105 it protects nothing
PATH = "/webhooks/github"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0
CONNECTIONS: dict[PayloadName, tuple[int, ...]] = {"small": (1, 64), "pull_request": (1, 64), "1MB": (1, 16)}

ServerName = Literal["plumbline", "floor"]
COMMANDS: dict[ServerName, tuple[str, ...]] = {
    "plumbline": ("-m", "app.cli", "serve", "--port"),
    "floor": ("-m", "evals.benchmarks.floor"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One run. `cpu_us` is of the web process per request (None where the system does not tell); `stored` counts
    this run's deliveries in Postgres (None for the floor, which stores nothing).
    """

    server: ServerName
    connections: int
    requests_per_s: float
    cpu_us: float | None
    p50_ms: float
    p99_ms: float
    acknowledged: int
    refused: int
    stored: int | None


async def measure(payload: PayloadName, *, rounds: int, seconds: float) -> list[Row]:
    """All rows of all rounds. Servers named by DATABASE_URL and REDIS_URL are used, others brought along."""
    requests = requests_for(payload, SECRET.encode(), PATH)
    server_core, other_core = _cores()
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        stack.enter_context(_pinned(other_core))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-bench-")))
        database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
        environment = {
            "DATABASE_URL": database_url or await stack.enter_async_context(EmbeddedPostgres(folder)),
            "REDIS_URL": redis_url or await stack.enter_async_context(EmbeddedValkey(folder)),
            "GITHUB_WEBHOOK_SECRET": SECRET,
        }
        for turn in range(rounds):
            servers: Sequence[ServerName] = ("plumbline", "floor") if turn % 2 == 0 else ("floor", "plumbline")
            for server in servers:
                async with _serving(server, environment, core=server_core) as (pid, port):
                    for connections in CONNECTIONS[payload]:
                        run = new_run()
                        load, cpu_s = await _under_load(
                            pid, port, requests, connections=connections, seconds=seconds, run=run
                        )
                        stored = await _stored(environment["DATABASE_URL"], run) if server == "plumbline" else None
                        rows.append(_row(server, connections, load, cpu_s, stored))
    return rows


def summary(payload: PayloadName, rows: Sequence[Row]) -> dict[str, Any]:
    """Medians over rounds, the ratios to the floor (within a round, so a slow hour slows both), and what was lost."""
    result: dict[str, Any] = {"payload": payload, "rows": [], "lost": 0, "refused": 0}
    for connections in CONNECTIONS[payload]:
        ours, floor = (
            [row for row in rows if row.server == server and row.connections == connections] for server in COMMANDS
        )
        result["rows"].append(
            {
                "connections": connections,
                "requests_per_s": _median([row.requests_per_s for row in ours]),
                "cpu_us_per_request": _median([row.cpu_us for row in ours]),
                "requests_per_cpu_s": _median([1e6 / row.cpu_us if row.cpu_us else None for row in ours]),
                "p50_ms": _median([row.p50_ms for row in ours]),
                "p99_ms": _median([row.p99_ms for row in ours]),
                "floor_cpu_us": _median([row.cpu_us for row in floor]),
                "cpu_times_floor": _median(
                    [a.cpu_us / b.cpu_us if a.cpu_us and b.cpu_us else None for a, b in zip(ours, floor, strict=True)]
                ),
                "requests_share_of_floor": _median(
                    [a.requests_per_s / b.requests_per_s for a, b in zip(ours, floor, strict=True)]
                ),
                "acknowledged": sum(row.acknowledged for row in ours),
                "stored": sum(row.stored or 0 for row in ours),
            }
        )
        result["lost"] += sum(max(0, row.acknowledged - (row.stored or 0)) for row in ours)
        result["refused"] += sum(row.refused for row in (*ours, *floor))
    return result


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 3) if known else None


def _row(server: ServerName, connections: int, load: Load, cpu_s: float | None, stored: int | None) -> Row:
    measured = len(load.latencies)
    accepted = load.statuses[202]
    return Row(
        server=server,
        connections=connections,
        requests_per_s=round(measured / load.seconds, 1),
        cpu_us=round(cpu_s / measured * 1e6, 1) if cpu_s is not None and measured else None,
        p50_ms=load.percentile_ms(0.5),
        p99_ms=load.percentile_ms(0.99),
        acknowledged=accepted,
        refused=load.statuses.total() - accepted,
        stored=stored,
    )


async def _under_load(
    pid: int, port: int, requests: Sequence[Request], *, connections: int, seconds: float, run: str
) -> tuple[Load, float | None]:
    loading = asyncio.create_task(drive("127.0.0.1", port, requests, connections=connections, seconds=seconds, run=run))
    await asyncio.sleep(WARM_UP_S)
    before = _cpu_s(pid)
    await asyncio.sleep(seconds)
    after = _cpu_s(pid)
    load = await loading
    return load, after - before if before is not None and after is not None else None


async def _stored(database_url: str, run: str) -> int:
    """Count the deliveries of a run, then remove them and their work, so that the next run finds the same table."""
    connection = await asyncpg.connect(database_url)
    try:
        count: int = await connection.fetchval("select count(*) from deliveries where guid like $1", f"{run}-%")
        await connection.execute("delete from deliveries where guid like $1", f"{run}-%")
        await connection.execute("delete from work where repository_id = $1", REPOSITORY_ID)
        await connection.execute("vacuum deliveries, work")
        return count
    finally:
        await connection.close()


@asynccontextmanager
async def _serving(
    server: ServerName, environment: Mapping[str, str], *, core: int | None
) -> AsyncIterator[tuple[int, int]]:
    """The process id and port of a server alone on its core, once it listens; stopped and waited for afterwards."""
    port = free_port(0, strict=False)
    with _pinned(core):
        process = await asyncio.create_subprocess_exec(
            sys.executable, *COMMANDS[server], str(port), env={**os.environ, **environment}
        )
    try:
        await _listening(process, port)
        yield process.pid, port
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
    while asyncio.get_running_loop().time() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it listened")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise RuntimeError(f"the server did not listen within {READY_WITHIN_S:.0f} s")


def _cores() -> tuple[int | None, int | None]:
    """The core for the server and the one for everything else; None where there are not two to choose from."""
    if sys.platform != "linux":
        return None, None
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


@contextmanager
def _pinned(core: int | None) -> Iterator[None]:
    """What runs or starts inside stays on this core."""
    if core is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cpu_s(pid: int) -> float | None:
    """Seconds on a core so far, of all threads, by the scheduler's own clock; None where there is none."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
    except (OSError, IndexError):
        return None
