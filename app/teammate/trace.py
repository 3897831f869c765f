"""Spans of one run: what took how long, kept with the run so that its page needs no other service."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import JsonValue

from app.domain.run import Span


class Stopwatch:
    """Collects spans relative to its own start. Attributes may be filled in while a span is open.

    `after` is what came before and is told first: several skills share one gathering.
    """

    def __init__(self, after: tuple[Span, ...] = ()) -> None:
        before_s = max((span.start_ms + span.duration_ms for span in after), default=0.0) / 1000
        self._zero = time.perf_counter() - before_s
        self._spans: list[Span] = list(after)

    @contextmanager
    def span(self, name: str, **attributes: JsonValue) -> Iterator[dict[str, JsonValue]]:
        start = time.perf_counter()
        try:
            yield attributes
        finally:
            end = time.perf_counter()
            self._spans.append(
                Span(
                    name=name,
                    start_ms=round((start - self._zero) * 1000, 3),
                    duration_ms=round((end - start) * 1000, 3),
                    attributes=attributes,
                )
            )

    @property
    def spans(self) -> tuple[Span, ...]:
        return tuple(self._spans)
