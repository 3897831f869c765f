"""What may be said on a pull request: labels like anywhere, facts that code found, a summary if a person asked."""

from app.domain.decision import PullRequestDecision, TriageDecision
from app.domain.effect import CommentPayload, EffectPayload
from app.domain.snapshot import Snapshot
from app.domain.verdict import Refusal, Verdict
from app.teammate.guard.labels import judge_labels
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.markdown import safe_markdown
from app.teammate.guard.rendered import inspect_rendered
from app.teammate.notes import pull_comment

MAX_REMARKS = 4
MAX_SUMMARY = 1_500


def judge_pull(
    decision: PullRequestDecision, snapshot: Snapshot, *, policy: LinkPolicy, handle: str, secrets: tuple[str, ...]
) -> Verdict:
    """Labels, and one comment where there is something to say."""
    pull = snapshot.pull
    if pull is None:
        return Verdict(summary="the thread is no pull request")
    asked = snapshot.trigger.startswith("comment:")
    labels = judge_labels(TriageDecision(labels=() if asked else decision.labels), snapshot)
    refusals = list(labels.refusals)
    effects: list[EffectPayload] = list(labels.effects)
    summary = ""
    if pull.wants_summary:
        safe = safe_markdown(decision.summary, policy, limit=MAX_SUMMARY, literals=secrets)
        summary = safe.markdown
        refusals += [Refusal(what=one.detail, why=f"{one.kind} is not released") for one in safe.refused]
    elif decision.summary.strip():
        refusals.append(Refusal(what="the summary", why="nobody asked for one"))
    numbers = list(dict.fromkeys(number for number in decision.remarks if 1 <= number <= len(pull.remarks)))
    refusals += [
        Refusal(what=f"fact {number}", why="it was not offered")
        for number in dict.fromkeys(decision.remarks)
        if number not in numbers
    ]
    remarks = [] if asked else [pull.remarks[number - 1] for number in numbers[:MAX_REMARKS]]
    if summary or remarks:
        body = pull_comment(summary, remarks, () if asked else pull.reviewers, handle=handle)
        violations = inspect_rendered(body, policy, secrets)
        refusals += [Refusal(what="the whole comment", why=why) for why in violations]
        effects += [] if violations else [CommentPayload(body=body)]
    said = f"{len(remarks)} facts" if remarks else "a summary" if summary else ""
    told = "; ".join(part for part in (labels.summary if labels.effects else "", said) if part)
    return Verdict(effects=tuple(effects), refusals=tuple(refusals), summary=told or "nothing to say")
