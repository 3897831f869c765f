"""Port of erasing: what had to be forgotten, and the proof that it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from app.domain.thread import RepositoryRef

What = Literal["comment", "thread", "repository", "installation", "person", "consent", "privatized"]
"""consent: its settings no longer let cases be made of a repository. privatized: it may not be shown to others now."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """`subject` is `<repository id>#<number>:<comment id>:<login>`, `<repository id>#<number>`, the id of a repository
    or of an installation, or a login. Once it is done a keyed hash stands for the login. `rows` counts what was deleted
    or emptied in each store.
    """

    id: int
    what: What
    subject: str
    asked_at: datetime
    done_at: datetime | None = None
    rows: Mapping[str, int] = field(default_factory=dict)


class Erasures(Protocol):
    """What was asked to be forgotten. Each is done whole or not at all, and doing it again changes nothing."""

    async def ask(self, what: What, subject: str) -> None:
        """One that is asked and not done yet stays one."""

    async def waiting(self) -> list[Erasure]:
        """Oldest first."""

    async def erase(self, erasure: Erasure) -> Mapping[str, int] | None:
        """Forget it in every table, and note that; the rows of each store. None, and it waits on, while work on it is
        in hand that could write down again what is forgotten.
        """

    async def empty_deliveries(self, older_than: datetime) -> int:
        """What webhooks said goes, their ids stay known; how many."""

    async def known(self) -> list[Erasure]:
        """All that ever had to be forgotten, oldest first; logins are hashed here, done or not."""

    async def learnt_from(self) -> list[RepositoryRef]:
        """Repositories with cases that are not harvested yet."""
