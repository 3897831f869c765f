"""Erase: what people deleted is forgotten here as well, within a day, and there is a record of it.

A webhook orders it, so it survives any crash; the worker asks besides, every few minutes, for what still waits and for
repositories whose settings no longer allow to learn from them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast, get_args

import structlog

from app.domain.work import Lease
from app.errors import GitHubError
from app.ports.erasing import Erasures, What
from app.teammate.defaults import defaults_for
from app.teammate.installation import sync_installation
from app.teammate.parts import Parts
from app.teammate.repository_settings import SETTINGS_PATH, parse_settings

log = structlog.get_logger("teammate.erase")

DELIVERIES_LAST = timedelta(hours=22)
"""What a webhook said may be what is deleted next: with the hour between two looks it is gone within a day."""


async def attend_erasure(parts: Parts, lease: Lease) -> None:
    """Ask for what the triggers name, `<what>:<subject>`, and do all that can be done now."""
    for trigger in lease.triggers:
        what, _, subject = trigger.partition(":")
        if what in get_args(What):
            await parts.erasures.ask(cast("What", what), subject)
    if any(trigger.startswith(("repository:", "privatized:")) for trigger in lease.triggers):
        await sync_installation(parts, lease.installation_id)
    await erase_waiting(parts)


async def erase_waiting(parts: Parts) -> int:
    """How many erasures were done. One that fails does not hold up the others: it is tried again in the next turn."""
    done = 0
    for erasure in await parts.erasures.waiting():
        try:
            rows = await parts.erasures.erase(erasure)
        except Exception:
            log.exception("erasure_failed", erasure=erasure.id, what=erasure.what)
            continue
        if rows is not None:
            done += 1
            log.info("erased", erasure=erasure.id, what=erasure.what, rows=dict(rows))
    return done


async def forget_now(erasures: Erasures, what: What, subject: str) -> Mapping[str, int]:
    """Ask for one thing and do it at once; the rows of each store, none where work in hand puts it off."""
    await erasures.ask(what, subject)
    found = [one for one in await erasures.waiting() if (one.what, one.subject) == (what, subject)]
    return (await erasures.erase(found[0]) if found else None) or {}


async def keep_promises(parts: Parts) -> None:
    """What must be forgotten although nobody sent a webhook for it."""
    await parts.erasures.empty_deliveries(parts.clock.now() - DELIVERIES_LAST)
    for ref in await parts.erasures.learnt_from():
        try:
            text = await parts.reader.file(ref, SETTINGS_PATH)
            defaults = await defaults_for(parts, ref)
        except GitHubError as error:  # asked again in the next turn; meanwhile nothing of it is harvested anew
            log.warning("consent_unknown", repository=ref.name, why=str(error))
            continue
        settings, problems = parse_settings(text or "", defaults.text, place=defaults.place)
        if not settings.data.learn and not problems:  # a slip of the pen takes nothing away; it only stops learning
            await parts.erasures.ask("consent", str(ref.repository_id))
    await erase_waiting(parts)
