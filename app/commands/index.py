"""`plumbline index`: make a repository, or a local checkout, known now and watch it happen.

A repository's files and history are read from GitHub as a push would have them read. A checkout is indexed under an id
of its own, for trying things out.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.database import open_store
from app.domain.thread import RepositoryRef
from app.errors import ConfigurationError
from app.settings import Settings
from app.teammate.index import embed_missing, index_files, index_repository
from app.teammate.past import Said, index_history, read_past

if TYPE_CHECKING:
    from rich.progress import Progress

    from app.adapters.github_client import GitHubClient
    from app.store.engine import Database

Say = Callable[[str], None]
_NAME = re.compile(r"[\w.-]+/[\w.-]+")


async def index_place(settings: Settings, place: str, *, say: Say) -> None:
    """`place` is a folder or `owner/name`. ConfigurationError, GitHubError and EmbeddingError say what is wrong."""
    folder = Path(place)
    if await asyncio.to_thread(folder.is_dir):
        await _index_folder(settings, folder, say)
    elif _NAME.fullmatch(place):
        await _index_named(settings, place, say)
    else:
        raise ConfigurationError(f"there is no folder {place}, and it is not the name of a repository like owner/name")


async def _index_folder(settings: Settings, folder: Path, say: Say) -> None:
    from app.commands.checkout import read_checkout
    from app.store.library import PostgresLibrary

    checkout = await asyncio.to_thread(read_checkout, folder)
    async with open_store(settings) as database:
        library = PostgresLibrary(database)
        with _progress() as progress:
            said = _task(progress, "files", len(checkout.files))
            written = await index_files(library, checkout.id, checkout.edition, checkout.files, said=said)
            vectors = await _embed(settings, database, checkout.id, progress)
        files = await library.files(checkout.id)
    say(f"{folder} is repository {checkout.id}: {_held(files)}, {written} of them written now; {vectors}")


async def _index_named(settings: Settings, name: str, say: Say) -> None:
    from app.adapters.github_client import open_github
    from app.store.library import PostgresLibrary
    from app.store.papers import PostgresPapers
    from app.store.threads import PostgresThreads

    if not settings.github_app_id:
        raise ConfigurationError(
            f"GITHUB_APP_ID is not set, so {name} cannot be read; a local checkout can: name its folder"
        )
    async with (
        open_github(
            app_id=settings.github_app_id, private_key=settings.private_key(), api_url=settings.github_api_url
        ) as github,
        open_store(settings) as database,
    ):
        ref = await _installed(github, name)
        repository = await github.repository(ref)
        library, threads, papers = PostgresLibrary(database), PostgresThreads(database), PostgresPapers(database)
        with _progress() as progress:
            reading = progress.add_task("passages", total=None)
            written = await index_repository(github, library, papers, ref, repository=repository) or 0
            progress.update(reading, total=written, completed=written)
            said = _task(progress, "threads", None)
            private = repository.private
            remembered = await index_history(github, threads, ref, private=private, said=said)
            while not await read_past(github, threads, ref, private=private, now=datetime.now(UTC)):
                pass  # a turn at a time, as the worker reads it
            vectors = await _embed(settings, database, ref.repository_id, progress)
        files = await library.files(ref.repository_id)
    say(f"{name}: {_held(files)}, {written} of them written now; {remembered} threads read; {vectors}")


async def _installed(github: "GitHubClient", name: str) -> RepositoryRef:
    for installation in await github.installations():
        for ref in await github.installation_repositories(installation.installation_id):
            if ref.name.lower() == name.lower():
                return ref
    raise ConfigurationError(f"the App is not installed on {name}: install it there, or name the folder of a checkout")


async def _embed(settings: Settings, database: "Database", repository_id: int, progress: "Progress") -> str:
    from app.adapters.embedders import open_embedder
    from app.store.library import PostgresLibrary
    from app.store.threads import PostgresThreads

    async with open_embedder(settings) as embedder:
        if embedder is None:
            return "no embedder, so only words are searched"
        for what, shelf in (("passages", PostgresLibrary(database)), ("threads", PostgresThreads(database))):
            await embed_missing(shelf, embedder, repository_id, said=_task(progress, f"meaning of {what}", None))
        return f"their meaning by {embedder.name}"


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _task(progress: "Progress", what: str, total: int | None) -> Said:
    task = progress.add_task(what, total=total)
    return lambda more: progress.advance(task, more)


def _held(files: dict[str, tuple[str, int]]) -> str:
    return f"{len(files)} files, {sum(passages for _, passages in files.values())} passages"
