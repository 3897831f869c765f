"""History: runs and their effects as people read them back. Plain rows; JSON parts are as `RunRecord` wrote them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RunFilter:
    """None means any."""

    repository: str | None = None
    number: int | None = None
    skill: str | None = None
    prompt: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the list."""

    id: int
    repository: str
    thread_kind: str
    number: int
    title: str
    skill: str
    trigger: str
    prompt: str
    model: str
    outcome: str
    summary: str
    cost_usd: float
    error: str | None
    started_at: datetime
    finished_at: datetime

    @property
    def duration_s(self) -> float:
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One write of a run, as it stands now."""

    id: int
    intent: str
    kind: str
    payload: dict[str, Any]
    state: str
    reason: str
    attempts: int
    remote_id: str | None
    created_at: datetime
    done_at: datetime | None
    not_before: datetime | None = None

    @property
    def waits_until(self) -> datetime | None:
        """The moment before which it is not written, where it waits for one."""
        waits = self.state == "planned" and self.not_before is not None and self.not_before > self.created_at
        return self.not_before if waits else None


@dataclass(frozen=True, slots=True)
class RunDetail:
    """One run whole. `effects` are those it planned last."""

    row: RunRow
    work_id: int
    prompt_digest: str
    snapshot: dict[str, Any]
    decision: dict[str, Any] | None
    verdict: dict[str, Any] | None
    usage: dict[str, Any]
    spans: list[dict[str, Any]]
    effects: tuple[EffectRow, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """The values that occur among the newest runs."""

    repositories: tuple[str, ...]
    skills: tuple[str, ...]
    prompts: tuple[str, ...]
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours in five figures; `oldest_s` is how long the oldest due work has waited, None without any."""

    runs: int
    effects: int
    cost_usd: float
    dead: int
    oldest_s: float | None
