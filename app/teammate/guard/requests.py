"""What may be asked of an author: only what the snapshot offers, at most four things, each once in a thread's life."""

from app.domain.decision import NeedsInfoDecision
from app.domain.effect import CommentPayload
from app.domain.snapshot import Need, Snapshot
from app.domain.verdict import Refusal, Verdict
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.plain import one_line
from app.teammate.guard.rendered import inspect_rendered
from app.teammate.notes import request_comment

MAX_ASKS = 4


def judge_requests(
    decision: NeedsInfoDecision, snapshot: Snapshot, *, policy: LinkPolicy, handle: str, secrets: tuple[str, ...]
) -> Verdict:
    """One comment that asks, the same comment with what is still missing, or why there is none."""
    kept: list[Need] = []
    refusals: list[Refusal] = []
    for ask in decision.asks:
        need = snapshot.needs[ask.item - 1] if 1 <= ask.item <= len(snapshot.needs) else None
        if why := _refused(need, kept, snapshot):
            refusals.append(Refusal(what=one_line(need.ask, 80) if need else f"request {ask.item}", why=why))
        elif need and need not in kept:
            kept.append(need)
    if decision.confidence < snapshot.settings.needs_info.min_confidence and not snapshot.asked and kept:
        refusals.append(Refusal(what="the request", why=f"confidence {decision.confidence:.2f} is under the threshold"))
        kept = []
    if not kept and not snapshot.asked:
        return Verdict(refusals=tuple(refusals), summary="nothing is missing")
    body = request_comment(kept, handle=handle)
    if violations := inspect_rendered(body, policy, secrets):
        refusals += [Refusal(what="the whole comment", why=why) for why in violations]
        return Verdict(refusals=tuple(refusals), summary="the comment did not pass the guard")
    asks = tuple(need.id for need in kept)
    summary = f"asks for {', '.join(one_line(need.ask, 60) for need in kept)}" if kept else "what was asked for is here"
    return Verdict(effects=(CommentPayload(body=body, asks=asks),), refusals=tuple(refusals), summary=summary)


def _refused(need: Need | None, kept: list[Need], snapshot: Snapshot) -> str:
    if need is None:
        return "it is not among what may be asked"
    if snapshot.asked and need.id not in snapshot.asked:
        return "an author is asked once"
    return f"at most {MAX_ASKS} things are asked" if len(kept) == MAX_ASKS else ""
