"""LangSmith as a replica: the right tree, nothing that must not leave, and no cost when it is down."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.langsmith_tracer import LangSmithTracer, NoTracer, run_tree, trace_id, tracer_from
from app.domain.decision import LabelProposal, TriageDecision
from app.domain.prompt import Usage
from app.domain.run import RunRecord, Span
from tests.fakes.snapshots import snapshot

START = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
TOKEN = "ghp_" + "a1B2" * 10
SECRET = "hunter2-hunter2"


def record(**changed: Any) -> RunRecord:
    fields: dict[str, Any] = {
        "skill": "triage",
        "trigger": "body",
        "prompt": "triage@1",
        "prompt_digest": "d" * 64,
        "model": "claude-haiku-5-5",
        "outcome": "acted",
        "snapshot": snapshot(body=f"my token is {TOKEN} and my secret {SECRET}"),
        "decision": TriageDecision(labels=(LabelProposal(name="bug", confidence=0.9, rationale="It crashes."),)),
        "verdict": None,
        "usage": Usage(input_tokens=10, output_tokens=5, cache_read_tokens=90, cost_usd=0.25, calls=1),
        "spans": (
            Span(name="gather", start_ms=0, duration_ms=20, attributes={"passages": 3, "query": "rotate"}),
            Span(name="decide", start_ms=20, duration_ms=500),
        ),
        "started_at": START,
        "finished_at": START + timedelta(seconds=1),
    }
    return RunRecord.model_validate({**fields, **changed})


class Sink(ThreadingHTTPServer):
    """Keeps the batches it was sent; answers with `statuses` first, then 202."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.batches: list[list[dict[str, Any]]] = []
        self.statuses: list[int] = []
        self.keys: list[str | None] = []
        self.accepted = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def runs(self) -> list[dict[str, Any]]:
        return [run for batch in self.batches for run in batch]


class Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.batches.append(json.loads(body)["post"])
        self.server.keys.append(self.headers["x-api-key"])
        status = self.server.statuses.pop(0) if self.server.statuses else 202
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        if status == 202:
            self.server.accepted.set()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def hanging() -> Iterator[str]:
    """Takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def tree(hide: bool = False, **changed: Any) -> list[dict[str, Any]]:
    return run_tree(record(**changed), "7:0", project="p", literals=(SECRET,), hide=hide)


# --- the tree --------------------------------------------------------------------------------------------


def test_a_run_is_a_root_with_one_child_for_each_span():
    root, gather, decide = tree()
    assert (root["name"], root["run_type"], gather["run_type"], decide["run_type"]) == (
        "triage",
        "chain",
        "chain",
        "llm",
    )
    assert {gather["parent_run_id"], decide["parent_run_id"]} == {root["id"]}
    assert {entry["trace_id"] for entry in (root, gather, decide)} == {root["id"]}
    assert decide["dotted_order"].startswith(root["dotted_order"] + ".20261120T120000143456Z")
    assert decide["start_time"] == "2026-11-20T12:00:00.143456+00:00"
    assert decide["end_time"] == "2026-11-20T12:00:00.643456+00:00"
    assert root["outputs"]["decision"]["labels"][0]["name"] == "bug"


def test_tags_and_usage_are_there_to_search_by():
    root, _, decide = tree()
    assert root["tags"] == [
        "skill:triage",
        "prompt:triage@1",
        "digest:dddddddddddd",
        "repository:ada/engine",
        "outcome:acted",
    ]
    assert decide["extra"]["metadata"]["usage_metadata"] == {
        "input_tokens": 100,
        "output_tokens": 5,
        "total_tokens": 105,
        "input_token_details": {"cache_read": 90, "cache_creation": 0},
        "total_cost": 0.25,
    }
    assert decide["extra"]["metadata"]["ls_model_name"] == "claude-haiku-5-5"


def test_secrets_are_redacted_everywhere():
    said = json.dumps(tree(error=f"bad_decision: {TOKEN}", trigger=SECRET), default=str)
    assert TOKEN not in said
    assert SECRET not in said
    assert "[redacted]" in said


def test_nothing_of_a_private_thread_is_in_its_tree():
    words = "zebra"
    said = json.dumps(
        tree(
            hide=True,
            snapshot=snapshot(private=True, title=words, body=words, question=words, author=words),
            decision=TriageDecision(labels=(LabelProposal(name=words, confidence=1, rationale=words),)),
            error=f"bad_decision: {words}",
            spans=(Span(name="decide", start_ms=0, duration_ms=1, attributes={"raw": words, "passages": 3}),),
        ),
        default=str,
    )
    assert words not in said
    assert '"passages": 3' in said
    assert '"error": "bad_decision"' in said


@given(st.integers(0, 10**11), st.text())
def test_ids_are_uuids_of_version_7_that_sort_by_time(milliseconds, key):
    start = START + timedelta(milliseconds=milliseconds)
    found = trace_id(start, key)
    assert found == trace_id(start, key)
    assert found.version == 7
    assert found.variant == "specified in RFC 4122"
    assert found.int >> 80 == int(start.timestamp() * 1000)
    assert found != trace_id(start, key + "x")


# --- sending ---------------------------------------------------------------------------------------------


def test_runs_arrive_redacted_and_with_the_key(sink):
    tracer = LangSmithTracer(api_key="lsv2-key", endpoint=sink.url, project="p", literals=(SECRET,))
    for number in range(30):
        tracer.run(record(), f"{number}:0")
    tracer.close(20)
    assert (tracer.sent, tracer.dropped, tracer.failed) == (30, 0, 0)
    assert len(sink.runs()) == 90
    assert {run["session_name"] for run in sink.runs()} == {"p"}
    assert set(sink.keys) == {"lsv2-key"}
    said = json.dumps(sink.batches)
    assert TOKEN not in said
    assert SECRET not in said
    assert "my token is" in said


def test_private_content_goes_only_when_it_was_asked_for(sink):
    private = record(snapshot=snapshot(private=True, title="zebra"))
    for include in (False, True):
        tracer = LangSmithTracer(api_key="k", endpoint=sink.url, include_private=include)
        tracer.run(private, "1:0")
        tracer.close(20)
    hidden, shown = sink.batches
    assert "zebra" not in json.dumps(hidden)
    assert "zebra" in json.dumps(shown)


def test_a_batch_that_failed_is_sent_again_under_the_same_ids(sink):
    sink.statuses = [500] * 3  # the SDK itself tries three times
    tracer = LangSmithTracer(api_key="k", endpoint=sink.url, waits_s=(0.01,))
    tracer.run(record(), "1:0")
    assert sink.accepted.wait(20)
    tracer.close(20)
    assert tracer.sent == 1
    assert len(sink.batches) == 4
    assert len({run["id"] for run in sink.runs()}) == 3


def test_what_is_refused_for_good_is_dropped_counted_and_logged_without_the_key(sink, capsys):
    sink.statuses = [401] * 50
    tracer = LangSmithTracer(api_key="lsv2-secret-key", endpoint=sink.url, waits_s=(0.01,))
    tracer.run(record(), "1:0")
    tracer.close(20)
    assert (tracer.sent, tracer.failed) == (0, 1)
    said = "".join(capsys.readouterr())
    assert said.count("langsmith_failed") == 1
    assert "lsv2" not in said


def test_a_full_spool_drops_the_oldest_and_never_makes_anybody_wait():
    with hanging() as url:
        tracer = LangSmithTracer(api_key="k", endpoint=url, capacity=100, timeout_s=1)
        times = []
        for number in range(2_000):
            before = time.perf_counter()
            tracer.run(record_once, f"{number}:0")
            times.append(time.perf_counter() - before)
        assert tracer.dropped >= 2_000 - 100 - 20
        assert sorted(times)[1_000] < 0.001
        before = time.perf_counter()
        tracer.close(0.2)
        assert time.perf_counter() - before < 1


record_once = record()

EXIT = """
import sys, time
from app.adapters.langsmith_tracer import LangSmithTracer
from tests.adapters.test_langsmith_tracer import record
tracer = LangSmithTracer(api_key="k", endpoint=sys.argv[1])
one = record()
for number in range(500):
    tracer.run(one, f"{number}:0")
print(time.time(), flush=True)
tracer.close()
"""


@pytest.mark.parametrize("down", ["refused", "hanging"])
def test_a_dead_endpoint_does_not_hold_the_process(down):
    with hanging() as silent:
        url = silent if down == "hanging" else refused()
        run = subprocess.run(
            [sys.executable, "-c", EXIT, url], capture_output=True, text=True, timeout=60, check=True, cwd="."
        )
        # Without the daemon thread it takes minutes; the close itself may take two seconds.
        assert time.time() - float(run.stdout) < 10


# --- the switch ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LANGSMITH_API_KEY": "k"},
        {"LANGSMITH_TRACING": "true"},
        {"LANGSMITH_TRACING": "1", "LANGSMITH_API_KEY": "k"},
    ],
)
def test_it_is_off_unless_it_is_on_and_has_a_key(environ):
    tracer = tracer_from(environ)
    assert isinstance(tracer, NoTracer)
    tracer.run(record_once, "1:0")
    tracer.close()


def test_switched_on_it_sends_where_the_environment_says(sink):
    tracer = tracer_from(
        {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_API_KEY": "k",
            "LANGSMITH_ENDPOINT": sink.url,
            "LANGSMITH_PROJECT": "mine",
        }
    )
    assert isinstance(tracer, LangSmithTracer)
    tracer.run(record_once, "1:0")
    tracer.close(20)
    assert {run["session_name"] for run in sink.runs()} == {"mine"}
