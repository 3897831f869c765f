"""Subject: what of a thread is to be looked up; and Reading: all that was read of it for one trigger."""

from dataclasses import dataclass

from app.domain.pull import PullChanges
from app.domain.repository_settings import RepositorySettings
from app.domain.thread import Comment, Repository, Thread, ThreadRef


@dataclass(frozen=True, slots=True)
class Reading:
    """A thread as GitHub shows it now. `asking` is the comment that the trigger names, None where it is gone.
    `problems` are sentences about the settings file, `changes` those of a pull request where they were needed already.
    """

    repository: Repository
    thread: Thread
    settings: RepositorySettings
    problems: tuple[str, ...] = ()
    asking: Comment | None = None
    changes: PullChanges | None = None


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
