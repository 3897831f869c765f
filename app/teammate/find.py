"""Find: the passages of a repository for what a person wrote, by its words and by its meaning."""

import structlog

from app.domain.snapshot import Passage
from app.errors import EmbeddingError
from app.knowledge.thread_text import substance
from app.knowledge.words import tokens
from app.ports import Embedder, Library, Near

log = structlog.get_logger("teammate.find")

PASSAGES = 8
READ = 4_000
"""Characters that are looked for; an encoder reads no more."""


async def find_passages(
    library: Library, embedder: Embedder | None, repository_id: int, subject: str, context: str
) -> list[Passage]:
    """What a question is shown, best first; `subject` is the title or the comment that asks, `context` the rest."""
    said = _said(subject, substance(context))
    if not any(tokens(said)):
        return []
    return await library.search(repository_id, said, PASSAGES, near=await place(embedder, subject, context))


async def place(embedder: Embedder | None, subject: str, context: str) -> Near | None:
    """Where a question lies: amid its subject, the rest of it and both together. None while the embedder is away."""
    if embedder is None:
        return None
    rest = substance(context)
    parts = [subject, rest, _said(subject, rest)] if rest else [subject]
    try:
        vectors = await embedder.embed([part[:READ] for part in parts])
    except EmbeddingError as error:
        log.warning("not_embedded", why=str(error))
        return None
    amid = vectors.sum(axis=0)
    return Near(embedder.name, amid / (amid @ amid) ** 0.5)


def _said(subject: str, rest: str) -> str:
    return f"{subject}\n{rest}"[:READ]
