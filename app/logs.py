"""Structured logs: text for people at a terminal, one JSON object a line for machines; secrets never in either."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.teammate.redact import redact_tree


def set_up_logs(*, as_json: bool, secrets: tuple[str, ...] = (), level: int = logging.INFO) -> None:
    """Route our own and libraries' logs to stderr with bound ids (delivery, work, run) on every line."""

    def hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        hidden: MutableMapping[str, Any] = redact_tree(dict(event), literals=secrets)
        return hidden

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "arq.worker", "githubkit", "hishel", "uvicorn", "alembic.runtime.plugins"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
