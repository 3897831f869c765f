"""Summarize: after an installation, measure on the repository's own history what we would do there, once.

The result is shown on a page and never on a thread. The measuring itself is `plumbline backtest`, another program: it
takes minutes and all of a processor, so it runs beside us, and whatever it does to itself it cannot do to us.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Protocol

import structlog
from pydantic import BaseModel, ValidationError

from app.domain.decision import SkillName
from app.domain.summary import ActionSummary, Proposed, Summary
from app.domain.thread import RepositoryRef
from app.errors import PlumblineError
from app.teammate.defaults import defaults_for
from app.teammate.parts import Parts
from app.teammate.redact import redact
from app.teammate.repository_settings import SETTINGS_PATH, parse_settings

log = structlog.get_logger("teammate.summarize")

LONGEST = timedelta(minutes=20)
AGAIN_AFTER = timedelta(days=1)
LONGEST_REASON = 500
SKILLS: dict[str, SkillName] = {
    "labels": "triage",
    "answers": "answer",
    "duplicates": "duplicates",
    "needs_info": "needs-info",
    "pull_requests": "pull-request",
}


class Summaries(Protocol):
    """Where they are kept, by repository."""

    async def all(self) -> dict[int, Summary]: ...
    async def put(self, summary: Summary) -> None: ...
    async def forget(self, repository_ids: Collection[int]) -> None: ...


class BacktestFailed(PlumblineError):
    """It ended badly; the sentence is its own last one."""


Backtest = Callable[[str], Awaitable[bytes]]
"""The report of `plumbline backtest OWNER/NAME --json` as JSON. Raises BacktestFailed."""
Activity = Callable[[int], Awaitable[float]]
"""How many threads a week a repository gets."""


async def summarize_next(parts: Parts, summaries: Summaries, backtest: Backtest, activity: Activity) -> bool:
    """Summarize one repository that is indexed and has no summary yet; whether there was one.

    Forgets those of repositories that are installed no more. A failure is kept with its reason and tried again a day
    later.
    """
    refs = [
        ref
        for installation in await parts.installations.active()
        for ref in await parts.installations.repositories(installation.installation_id)
    ]
    known = await summaries.all()
    await summaries.forget(known.keys() - {ref.repository_id for ref in refs})
    for ref in refs:
        if _is_due(parts, known.get(ref.repository_id)) and await parts.library.indexed_commit(ref.repository_id):
            await _summarize(parts, ref, summaries, backtest, activity)
            return True
    return False


def _is_due(parts: Parts, known: Summary | None) -> bool:
    if known is None:
        return True
    age = parts.clock.now() - known.at
    return (known.state == "failed" and age > AGAIN_AFTER) or (known.state == "running" and age > LONGEST)


async def _summarize(
    parts: Parts, ref: RepositoryRef, summaries: Summaries, backtest: Backtest, activity: Activity
) -> None:
    begun = Summary(repository_id=ref.repository_id, repository=ref.name, state="running", at=parts.clock.now())
    await summaries.put(begun)
    try:
        report = await backtest(ref.name)
        found = summary_of(begun, report, a_week=await activity(ref.repository_id), modes=await _modes(parts, ref))
        await summaries.put(found.model_copy(update={"at": parts.clock.now()}))
    except PlumblineError as error:
        reason = redact(str(error), parts.secrets)[:LONGEST_REASON]
        log.warning("summary_failed", repository=ref.name, why=reason)
        await summaries.put(begun.model_copy(update={"state": "failed", "reason": reason, "at": parts.clock.now()}))


async def _modes(parts: Parts, ref: RepositoryRef) -> dict[str, str]:
    """What is in force, by section."""
    text = await parts.reader.file(ref, SETTINGS_PATH) or ""
    settings, _ = parse_settings(text, (await defaults_for(parts, ref)).text)
    return {section: settings.mode_of(skill) for section, skill in SKILLS.items()}


class _More(BaseModel):
    apply: int | None
    suggest: int | None


class _Action(BaseModel):
    threshold_apply: float | None
    threshold_suggest: float | None
    more_needed: _More
    threshold: float
    precision: float | None
    coverage: float | None
    notifications: int
    n: int
    replayed: int


class _Report(BaseModel):
    threads: int
    error_rate: float
    actions: dict[str, _Action]
    settings: str
    left_out: tuple[str, ...]


def summary_of(begun: Summary, report: bytes, *, a_week: float, modes: dict[str, str]) -> Summary:
    """From the report's JSON; BacktestFailed where it is none."""
    try:
        found = _Report.model_validate_json(report)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise BacktestFailed(f"the report is not understood: {first['msg']}") from None
    return begun.model_copy(
        update={
            "state": "done",
            "threads": found.threads,
            "error_rate": found.error_rate,
            "actions": tuple(_action(name, one, a_week) for name, one in found.actions.items()),
            "settings": found.settings,
            "modes": modes,
            "left_out": found.left_out,
        }
    )


def _action(name: str, one: _Action, a_week: float) -> ActionSummary:
    return ActionSummary(
        action=name,
        proposed=_proposed(one),
        threshold=one.threshold,
        precision=one.precision,
        coverage=one.coverage or 0.0,
        judged=one.n,
        notifications_a_week=round(a_week * one.notifications / one.replayed, 1) if one.replayed else 0.0,
        more_needed=one.more_needed.apply,
    )


def _proposed(one: _Action) -> Proposed:
    if one.threshold_apply is not None:
        return "auto"
    if one.threshold_suggest is not None:
        return "draft"
    return "unknown" if one.more_needed.suggest is not None else "off"
