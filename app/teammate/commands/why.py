"""Why: what the newest runs of a thread did, and the evidence they had, for the people in it.

Runs come back as they were stored. Everything in them that somebody else wrote becomes one inert line; links are the
permalinks and addresses that code made when the run was recorded.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from pydantic import TypeAdapter, ValidationError

from app.domain.decision import (
    AnswerDecision,
    Decision,
    DuplicatesDecision,
    LabelProposal,
    NeedsInfoDecision,
    PullRequestDecision,
    TriageDecision,
)
from app.domain.history import RunDetail, RunFilter
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadRef
from app.ports import Runs
from app.teammate.guard.plain import one_line
from app.teammate.redact import redact
from app.teammate.wording import escape, source_link

LOOKED_AT, MOST_RUNS = 30, 5
MOST_LINES = 5
"""Of each kind of evidence."""
_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


async def newest_runs(history: Runs, ref: ThreadRef) -> list[RunDetail]:
    """The newest run of each skill on this thread, the newest first; commands are no such runs."""
    wanted = RunFilter(repository=ref.repository.name, number=ref.number)
    rows = [row for row in await history.runs(wanted, limit=LOOKED_AT) if row.skill != "command"]
    newest = {row.skill: row.id for row in reversed(rows)}
    found = [await history.run(run_id) for run_id in sorted(newest.values(), reverse=True)[:MOST_RUNS]]
    return [run for run in found if run is not None]


def why_text(runs: Sequence[RunDetail], *, secrets: Sequence[str] = ()) -> str:
    """What each run did and why, folded away; one sentence where there was none."""
    if not runs:
        return "Nothing was decided on this thread yet."
    return redact("\n\n".join(["What was decided here, the newest first:", *map(_run, runs)]), secrets)


def _run(run: RunDetail) -> str:
    row = run.row
    lines = [_line(row.summary) or "No reason was recorded.", *_evidence(run)]
    refused = (run.verdict or {}).get("refusals", [])[:MOST_LINES]
    lines += [f"- not done: {_line(one['what'], 80)}: {_line(one['why'])}" for one in refused]
    prompt = _line(row.prompt.replace("@", " v"), 80)
    lines.append(
        f"- prompt {prompt}, model {_line(row.model, 80)}, ${row.cost_usd:.4f}, "
        f"{row.finished_at:%Y-%m-%d %H:%M} UTC, run {row.id}"
    )
    inside = "\n".join(lines).replace("\n- ", "\n\n- ", 1)
    return f"<details>\n<summary>{row.skill}: {row.outcome}</summary>\n\n{inside}\n\n</details>"


def _evidence(run: RunDetail) -> Iterable[str]:
    if run.decision is None:
        return []
    try:
        return _why(_DECISION.validate_python(run.decision), Snapshot.model_validate(run.snapshot))
    except ValidationError:
        return []  # recorded by an older version, whose words are not ours any more


def _why(decision: Decision, shown: Snapshot) -> Iterator[str]:
    match decision:
        case TriageDecision():
            yield from _labels(decision.labels, shown)
            yield from _neighbours(shown)
        case PullRequestDecision():
            yield from _labels(decision.labels, shown)
            remarks = shown.pull.remarks if shown.pull else ()
            said = [remarks[number - 1] for number in decision.remarks if 0 < number <= len(remarks)]
            yield from (f"- {_line(remark)}" for remark in said[:MOST_LINES])
        case DuplicatesDecision():
            for one in decision.findings[:MOST_LINES]:
                both = f"{_line(one.symptom, 160)}; {_line(one.cause, 160)}"
                yield f"- {one.relation} of candidate {one.thread}, {one.confidence:.0%} sure: {both}"
            yield from _neighbours(shown)
        case NeedsInfoDecision():
            for need in shown.needs[:MOST_LINES]:
                yield f"- {_line(need.ask, 160)}: {need.probability:.0%} likely to be needed, {_line(need.why, 160)}"
        case AnswerDecision():
            yield f"- confidence {decision.confidence:.0%}"
            used = dict.fromkeys(claim.passage for claim in decision.claims)
            for number in [number for number in used if 0 < number <= len(shown.passages)][:MOST_LINES]:
                yield f"- source: {source_link(shown.passages[number - 1])}"
            if decision.silence:
                yield f"- silent: {_line(decision.silence)}"
        case _:
            assert_never(decision)


def _labels(proposed: Sequence[LabelProposal], shown: Snapshot) -> Iterator[str]:
    for one in proposed[:MOST_LINES]:
        yield f"- {_line(one.name, 60)}, {one.confidence:.0%} sure: {_line(one.rationale)}"
    likely = sorted(shown.evidence.items(), key=lambda item: -item[1])[:MOST_LINES]
    if likely:
        known = ", ".join(f"{_line(name, 60)} {probability:.0%}" for name, probability in likely)
        yield f"- the repository's history says: {known}"


def _neighbours(shown: Snapshot) -> Iterator[str]:
    """No links: each would leave a mark on a thread that nobody asked about."""
    for number, near in enumerate(shown.neighbours[:MOST_LINES], 1):
        title = _line(near.thread.title, 100)
        yield f"- candidate {number}, {near.score:.0%} alike: `#{near.thread.number}` {title}"


def _line(text: str, limit: int = 280) -> str:
    return escape(one_line(text, limit))
