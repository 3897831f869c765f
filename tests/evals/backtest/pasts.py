"""Past threads and histories for tests of the backtest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.past import PastThread
from evals.backtest.history import LabelEvent, Record, record

START = datetime(2024, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def past(
    number: int, title: str = "A title", body: str = "", *, opened: float | None = None, **more: Any
) -> PastThread:
    """The thread `number`, opened on that day unless said otherwise."""
    at = day(number if opened is None else opened)
    closed = more.get("closed_at")
    given = {"kind": "issue", "author": "ann", "created_at": at, "updated_at": closed or at} | more
    return PastThread(number=number, title=title, body=body, **given)


def told(number: int, *events: tuple[float, str, bool], duplicate_known_at: float | None = None, **more: Any) -> Record:
    """A record whose labels came and went as `events` (day, label, added) say."""
    return record(
        "acme/widgets",
        past(number, **more),
        tuple(LabelEvent(day(at), label, added) for at, label, added in events),
        day(duplicate_known_at) if duplicate_known_at is not None else None,
    )
