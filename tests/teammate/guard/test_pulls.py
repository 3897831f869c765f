"""What may be said on a pull request."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import LabelProposal, PullRequestDecision
from app.domain.effect import CommentPayload, LabelsPayload
from app.domain.snapshot import ChangedFile, PullView, Snapshot
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import ATTACKS, REPOSITORY, alive
from tests.teammate.guard.verdicts import ruled

VIEW = PullView(
    files=(ChangedFile(path="app/a.py", status="modified", additions=9, deletions=1),),
    patch="+x",
    size="S",
    remarks=("Source changes without tests; 9 of 10 such changes here touch tests.", "No issue is linked."),
    reviewers=("ada", "octo-cat"),
)


def shown(*, trigger: str = "body", **changed: Any) -> Snapshot:
    pull = VIEW.model_copy(update=changed)
    return snapshot(repository=REPOSITORY, kind="pull_request", trigger=trigger, pull=pull)


def decided(*remarks: int, labels: tuple[str, ...] = (), summary: str = "") -> PullRequestDecision:
    proposals = tuple(LabelProposal(name=name, confidence=0.9, rationale="By its paths.") for name in labels)
    return PullRequestDecision(labels=proposals, remarks=remarks, summary=summary)


def test_labels_and_facts():
    labels, comment = ruled(decided(2, 1, labels=("bug",)), shown()).effects
    assert labels == LabelsPayload(names=("bug",))
    assert isinstance(comment, CommentPayload)
    assert comment.body.index("No issue is linked.") < comment.body.index("Source changes")
    assert "Likely reviewers: ada, octo-cat" in comment.body


def test_nothing_worth_saying_is_no_comment():
    verdict = ruled(decided(), shown())
    assert (verdict.effects, verdict.summary) == ((), "nothing to say")


@pytest.mark.parametrize("number", [0, 3, -2])
def test_a_fact_that_was_not_offered(number: int):
    verdict = ruled(decided(number), shown())
    assert verdict.effects == ()
    assert [refusal.why for refusal in verdict.refusals] == ["it was not offered"]


def test_a_summary_is_for_who_asked():
    uncalled = ruled(decided(summary="Adds a flag."), shown())
    assert uncalled.effects == ()
    assert [refusal.why for refusal in uncalled.refusals] == ["nobody asked for one"]
    (comment,) = ruled(
        decided(1, labels=("bug",), summary="Adds a flag."), shown(trigger="comment:9", wants_summary=True)
    ).effects
    assert isinstance(comment, CommentPayload)
    assert comment.body.startswith("Adds a flag.")
    assert "Likely reviewers" not in comment.body
    assert "Source changes" not in comment.body


def test_what_is_no_pull_request_gets_nothing():
    assert ruled(decided(1, labels=("bug",)), snapshot(repository=REPOSITORY)).effects == ()


@given(text=st.sampled_from(ATTACKS))
def test_nothing_of_an_attack_is_alive(text: str):
    asked = shown(trigger="comment:9", wants_summary=True)
    told = shown(remarks=(text,), reviewers=(text,))
    for verdict in (ruled(decided(summary=text), asked), ruled(decided(1), told)):
        for effect in verdict.effects:
            assert isinstance(effect, CommentPayload)
            assert alive(effect.body) == []
