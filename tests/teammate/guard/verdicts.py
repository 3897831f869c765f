"""Decisions, what they are judged on, and the verdict on them."""

from typing import Any

from app.domain.decision import AnswerDecision, Claim, Decision, LabelProposal, TriageDecision
from app.domain.effect import CommentPayload, LabelsPayload
from app.domain.snapshot import Passage, Snapshot
from app.domain.verdict import Verdict
from app.teammate.guard import LinkPolicy
from app.teammate.guard.verdict import judge
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import REPOSITORY

WEB = f"https://github.com/{REPOSITORY}"
HEAD = "0123456789abcdef0123456789abcdef01234567"
POLICY = LinkPolicy(repository=REPOSITORY)
LITERAL = "correct horse battery"
QUOTE = "Set both secrets, the new one first"


def passage(text: str = f"{QUOTE}, separated by a comma.\nThen restart.", **changed: Any) -> Passage:
    fields: dict[str, Any] = {
        "path": "docs/webhooks.md",
        "heading": "Webhooks > Rotate the secret",
        "start": 3,
        "end": 9,
        "commit": HEAD,
        "text": text,
        "url": f"{WEB}/blob/{HEAD}/docs/webhooks.md#L3-L9",
    }
    return Passage.model_validate({**fields, **changed})


OTHER = passage(
    "The hourly pass finds what no event announced.",
    path="docs/recovery.md",
    heading="",
    url=f"{WEB}/blob/{HEAD}/docs/recovery.md#L1",
)
SHOWN = snapshot(repository=REPOSITORY, passages=(passage(), OTHER))


def ruled(decision: Decision, shown: Snapshot = SHOWN) -> Verdict:
    return judge(decision, shown, web_origin="https://github.com", handle="plumbline", secrets=(LITERAL,))


def body_of(verdict: Verdict) -> str:
    (effect,) = verdict.effects
    assert isinstance(effect, CommentPayload)
    return effect.body


def names_of(verdict: Verdict) -> tuple[str, ...]:
    (effect,) = verdict.effects
    assert isinstance(effect, LabelsPayload)
    return effect.names


def proposed(*names: str, confidence: float = 0.9, rationale: str = "It says so.") -> TriageDecision:
    return TriageDecision(
        labels=tuple(LabelProposal(name=name, confidence=confidence, rationale=rationale) for name in names)
    )


def claim(text: str = "Set both, then restart.", number: int = 1, quote: str = QUOTE) -> Claim:
    return Claim(text=text, passage=number, quote=quote)


def answered(*claims: Claim, silence: str = "") -> AnswerDecision:
    return AnswerDecision(claims=claims, confidence=0.9, silence=silence)
