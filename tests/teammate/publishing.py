"""The real publisher over fakes of everything around it."""

from dataclasses import dataclass
from typing import Self

from app.domain.thread import ThreadRef
from tests.fakes.clock import FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.outbox import FakeOutbox, Row
from tests.fakes.publisher import THREAD, FakePublisher, a_thread


@dataclass
class Publishing:
    clock: FakeClock
    outbox: FakeOutbox
    github: FakeGitHub
    parts: FakePublisher

    @classmethod
    def on(cls, *threads: ThreadRef, write_interval_s: float = 1.0) -> Self:
        """With these threads on GitHub."""
        clock = FakeClock()
        outbox, github = FakeOutbox(clock.now, write_interval_s=write_interval_s), FakeGitHub(clock)
        for thread in threads:
            github.add_thread(thread, a_thread(thread))
        return cls(clock, outbox, github, FakePublisher(clock, outbox, github, github))

    @property
    def row(self) -> Row:
        return self.outbox.rows[1]

    def bodies(self, thread: ThreadRef = THREAD) -> list[str]:
        """Visible comments without their markers."""
        return [comment.body.partition("\n\n<!--")[0] for comment in self.github.comments.get(thread.key, [])]
