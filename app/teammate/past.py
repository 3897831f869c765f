"""Past: read what happened in a repository and was said there, listing by listing, and keep what is of use.

Each listing goes on from the newest change that was read of it, and what a page says is kept before the moment it
reaches: whoever is killed reads a page again, and since everything is kept by its number or id nothing counts twice.
Of comments only what follows from them is kept (`app/knowledge/past_facts.py`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from app.domain.effect import RetryAt
from app.domain.past import PastComment, PastThread
from app.domain.thread import RepositoryRef, ThreadRef
from app.errors import GitHubError
from app.knowledge.past_facts import lacks, remark_of
from app.knowledge.thread_text import substance
from app.ports import GitHubReader, Listing, ThreadIndex
from app.teammate.answers import classify
from app.teammate.sanitize import sanitize

log = structlog.get_logger("teammate.past")

PAST_PULLS, READ_A_TURN = 300, 40
"""Merged pull requests that show a repository's habits; so many are read in one piece of work."""
PAGES_A_TURN = 20
"""Of comments, a hundred each, in one piece of work."""
COMMENTS_REACH = timedelta(days=730)
"""How far back the first reading of the comments begins; what people did before says little of what they do now."""
_TITLE, _BODY = 500, 6_000

T = TypeVar("T")
Said = Callable[[int], None]
"""Is told how many more are done."""


def unsaid(_: int) -> None:
    """Says nothing to nobody."""


async def read_past(
    reader: GitHubReader, threads: ThreadIndex, ref: RepositoryRef, *, private: bool, now: datetime
) -> bool:
    """Read what is new of everything; whether nothing is left. What GitHub lets us not read is passed over, because an
    App may be installed without it. Raises GitHubError while GitHub is in trouble.
    """
    await index_history(reader, threads, ref, private=private)
    await _allowed(index_discussions(reader, threads, ref, private=private), now)
    await _allowed(read_merged(reader, threads, ref, private=private), now)
    comments = await _allowed(_read_comments(reader, threads, ref, now - COMMENTS_REACH), now)
    reviews = await _allowed(_read_reviews(reader, threads, ref), now)
    return comments is not False and reviews is not False


async def _allowed(reading: Awaitable[T], now: datetime) -> T | None:
    try:
        return await reading
    except GitHubError as error:
        if isinstance(classify(error.answer, now=now, idempotent=True), RetryAt):
            raise
        log.warning("not_readable", why=str(error))
        return None


async def index_history(
    reader: GitHubReader, threads: ThreadIndex, ref: RepositoryRef, *, private: bool, said: Said = unsaid
) -> int:
    """Remember the issues and pull requests changed since the last time; how many. Raises GitHubError."""
    remembered = 0
    async for page in reader.history(ref, await threads.history_until(ref.repository_id, "threads")):
        await threads.remember(ref.repository_id, [as_kept(thread) for thread in page], private=private)
        await threads.set_history(ref.repository_id, "threads", max(thread.updated_at for thread in page))
        remembered += len(page)
        said(len(page))
    return remembered


async def index_discussions(reader: GitHubReader, threads: ThreadIndex, ref: RepositoryRef, *, private: bool) -> None:
    """The same for discussions. They come newest first, so only the whole of a reading moves its moment."""
    newest: datetime | None = None
    async for page in reader.past_discussions(ref, await threads.history_until(ref.repository_id, "discussions")):
        await threads.remember(ref.repository_id, [as_kept(thread) for thread in page], private=private)
        newest = newest or page[0].updated_at
    if newest is not None:
        await threads.set_history(ref.repository_id, "discussions", newest)


async def read_merged(reader: GitHubReader, threads: ThreadIndex, ref: RepositoryRef, *, private: bool) -> None:
    """Read what the newest merged pull requests changed, some at a time: they show a repository's habits."""
    merged = await threads.merged(ref.repository_id, PAST_PULLS)
    for thread in [thread for thread in merged if not thread.paths][:READ_A_TURN]:
        changes = await reader.changes(ThreadRef(ref, "pull_request", thread.number))
        read = thread.model_copy(update={"paths": tuple(file.path for file in changes.files) or (".",)})
        await threads.remember(ref.repository_id, [read], private=private)


async def _read_comments(reader: GitHubReader, threads: ThreadIndex, ref: RepositoryRef, earliest: datetime) -> bool:
    since = await threads.history_until(ref.repository_id, "comments") or earliest
    return await _note(threads, ref, "comments", since, reader.past_comments(ref, since))


async def _read_reviews(reader: GitHubReader, threads: ThreadIndex, ref: RepositoryRef) -> bool:
    """From the opening of the oldest merged pull request on that shows a habit."""
    since = await threads.history_until(ref.repository_id, "reviews")
    if since is None:
        merged = await threads.merged(ref.repository_id, PAST_PULLS)
        since = min((thread.created_at for thread in merged), default=None)
    return since is None or await _note(threads, ref, "reviews", since, reader.past_reviews(ref, since))


async def _note(
    threads: ThreadIndex, ref: RepositoryRef, listing: Listing, since: datetime, pages: AsyncIterator[list[PastComment]]
) -> bool:
    """Keep what follows from a turn of pages; whether they came to their end. More than a turn of one moment is read
    whole, or the next turn would begin where this one did.
    """
    read = 0
    async for page in pages:
        reached = max(past.comment.updated_at for past in page)
        await threads.note(ref.repository_id, listing, [remark_of(past, ref.name) for past in page])
        await threads.set_history(ref.repository_id, listing, reached)
        read += 1
        if read >= PAGES_A_TURN and reached > since:
            return False
    return True


def as_kept(thread: PastThread) -> PastThread:
    """Sanitized and bounded, of the body only what the person wrote: what stays with us of a thread."""
    body = sanitize(substance(thread.body), limit=_BODY).text
    title = sanitize(thread.title, limit=_TITLE).text
    return thread.model_copy(update={"title": title, "body": body, "lacks": lacks(thread)})
