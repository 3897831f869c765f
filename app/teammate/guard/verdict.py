"""From Decision to Verdict: what may be done, each refusal with its reason. Pure and deny-by-default.

Nothing in a Decision can name a target: effects carry only labels of the repository's own list or one
comment, and `attend` binds them to the triggering thread.
"""

from typing import assert_never

from app.domain.decision import AnswerDecision, Claim, Decision, TriageDecision
from app.domain.effect import CommentPayload, LabelsPayload
from app.domain.snapshot import Passage, Snapshot
from app.domain.verdict import Refusal, Verdict
from app.teammate.guard.labels import allowed_labels
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.markdown import safe_markdown
from app.teammate.guard.plain import one_line
from app.teammate.guard.rendered import inspect_rendered
from app.teammate.wording import MAX_COMMENT, Statement, answer_comment

MAX_CLAIMS = 5
MAX_CLAIM = 2_000


def judge(
    decision: Decision, snapshot: Snapshot, *, web_origin: str, handle: str, secrets: tuple[str, ...] = ()
) -> Verdict:
    """What of `decision` may be done on the snapshot's thread."""
    match decision:
        case TriageDecision():
            return _judge_labels(decision, snapshot)
        case AnswerDecision():
            policy = LinkPolicy(origin=web_origin, repository=snapshot.repository)
            return _judge_answer(decision, snapshot, policy=policy, handle=handle, secrets=secrets)
        case _:
            assert_never(decision)


def _judge_labels(decision: TriageDecision, snapshot: Snapshot) -> Verdict:
    limits = snapshot.settings.labels
    refusals = [
        Refusal(what=one_line(label.name, 80), why=f"confidence {label.confidence:.2f} is under the threshold")
        for label in decision.labels
        if label.confidence < limits.min_confidence
    ]
    sure = [label for label in decision.labels if label.confidence >= limits.min_confidence]
    kept, refused = allowed_labels(
        [label.name for label in sure],
        [label.name for label in snapshot.labels],
        allow=limits.allow,
        deny=limits.deny,
        maximum=limits.max,
    )
    refusals += [Refusal(what=one.name, why=one.reason) for one in refused]
    new = tuple(name for name in kept if name not in snapshot.current_labels)
    if not new:
        return Verdict(refusals=tuple(refusals), summary="no label to add")
    reasons = {label.name.casefold(): one_line(label.rationale) for label in sure}
    summary = "; ".join(f"{name}: {reasons.get(name.casefold(), '')}".rstrip(": ") for name in new)
    return Verdict(effects=(LabelsPayload(names=new),), refusals=tuple(refusals), summary=summary)


def _judge_answer(
    decision: AnswerDecision, snapshot: Snapshot, *, policy: LinkPolicy, handle: str, secrets: tuple[str, ...]
) -> Verdict:
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    for claim in decision.claims[:MAX_CLAIMS]:
        passage = _evidence(claim, snapshot.passages)
        if passage is None:
            refusals.append(Refusal(what=one_line(claim.text, 80), why="its quote is not in the passage it names"))
            continue
        safe = safe_markdown(claim.text, policy, limit=MAX_CLAIM, literals=secrets)
        refusals += [Refusal(what=one.detail, why=f"{one.kind} is not released") for one in safe.refused]
        if not safe.markdown.strip():
            continue
        statement = Statement(safe.markdown, passage)
        # Alone first: one source that may not be linked (an odd file name, say) costs its own claim only.
        if violations := inspect_rendered(answer_comment([statement], handle=handle), policy, secrets):
            refusals += [Refusal(what=one_line(passage.path, 80), why=why) for why in violations]
        else:
            statements.append(statement)
    if len(decision.claims) > MAX_CLAIMS:
        refusals.append(Refusal(what=f"{len(decision.claims)} claims", why=f"at most {MAX_CLAIMS} are said"))
    if not statements:
        nothing = "the answer did not pass the guard" if decision.claims else one_line(decision.silence)
        return Verdict(refusals=tuple(refusals), summary=nothing or "nothing to say")
    body = answer_comment(statements, handle=handle)
    violations = inspect_rendered(body, policy, secrets)
    if violations or len(body) > MAX_COMMENT:
        refusals += [Refusal(what="the whole comment", why=why) for why in violations or ("it is too long",)]
        return Verdict(refusals=tuple(refusals), summary="the answer did not pass the guard")
    return Verdict(
        effects=(CommentPayload(body=body),),
        refusals=tuple(refusals),
        summary="answers from " + ", ".join(dict.fromkeys(" ".join(one.passage.path.split()) for one in statements)),
    )


def _evidence(claim: Claim, passages: tuple[Passage, ...]) -> Passage | None:
    """The passage (numbered from 1) if the quote stands in it, whitespace aside; nothing otherwise."""
    if not 1 <= claim.passage <= len(passages):
        return None
    passage = passages[claim.passage - 1]
    quote = " ".join(claim.quote.split())
    return passage if len(quote) >= 8 and quote in " ".join(passage.text.split()) else None
