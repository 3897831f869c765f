"""The local model: decides in milliseconds, without a network, with nothing but the prompts and the snapshot.

It is what serves without an API key and while a provider is down. Deterministic: the same prompt and snapshot
give the same decision, so its runs replay exactly. What it knows stands in the snapshot already: the classifier's
probabilities, the similar threads, what is missing. It never writes a sentence of its own about the repository.
"""

import time
from collections.abc import Mapping
from typing import assert_never

from app.domain.decision import (
    AnswerDecision,
    Ask,
    Decision,
    DuplicatesDecision,
    LabelProposal,
    NeedsInfoDecision,
    PullRequestDecision,
    Severity,
    TriageDecision,
)
from app.domain.prompt import ModelReply, ModelRequest, PromptVersion, Usage
from app.domain.snapshot import PullView, Snapshot
from app.knowledge.duplicates import find
from app.knowledge.extract import extract_answer
from app.knowledge.labelling.severity import Level, severity
from app.knowledge.needs import WORTH_ASKING
from app.knowledge.question import read_question
from app.knowledge.triage import propose_labels
from app.teammate.find import PASSAGES

MOST_ASKS = 3
SEVERITIES: Mapping[Level, Severity] = {
    "security": "critical",
    "data-loss": "critical",
    "crash": "high",
    "regression": "high",
    "cosmetic": "low",
    "": "",
}
BRIEF = 200
"""Characters of a question that is judged by its words."""
LABEL_AT = 0.5
"""Probability from which a pull request's label is proposed; settings may ask for more."""


class LocalModel:
    """`ports.Model`. Never fails, costs nothing, counts no tokens."""

    name = "local/2"

    async def complete(self, request: ModelRequest) -> ModelReply:
        started = time.perf_counter()
        decisions = tuple(decide(prompt, request.snapshot) for prompt in request.prompts)
        usage = Usage(latency_s=round(time.perf_counter() - started, 6), calls=1)
        return ModelReply(decisions, self.name, usage)


def decide(prompt: PromptVersion, snapshot: Snapshot) -> Decision:
    match prompt.name:
        case "triage":
            return triage(prompt, snapshot)
        case "duplicates":
            return DuplicatesDecision(findings=find(snapshot, snapshot.neighbours))
        case "needs-info":
            return ask(snapshot)
        case "answer":
            return answer(snapshot)
        case "pull-request":
            return look(snapshot)
        case _:
            assert_never(prompt.name)


def triage(prompt: PromptVersion, snapshot: Snapshot) -> TriageDecision:
    proposed = propose_labels(prompt, snapshot, snapshot.evidence)
    found = SEVERITIES[severity(snapshot.title, snapshot.body).level]
    return proposed.model_copy(update={"severity": found, "language": snapshot.language})


def ask(snapshot: Snapshot) -> NeedsInfoDecision:
    """What is worth asking for; of what was asked before, all that is left."""
    numbered = list(enumerate(snapshot.needs, start=1))
    if not snapshot.asked:
        numbered = [one for one in numbered if one[1].probability >= WORTH_ASKING][:MOST_ASKS]
    return NeedsInfoDecision(
        asks=tuple(Ask(item=number, why=need.why) for number, need in numbered),
        confidence=max((need.probability for _, need in numbered), default=0.0),
    )


def answer(snapshot: Snapshot) -> AnswerDecision:
    """A thread's own text may ask nothing; a comment that names us always does."""
    if snapshot.trigger.startswith("comment:"):
        question = read_question(snapshot.title, snapshot.question, addressed=True)
    else:
        question = read_question(snapshot.title, snapshot.body, addressed=False)
    if len(snapshot.passages) < PASSAGES and not question.asked:
        return AnswerDecision(silence="nothing was asked, and there is too little to choose an answer from")
    near = [passage.near for passage in snapshot.passages if passage.near is not None]
    # How far a page is ahead tells only where there were others to choose from, and enough was said to be near to.
    by_meaning = len(near) == len(snapshot.passages) >= PASSAGES and len(snapshot.question) > BRIEF
    return extract_answer(question, snapshot.passages, similarity=near if by_meaning else None)


def look(snapshot: Snapshot) -> PullRequestDecision:
    """Labels by what changes like these were labelled before, every fact that code found, and counts for a summary."""
    pull = snapshot.pull
    if pull is None:
        return PullRequestDecision()
    likely = sorted(snapshot.evidence.items(), key=lambda one: (-one[1], one[0]))
    labels = tuple(
        LabelProposal(name=name, confidence=round(probability, 3), rationale="By the paths it changes.")
        for name, probability in likely
        if probability >= LABEL_AT and name not in snapshot.current_labels
    )
    remarks = tuple(range(1, len(pull.remarks) + 1))
    return PullRequestDecision(labels=labels[:3], remarks=remarks, summary=_summary(pull) if pull.wants_summary else "")


def _summary(pull: PullView) -> str:
    """What can be said of a diff without understanding it."""
    additions, deletions = (sum(getattr(one, name) for one in pull.files) for name in ("additions", "deletions"))
    largest = sorted(pull.files, key=lambda one: -(one.additions + one.deletions))[:3]
    files = ", ".join(f"`{one.path}`" for one in largest)
    return f"Changes {len(pull.files)} files ({additions} lines added, {deletions} removed), most of it in {files}."
