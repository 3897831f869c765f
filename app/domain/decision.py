"""Decision: what the model proposes. Closed schemas: the model fills these fields and can do nothing else.

No field names a target, a URL or an action. Where to write is bound by code to the triggering thread, links
are built by code from the passage a claim names, labels are looked up in the repository's own list.
"""

from typing import Literal

from pydantic import Field

from app.domain.thread import Frozen

SkillName = Literal["triage", "answer"]


class LabelProposal(Frozen):
    name: str = Field(description="a label exactly as the repository lists it")
    confidence: float = Field(ge=0, le=1, description="probability that a maintainer would agree")
    rationale: str = Field(description="one sentence a maintainer can check, at most 280 characters")


class TriageDecision(Frozen):
    """At most three labels; an empty list is the right answer when nothing fits."""

    skill: Literal["triage"] = "triage"
    labels: tuple[LabelProposal, ...] = ()


class Claim(Frozen):
    """One statement with its evidence: `quote` stands verbatim in the passage numbered `passage`."""

    text: str
    passage: int
    quote: str


class AnswerDecision(Frozen):
    """Claims in reading order; none when the evidence is thin, and then `silence` says why."""

    skill: Literal["answer"] = "answer"
    claims: tuple[Claim, ...] = ()
    confidence: float = Field(default=0.0, ge=0, le=1)
    silence: str = ""


Decision = TriageDecision | AnswerDecision
