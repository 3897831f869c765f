"""Remember: what is kept of a thread that was read, so that later ones can be compared with it."""

from app.domain.past import PastComment, PastThread
from app.domain.thread import RepositoryRef, Thread
from app.knowledge.past_facts import remark_of
from app.ports import Near, ThreadIndex
from app.teammate.past import as_kept


async def remember(
    threads: ThreadIndex, ref: RepositoryRef, thread: Thread, near: Near | None, *, private: bool, web_url: str
) -> None:
    """`near` is where it lies, if somebody has looked: then it is found by its meaning at once.

    The hourly reading of the history knows more (why it was closed, by what it was merged) and replaces this.
    """
    folder = {"issue": "issues", "pull_request": "pull", "discussion": "discussions"}[thread.kind]
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
        url=f"{web_url}/{folder}/{thread.number}",
    )
    await threads.remember(ref.repository_id, [as_kept(past)], private=private)
    if near is not None:
        await threads.place(ref.repository_id, thread.number, near)
    if thread.kind != "discussion":
        said = [PastComment(number=thread.number, comment=comment) for comment in thread.comments]
        await threads.note(ref.repository_id, "comments", [remark_of(one, ref.name) for one in said])
