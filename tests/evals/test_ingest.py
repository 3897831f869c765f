import asyncio

import pytest
from typer.testing import CliRunner

from app.domain.events import parse
from app.teammate.intake import route
from evals.benchmarks import load
from evals.benchmarks.ingest import Row, summary
from evals.benchmarks.load import SIZES, THREADS, drive, new_run, requests_for
from evals.cli import bench
from tests.web.served import PATH, SECRET, MemoryInbox, served


@pytest.mark.parametrize("name", list(SIZES))
def test_requests_are_events_of_the_stated_size_about_many_threads(name):
    requests = requests_for(name, SECRET, PATH)
    keys = set()
    for request in requests:
        body = request.after_guid.removeprefix(b"\r\n\r\n")
        assert 0.9 * SIZES[name] < len(body) < 1.1 * SIZES[name]
        event = "pull_request" if name == "pull_request" else "issues"
        order = route(event, parse(event, body), handle="plumbline")
        assert order
        keys.add(order.key)
    assert len(keys) == THREADS[name]


async def test_what_is_acknowledged_was_sent_and_stored(monkeypatch):
    monkeypatch.setattr(load, "WARM_UP_S", 0.05)
    requests = requests_for("small", SECRET, PATH)
    async with served() as web:
        found = await drive("127.0.0.1", web.port, requests, connections=4, seconds=0.2, run=new_run())
    assert found.statuses[202] == len(web.inbox.bodies) > 0
    assert set(found.statuses) == {202}
    assert 0 < len(found.latencies) <= found.statuses[202]
    assert 0 < found.percentile_ms(0.5) <= found.percentile_ms(0.99)


async def test_refusals_are_counted_and_a_server_that_dies_is_an_error(monkeypatch):
    monkeypatch.setattr(load, "WARM_UP_S", 0.05)
    inbox = MemoryInbox(down=True)
    requests = requests_for("small", SECRET, PATH)
    async with served(inbox=inbox) as web:
        found = await drive("127.0.0.1", web.port, requests, connections=2, seconds=0.1, run=new_run())
        assert set(found.statuses) == {503}

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError):
            await drive("127.0.0.1", port, requests, connections=1, seconds=0.1, run=new_run())


def row(server, cpu_us, stored, acknowledged=100, refused=0) -> Row:
    return Row(server, 1, 1000.0, cpu_us, 1.0, 2.0, acknowledged, refused, stored)


def test_the_summary_is_of_ratios_within_a_round_and_counts_what_was_lost():
    rows = [
        row("plumbline", 90.0, 100),
        row("floor", 30.0, None),
        row("plumbline", 400.0, 98),
        row("floor", 200.0, None),
    ]
    rows += [Row(r.server, 64, *[getattr(r, f) for f in Row.__slots__[2:]]) for r in rows]
    found = summary("small", rows)
    assert [one["connections"] for one in found["rows"]] == [1, 64]
    assert found["rows"][0]["cpu_times_floor"] == 2.5
    assert found["rows"][0]["stored"] == 198
    assert (found["lost"], found["refused"]) == (4, 0)


def test_the_summary_says_nothing_about_processors_it_cannot_see():
    rows = [
        Row(server, connections, 1.0, None, 1.0, 1.0, 1, 0, 1)
        for server in ("plumbline", "floor")
        for connections in (1, 64)
    ]
    assert summary("small", rows)["rows"][0]["cpu_us_per_request"] is None


def test_an_unknown_payload_is_wrong_usage():
    answer = CliRunner().invoke(bench, ["ingest", "--payload", "huge"])
    assert answer.exit_code == 2
    assert "pull_request" in answer.output
