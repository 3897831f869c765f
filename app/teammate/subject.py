"""Subject: the thread as it was read, and what of it is to be looked up."""

from dataclasses import dataclass

from app.domain.thread import Repository, Thread, ThreadRef


@dataclass(frozen=True, slots=True)
class Subject:
    """What to recall for: `text` is what was asked or reported, `context` what surrounds it."""

    ref: ThreadRef
    repository: Repository
    thread: Thread
    text: str
    context: str

    @property
    def repository_id(self) -> int:
        return self.ref.repository.repository_id
