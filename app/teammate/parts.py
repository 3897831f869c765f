"""Parts: the ports one worker process holds, chosen by `app.bootstrap` (or by a test) and nobody else."""

from dataclasses import dataclass
from uuid import UUID

from app.ports import (
    Bell,
    Budget,
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
    ThreadIndex,
    Tracer,
    TunedModels,
    WorkQueue,
)


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
