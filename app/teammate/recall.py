"""Recall: what the repository's files and its past say to one thread. All of it is evidence, none of it instruction.

Everything here may be missing (no index yet, no embedder, no history) and then less is known, which is stated. Nothing
is read that another repository holds.
"""

import asyncio
from dataclasses import dataclass, replace

import structlog

from app.domain.effect import Outcome, Park, RetryAt
from app.domain.past import Neighbour
from app.errors import EmbeddingError, GitHubError
from app.knowledge.claims import code_tokens
from app.knowledge.duplicates import CANDIDATES, embedding_text, neighbours_of, search_text
from app.ports import Near
from app.teammate.answers import classify
from app.teammate.at_version import Recalled, at_version
from app.teammate.clean import Clean
from app.teammate.find import find_passages
from app.teammate.index import index_repository
from app.teammate.papers import known_symbols
from app.teammate.parts import Parts
from app.teammate.subject import Subject

log = structlog.get_logger("teammate.recall")

FIRST_INDEX_SECONDS = 30.0
"""What the very first question of a repository may wait for its index; a push builds it otherwise."""
NEIGHBOURS = 6
_PASSAGE, _NAMES = 3_000, 200


async def recall_passages(parts: Parts, subject: Subject, clean: Clean) -> Recalled:
    """The passages that may answer, at the version the thread names. A repository nobody has indexed is indexed first.

    An index that GitHub refuses is stated, not fatal: labels can be decided without it. While GitHub is merely in
    trouble GitHubError goes up and the work is tried again, because silence now would be silence for good.
    """
    if await parts.library.indexed_commit(subject.repository_id) is None:
        try:
            async with asyncio.timeout(FIRST_INDEX_SECONDS):
                await index_repository(
                    parts.reader, parts.library, parts.papers, subject.ref.repository, repository=subject.repository
                )
        except (GitHubError, TimeoutError) as error:
            if isinstance(error, GitHubError) and isinstance(_meaning(error, parts), RetryAt | Park):
                raise
            clean.removed.append(f"passages: the repository could not be indexed ({str(error) or 'too slow'})")
            return Recalled()
    found = await find_passages(parts.library, parts.embedder, subject.repository_id, subject.text, subject.context)
    recalled = await at_version(parts, subject, found, clean)
    texts = [clean.text(one.path, one.text, _PASSAGE) for one in recalled.passages]
    cleaned = zip(recalled.passages, texts, strict=True)
    return replace(recalled, passages=tuple(one.model_copy(update={"text": text}) for one, text in cleaned))


def _meaning(error: GitHubError, parts: Parts) -> Outcome:
    return classify(error.answer, now=parts.clock.now(), idempotent=True)


async def recall_known(parts: Parts, subject: Subject, recalled: Recalled) -> tuple[str, ...]:
    """Code-like names of the thread and of the passages that resolve in the repository's files.

    None where an older version is spoken of: what exists today need not exist there, so only what is shown counts.
    """
    if recalled.tag:
        return ()
    symbols = await known_symbols(parts.papers, subject.repository_id)
    names = code_tokens("\n".join([subject.text, subject.context, *(one.text for one in recalled.passages)]))
    return tuple(name for name in sorted(names)[:_NAMES] if symbols.knows(name))


@dataclass(frozen=True, slots=True)
class Alike:
    """Older threads of the repository that are likeliest to be about the same, likeliest first, and where the thread at
    hand lies, if anybody looked.
    """

    neighbours: tuple[Neighbour, ...] = ()
    near: Near | None = None


async def recall_neighbours(parts: Parts, subject: Subject) -> Alike:
    thread = subject.thread
    near = await _near(parts, embedding_text(thread.title, thread.body))
    candidates = await parts.threads.similar(
        subject.repository_id,
        search_text(thread.title, thread.body),
        CANDIDATES,
        near=near,
        before=thread.created_at,
        exclude=subject.ref.number,
    )
    return Alike(neighbours_of(thread, candidates, near, limit=NEIGHBOURS), near)


async def _near(parts: Parts, text: str) -> Near | None:
    """None without an embedder or while it is away: words must do then."""
    if parts.embedder is None:
        return None
    try:
        (vector,) = await parts.embedder.embed([text])
    except EmbeddingError as error:
        log.warning("not_embedded", why=str(error))
        return None
    return Near(parts.embedder.name, vector)
