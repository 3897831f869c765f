"""From Decision to Verdict: what may be done, each refusal with its reason. Pure and deny-by-default.

Nothing in a Decision can name a target: effects carry only labels of the repository's own list or one
comment, and `attend` binds them to the triggering thread.
"""

from typing import assert_never

from app.domain.decision import (
    AnswerDecision,
    Decision,
    DuplicatesDecision,
    NeedsInfoDecision,
    PullRequestDecision,
    TriageDecision,
)
from app.domain.snapshot import Snapshot
from app.domain.verdict import Verdict
from app.teammate.guard.answers import judge_answer
from app.teammate.guard.labels import judge_labels
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.pulls import judge_pull
from app.teammate.guard.relations import judge_resemblances
from app.teammate.guard.requests import judge_requests


def judge(
    decision: Decision, snapshot: Snapshot, *, web_origin: str, handle: str, secrets: tuple[str, ...] = ()
) -> Verdict:
    """What of `decision` may be done on the snapshot's thread."""
    policy = LinkPolicy(origin=web_origin, repository=snapshot.repository)
    match decision:
        case TriageDecision():
            return judge_labels(decision, snapshot)
        case DuplicatesDecision():
            return judge_resemblances(decision, snapshot, policy=policy, handle=handle, secrets=secrets)
        case NeedsInfoDecision():
            return judge_requests(decision, snapshot, policy=policy, handle=handle, secrets=secrets)
        case AnswerDecision():
            return judge_answer(decision, snapshot, policy=policy, handle=handle, secrets=secrets)
        case PullRequestDecision():
            return judge_pull(decision, snapshot, policy=policy, handle=handle, secrets=secrets)
        case _:
            assert_never(decision)
