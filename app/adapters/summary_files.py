"""Summaries as files under the data directory, which the worker writes and the web process shows.

They follow from what GitHub has and can be made again at any time, so they need no table and no backup.
"""

import asyncio
from collections.abc import Collection
from pathlib import Path

import structlog
from pydantic import ValidationError

from app.adapters.env_file import write_privately
from app.domain.summary import Summary

log = structlog.get_logger("adapters.summary_files")


class SummaryFiles:
    """`teammate.summarize.Summaries` over one folder: `<repository id>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def all(self) -> dict[int, Summary]:
        """A file that cannot be read counts as none, so that it is made anew."""
        return await asyncio.to_thread(self._all)

    async def put(self, summary: Summary) -> None:
        await asyncio.to_thread(self._put, summary)

    async def forget(self, repository_ids: Collection[int]) -> None:
        for repository_id in repository_ids:
            await asyncio.to_thread(self._file(repository_id).unlink, missing_ok=True)

    def _all(self) -> dict[int, Summary]:
        found: dict[int, Summary] = {}
        for file in sorted(self._folder.glob("*.json")):
            try:
                summary = Summary.model_validate_json(file.read_bytes())
            except (OSError, ValidationError) as error:
                log.warning("summary_unreadable", file=str(file), why=type(error).__name__)
                continue
            found[summary.repository_id] = summary
        return found

    def _put(self, summary: Summary) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_privately(self._file(summary.repository_id), summary.model_dump_json())

    def _file(self, repository_id: int) -> Path:
        return self._folder / f"{repository_id}.json"
