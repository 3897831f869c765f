"""Which similar threads may be pointed out: only past ones of this repository that the snapshot shows, by number.

Similarity alone says nothing in public: a finding must name the same symptom and the same cause. Only an open thread
can be the original; a closed and completed one may be back; one that was closed unplanned or for silence is neither.
"""

from app.domain.decision import DuplicatesDecision, Finding
from app.domain.effect import CommentPayload
from app.domain.past import PastThread
from app.domain.snapshot import Snapshot
from app.domain.verdict import Refusal, Verdict
from app.knowledge.duplicates import original_of
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.plain import one_line
from app.teammate.guard.rendered import inspect_rendered
from app.teammate.notes import Resemblance, resemblance_comment

MAX_FINDINGS = 3


def judge_resemblances(
    decision: DuplicatesDecision, snapshot: Snapshot, *, policy: LinkPolicy, handle: str, secrets: tuple[str, ...]
) -> Verdict:
    """One comment with at most three findings, or why there is none. A known duplicate stands for its original."""
    shown = {one.thread.number: one.thread for one in snapshot.neighbours}
    declared = {number: thread.duplicate_of for number, thread in shown.items() if thread.duplicate_of}
    said: list[Resemblance] = []
    refusals: list[Refusal] = []
    for finding in decision.findings:
        known = 1 <= finding.thread <= len(snapshot.neighbours)
        number = snapshot.neighbours[finding.thread - 1].thread.number if known else 0
        thread = shown.get(original_of(number, declared))
        if thread is None or (why := _refused(finding, thread, snapshot)):
            what = f"similar thread {thread.number if thread else finding.thread}"
            refusals.append(Refusal(what=what, why=why if thread else "the thread was not shown"))
        elif len(said) == MAX_FINDINGS:
            refusals.append(Refusal(what=f"similar thread {thread.number}", why=f"at most {MAX_FINDINGS} are said"))
        elif thread.number not in {one.thread.number for one in said}:
            said.append(Resemblance(finding, thread))
    if not said:
        return Verdict(refusals=tuple(refusals), summary="no thread is the same problem")
    body = resemblance_comment(said, handle=handle)
    if violations := inspect_rendered(body, policy.with_threads(one.thread.number for one in said), secrets):
        refusals += [Refusal(what="the whole comment", why=why) for why in violations]
        return Verdict(refusals=tuple(refusals), summary="the comment did not pass the guard")
    told = [f"{one.finding.relation} of {one.thread.number}: {one_line(one.finding.symptom, 80)}" for one in said]
    return Verdict(effects=(CommentPayload(body=body),), refusals=tuple(refusals), summary="; ".join(told))


def _refused(finding: Finding, thread: PastThread, snapshot: Snapshot) -> str:
    """Why this finding may not be said; empty when it may."""
    if thread.number >= snapshot.number:
        return "only an older thread can be the original"
    if finding.confidence < snapshot.settings.duplicates.min_confidence:
        return f"confidence {finding.confidence:.2f} is under the threshold"
    if not (one_line(finding.symptom) and one_line(finding.cause)):
        return "it does not name the same symptom and the same cause"
    match finding.relation:
        case "related":
            return "being related is not worth a comment"
        case "duplicate":
            return "" if thread.state == "open" else "the thread is closed"
        case "regression":
            return "" if thread.state == "closed" and _was_settled(thread) else "the thread was never fixed"


def _was_settled(thread: PastThread) -> bool:
    return thread.state_reason == "completed" and not thread.stale
