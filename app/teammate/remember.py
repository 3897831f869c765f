"""Remember: what is kept of a thread that was read, so that later ones can be compared with it."""

from app.domain.past import PastThread
from app.domain.thread import RepositoryRef, Thread
from app.knowledge.duplicates import declared_original
from app.ports import ThreadIndex
from app.teammate.index import as_kept
from app.teammate.skills import TRUSTED_ASSOCIATIONS


async def remember(threads: ThreadIndex, ref: RepositoryRef, thread: Thread, *, private: bool, web_url: str) -> None:
    """The hourly reading of the history knows more (why it was closed, by what it was merged) and replaces this."""
    folder = {"issue": "issues", "pull_request": "pull", "discussion": "discussions"}[thread.kind]
    said = [one for one in thread.comments if one.association in TRUSTED_ASSOCIATIONS]
    past = PastThread(
        number=thread.number,
        kind=thread.kind,
        title=thread.title,
        body=thread.body,
        author=thread.author,
        association=thread.association,
        labels=thread.labels,
        state=thread.state,
        created_at=thread.created_at,
        updated_at=thread.updated_at,
        duplicate_of=declared_original(said, ref.name),
        url=f"{web_url}/{folder}/{thread.number}",
    )
    await threads.remember(ref.repository_id, [as_kept(past)], private=private)
