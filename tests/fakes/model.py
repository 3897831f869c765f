"""A model that says what a test prepared, and remembers what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.decision import Decision
from app.domain.prompt import ModelReply, ModelRequest, Usage
from app.errors import ModelError

Prepared = Decision | ModelError | Callable[[ModelRequest], Decision]

USAGE = Usage(input_tokens=100, output_tokens=10, cost_usd=0.001, latency_s=0.5, calls=1)


@dataclass
class FakeModel:
    """Plays `prepared` in order; the last one again and again. A ModelError is raised."""

    prepared: list[Prepared]
    name: str = "fake/1"
    requests: list[ModelRequest] = field(default_factory=list)

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.requests.append(request)
        said = self.prepared.pop(0) if len(self.prepared) > 1 else self.prepared[0]
        if isinstance(said, ModelError):
            raise said
        decision = said(request) if callable(said) else said
        return ModelReply(decision, self.name, USAGE)
