"""GitHub as it is on a bad day: requests get lost, answers too, and listings show late what is there.

A request, once sent, runs to its end whether or not its sender lives. The bounds are those that the protocol counts
on: 4 s on the way, killed after 10 s, listed after 20 s at most; the client gives up after 15 s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.domain.effect import WriteAnswer
from app.domain.thread import Comment, ThreadRef
from app.errors import GitHubError
from tests.fakes.clock import START
from tests.simulation.scheduler import Scheduler, pause

BOT = "plumbline[bot]"
ON_THE_WAY_S, KILLED_AFTER_S, LISTED_AFTER_S, TIMEOUT_S = 4.0, 10.0, 20.0, 15.0
REFUSALS = (
    WriteAnswer(403, "You have exceeded a secondary rate limit", retry_after=20.0),
    WriteAnswer(403, "You have exceeded a secondary rate limit"),
    WriteAnswer(429, remaining=0, reset_at=START + timedelta(seconds=90)),
    WriteAnswer(401, "Bad credentials"),
    WriteAnswer(503, "no server", stage="token"),
    WriteAnswer(None, "connection refused", stage="token"),
)
SUSPENDED = WriteAnswer(403, "This installation has been suspended", stage="token")


@dataclass(slots=True)
class Shown:
    """A comment, its thread, and when listings start to show it (seconds)."""

    comment: Comment
    thread: str
    listed_from: float


@dataclass
class Rates:
    """How often each thing happens per request, 0..1. Each seed draws its own, many of them zero."""

    lost: float = 0.0
    broken: float = 0.0
    silent: float = 0.0
    refused: float = 0.0
    garbled: float = 0.0
    list_failed: float = 0.0
    slow: float = 0.0
    lag: float = 0.0

    @classmethod
    def drawn(cls, random: Random) -> "Rates":
        return cls(*(0.0 if random.random() < 0.4 else random.random() * 0.6 for _ in range(8)))


@dataclass
class SimulatedGitHub:
    scheduler: Scheduler
    random: Random
    rates: Rates
    on_created: Callable[[Shown], None]
    shown: dict[str, Shown] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    clock_skew_s: float = 0.0
    suspended: bool = False
    running: int = 0
    created: int = 0
    looks: int = 0

    def of(self, thread: str, author: str = BOT) -> list[Comment]:
        return [s.comment for s in self.shown.values() if s.thread == thread and s.comment.author == author]

    def say(self, ref: ThreadRef, body: str, author: str) -> Shown:
        at = self.scheduler.now() + timedelta(seconds=self.clock_skew_s)
        self.created += 1
        comment = Comment(
            id=str(self.created),
            author=author,
            author_is_bot=author == BOT,
            association="NONE",
            body=body,
            created_at=at,
            updated_at=at,
        )
        lag = self.random.random() * LISTED_AFTER_S if self._happens(self.rates.lag) else 0.0
        shown = Shown(comment, ref.key, self.scheduler.time + lag)
        self.shown[comment.id] = shown
        return shown

    # --- reading

    async def own_comments(self, ref: ThreadRef, since: datetime) -> list[Comment]:
        """Deliberately everybody's: that only ours count must not rest on the listing alone."""
        self.looks += 1
        await pause(self._latency())
        if self.suspended:
            raise GitHubError("comments", SUSPENDED)
        if self._happens(self.rates.list_failed):
            failure = self.random.choice([*REFUSALS, WriteAnswer(502), WriteAnswer(None)])
            raise GitHubError("comments", failure)
        listed = [
            s.comment
            for s in self.shown.values()
            if s.thread == ref.key and s.listed_from <= self.scheduler.time and s.comment.updated_at >= since
        ]
        await pause(self._latency())
        return listed

    # --- writing

    async def post_comment(self, ref: ThreadRef, node_id: str, body: str) -> WriteAnswer:
        def create() -> WriteAnswer:
            shown = self.say(ref, body, BOT)
            self.on_created(shown)
            return WriteAnswer(201, remote_id=shown.comment.id)

        return await self._request(create)

    async def edit_comment(self, ref: ThreadRef, comment_id: str, body: str) -> WriteAnswer:
        def edit() -> WriteAnswer:
            if comment_id not in self.shown:
                return WriteAnswer(404, "Not Found")
            shown = self.shown[comment_id]
            shown.comment = shown.comment.model_copy(update={"body": body, "updated_at": self.scheduler.now()})
            return WriteAnswer(200, remote_id=comment_id)

        return await self._request(edit)

    async def delete_comment(self, ref: ThreadRef, comment_id: str) -> WriteAnswer:
        def delete() -> WriteAnswer:
            return WriteAnswer(204) if self.shown.pop(comment_id, None) else WriteAnswer(404, "Not Found")

        return await self._request(delete)

    async def add_labels(self, ref: ThreadRef, names: Sequence[str]) -> WriteAnswer:
        def add() -> WriteAnswer:
            self.labels.update(names)
            return WriteAnswer(200)

        return await self._request(add)

    async def _request(self, act: Callable[[], WriteAnswer]) -> WriteAnswer:
        """One write: on its way, done or not, answered or not."""
        await pause(self._latency())
        if self.suspended:
            return SUSPENDED
        if self._happens(self.rates.refused):
            await pause(self._latency())
            return self.random.choice(REFUSALS)
        slow = self._happens(self.rates.slow)
        arrives = self.random.random() * (ON_THE_WAY_S if slow else 0.1)
        takes = self.random.random() * (KILLED_AFTER_S if slow else 0.3)
        if self._happens(self.rates.lost):
            await pause(TIMEOUT_S)
            return WriteAnswer(None, "timed out")
        broken = self._happens(self.rates.broken)
        done = not broken or self.random.random() < 0.5
        answers: list[WriteAnswer] = []

        def run() -> None:
            self.running -= 1
            answers.append(act() if done else WriteAnswer(502))

        self.running += 1
        self.scheduler.at(arrives + takes, run)
        if self._happens(self.rates.silent):
            await pause(self.random.uniform(arrives, TIMEOUT_S))
            return WriteAnswer(None, "connection reset")
        await pause(arrives + takes + self._latency())
        [answer] = answers
        if broken and answer.status != 404:
            return WriteAnswer(502)
        return WriteAnswer(answer.status) if self._happens(self.rates.garbled) else answer

    def _happens(self, rate: float) -> bool:
        return rate > 0 and self.random.random() < rate

    def _latency(self) -> float:
        return self.random.random() * 0.3
