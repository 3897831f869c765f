"""Which similar threads may be pointed out, whatever a decision says of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import DuplicatesDecision, Finding
from app.domain.past import Neighbour, PastThread
from app.domain.snapshot import Snapshot
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import ATTACKS, REPOSITORY, alive
from tests.teammate.guard.verdicts import WEB, body_of, ruled


def past(number: int, **changed: Any) -> Neighbour:
    fields: dict[str, Any] = {
        "number": number,
        "kind": "issue",
        "title": "Crash on an empty file",
        "body": "",
        "author": "linus",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "updated_at": datetime(2026, 1, 2, tzinfo=UTC),
        "url": f"{WEB}/issues/{number}",
    }
    return Neighbour(thread=PastThread.model_validate({**fields, **changed}), score=0.9)


CLOSED = {"state": "closed", "closed_at": datetime(2026, 2, 3, tzinfo=UTC)}
FIXED = {**CLOSED, "state_reason": "completed"}


def shown(*neighbours: Neighbour) -> Snapshot:
    return snapshot(repository=REPOSITORY, number=50, neighbours=neighbours)


def finding(thread: int = 1, **changed: Any) -> Finding:
    fields: dict[str, Any] = {
        "thread": thread,
        "relation": "duplicate",
        "symptom": "it crashes on an empty file",
        "cause": "the parser reads a first line that is not there",
        "confidence": 0.9,
    }
    return Finding.model_validate({**fields, **changed})


def found(*findings: Finding) -> DuplicatesDecision:
    return DuplicatesDecision(findings=findings)


def test_an_open_thread_with_the_same_symptom_and_cause_is_pointed_out():
    verdict = ruled(found(finding()), shown(past(7)))
    body = body_of(verdict)
    assert f"This looks like a duplicate of [#7]({WEB}/issues/7), which is open." in body
    assert "it crashes on an empty file" in body
    assert "Nothing was closed or linked by this" in body
    assert verdict.summary == "duplicate of 7: it crashes on an empty file"


def test_a_fixed_thread_may_be_back():
    verdict = ruled(found(finding(relation="regression")), shown(past(7, **FIXED)))
    assert "a regression of [#7]" in body_of(verdict)
    assert "closed on 2026-02-03 as completed" in body_of(verdict)


@pytest.mark.parametrize(
    ("one", "neighbour", "why"),
    [
        (finding(), past(7, **FIXED), "the thread is closed"),
        (finding(relation="regression"), past(7), "the thread was never fixed"),
        (finding(relation="regression"), past(7, **CLOSED, state_reason="not_planned"), "the thread was never fixed"),
        (finding(relation="regression"), past(7, **FIXED, stale=True), "the thread was never fixed"),
        (finding(relation="related"), past(7), "being related is not worth a comment"),
        (finding(confidence=0.69), past(7), "confidence 0.69 is under the threshold"),
        (finding(symptom=" "), past(7), "it does not name the same symptom and the same cause"),
        (finding(cause="<!-- -->"), past(7), "it does not name the same symptom and the same cause"),
        (finding(), past(50), "only an older thread can be the original"),
        (finding(), past(51), "only an older thread can be the original"),
        (finding(thread=2), past(7), "the thread was not shown"),
        (finding(thread=0), past(7), "the thread was not shown"),
        (finding(thread=-1), past(7), "the thread was not shown"),
    ],
)
def test_what_may_not_be_said(one: Finding, neighbour: Neighbour, why: str):
    verdict = ruled(found(one), shown(neighbour))
    assert verdict.effects == ()
    assert [refusal.why for refusal in verdict.refusals] == [why]


def test_each_thread_once_and_three_at_most():
    neighbours = [past(number) for number in range(1, 7)]
    verdict = ruled(found(finding(1), finding(1), *map(finding, range(2, 7))), shown(*neighbours))
    assert [number for number in range(1, 7) if f"[#{number}]" in body_of(verdict)] == [1, 2, 3]
    assert [refusal.why for refusal in verdict.refusals] == ["at most 3 are said"] * 3


def test_a_thread_elsewhere_is_never_linked():
    verdict = ruled(found(finding()), shown(past(7, url="https://github.com/other/repo/issues/7")))
    assert verdict.effects == ()


@given(symptom=st.sampled_from(ATTACKS), cause=st.sampled_from(ATTACKS))
def test_nothing_of_an_attack_is_alive(symptom: str, cause: str):
    verdict = ruled(found(finding(symptom=symptom, cause=cause)), shown(past(7)))
    for effect in verdict.effects:
        assert effect.kind == "comment"
        assert alive(effect.body.replace(f"{WEB}/issues/7", f"{WEB}/blob/main/a.md").replace("[#7]", "[it]")) == []
