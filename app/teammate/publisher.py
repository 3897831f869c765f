"""What publishing needs of a worker, and its turn to write."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from app.domain.effect import Effect
from app.domain.thread import Comment
from app.ports import Budget, Clock, GitHubReader, GitHubWriter, Ledger, Outbox
from app.teammate.marker import is_as_written

PATIENCE = timedelta(seconds=10)
"""Longest wait for a turn with a lease in hand."""
CLOCKS_APART = timedelta(minutes=5)
"""How far GitHub's clock may be from the database's when listing comments since a moment."""


class Publisher(Protocol):
    """What publishing needs of the worker's parts. `reconcile_after_s`: absence counts from then on."""

    @property
    def worker(self) -> UUID: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def budget(self) -> Budget: ...
    @property
    def reader(self) -> GitHubReader: ...
    @property
    def writer(self) -> GitHubWriter: ...
    @property
    def marker_key(self) -> bytes: ...
    @property
    def app_login(self) -> str: ...
    @property
    def handle(self) -> str: ...
    @property
    def reconcile_after_s(self) -> float: ...


async def turn_to_write(parts: Publisher, installation_id: int, now: datetime) -> datetime | None:
    """Wait until this installation may write, then None; the moment of its turn when that is too far away."""
    slot = await parts.outbox.reserve_write(installation_id)
    wait = slot - now
    if wait > PATIENCE:
        return slot
    if wait > timedelta(0):
        await parts.clock.sleep(wait.total_seconds())
    return None


def is_edited(effect: Effect, shown: Comment) -> bool:
    """Whether a person changed our comment. Of before there were seals nobody knows, and nothing is assumed."""
    return effect.wrote is not None and not is_as_written(shown.body)
