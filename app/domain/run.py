"""Run: one pass of one skill over one thread, recorded with everything needed to replay or judge it."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from app.domain.decision import Decision, SkillName
from app.domain.prompt import Usage
from app.domain.snapshot import Snapshot
from app.domain.thread import Frozen
from app.domain.verdict import Verdict

RunSkill = SkillName | Literal["command"]
RunOutcome = Literal["acted", "drafted", "silent", "refused", "failed"]
"""acted: effects planned. drafted: waiting for a person. silent: nothing to say. refused: the guard let
nothing through. failed: no decision came (see `error`)."""


class Span(Frozen):
    """One timed step inside a run; `start_ms` counts from the start of the run."""

    name: str
    start_ms: float
    duration_ms: float
    attributes: dict[str, JsonValue] = Field(default_factory=dict)


class RunRecord(Frozen):
    """A finished run. `error` is `kind: sentence` when the outcome is `failed`. A `command` needs no model."""

    skill: RunSkill
    trigger: str
    prompt: str
    prompt_digest: str
    model: str
    outcome: RunOutcome
    snapshot: Snapshot
    decision: Decision | None
    verdict: Verdict | None
    usage: Usage
    spans: tuple[Span, ...] = ()
    error: str | None = None
    started_at: datetime
    finished_at: datetime
