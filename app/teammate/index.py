"""Index: make the library hold the passages of the repository's newest commit."""

import asyncio

from app.domain.snapshot import Passage
from app.domain.thread import Repository, RepositoryRef
from app.knowledge.chunking import chunk
from app.knowledge.paths import is_documentation, kind_of
from app.ports import GitHubReader, Library

MAX_PASSAGES = 20_000
"""Of one repository; documentation comes first, so that a huge source tree cannot push it out."""


async def index_repository(
    reader: GitHubReader, library: Library, ref: RepositoryRef, *, repository: Repository | None = None
) -> int | None:
    """Index the default branch's head; the number of passages written, None when the index is already there.

    All of a commit replaces all of the one before, so renamed, deleted and force-pushed files leave nothing
    behind, and running it twice or killing it halfway is harmless. `repository` saves a read where the caller
    has it. Raises GitHubError.
    """
    repository = repository or await reader.repository(ref)
    if not repository.head or await library.indexed_commit(ref.repository_id) == repository.head:
        return None
    files = await reader.archive(ref, repository.head)
    passages: list[Passage] = []
    for path in sorted(filter(kind_of, files), key=lambda path: (not is_documentation(path), path)):
        passages += chunk(path, files[path], commit=repository.head, web_url=repository.web_url)
        if len(passages) >= MAX_PASSAGES:
            break
        await asyncio.sleep(0)  # leases are renewed between two files
    await library.replace(ref.repository_id, repository.head, passages[:MAX_PASSAGES])
    return min(len(passages), MAX_PASSAGES)
