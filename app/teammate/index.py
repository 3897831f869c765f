"""Index: make the library hold the repository's newest commit, and the thread index what happened in it.

Each step takes up where the last one stopped, so all of them may be killed, repeated and interrupted: a file whose
digest is known is passed over, history goes on from the newest change that was read, and vectors are made for what
has none. What is written can be found by its words at once; its vectors follow.
"""

import asyncio
import hashlib
from collections.abc import Mapping

from app.domain.thread import Repository, RepositoryRef
from app.domain.work import Lease, WorkOrder
from app.knowledge.chunking import chunk
from app.knowledge.paths import is_documentation, kind_of
from app.ports import Edition, Embedder, GitHubReader, IndexedFile, Library, Papers, Shelf
from app.teammate.labelling import learn_labels
from app.teammate.papers import keep_papers
from app.teammate.parts import Parts
from app.teammate.past import Said, read_past, unsaid

MAX_PASSAGES = 20_000
"""Of one repository; documentation comes first, so that a huge source tree cannot push it out."""
READING = "1"
"""Part of every digest: another number here, where files are cut in another way, indexes everything again."""
EMBEDDED_AT_ONCE, EMBEDDED_A_TURN = 32, 512
"""Rows: of one batch, and of one piece of work."""


async def index_repository(
    reader: GitHubReader,
    library: Library,
    papers: Papers,
    ref: RepositoryRef,
    *,
    repository: Repository | None = None,
) -> int | None:
    """Index the default branch's head; the number of passages written, None when the index is already there.

    `repository` saves a read where the caller has it. Raises GitHubError.
    """
    repository = repository or await reader.repository(ref)
    if not repository.head:
        return None
    edition = Edition(repository.head, repository.web_url, repository.private)
    async with library.turn(ref.repository_id):
        if await library.indexed_commit(ref.repository_id) == repository.head:
            await library.update(ref.repository_id, edition, {}, ())  # it may have become private
            return None
        files = await reader.archive(ref, repository.head)
        await keep_papers(papers, ref.repository_id, files)
        return await index_files(library, ref.repository_id, edition, files)


async def attend_index(parts: Parts, lease: Lease) -> None:
    """Files first, because questions wait for them, then what happened here; comments and vectors a turn at a time, so
    that a large repository does not keep a hand for long: what is left is ordered again.

    Raises GitHubError and EmbeddingError.
    """
    ref = lease.repository_ref
    repository = await parts.reader.repository(ref)
    await index_repository(parts.reader, parts.library, parts.papers, ref, repository=repository)
    now = parts.clock.now()
    whole = await read_past(parts.reader, parts.threads, ref, private=repository.private, now=now)
    if placed := await _embedded(parts, ref):
        await learn_labels(parts, ref, repository)
    if not (whole and placed):
        await parts.queue.order([index_order(ref, "more")])


async def _embedded(parts: Parts, ref: RepositoryRef) -> bool:
    """Whether everything has its vector, after a turn of making them."""
    if parts.embedder is None:
        return True
    for shelf in (parts.library, parts.threads):
        if not await embed_missing(shelf, parts.embedder, ref.repository_id, most=EMBEDDED_A_TURN):
            return False
    return True


def index_order(ref: RepositoryRef, trigger: str) -> WorkOrder:
    return WorkOrder(
        key=f"index:{ref.repository_id}",
        kind="index",
        trigger=trigger,
        installation_id=ref.installation_id,
        repository_id=ref.repository_id,
        repository=ref.name,
    )


async def index_files(
    library: Library, repository_id: int, edition: Edition, files: Mapping[str, str], *, said: Said = unsaid
) -> int:
    """Make the library hold exactly `files` (path -> text); the number of passages written.

    Files that are as they were are not read again, and those that were renamed, deleted or pushed away leave nothing.
    """
    known = await library.files(repository_id)
    changed: dict[str, IndexedFile] = {}
    kept: set[str] = set()
    held = 0
    for path in sorted(files, key=lambda path: (not is_documentation(path), path)):
        said(1)
        digest = hashlib.sha256(f"{READING}\0{files[path]}".encode(errors="replace")).hexdigest()
        if kind_of(path) is None or held >= MAX_PASSAGES:
            continue
        if path in known and known[path][0] == digest and held + known[path][1] <= MAX_PASSAGES:
            held += known[path][1]
            kept.add(path)
            continue
        passages = chunk(path, files[path], commit=edition.commit, web_url=edition.web_url)[: MAX_PASSAGES - held]
        held += len(passages)
        changed[path] = IndexedFile(digest, tuple(passages))
        await asyncio.sleep(0)  # leases are renewed between two files
    await library.update(repository_id, edition, changed, known.keys() - kept - changed.keys())
    return sum(len(file.passages) for file in changed.values())


async def embed_missing(
    shelf: Shelf, embedder: Embedder, repository_id: int, *, most: int | None = None, said: Said = unsaid
) -> bool:
    """Make vectors for what has none of this embedder; whether nothing is left to do after at most `most`.

    Each batch is kept as soon as it is made. Raises EmbeddingError.
    """
    done = 0
    while most is None or done < most:
        waiting = await shelf.unembedded(repository_id, embedder.name, EMBEDDED_AT_ONCE)
        if not waiting:
            return True
        vectors = await embedder.embed([text for row in waiting for text in row.texts])
        await shelf.embed(repository_id, embedder.name, [row.id for row in waiting for _ in row.texts], vectors)
        done += len(waiting)
        said(len(waiting))
    return False
