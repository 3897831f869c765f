"""Ports of listening: what was heard about our runs, what is still watched, and the cases made of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.domain.act import Act
from app.domain.case import Case, CaseState, Judgement
from app.domain.failure import ModeName
from app.domain.run import RunRecord
from app.domain.signal import Signal, Survival
from app.domain.thread import ThreadRef

BULK = 5
"""So many threads on which one actor does the same within a minute are tidied up, not judged."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One person's reaction to one comment; `content` as GitHub spells it (`+1`, `-1`, `confused`, ...)."""

    id: str
    login: str
    content: str
    is_bot: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Reactions:
    """What a comment carries now. `etag` makes the next look free while nothing changed (RFC 9110, section 13.1.2);
    it is empty where it cannot. `remaining` requests are left of the hour, where GitHub says so.
    """

    found: tuple[Reaction, ...]
    etag: str
    remaining: int | None = None


class ReactionReader(Protocol):
    """What GitHub tells of a comment or a thread only when it is asked. Raises GitHubError."""

    async def reactions(self, ref: ThreadRef, comment_id: str, etag: str) -> Reactions | None:
        """None where nothing has changed since the look that gave this `etag`."""

    async def original(self, ref: ThreadRef) -> int | None:
        """The number of the issue that people chose as the original when they closed this one as a duplicate."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One effect that is looked at again: for reactions, and for whether it still stands. It was due at `due_at`.

    `remote_id` is empty for labels. `known` are the reactions that were there at the last look, each with its `login`
    as signals keep it. `looks` counts how often it was looked at, `unchanged` how often that cost nothing.
    """

    effect_id: int
    run_id: int
    thread: ThreadRef
    remote_id: str
    done_at: datetime
    due_at: datetime
    etag: str = ""
    known: tuple[Reaction, ...] = ()
    looks: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run of a thread, with the id that the store gave it."""

    id: int
    record: RunRecord


@dataclass(frozen=True, slots=True)
class Bulk:
    """What somebody did to many threads at once: which of the given acts, and on which other threads a signal stands
    that was made of it before anybody could see that.
    """

    acts: frozenset[str] = frozenset()
    others: tuple[ThreadRef, ...] = ()


@dataclass(frozen=True, slots=True)
class HeardSignal:
    """A signal with what its run knows: for pages, trends and conclusions."""

    signal: Signal
    repository: str
    number: int
    skill: str
    prompt: str
    prompt_digest: str
    model: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """None means any."""

    repository_id: int | None = None
    run_id: int | None = None
    mode: ModeName | None = None
    since: datetime | None = None


class Signals(Protocol):
    """What was heard. Recording the same signal again changes nothing, except that what was withdrawn and is there
    again counts again.
    """

    async def record(self, thread: ThreadRef, signals: Sequence[Signal]) -> list[str]:
        """Ids of those that are new. One whose run is not known (purged meanwhile) is dropped."""

    async def withdraw(self, thread: ThreadRef, ids: Sequence[str], at: datetime) -> None:
        """Somebody took them back (a reaction, say): they stay recorded and count no longer."""

    async def of_thread(self, thread: ThreadRef) -> list[Signal]: ...
    async def runs(self, thread: ThreadRef) -> list[PastRun]:
        """What we did on the thread, oldest first: of the newest hundred those whose words we still know."""

    async def bulk(self, thread: ThreadRef, acts: Sequence[Act]) -> Bulk:
        """Those of `acts` that are `BULK` threads' within a minute, by the same actor and of the same kind."""

    async def heard(self, wanted: SignalFilter, *, limit: int = 1000) -> list[HeardSignal]:
        """Newest first."""

    async def survived(self, survivals: Sequence[Survival]) -> None:
        """Settle windows; one that is settled stays."""

    async def survivals(self, effect_ids: Sequence[int]) -> list[Survival]: ...


class Watches(Protocol):
    """Which of our effects are looked at again, and when."""

    async def watch_new(self, now: datetime, first: timedelta) -> int:
        """Begin to watch every effect that is done and not watched yet, `first` after it was done; how many."""

    async def due(self, now: datetime, limit: int) -> list[Watched]:
        """Due ones, oldest due first. Taken for a minute: nobody else gets them meanwhile."""

    async def looked(self, watched: Watched, next_at: datetime | None) -> None:
        """Keep `etag`, `known` and `looks`; `next_at` None ends the watch."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """None means any. `twins`: those that repeat an older case, too."""

    state: CaseState | None = None
    mode: ModeName | None = None
    repository_id: int | None = None
    assignee: str | None = None
    twins: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a repository now: as its newest run found it, and by what was heard since."""

    learn: bool
    private: bool


class Cases(Protocol):
    """Cases and what people said of them."""

    async def propose(self, case: Case) -> int | None:
        """Its id; None where the run has a case already: while nobody has judged that, it is brought up to date.
        Whom it repeats (`twin_of`) and its `cluster` are found here, whatever `case` says of them.
        """

    async def case(self, case_id: int) -> Case | None: ...
    async def find(self, wanted: CaseFilter, *, after_id: int = 0, limit: int = 50) -> list[Case]:
        """Oldest first."""

    async def count(self) -> dict[CaseState, int]: ...
    async def judge(self, judgement: Judgement) -> Case | None:
        """Record it; the newest judgement decides the state, unless it is harvested. None: there is no such case."""

    async def unjudge(self, case_id: int, judge: str) -> Case | None:
        """Take back what this judge said; the newest of the others decides. None where there is no such case."""

    async def judgements(self, case_ids: Sequence[int] | None = None) -> list[Judgement]:
        """All that people said, oldest first; of these cases only, where given."""

    async def standing(self, repository_ids: Collection[int]) -> dict[int, Standing]:
        """What holds for these repositories now; nothing of one that no run is known of."""

    async def assign(self, case_id: int, assignee: str) -> None: ...
    async def harvested(self, case_ids: Sequence[int]) -> None: ...
