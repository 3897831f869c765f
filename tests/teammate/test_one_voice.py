"""Of all skills that would comment on one trigger, one does."""

from collections.abc import Mapping

from app.domain.decision import (
    Ask,
    Decision,
    DuplicatesDecision,
    Finding,
    NeedsInfoDecision,
)
from app.domain.past import Neighbour, PastThread
from app.domain.run import RunRecord, RunSkill
from app.domain.snapshot import Need, Snapshot
from app.teammate.guard.verdict import judge
from app.teammate.runs import one_voice, outcome_of
from app.teammate.skills import Loudness
from tests.fakes.clock import START
from tests.fakes.model import USAGE
from tests.fakes.parts import ANSWER, TRIAGE
from tests.fakes.snapshots import snapshot

PAST = Neighbour(
    thread=PastThread(
        number=3,
        kind="issue",
        title="How do I rotate the webhook secret?",
        body="I found nothing.",
        author="linus",
        created_at=START,
        updated_at=START,
        url="https://github.com/ada/engine/issues/3",
    ),
    score=0.9,
)
NEED = Need(id="version", ask="Name the version you use.", why="often asked for", probability=0.9)
DUPLICATE = DuplicatesDecision(
    findings=(Finding(thread=1, relation="duplicate", symptom="no way is shown", cause="no page says", confidence=0.9),)
)
ASKING = NeedsInfoDecision(asks=(Ask(item=1, why="it decides"),), confidence=0.9)


def judged(skill: RunSkill, decision: Decision, shown: Snapshot, volume: Loudness = "write") -> RunRecord:
    verdict = judge(decision, shown, web_origin="https://github.com", handle="plumbline")
    return RunRecord(
        skill=skill,
        trigger=shown.trigger,
        prompt=f"{skill}@1",
        prompt_digest="d",
        model="fake/1",
        outcome=outcome_of(decision, verdict, volume),
        snapshot=shown,
        decision=decision,
        verdict=verdict,
        usage=USAGE,
        started_at=START,
        finished_at=START,
    )


def speakers(volumes: Mapping[RunSkill, Loudness]) -> dict[str, str]:
    """Skill -> outcome, where each of these would comment."""
    shown = snapshot(neighbours=(PAST,), needs=(NEED,))
    said: dict[RunSkill, Decision] = {
        "triage": TRIAGE,
        "duplicates": DUPLICATE,
        "needs-info": ASKING,
        "answer": ANSWER,
    }
    records = [judged(skill, said[skill], shown, volume) for skill, volume in volumes.items()]
    kept = list(one_voice(records, volumes))
    comments = [
        effect for record in kept if record.verdict for effect in record.verdict.effects if effect.kind == "comment"
    ]
    assert len(comments) <= 1
    return {record.skill: record.outcome for record in kept}


def test_of_all_that_would_comment_the_most_important_one_does():
    everything = speakers({"triage": "write", "duplicates": "write", "needs-info": "write", "answer": "write"})
    assert everything == {"triage": "acted", "duplicates": "acted", "needs-info": "silent", "answer": "silent"}
    assert speakers({"needs-info": "write", "answer": "write"}) == {"needs-info": "silent", "answer": "acted"}
    assert speakers({"needs-info": "write"}) == {"needs-info": "acted"}


def test_who_may_write_comes_before_who_may_only_draft():
    assert speakers({"duplicates": "draft", "answer": "write"}) == {"duplicates": "silent", "answer": "acted"}
