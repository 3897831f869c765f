"""Pairs: a question of a dataset with the reply that would have been right, as fine-tuning wants them. Pure.

What the model is asked is what the live prompt asks it. Where people only said that something was wrong, nobody knows
the right reply, and there is no pair.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from pydantic import ValidationError

from app.domain.decision import (
    AnswerDecision,
    Decision,
    DuplicatesDecision,
    Finding,
    LabelProposal,
    NeedsInfoDecision,
    PullRequestDecision,
    SkillName,
    TriageDecision,
)
from app.domain.prompt import PromptVersion
from app.domain.signal import Wanted
from app.domain.snapshot import Snapshot
from app.teammate.compose import compose
from evals.cases.datasets import Row

Format = Literal["anthropic", "openai"]
ANSWERING = "Answer the question in a few sentences, from the passages that are shown and nothing else."


@dataclass(frozen=True, slots=True)
class Pair:
    """`system` and `asked` are what the model sees, `reply` what it should have said."""

    system: str
    asked: str
    reply: str

    def line(self, form: Format) -> str:
        """One example as JSON. Anthropic's models take it as Amazon Bedrock does: the system's words beside messages
        that alternate, and no other key (platform.claude.com, "Finetuning on Bedrock"). OpenAI's take one list of
        messages (platform.openai.com, "Supervised fine-tuning").
        """
        spoken = [{"role": "user", "content": self.asked}, {"role": "assistant", "content": self.reply}]
        example: dict[str, Any]
        match form:
            case "anthropic":
                example = {"system": self.system, "messages": spoken}
            case "openai":
                example = {"messages": [{"role": "system", "content": self.system}, *spoken]}
            case _:
                assert_never(form)
        return json.dumps(example, ensure_ascii=False)


def pair_of(row: Row, prompts: Mapping[SkillName, PromptVersion]) -> Pair | None:
    """None where nobody said what would have been right, or its snapshot is of a form that we no longer read."""
    wanted = Wanted.model_validate(row.data["expected"]) if row.data["expected"] else None
    try:
        snapshot = Snapshot.model_validate(row.data["snapshot"])
    except ValidationError:
        return None
    skill: SkillName = row.data["skill"]
    if wanted is None:
        return None
    if skill == "answer" and wanted.body:
        return Pair(ANSWERING, _question(snapshot), wanted.body)
    decision = _right(skill, wanted, snapshot, row.data["did"])
    if decision is None:
        return None
    messages = compose([prompts[skill]], snapshot).messages
    said = {role: "\n\n".join(one.text for one in messages if one.role == role) for role in ("system", "user")}
    return Pair(said["system"], said["user"], decision.model_dump_json(exclude={"skill"}))


def _right(skill: SkillName, wanted: Wanted, snapshot: Snapshot, did: Sequence[Mapping[str, Any]]) -> Decision | None:
    match skill:
        case "triage" | "pull-request":
            kind = TriageDecision if skill == "triage" else PullRequestDecision
            labels = _labels(wanted, snapshot, did)
            return kind(labels=labels) if labels or wanted.silence or wanted.labels_off else None
        case "duplicates":
            if wanted.duplicate_of is None:
                return DuplicatesDecision() if wanted.silence or wanted.not_duplicate_of else None
            numbers = [near.thread.number for near in snapshot.neighbours]
            if wanted.duplicate_of not in numbers:
                return None
            place = numbers.index(wanted.duplicate_of) + 1
            same = Finding(thread=place, relation="duplicate", symptom="", cause="", confidence=1.0)
            return DuplicatesDecision(findings=(same,))
        case "needs-info":
            return NeedsInfoDecision() if wanted.silence else None
        case "answer":
            return AnswerDecision(silence="The passages do not say.") if wanted.silence else None
        case _:
            assert_never(skill)


def _labels(wanted: Wanted, snapshot: Snapshot, did: Sequence[Mapping[str, Any]]) -> tuple[LabelProposal, ...]:
    """What we put on and nobody minded, with what a person put on; only labels that could be chosen then."""
    ours = [name for payload in did if payload.get("kind") == "labels" for name in payload.get("names", ())]
    wrong = {name.casefold() for name in wanted.labels_off}
    listed = {label.name for label in snapshot.labels}
    right = [] if wanted.silence else list(dict.fromkeys((*ours, *wanted.labels_on)))
    kept = [name for name in right if name in listed and name.casefold() not in wrong]
    return tuple(LabelProposal(name=name, confidence=1.0, rationale="") for name in kept)


def _question(snapshot: Snapshot) -> str:
    shown = [f"{place}. {one.path} {one.heading}\n{one.text}" for place, one in enumerate(snapshot.passages, 1)]
    return "\n\n".join([snapshot.question, *shown])
