"""LangSmithTracer: a redacted copy of each finished run for people who use LangSmith.

The store keeps every run; this is a replica, so it may lose runs but must never cost any: `run()` only appends to a
bounded spool, one daemon thread does the rest. The SDK's own background queue is not used: its threads keep a
process from exiting while the endpoint is down, for minutes. Runs arrive here finished, with their own times, which
`@traceable` cannot carry (it stamps a call while it happens); what is sent is the tree that it would have built.

Source: docs.langchain.com/langsmith (run data format, batch ingest).
"""

import hashlib
import logging
import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from app.domain.prompt import Usage
from app.domain.run import RunRecord, Span
from app.ports import Tracer
from app.teammate.redact import redact, redact_tree

log = structlog.get_logger("adapters.langsmith_tracer")

BATCH = 20
WAITS_S = (1.0, 5.0, 25.0)
"""Between attempts to send one batch; after the last it is dropped and counted."""


class NoTracer:
    """Implements ports.Tracer for everybody who does not use LangSmith."""

    def run(self, record: RunRecord, run_key: str) -> None:
        pass

    def close(self) -> None:
        pass


def tracer_from(environ: Mapping[str, str], *, literals: Sequence[str] = ()) -> Tracer:
    """LangSmith only when it is switched on and there is a key: a forgotten flag sends nothing anywhere.

    `LANGSMITH_TRACING`, `LANGSMITH_API_KEY`, `LANGSMITH_ENDPOINT` and `LANGSMITH_PROJECT` as LangSmith defines them.
    Contents of private repositories stay here unless `PLUMBLINE_TRACE_PRIVATE` is true as well.
    """
    if environ.get("LANGSMITH_TRACING", "").lower() != "true":
        return NoTracer()
    if not environ.get("LANGSMITH_API_KEY"):
        log.warning("langsmith_off", why="LANGSMITH_TRACING is true, but LANGSMITH_API_KEY is empty")
        return NoTracer()
    return LangSmithTracer(
        api_key=environ["LANGSMITH_API_KEY"],
        endpoint=environ.get("LANGSMITH_ENDPOINT", ""),
        project=environ.get("LANGSMITH_PROJECT", ""),
        literals=literals,
        include_private=environ.get("PLUMBLINE_TRACE_PRIVATE", "").lower() == "true",
    )


class LangSmithTracer:
    """Implements ports.Tracer. `sent`, `dropped` (spool full) and `failed` count runs.

    `literals` are secrets without a recognizable shape. `capacity` counts runs, `timeout_s` bounds one request.
    """

    def __init__(
        self,
        *,
        api_key: str,
        endpoint: str = "",
        project: str = "",
        literals: Sequence[str] = (),
        include_private: bool = False,
        capacity: int = 1_000,
        timeout_s: float = 5.0,
        waits_s: Sequence[float] = WAITS_S,
    ) -> None:
        self._api_key = api_key
        self._endpoint = endpoint
        self._project = project or "plumbline"
        self._literals = tuple(literals)
        self._include_private = include_private
        self._timeout_ms = int(timeout_s * 1000)
        self._waits_s = tuple(waits_s)
        self._errors: list[Exception] = []
        self._spool: deque[tuple[RunRecord, str]] = deque(maxlen=capacity)
        self._filled = threading.Condition()
        self._closing = threading.Event()
        self.sent = 0
        self.dropped = 0
        self.failed = 0
        self._thread = threading.Thread(target=self._work, name="langsmith", daemon=True)
        self._thread.start()

    def run(self, record: RunRecord, run_key: str) -> None:
        """Spool one run; the oldest makes room when the spool is full."""
        with self._filled:
            self.dropped += len(self._spool) == self._spool.maxlen
            self._spool.append((record, run_key))
            self._filled.notify()

    def close(self, timeout_s: float = 2.0) -> None:
        """Send what can be sent within `timeout_s`, then let go; the daemon thread dies with the process."""
        self._closing.set()
        with self._filled:
            self._filled.notify()
        self._thread.join(timeout_s)

    # --- the thread ----------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            client = self._connect()
        except Exception:
            log.exception("langsmith_off")
            return
        while batch := self._take():
            try:
                self._ship(client, batch)
            except Exception:
                self.failed += len(batch)
                log.exception("langsmith_failed", runs=len(batch))

    def _connect(self) -> Any:
        """A client without threads of its own, without retries and without a look at the server first."""
        os.environ["LANGSMITH_USE_DAEMON"] = "true"  # read at import: whatever else uses the SDK must not hang exit
        logging.getLogger("langsmith").setLevel(logging.CRITICAL)  # its warnings fill pages and show part of the key
        from langsmith import Client
        from urllib3 import Retry

        return Client(
            api_url=self._endpoint or None,
            api_key=self._api_key,
            auto_batch_tracing=False,
            info={},
            retry_config=Retry(total=0),
            timeout_ms=(min(2_000, self._timeout_ms), self._timeout_ms),
            omit_traced_runtime_info=True,
            disable_prompt_cache=True,
            tracing_error_callback=self._errors.append,
        )

    def _take(self) -> list[tuple[RunRecord, str]]:
        """The next batch, oldest first; empty when closing and nothing is left."""
        with self._filled:
            self._filled.wait_for(lambda: self._spool or self._closing.is_set())
            return [self._spool.popleft() for _ in range(min(BATCH, len(self._spool)))]

    def _ship(self, client: Any, batch: Sequence[tuple[RunRecord, str]]) -> None:
        """Send one batch. The ids are ours, so a batch that arrived although it seemed lost is not doubled."""
        tree = [
            entry
            for record, key in batch
            for entry in run_tree(record, key, project=self._project, literals=self._literals, hide=self._hides(record))
        ]
        for wait in (*self._waits_s, None):
            self._errors.clear()
            client.batch_ingest_runs(create=[dict(entry) for entry in tree])
            if not self._errors:
                self.sent += len(batch)
                return
            if wait is None or self._closing.wait(wait):
                break
        self.failed += len(batch)
        why = redact(str(self._errors[-1]).partition("\n")[0], (*self._literals, self._api_key))[:300]
        log.warning("langsmith_failed", runs=len(batch), why=why)

    def _hides(self, record: RunRecord) -> bool:
        return record.snapshot.private and not self._include_private


# --- one run as LangSmith wants it -----------------------------------------------------------------------


def run_tree(
    record: RunRecord, run_key: str, *, project: str, literals: Sequence[str], hide: bool
) -> list[dict[str, Any]]:
    """The root and one child for each span, redacted; without any content of the thread when `hide`."""
    root_id = trace_id(record.started_at, run_key)
    root = {
        **_times(record.started_at, record.finished_at),
        "id": root_id,
        "trace_id": root_id,
        "dotted_order": _order(record.started_at, root_id),
        "session_name": project,
        "name": record.skill,
        "run_type": "chain",
        "inputs": _content(hide, record.snapshot.model_dump(mode="json")),
        "outputs": _content(hide, _result(record)),
        "error": record.error.partition(":")[0] if record.error and hide else record.error,
        "tags": _tags(record),
        "extra": {"metadata": _metadata(record, run_key)},
    }
    children = [_child(record, root, number, span, hide=hide) for number, span in enumerate(record.spans)]
    return [_redacted(entry, literals) for entry in (root, *children)]


def _child(record: RunRecord, root: dict[str, Any], number: int, span: Span, *, hide: bool) -> dict[str, Any]:
    start = record.started_at + timedelta(milliseconds=max(span.start_ms, 0.0))
    span_id = trace_id(start, f"{root['id']}:{number}")
    is_model = span.name == "decide"
    numbers = {key: value for key, value in span.attributes.items() if isinstance(value, bool | int | float)}
    metadata: dict[str, Any] = {**(numbers if hide else span.attributes)}
    if is_model:
        provider = "anthropic" if record.model.startswith("claude") else "local"
        metadata |= {"ls_provider": provider, "ls_model_name": record.model, "usage_metadata": _usage(record.usage)}
    return {
        **_times(start, start + timedelta(milliseconds=span.duration_ms)),
        "id": span_id,
        "trace_id": root["id"],
        "parent_run_id": root["id"],
        "dotted_order": f"{root['dotted_order']}.{_order(start, span_id)}",
        "session_name": root["session_name"],
        "name": span.name,
        "run_type": "llm" if is_model else "chain",
        "inputs": {"prompt": record.prompt, "digest": record.prompt_digest} if is_model else {},
        "outputs": root["outputs"] if is_model else {},
        "extra": {"metadata": metadata},
    }


def trace_id(start: datetime, key: str) -> UUID:
    """A UUID version 7 (RFC 9562) that the same start and key always give, so that feedback can name it later."""
    milliseconds = int(start.timestamp() * 1000)
    random = bytearray(hashlib.sha256(key.encode()).digest()[:10])
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return UUID(bytes=milliseconds.to_bytes(6) + bytes(random))


def _order(start: datetime, run_id: UUID) -> str:
    return f"{start.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{run_id}"


def _times(start: datetime, end: datetime) -> dict[str, str]:
    return {"start_time": start.astimezone(UTC).isoformat(), "end_time": end.astimezone(UTC).isoformat()}


def _content(hide: bool, content: dict[str, Any]) -> dict[str, Any]:
    return {"hidden": "content of a private repository"} if hide else content


def _result(record: RunRecord) -> dict[str, Any]:
    return {
        "decision": record.decision.model_dump(mode="json") if record.decision else None,
        "verdict": record.verdict.model_dump(mode="json") if record.verdict else None,
    }


def _tags(record: RunRecord) -> list[str]:
    return [
        f"skill:{record.skill}",
        f"prompt:{record.prompt}",
        f"digest:{record.prompt_digest[:12]}",
        f"repository:{record.snapshot.repository}",
        f"outcome:{record.outcome}",
    ]


def _metadata(record: RunRecord, run_key: str) -> dict[str, Any]:
    return {
        "run_key": run_key,
        "prompt": record.prompt,
        "prompt_digest": record.prompt_digest,
        "model": record.model,
        "repository": record.snapshot.repository,
        "thread": f"{record.snapshot.repository}#{record.snapshot.number}",
        "trigger": record.trigger,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    """LangSmith counts cached tokens among the input; the provider does not."""
    into = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    return {
        "input_tokens": into,
        "output_tokens": usage.output_tokens,
        "total_tokens": into + usage.output_tokens,
        "input_token_details": {"cache_read": usage.cache_read_tokens, "cache_creation": usage.cache_write_tokens},
        "total_cost": usage.cost_usd,
    }


_OURS = frozenset({"id", "trace_id", "parent_run_id", "dotted_order", "start_time", "end_time"})


def _redacted(entry: dict[str, Any], literals: Sequence[str]) -> dict[str, Any]:
    """Ids and times are ours and must arrive as they are."""
    return {key: value if key in _OURS else redact_tree(value, literals) for key, value in entry.items()}
