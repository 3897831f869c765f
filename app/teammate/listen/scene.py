"""Scene: all that is known of one thread when somebody listens there: what we did, and what people did since. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from app.domain.act import Act, Role
from app.domain.effect import CommentPayload, Effect, LabelsPayload, RetractPayload, UnlabelPayload
from app.domain.run import RunSkill
from app.domain.signal import ActSignal, Polarity, Signal, Wanted
from app.domain.thread import Comment, Thread, ThreadRef
from app.ports.listening import PastRun

SOMEBODY = "ghost"
"""GitHub's own name for whom it does not name; who edits, hides or deletes our comment must have write access."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook told of an act that nothing else tells: see `WorkOrder.trigger`."""

    action: str
    login: str
    subject: str = ""

    @classmethod
    def read(cls, trigger: str) -> Self | None:
        action, *rest = trigger.split(":", 2)
        match action, rest:
            case "edited" | "deleted", [comment, login]:
                return cls(action, login, comment)
            case "unlabeled", [login, label]:
                return cls(action, login, label)
            case "transferred", [login]:
                return cls(action, login)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Scene:
    """`thread` is None where it is gone. `acts` come in the order in which they happened; those in `bulk` were done to
    many threads at once. `original` is what GitHub calls the original of a closed duplicate.
    """

    ref: ThreadRef
    thread: Thread | None
    runs: Sequence[PastRun]
    effects: Sequence[Effect]
    acts: Sequence[Act]
    now: datetime
    app_login: str
    handle: str
    told: Sequence[Told] = ()
    bulk: frozenset[str] = frozenset()
    original: int | None = None
    _by_id: dict[int, PastRun] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {run.id: run for run in self.runs})

    def run(self, run_id: int) -> PastRun | None:
        return self._by_id.get(run_id)

    def judges(self, act: Act) -> bool:
        """Whether an act can be a judgement: bots, we ourselves and who tidies up many threads judge nothing."""
        return act.by == "person" and act.id not in self.bulk

    def newest_run(self, before: datetime, *skills: RunSkill) -> PastRun | None:
        """The newest run that had begun by then, of these skills where any are named; commands are no such runs."""
        found = (
            run
            for run in reversed(self.runs)
            if run.record.started_at <= before
            and (run.record.skill in skills if skills else run.record.skill != "command")
        )
        return next(found, None)

    def labelled(self) -> Iterator[tuple[Effect, datetime]]:
        """Effects of ours that put on labels by our own decision, and since when."""
        for effect in self.effects:
            run = self.run(effect.run_id)
            if run is None or run.record.skill == "command" or effect.wrote is None or effect.done_at is None:
                continue
            if isinstance(effect.payload, LabelsPayload) and effect.wrote.labels:
                yield effect, effect.done_at

    def commented(self) -> Iterator[tuple[Effect, str, datetime]]:
        """Effects of ours that became a comment: which, and since when."""
        for effect in self.effects:
            known = self.run(effect.run_id) is not None and effect.done_at is not None
            if known and effect.remote_id and isinstance(effect.payload, CommentPayload) and effect.done_at:
                yield effect, effect.remote_id, effect.done_at

    def comment(self, remote_id: str) -> Comment | None:
        found = self.thread.comments if self.thread else ()
        return next((one for one in found if one.id == remote_id), None)

    def comments_by_people(self) -> Iterator[Comment]:
        for comment in self.thread.comments if self.thread else ():
            if not comment.author_is_bot and comment.author != self.app_login:
                yield comment

    def commands(self, *verbs: str) -> Iterator[tuple[Act, str]]:
        """Commands that were obeyed, with their words after the verb."""
        for act in self.acts:
            verb, _, words = act.subject.partition(" ")
            if act.kind == "command" and act.by == "person" and not act.detail and verb in verbs:
                yield act, words

    def taken_back(self, effect: Effect) -> Effect | None:
        """The effect of ours that undoes this one."""
        for one in self.effects:
            if isinstance(one.payload, UnlabelPayload | RetractPayload) and one.payload.undoes == effect.id:
                return one
        return None


def in_order(acts: Sequence[Act]) -> list[Act]:
    """GitHub counts seconds, and gives its events numbers in the order they happened."""

    def place(act: Act) -> tuple[datetime, int]:
        number = act.id.rpartition(":")[2]
        return act.at, int(number) if number.isdecimal() else 0

    return sorted(acts, key=place)


def a_signal(
    kind: ActSignal,
    about: str,
    run_id: int,
    polarity: Polarity,
    at: datetime,
    *,
    effect: Effect | None = None,
    actor: str = "",
    role: Role | None = None,
    wanted: Wanted | None = None,
    text: str = "",
) -> Signal:
    """`about` and `kind` together say what happened, whoever hears of it and however often."""
    return Signal(
        id=f"{kind}:{about}",
        kind=kind,
        polarity=polarity,
        run_id=run_id,
        effect_id=effect.id if effect else None,
        actor=actor,
        role=role,
        wanted=wanted,
        text=text,
        at=at,
    )
