"""Ports of history: runs as people and the teammate itself read them back."""

from typing import Protocol

from app.domain.history import Day, Facets, RunDetail, RunFilter, RunRow


class Runs(Protocol):
    """Runs as people read them back."""

    async def runs(self, wanted: RunFilter, *, before_id: int | None = None, limit: int = 50) -> list[RunRow]:
        """Newest first; `before_id` is the last id of the page before."""

    async def run(self, run_id: int) -> RunDetail | None: ...


class History(Runs, Protocol):
    """What the pages read."""

    async def facets(self) -> Facets: ...
    async def day(self) -> Day: ...
