"""Stale: a label for issues whose author never gave what our comment asks for. Off unless a repository wants it.

Nothing is ever closed or said, so nobody is notified; and the label goes as soon as the author writes again. A
maintainer's silence is not staleness: only where we asked, and nobody but us has spoken since.
"""

from datetime import datetime, timedelta

import structlog

from app.domain.effect import Effect, EffectPayload, LabelsPayload, PlannedEffect, UnlabelPayload
from app.domain.repository_settings import RepositorySettings
from app.domain.run import RunRecord
from app.domain.thread import RepositoryRef, Thread, ThreadRef
from app.domain.work import STALE, thread_order
from app.errors import GitHubError
from app.teammate.commands.obey import Obeyed
from app.teammate.commands.record import command_run
from app.teammate.defaults import defaults_for
from app.teammate.parts import Parts
from app.teammate.repository_settings import SETTINGS_PATH, parse_settings
from app.teammate.skills import loudness
from app.teammate.subject import Reading

log = structlog.get_logger("teammate.stale")

SOONEST = timedelta(days=7)
LOOKED_FOR = timedelta(days=7)
"""For so long after its days are over an issue is looked at: who switches this on starts no wave over old ones."""


async def order_stale(parts: Parts) -> int:
    """Order a look at each issue that may have grown stale, in repositories that want it; how many were ordered."""
    now = parts.clock.now()
    waiting: dict[RepositoryRef, list[tuple[datetime, ThreadRef]]] = {}
    for since, thread in await parts.ledger.asking(now - SOONEST):
        waiting.setdefault(thread.repository, []).append((since, thread))
    ordered = 0
    for repository, asked in waiting.items():
        try:
            settings = await _settings(parts, repository)
        except GitHubError as error:
            log.warning("stale_not_looked_for", repository=repository.name, error=str(error))
            continue
        days = timedelta(days=settings.stale.days)
        due = [thread for since, thread in asked if settings.stale.enabled and days <= now - since < days + LOOKED_FOR]
        await parts.queue.order([thread_order(thread, STALE) for thread in due])
        ordered += len(due)
    return ordered


async def _settings(parts: Parts, ref: RepositoryRef) -> RepositorySettings:
    defaults = await defaults_for(parts, ref)
    text = await parts.reader.file(ref, SETTINGS_PATH)
    return parse_settings(text or "", defaults.text, place=defaults.place)[0]


Run = tuple[RunRecord, tuple[PlannedEffect, ...]]


async def stale_run(parts: Parts, ref: ThreadRef, reading: Reading) -> list[Run]:
    """The label, where the issue is stale and the repository has such a label; as a draft where our words are."""
    thread, settings = reading.thread, reading.settings
    wanted = settings.stale.label.casefold()
    label = next((one.name for one in reading.repository.labels if one.name.casefold() == wanted), None)
    volume = loudness(settings, "needs-info", "body", thread.association, thread.kind)
    if label is None or _carries(thread, wanted) or not settings.stale.enabled or volume == "off":
        return []
    asking = await _asking(parts, ref)
    if asking is None or not is_stale(thread, asking, parts.app_login, settings.stale.days, parts.clock.now()):
        return []
    said = f"label {label}: the author has not answered for {settings.stale.days} days"
    return _run(parts, ref, STALE, reading, LabelsPayload(names=(label,)), said=said, draft=volume == "draft")


async def fresh_run(parts: Parts, ref: ThreadRef, trigger: str, reading: Reading) -> list[Run]:
    """The author writes again: our label goes, and stays away from this issue. One that a person put on stays."""
    if not _carries(reading.thread, reading.settings.stale.label.casefold()):
        return []
    effects = await parts.ledger.effects(ref)
    ours = next((one for one in effects if one.intent == _intent(ref) and one.payload.kind == "labels"), None)
    if ours is None or ours.state != "done" or ours.wrote is None or not ours.wrote.labels:
        return []
    payload = UnlabelPayload(names=ours.wrote.labels, undoes=ours.id)
    said = f"unlabel {ours.wrote.labels[0]}: the author writes again"
    return _run(parts, ref, trigger, reading, payload, said=said)


def is_stale(thread: Thread, asking: Effect, app_login: str, days: int, now: datetime) -> bool:
    """Whether our comment has asked for so long, and no person has written since its words last changed."""
    ours = next((one for one in thread.comments if one.id == asking.remote_id), None)
    if ours is None or now - ours.updated_at < timedelta(days=days):
        return False
    since = [one for one in thread.comments if one.created_at > ours.updated_at]
    return all(one.author_is_bot or one.author == app_login for one in since)


async def _asking(parts: Parts, ref: ThreadRef) -> Effect | None:
    """Our comment on the issue itself, if it stands and still asks for something."""
    for effect in await parts.ledger.effects(ref):
        asks = effect.payload.asks if effect.payload.kind == "comment" else ()
        if asks and effect.intent == f"{ref.key}:body" and effect.state == "done":
            return effect
    return None


def _carries(thread: Thread, label: str) -> bool:
    return any(name.casefold() == label for name in thread.labels)


def _intent(ref: ThreadRef) -> str:
    return f"{ref.key}:{STALE}"


def _run(
    parts: Parts,
    ref: ThreadRef,
    trigger: str,
    reading: Reading,
    payload: EffectPayload,
    *,
    said: str,
    draft: bool = False,
) -> list[Run]:
    """One run that needs no model, with its one effect."""
    effect = PlannedEffect(_intent(ref), ref, reading.thread.node_id, payload, run=0, draft=draft)
    done = Obeyed(effects=[effect], done=[said])
    return [(command_run(parts, ref, trigger, reading=reading, obeyed=done, spans=()), (effect,))]
