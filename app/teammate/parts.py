"""Parts: the ports one worker process holds, chosen by `app.bootstrap` (or by a test) and nobody else."""

from dataclasses import dataclass
from uuid import UUID

from app.ports import (
    Bell,
    Clock,
    Embedder,
    GitHubReader,
    GitHubWriter,
    Installations,
    LabelModels,
    Library,
    Model,
    Outbox,
    Papers,
    Prompts,
    ThreadIndex,
    Tracer,
    WorkQueue,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """`worker` owns the leases, `marker_key` signs comments, `app_login` is how GitHub names our comments.

    `handle` is what people mention, `web_origin` where permalinks may point to, `secrets` are literals that
    must never leave. Without an `embedder` everything is found by its words alone. Durations are seconds.
    """

    worker: UUID
    clock: Clock
    bell: Bell
    queue: WorkQueue
    outbox: Outbox
    installations: Installations
    library: Library
    threads: ThreadIndex
    label_models: LabelModels
    papers: Papers
    embedder: Embedder | None
    reader: GitHubReader
    writer: GitHubWriter
    model: Model
    prompts: Prompts
    tracer: Tracer
    marker_key: bytes
    app_login: str
    handle: str
    web_origin: str
    secrets: tuple[str, ...]
    reconcile_after_s: float
