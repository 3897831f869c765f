"""Past threads, candidates and vectors for these tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from app.domain.past import Neighbour, PastThread
from app.ports import Candidate, Near

TODAY = datetime(2026, 5, 4, tzinfo=UTC)


def past(number: int, title: str = "", body: str = "", *, days_ago: float = 0, **facts: Any) -> PastThread:
    written = TODAY - timedelta(days=days_ago)
    facts = {"kind": "issue", "author": "ada", "created_at": written, "updated_at": written, **facts}
    return PastThread(number=number, title=title, body=body, **facts)


def candidate(thread: PastThread, vector: Sequence[float] | None = None) -> Candidate:
    return Candidate(thread, 1.0, None, None if vector is None else unit(vector))


def near(vector: Sequence[float]) -> Near:
    return Near("test", unit(vector))


def unit(vector: Sequence[float]) -> "np.ndarray[Any, np.dtype[np.float32]]":
    found = np.asarray(vector, np.float32)
    return found / np.linalg.norm(found)


def neighbour(thread: PastThread, score: float = 0.9, *shared: str) -> Neighbour:
    return Neighbour(thread=thread, score=score, shared=shared)
