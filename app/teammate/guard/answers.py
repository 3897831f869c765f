"""What may be said of an answer: each claim with its evidence and its source, as one comment, or silence."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.decision import AnswerDecision, Claim
from app.domain.effect import CommentPayload
from app.domain.snapshot import Snapshot
from app.domain.verdict import Refusal, Verdict
from app.knowledge.claims import stands
from app.knowledge.contradictions import Conflict, conflicts
from app.teammate.guard.evidence import examine
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.markdown import safe_markdown
from app.teammate.guard.plain import one_line
from app.teammate.guard.rendered import inspect_rendered
from app.teammate.wishes import unwanted_language
from app.teammate.wording import MAX_COMMENT, Statement, answer_comment, disagreement

MAX_CLAIMS = 5
MAX_CLAIM = 2_000


@dataclass(frozen=True, slots=True)
class _Bench:
    """What the claims are judged with."""

    snapshot: Snapshot
    policy: LinkPolicy
    handle: str
    secrets: tuple[str, ...]
    known: frozenset[str]
    conflicts: tuple[Conflict, ...]

    def comment(self, statements: Sequence[Statement]) -> str:
        return answer_comment(statements, handle=self.handle, language=self.snapshot.language, tag=self.snapshot.tag)

    def violations(self, statements: Sequence[Statement]) -> tuple[str, ...]:
        return inspect_rendered(self.comment(statements), self.policy, self.secrets)


def judge_answer(
    decision: AnswerDecision, snapshot: Snapshot, *, policy: LinkPolicy, handle: str, secrets: tuple[str, ...]
) -> Verdict:
    """One comment made of the claims that prove themselves, and why the others are not in it."""
    bench = _Bench(snapshot, policy, handle, secrets, frozenset(snapshot.known), conflicts(snapshot.passages))
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    for claim in decision.claims[:MAX_CLAIMS]:
        statement, refused = _judged(claim, bench)
        refusals += refused
        if statement:
            statements.append(statement)
    if len(decision.claims) > MAX_CLAIMS:
        refusals.append(Refusal(what=f"{len(decision.claims)} claims", why=f"at most {MAX_CLAIMS} are said"))
    if not statements:
        nothing = "the answer did not pass the guard" if decision.claims else one_line(decision.silence)
        return Verdict(refusals=tuple(refusals), summary=nothing or "nothing to say")
    body = bench.comment(statements)
    violations = bench.violations(statements)
    if other := unwanted_language("\n\n".join(one.markdown for one in statements), snapshot.settings):
        violations += (f"it is in a language ({other}) that the settings do not list",)
    if violations or len(body) > MAX_COMMENT:
        refusals += [Refusal(what="the whole comment", why=why) for why in violations or ("it is too long",)]
        return Verdict(refusals=tuple(refusals), summary="the answer did not pass the guard")
    return Verdict(
        effects=(CommentPayload(body=body),),
        refusals=tuple(refusals),
        summary="answers from " + ", ".join(dict.fromkeys(" ".join(one.passage.path.split()) for one in statements)),
    )


def _judged(claim: Claim, bench: _Bench) -> tuple[Statement | None, list[Refusal]]:
    """The claim as it may be said, and what was refused of it."""
    passages = bench.snapshot.passages
    if refusal := examine(claim, passages, bench.known, bench.secrets):
        return None, [refusal]
    safe = safe_markdown(claim.text, bench.policy, limit=MAX_CLAIM, literals=bench.secrets)
    refusals = [Refusal(what=one.detail, why=f"{one.kind} is not released") for one in safe.refused]
    if not safe.markdown.strip():
        return None, refusals
    passage = passages[claim.passage - 1]
    # Alone first: one source that may not be linked (an odd file name, say) costs its own claim only.
    plain = Statement(safe.markdown, passage)
    if violations := bench.violations([plain]):
        return None, refusals + [Refusal(what=one_line(passage.path, 80), why=why) for why in violations]
    noted = Statement(safe.markdown, passage, _aside(claim, bench))
    return (plain if bench.violations([noted]) else noted), refusals


def _aside(claim: Claim, bench: _Bench) -> str:
    """What else the repository says of a setting that the claim or its quote is about."""
    about = f"{claim.text}\n{claim.quote}"
    return "\n\n".join(
        disagreement(one, bench.snapshot.passages, bench.snapshot.language)
        for one in bench.conflicts
        if claim.passage - 1 in (one.left, one.right) and stands(one.subject.lstrip("-"), about)
    )
