"""Attending a thread: which skills run, what is recorded of each, and where its effects are bound to."""

from typing import Any

import pytest

from app.domain.decision import (
    AnswerDecision,
    Claim,
    Decision,
    LabelProposal,
    SkillName,
    TriageDecision,
)
from app.domain.effect import CommentPayload, LabelsPayload
from app.domain.prompt import PromptVersion, Usage
from app.domain.run import RunRecord
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadKind, ThreadRef
from app.domain.work import Lease
from app.errors import GitHubError, LeaseLost, ModelUnavailable
from app.teammate.decide import Declined, Unfit
from app.teammate.runs import attend_thread
from tests.fakes.model import USAGE, FakeModel
from tests.fakes.parts import ANSWER, REPOSITORY, THREAD, TRIAGE, FakeHouse, a_thread, asks
from tests.fakes.parts import SILENT as SILENT_IN
from tests.fakes.prompts import prompt_version
from tests.fakes.work_queue import EXPIRED

PAID = Usage(input_tokens=7, output_tokens=3, cost_usd=0.002, latency_s=1.0, calls=1)
SILENT = AnswerDecision(silence="The documentation does not say.")
pytestmark = pytest.mark.usefixtures("logs")


async def attend(house: FakeHouse, *triggers: str, thread: ThreadRef = THREAD) -> Lease:
    house.plan(*triggers, thread=thread)
    lease = await house.lease()
    await attend_thread(house.parts, lease)
    return lease


def by_skill(triage: Decision = TRIAGE, answer: Decision = ANSWER) -> FakeModel:
    said: dict[SkillName, Decision] = {**SILENT_IN, "triage": triage, "answer": answer}
    return FakeModel([lambda prompt, _: said[prompt.name]])


def told(runs: list[RunRecord]) -> list[tuple[str, str, str]]:
    return [(run.skill, run.trigger, run.outcome) for run in runs]


# --- one run for each skill ------------------------------------------------------------------------------


async def test_an_issue_is_triaged_and_answered_in_one_conclusion():
    house = FakeHouse()
    lease = await attend(house)
    assert told(house.queue.runs) == [("triage", "body", "acted"), ("answer", "body", "acted")]
    assert len(house.model.requests) == 1
    labels, comment = house.queue.planned
    assert labels.payload == LabelsPayload(names=("question",))
    assert isinstance(comment.payload, CommentPayload)
    assert comment.payload.body.startswith("Set both secrets, then restart.")
    assert (labels.intent, comment.intent) == ("840#12:body", "840#12:body")
    assert (labels.run, comment.run) == (0, 1)
    for planned in (labels, comment):
        assert (planned.thread, planned.node_id, planned.draft) == (THREAD, "NODE_12", False)
    assert house.bell.rung_effects == [1, 2]
    assert house.tracer.told == [(f"{lease.token}:{place}", run) for place, run in enumerate(house.queue.runs)]
    assert house.github.writes == []


async def test_a_record_holds_everything_needed_to_replay_or_judge_it():
    house = FakeHouse()
    await attend(house)
    triage, answer = house.queue.runs
    assert (triage.prompt, triage.prompt_digest, triage.model) == ("triage@1", "triage-1", "fake/1")
    assert triage.decision == TRIAGE
    assert (triage.usage, triage.error) == (USAGE, None)
    assert triage.verdict is not None
    assert triage.verdict.summary == "question: It asks how."
    assert triage.snapshot == answer.snapshot
    assert triage.snapshot.title == "How do I rotate the webhook secret?"
    assert house.model.requests[0].snapshot == triage.snapshot
    assert triage.started_at == triage.finished_at == house.clock.now()
    assert RunRecord.model_validate_json(answer.model_dump_json()) == answer


async def test_the_thread_is_gathered_once_for_all_skills():
    house = FakeHouse()
    await attend(house)
    assert sorted(what for what, _ in house.github.reads) == ["acts", "file", "repository", "thread"]


async def test_spans_lie_on_one_line_from_gathering_to_guarding():
    house = FakeHouse()
    await attend(house)
    for run in house.queue.runs:
        gather, decide, guard = run.spans
        assert [gather.name, decide.name, guard.name] == ["gather", "decide", "guard"]
        ends = [span.start_ms + span.duration_ms for span in run.spans]
        assert gather.start_ms >= 0
        assert ends[0] <= decide.start_ms + 0.002
        assert ends[1] <= guard.start_ms + 0.002
        assert gather.attributes == {"passages": 1, "neighbours": 0}
        assert decide.attributes == {"prompts": ["triage@1", "answer@1"], "model": "fake/1"}
        assert guard.attributes == {"refusals": 0}
    triage, answer = house.queue.runs
    assert triage.spans[0] == answer.spans[0]


@pytest.mark.parametrize(("kind", "skills"), [("issue", ["triage", "answer"]), ("discussion", ["answer"])])
async def test_each_kind_of_thread_has_its_skills(kind: ThreadKind, skills: list[str]):
    house = FakeHouse()
    ref = ThreadRef(REPOSITORY, kind, 30)
    house.github.add_thread(ref, a_thread(kind, 30))
    await attend(house, thread=ref)
    assert [run.skill for run in house.queue.runs] == skills
    assert {planned.thread for planned in house.queue.planned} == {ref}
    assert {planned.node_id for planned in house.queue.planned} == {"NODE_30"}


# --- several triggers ------------------------------------------------------------------------------------


async def test_every_trigger_has_runs_and_intents_of_its_own():
    house = FakeHouse()
    house.github.comments[THREAD.key] = [asks(8), asks(9)]
    await attend(house, "body", "comment:8", "comment:9")
    # What people say to us comes first: it may change how everything else is taken.
    assert [(run.skill, run.trigger) for run in house.queue.runs] == [
        ("answer", "comment:8"),
        ("answer", "comment:9"),
        ("triage", "body"),
        ("answer", "body"),
    ]
    assert [(planned.intent, planned.run) for planned in house.queue.planned] == [
        ("840#12:comment:8", 0),
        ("840#12:comment:9", 1),
        ("840#12:body", 2),
        ("840#12:body", 3),
    ]
    assert [row.run_id for row in house.outbox.rows.values()] == [1, 2, 3, 4]


async def test_a_run_without_effects_does_not_shift_the_next_ones():
    house = FakeHouse(model=by_skill(triage=TriageDecision()))
    await attend(house)
    assert told(house.queue.runs) == [("triage", "body", "silent"), ("answer", "body", "acted")]
    (planned,) = house.queue.planned
    assert house.queue.runs[planned.run].skill == "answer"


async def test_a_trigger_with_nothing_to_look_at_does_not_stop_the_others():
    house = FakeHouse()
    house.github.comments[THREAD.key] = [asks(9)]
    await attend(house, "comment:404", "comment:9")
    assert told(house.queue.runs) == [("answer", "comment:9", "acted")]
    assert [planned.run for planned in house.queue.planned] == [0]


@pytest.mark.parametrize("changed", [{"locked": True}, {"state": "closed"}, {"author_is_bot": True}])
async def test_nothing_to_look_at_is_concluded_without_asking_a_model(changed: dict[str, Any]):
    house = FakeHouse()
    house.github.add_thread(THREAD, a_thread(**changed))
    await attend(house)
    assert house.queue.rows[THREAD.key].state == "done"
    assert house.wrote_nothing
    assert house.model.requests == []


async def test_a_changed_thread_changes_its_one_comment():
    """The same trigger is the same intent, so that newer words edit the comment in place."""
    house = FakeHouse()
    await attend(house)
    other = Claim(text="Change it at GitHub last.", passage=1, quote="Restart, then change it at GitHub.")
    house.model = by_skill(answer=AnswerDecision(claims=(other,), confidence=0.9))
    await attend(house)
    assert len(house.queue.runs) == 4
    assert [(row.intent, row.payload.kind, row.revision) for row in house.outbox.rows.values()] == [
        ("840#12:body", "labels", 1),
        ("840#12:body", "comment", 2),
    ]


# --- how loudly ------------------------------------------------------------------------------------------

WRITE, DRAFT, OFF = "acted", "drafted", None


@pytest.mark.parametrize(
    ("mode", "association", "body", "mention"),
    [
        ("off", "OWNER", OFF, OFF),
        ("mention", "OWNER", OFF, WRITE),
        ("mention", "CONTRIBUTOR", OFF, DRAFT),
        ("draft", "MEMBER", DRAFT, WRITE),
        ("draft", "NONE", DRAFT, DRAFT),
        ("auto", "NONE", WRITE, WRITE),
        ("auto", "OWNER", WRITE, WRITE),
    ],
)
async def test_modes_by_trigger_and_by_who_asks(mode: str, association: str, body: str | None, mention: str | None):
    house = FakeHouse()
    house.settings(f"mode: {mode}")
    house.github.comments[THREAD.key] = [asks(9, association=association)]
    await attend(house, "body", "comment:9")
    outcomes = {(run.skill, run.trigger): run.outcome for run in house.queue.runs}
    assert outcomes.get(("triage", "body")) == body
    assert outcomes.get(("answer", "body")) == body
    assert outcomes.get(("answer", "comment:9")) == mention
    assert len(house.model.requests) == len({trigger for _, trigger in outcomes})
    assert {
        (house.queue.runs[planned.run].skill, planned.intent.partition(":")[2], planned.draft)
        for planned in house.queue.planned
    } == {(skill, trigger, outcome == DRAFT) for (skill, trigger), outcome in outcomes.items()}


async def test_a_maintainer_who_opens_a_thread_has_not_asked():
    house = FakeHouse()
    house.settings("mode: draft")
    house.github.add_thread(THREAD, a_thread(association="OWNER"))
    await attend(house)
    assert {run.outcome for run in house.queue.runs} == {"drafted"}


async def test_skills_may_have_modes_of_their_own():
    house = FakeHouse()
    house.settings("mode: draft\nlabels: {mode: auto}\nanswers: {mode: off}\n")
    await attend(house)
    assert told(house.queue.runs) == [("triage", "body", "acted")]


async def test_drafts_are_kept_and_ring_nobody():
    house = FakeHouse()
    house.settings("mode: draft")
    await attend(house)
    assert [row.state for row in house.outbox.rows.values()] == ["draft", "draft"]
    assert house.bell.rung_effects == []
    assert len(house.tracer.told) == 2


# --- outcomes --------------------------------------------------------------------------------------------


def proposal(name: str, confidence: float = 0.9) -> LabelProposal:
    return LabelProposal(name=name, confidence=confidence, rationale="Because.")


UNQUOTED = AnswerDecision(claims=(Claim(text="It does.", passage=1, quote="not in the passage at all"),))


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        (TriageDecision(), "silent"),
        (TriageDecision(labels=(proposal("documentation"),)), "silent"),  # it has that label
        (TriageDecision(labels=(proposal("no such label"),)), "refused"),
        (TriageDecision(labels=(proposal("bug", 0.1),)), "refused"),
        (TriageDecision(labels=(proposal("no such label"), proposal("bug"))), "acted"),
        (SILENT, "silent"),
        (UNQUOTED, "refused"),
        (AnswerDecision(claims=(*UNQUOTED.claims, *ANSWER.claims)), "acted"),
    ],
)
async def test_what_becomes_of_a_decision(decision: Decision, outcome: str):
    house = FakeHouse(model=by_skill(decision, SILENT) if decision.skill == "triage" else by_skill(answer=decision))
    house.github.labels[THREAD.key] = ["documentation"]
    await attend(house)
    run = next(run for run in house.queue.runs if run.skill == decision.skill)
    assert run.outcome == outcome
    assert run.decision == decision
    its = [planned for planned in house.queue.planned if house.queue.runs[planned.run] is run]
    assert len(its) == (outcome == "acted")


# --- failures --------------------------------------------------------------------------------------------


def failing(*errors: Exception) -> FakeModel:
    """Fails with each of `errors` in turn."""
    left = list(errors)

    def said(prompt: PromptVersion, shown: Snapshot) -> Decision:
        raise left.pop(0)

    return FakeModel([said])


@pytest.mark.parametrize(
    ("errors", "kind", "model", "calls"),
    [
        ([Declined("it will not", usage=PAID, model="claude-x")], "refused: it will not", "claude-x", 1),
        ([Declined("it will not", usage=PAID, model="")], "refused: it will not", "anthropic/claude-haiku-5-5", 1),
        (
            [Unfit("no JSON", usage=PAID, model="claude-x"), Unfit("still none", usage=PAID, model="claude-x")],
            "bad_decision: still none",
            "claude-x",
            2,
        ),
        (
            [Unfit("no JSON", usage=PAID, model="claude-x"), Declined("no more", usage=PAID, model="claude-x")],
            "refused: no more",
            "claude-x",
            2,
        ),
    ],
)
async def test_a_reply_without_decisions_is_a_paid_run_of_every_skill(
    errors: list[Exception], kind: str, model: str, calls: int
):
    house = FakeHouse(model=failing(*errors))
    await attend(house)
    first, second = house.queue.runs
    for failed in (first, second):
        assert (failed.outcome, failed.error, failed.model) == ("failed", kind, model)
        assert (failed.decision, failed.verdict) == (None, None)
        assert [span.name for span in failed.spans] == ["gather", "decide"]
    assert first.usage.calls == calls
    assert first.usage.cost_usd == pytest.approx(calls * PAID.cost_usd)
    assert second.usage == Usage()
    assert house.queue.planned == []
    assert len(house.tracer.told) == 2


async def test_prompts_of_another_model_are_another_call():
    house = FakeHouse()
    house.prompts.versions["answer"] = prompt_version("answer").model_copy(update={"model": "anthropic/claude-next"})
    await attend(house)
    assert [request.id for request in house.model.requests] == ["triage@1", "answer@1"]
    assert [run.usage for run in house.queue.runs] == [USAGE, USAGE]


async def test_one_call_has_one_bill():
    house = FakeHouse()
    await attend(house)
    assert [run.usage for run in house.queue.runs] == [USAGE, Usage()]


@pytest.mark.parametrize("error", [ModelUnavailable("down"), ValueError("a bug")])
async def test_what_may_be_served_later_goes_up_and_records_nothing(error: Exception):
    house = FakeHouse(model=failing(error))
    with pytest.raises(type(error)):
        await attend(house)
    assert house.queue.rows[THREAD.key].state == "leased"
    assert house.wrote_nothing


async def test_a_thread_that_cannot_be_read_goes_up():
    house = FakeHouse()
    house.github.threads.clear()
    with pytest.raises(GitHubError):
        await attend(house)
    assert house.queue.runs == []


async def test_a_lost_lease_is_said_and_nothing_is_told_to_anybody():
    house = FakeHouse()
    house.plan()
    lease = await house.lease()
    house.queue.vanish(house.worker)
    await house.queue.expire()
    with pytest.raises(LeaseLost):
        await attend_thread(house.parts, lease)
    assert house.wrote_nothing
    assert house.queue.rows[THREAD.key].reason == EXPIRED


async def test_a_broken_bell_changes_nothing():
    house = FakeHouse()
    house.bell.broken = True
    await attend(house)
    assert house.queue.rows[THREAD.key].state == "done"
    assert await house.outbox.due(9) == [1, 2]


# --- what was asked for ----------------------------------------------------------------------------------


async def test_a_reply_where_nothing_was_asked_reads_nothing():
    house = FakeHouse()
    await attend(house, "reply:77")
    assert house.github.reads == []
    assert house.wrote_nothing
    assert house.queue.rows[THREAD.key].state == "done"
