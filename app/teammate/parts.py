"""Parts: the ports one worker process holds, chosen by `app.bootstrap` (or by a test) and nobody else."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.ports import (
    Bell,
    Budget,
    Cases,
    Clock,
    Embedder,
    GitHubReader,
    GitHubWriter,
    Installations,
    LabelModels,
    Ledger,
    Library,
    Model,
    Outbox,
    Papers,
    Prompts,
    Runs,
    Signals,
    ThreadIndex,
    Tracer,
    TunedModels,
    Watches,
    WorkQueue,
)
from app.ports.erasing import Erasures


@dataclass(frozen=True, slots=True)
class ListenLimits:
    """What is done later than `slow_after_s` after its cause was slow. Of one installation at most `looks_per_round`
    are asked for, and none while fewer than `reserve` requests of its hour are left. Above zero, `eager` is how soon
    young comments are looked at again: a playground has no limits, and people who try it do not wait for minutes.
    """

    slow_after_s: float = 60.0
    looks_per_round: int = 20
    reserve: int = 1_000
    eager: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Parts:
    """`worker` owns the leases, `marker_key` signs comments, `app_login` is how GitHub names our comments.

    `handle` is what people mention, `web_origin` where permalinks may point to, `secrets` are literals that
    must never leave. Without an `embedder` everything is found by its words alone. `spare` is free and decides where
    the budget of `model` is spent; where both are the same one, nothing is paid for. Durations are seconds.
    """

    worker: UUID
    clock: Clock
    bell: Bell
    queue: WorkQueue
    outbox: Outbox
    ledger: Ledger
    budget: Budget
    history: Runs
    installations: Installations
    library: Library
    threads: ThreadIndex
    label_models: LabelModels
    tuned_models: TunedModels
    papers: Papers
    cases: Cases
    erasures: Erasures
    signals: Signals
    watches: Watches
    embedder: Embedder | None
    reader: GitHubReader
    writer: GitHubWriter
    model: Model
    spare: Model
    prompts: Prompts
    tracer: Tracer
    marker_key: bytes
    app_login: str
    handle: str
    web_origin: str
    secrets: tuple[str, ...]
    reconcile_after_s: float
    listening: ListenLimits
