"""The local model: decides in milliseconds, without a network, with nothing but the prompt and the snapshot.

It is what serves without an API key and while a provider is down. Deterministic: the same prompt and snapshot
give the same decision, so its runs replay exactly. It proposes labels from the prompt's hints and examples
(`knowledge.triage`) and answers by quoting passages (`knowledge.extract`); it never writes a sentence of its own
about the repository.
"""

import time
from typing import assert_never

from app.domain.decision import AnswerDecision, TriageDecision
from app.domain.prompt import ModelReply, ModelRequest, Usage
from app.domain.snapshot import Snapshot
from app.knowledge.extract import extract_answer
from app.knowledge.question import read_question
from app.knowledge.triage import propose_labels


class LocalModel:
    """`ports.Model`. Never fails, costs nothing, counts no tokens."""

    name = "local/1"

    async def complete(self, request: ModelRequest) -> ModelReply:
        started = time.perf_counter()
        decision = self._decide(request)
        usage = Usage(latency_s=round(time.perf_counter() - started, 6), calls=1)
        return ModelReply(decision, self.name, usage)

    def _decide(self, request: ModelRequest) -> TriageDecision | AnswerDecision:
        match request.prompt.name:
            case "triage":
                return propose_labels(request.prompt, request.snapshot)
            case "answer":
                return answer(request.snapshot)
            case _:
                assert_never(request.prompt.name)


def answer(snapshot: Snapshot) -> AnswerDecision:
    """A thread's own text may ask nothing; a comment that names us always does."""
    if snapshot.trigger.startswith("comment:"):
        question = read_question(snapshot.title, snapshot.question, addressed=True)
    else:
        question = read_question(snapshot.title, snapshot.body, addressed=False)
    return extract_answer(question, snapshot.passages)
