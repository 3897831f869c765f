"""Ringing the bell, so that what was planned is done now rather than at the next sweep."""

from collections.abc import Awaitable

import structlog

log = structlog.get_logger("teammate.ring")


async def ring(bell: Awaitable[None]) -> None:
    """Await one ring; a bell that fails changes nothing, because the sweeper rings again."""
    try:
        await bell
    except Exception as error:  # noqa: BLE001  whatever the client raises, it means the same
        log.warning("bell_failed", error=str(error))
