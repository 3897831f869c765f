"""What can go wrong between an App and GitHub, as rates for chaos and as one-shot orders for exact tests.

Each kind was seen in the wild; a hub draws at most one per request, from its own seeded generator, so that a run
repeats. Event faults (loss, duplication) act on webhooks, `listing_lag` on new comments, the others on API requests.
"""

from random import Random
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

FaultKind = Literal[
    "latency",  # answered after `latency_s`
    "error_before_write",  # 5xx, nothing was done
    "error_after_write",  # 5xx, but it was done
    "lost_response",  # done, then the connection is closed without an answer
    "secondary_limit",  # 403 with retry-after, not done
    "secondary_limit_bare",  # 403 without any header that says when, not done
    "primary_limit",  # 429 with x-ratelimit-reset, not done
    "html_error",  # a 502 page for people where JSON was expected, not done
    "truncated_json",  # done; the answer stops in the middle
    "slow_drip",  # done; the answer comes in small pieces over `drip_s`
    "token_rejected",  # 401 for an installation token minted less than `fresh_s` ago
    "answer",  # one-shot only: the status, message and headers of the shot, not done
]
RATED: tuple[FaultKind, ...] = tuple(kind for kind in get_args(FaultKind) if kind != "answer")

Rate = Field(default=0.0, ge=0.0, le=1.0)


class Shot(BaseModel):
    """A fault for the next request that matches `method` (`*` is any) and has `path` in its path."""

    model_config = ConfigDict(extra="forbid")

    fault: FaultKind
    method: str = "*"
    path: str = ""
    status: int = Field(default=502, ge=300, le=599)
    message: str = "Server Error"
    headers: dict[str, str] = Field(default_factory=dict)
    latency_s: float = Field(default=0.0, ge=0.0)


class Faults(BaseModel):
    """Rates from 0 to 1, their measures in seconds, and a queue of one-shot orders that come first."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    latency: float = Rate
    error_before_write: float = Rate
    error_after_write: float = Rate
    lost_response: float = Rate
    secondary_limit: float = Rate
    secondary_limit_bare: float = Rate
    primary_limit: float = Rate
    html_error: float = Rate
    truncated_json: float = Rate
    slow_drip: float = Rate
    token_rejected: float = Rate
    listing_lag: float = Rate
    event_loss: float = Rate
    event_duplicate: float = Rate

    latency_s: float = Field(default=0.5, ge=0.0)
    retry_after_s: int = Field(default=1, ge=0)
    listing_lag_s: float = Field(default=5.0, ge=0.0)
    drip_s: float = Field(default=1.0, ge=0.0)
    fresh_s: float = Field(default=6.0, ge=0.0)
    clock_skew_s: float = 0.0
    next: list[Shot] = Field(default_factory=list)

    def draw(self, rng: Random, method: str, path: str, *, token_age: float | None) -> Shot | None:
        """The fault of this request, if any; `token_age` is the age in seconds of its installation token."""
        for index, shot in enumerate(self.next):
            if shot.method in ("*", method) and shot.path in path:
                return self.next.pop(index)
        for kind in RATED:
            if rng.random() < getattr(self, kind):
                if kind == "token_rejected" and (token_age is None or token_age >= self.fresh_s):
                    continue
                latency = self.latency_s if kind == "latency" else 0.0
                return Shot(fault=kind, status=rng.choice((500, 502, 503, 504)), latency_s=latency)
        return None

    def hit(self, rng: Random, rate: float) -> bool:
        return rate > 0 and rng.random() < rate
