"""Decision: what the model proposes. Closed schemas: the model fills these fields and can do nothing else.

No field names a target, a URL or an action. Where to write is bound by code to the triggering thread, links
are built by code from the passage or the past thread that a number points to, labels are looked up in the
repository's own list, and what may be asked for is chosen from a list that code offers.
"""

from typing import Literal, assert_never

from pydantic import Field

from app.domain.thread import Frozen

SkillName = Literal["triage", "duplicates", "needs-info", "answer", "pull-request"]
Severity = Literal["", "critical", "high", "normal", "low"]
Relation = Literal["duplicate", "regression", "related"]


class LabelProposal(Frozen):
    name: str = Field(description="a label exactly as the repository lists it")
    confidence: float = Field(ge=0, le=1, description="probability that a maintainer would agree")
    rationale: str = Field(description="one sentence a maintainer can check, at most 280 characters")


class TriageDecision(Frozen):
    """At most three labels; an empty list is the right answer when nothing fits."""

    skill: Literal["triage"] = "triage"
    labels: tuple[LabelProposal, ...] = ()
    severity: Severity = Field(default="", description="how bad it is if true; empty where the thread does not say")
    language: str = Field(default="", description="ISO 639-1 code of the language the author writes")


class Finding(Frozen):
    """How the thread relates to the past thread numbered `thread` (from 1, as they are shown)."""

    thread: int
    relation: Relation
    symptom: str = Field(description="what goes wrong in both, in one phrase; empty if it is not the same")
    cause: str = Field(description="why it goes wrong in both, in one phrase; empty if that is not known")
    confidence: float = Field(ge=0, le=1, description="probability that a maintainer would agree")


class DuplicatesDecision(Frozen):
    """At most three; an empty list is the right answer when nothing is the same problem."""

    skill: Literal["duplicates"] = "duplicates"
    findings: tuple[Finding, ...] = ()


class Ask(Frozen):
    """One thing to ask the author for: `item` is its number in the list of what may be asked (from 1)."""

    item: int
    why: str = Field(description="why this thread cannot be worked on without it, at most 200 characters")


class NeedsInfoDecision(Frozen):
    """Only what is missing and needed; an empty list when the thread can be worked on."""

    skill: Literal["needs-info"] = "needs-info"
    asks: tuple[Ask, ...] = ()
    confidence: float = Field(default=0.0, ge=0, le=1, description="probability that a maintainer would ask for these")


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


class PullRequestDecision(Frozen):
    """Labels, which of the facts that code found are worth a maintainer's time, and a summary if one was asked for."""

    skill: Literal["pull-request"] = "pull-request"
    labels: tuple[LabelProposal, ...] = ()
    remarks: tuple[int, ...] = Field(default=(), description="numbers of the facts worth saying, from 1")
    summary: str = Field(default="", description="two or three sentences; empty unless a summary was asked for")


Decision = TriageDecision | DuplicatesDecision | NeedsInfoDecision | AnswerDecision | PullRequestDecision


def proposes(decision: Decision) -> bool:
    """Whether anything would be done if all of it were allowed."""
    match decision:
        case TriageDecision(labels=proposed):
            return bool(proposed)
        case DuplicatesDecision(findings=proposed):
            return bool(proposed)
        case NeedsInfoDecision(asks=proposed):
            return bool(proposed)
        case AnswerDecision(claims=proposed):
            return bool(proposed)
        case PullRequestDecision():
            return bool(decision.labels or decision.remarks or decision.summary)
        case _:
            assert_never(decision)
