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
    said = _said(subject, context)
    if not any(tokens(said)):
        return []
    return await library.search(repository_id, said, PASSAGES, near=await place(embedder, subject, context))


async def place(embedder: Embedder | None, subject: str, context: str) -> Near | None:
    """Where a question lies: between its subject alone and all that was said. None while the embedder is away."""
    if embedder is None:
        return None
    try:
        alone, whole = await embedder.embed([subject[:READ], _said(subject, context)])
    except EmbeddingError as error:
        log.warning("not_embedded", why=str(error))
        return None
    between = alone + whole
    return Near(embedder.name, between / (between @ between) ** 0.5)


def _said(subject: str, context: str) -> str:
    return f"{subject}\n{substance(context)}"[:READ]
