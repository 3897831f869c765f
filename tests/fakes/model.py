"""A model that says what a test prepared, and remembers what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.decision import Decision
from app.domain.prompt import ModelReply, ModelRequest, PromptVersion, Usage
from app.domain.snapshot import Snapshot
from app.errors import ModelError

Prepared = Decision | ModelError | Callable[[PromptVersion, Snapshot], Decision]

USAGE = Usage(input_tokens=100, output_tokens=10, cost_usd=0.001, latency_s=0.5, calls=1)


@dataclass
class FakeModel:
    """Plays `prepared` in order, one for each prompt of a call, the last one again and again; raises a ModelError."""

    prepared: list[Prepared]
    name: str = "fake/1"
    requests: list[ModelRequest] = field(default_factory=list)

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.requests.append(request)
        return ModelReply(tuple(self._next(prompt, request.snapshot) for prompt in request.prompts), self.name, USAGE)

    def _next(self, prompt: PromptVersion, snapshot: Snapshot) -> Decision:
        said = self.prepared.pop(0) if len(self.prepared) > 1 else self.prepared[0]
        if isinstance(said, ModelError):
            raise said
        return said(prompt, snapshot) if callable(said) else said
