"""Parts: the ports one worker process holds, chosen by `app.bootstrap` (or by a test) and nobody else."""

from dataclasses import dataclass
from uuid import UUID

from app.ports import (
    Bell,
    Clock,
    GitHubReader,
    GitHubWriter,
    Installations,
    Library,
    Model,
    Outbox,
    Prompts,
    Tracer,
    WorkQueue,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """`worker` owns the leases, `marker_key` signs comments, `app_login` is how GitHub names our comments.

    `handle` is what people mention, `web_origin` where permalinks may point to, `secrets` are literals that
    must never leave. Durations are seconds.
    """

    worker: UUID
    clock: Clock
    bell: Bell
    queue: WorkQueue
    outbox: Outbox
    installations: Installations
    library: Library
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
