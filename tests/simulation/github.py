"""GitHub as it is on a bad day: requests get lost, answers too, and listings show late what is there. And people act.

A request, once sent, runs to its end whether or not its sender lives. The bounds are those that the protocol counts
on: 4 s on the way, killed after 10 s, listed after 20 s at most; the client gives up after 15 s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.domain.act import Act, ActKind, By
from app.domain.effect import WriteAnswer
from app.domain.thread import Comment, Thread, ThreadRef
from app.errors import GitHubError
from tests.fakes.clock import START
from tests.fakes.publisher import a_thread
from tests.simulation.scheduler import Scheduler, pause

BOT = "plumbline[bot]"
LABELLED = 12
"""The number of the thread that the labels are about."""
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
    timeline: list[tuple[str, Act]] = field(default_factory=list)
    threads: dict[str, Thread] = field(default_factory=dict)
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

    # --- what people do

    def tell(self, thread: str, kind: ActKind, actor: str, subject: str = "") -> None:
        """A line of the thread's timeline."""
        at = self.scheduler.now() + timedelta(seconds=self.clock_skew_s)
        number = len(self.timeline)
        by: By = "us" if actor == BOT else "person"
        act = Act.model_construct(
            id=f"{kind}:{number}", kind=kind, actor=actor, by=by, subject=subject, detail="", at=at
        )
        self.timeline.append((thread, act))

    def put_on(self, thread: str, names: Sequence[str], actor: str) -> None:
        for name in set(names) - self.labels:
            self.labels.add(name)
            self.tell(thread, "labeled", actor, name)

    def take_off(self, thread: str, name: str, actor: str) -> bool:
        if name not in self.labels:
            return False
        self.labels.remove(name)
        self.tell(thread, "unlabeled", actor, name)
        return True

    def remove(self, comment_id: str, actor: str) -> bool:
        shown = self.shown.pop(comment_id, None)
        if shown is not None:
            self.tell(shown.thread, "comment_deleted", actor)
        return shown is not None

    def rewrite(self, comment_id: str, body: str) -> bool:
        if comment_id not in self.shown:
            return False
        shown = self.shown[comment_id]
        shown.comment = shown.comment.model_copy(update={"body": body, "updated_at": self.scheduler.now()})
        return True

    # --- reading

    async def own_comments(self, ref: ThreadRef, since: datetime) -> list[Comment]:
        """Deliberately everybody's: that only ours count must not rest on the listing alone."""
        self.looks += 1
        await self._look()
        listed = [comment for comment in self._listed(ref) if comment.updated_at >= since]
        await pause(self._latency())
        return listed

    async def thread(self, ref: ThreadRef) -> Thread:
        await self._look()
        plain = self.threads.setdefault(ref.key, a_thread(ref))
        labels = tuple(self.labels) if ref.number == LABELLED else ()
        return plain.model_copy(update={"comments": tuple(self._listed(ref)), "labels": labels})

    async def acts(self, ref: ThreadRef) -> list[Act]:
        await self._look()
        return [act for thread, act in self.timeline if thread == ref.key]

    async def _look(self) -> None:
        await pause(self._latency())
        if self.suspended:
            raise GitHubError("a look", SUSPENDED)
        if self._happens(self.rates.list_failed):
            failure = self.random.choice([*REFUSALS, WriteAnswer(502), WriteAnswer(None)])
            raise GitHubError("a look", failure)

    def _listed(self, ref: ThreadRef) -> list[Comment]:
        now = self.scheduler.time
        return [s.comment for s in self.shown.values() if s.thread == ref.key and s.listed_from <= now]

    # --- writing

    async def post_comment(self, ref: ThreadRef, node_id: str, body: str) -> WriteAnswer:
        def create() -> WriteAnswer:
            shown = self.say(ref, body, BOT)
            self.on_created(shown)
            return WriteAnswer(201, remote_id=shown.comment.id)

        return await self._request(create)

    async def edit_comment(self, ref: ThreadRef, comment_id: str, body: str) -> WriteAnswer:
        def edit() -> WriteAnswer:
            if not self.rewrite(comment_id, body):
                return WriteAnswer(404, "Not Found")
            return WriteAnswer(200, remote_id=comment_id)

        return await self._request(edit)

    async def delete_comment(self, ref: ThreadRef, comment_id: str) -> WriteAnswer:
        def delete() -> WriteAnswer:
            return WriteAnswer(204) if self.remove(comment_id, BOT) else WriteAnswer(404, "Not Found")

        return await self._request(delete)

    async def add_labels(self, ref: ThreadRef, names: Sequence[str]) -> WriteAnswer:
        def add() -> WriteAnswer:
            self.put_on(ref.key, names, BOT)
            return WriteAnswer(200, labels=tuple(self.labels))

        return await self._request(add)

    async def remove_label(self, ref: ThreadRef, name: str) -> WriteAnswer:
        def remove() -> WriteAnswer:
            return WriteAnswer(200) if self.take_off(ref.key, name, BOT) else WriteAnswer(404, "Not Found")

        return await self._request(remove)

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
