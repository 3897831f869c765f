"""Whatever a model decides, its effects are bound to the triggering thread."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.decision import (
    AnswerDecision,
    Claim,
    LabelProposal,
    TriageDecision,
)
from app.domain.thread import ThreadRef
from tests.fakes.parts import INSTALLATION, REPOSITORY, THREAD, FakeHouse, a_thread, asks
from tests.teammate.guard.attacks import ATTACKS
from tests.teammate.test_runs import attend, by_skill

pytestmark = pytest.mark.usefixtures("logs")


TARGETS = ["other/repo#1", "840#13:body", "NODE_99", "https://github.com/other/repo/issues/1", "841#1", '{"a":']
STRINGS = st.sampled_from([*TARGETS, *ATTACKS]) | st.text(max_size=40)
QUOTES = st.just("Set both secrets, the new one first") | STRINGS
HOSTILE_TRIAGE = st.builds(
    TriageDecision,
    labels=st.lists(
        st.builds(
            LabelProposal,
            name=st.sampled_from(["bug", "question", "documentation"]) | STRINGS,
            confidence=st.floats(0, 1),
            rationale=STRINGS,
        ),
        max_size=8,
    ).map(tuple),
)
HOSTILE_ANSWER = st.builds(
    AnswerDecision,
    claims=st.lists(st.builds(Claim, text=STRINGS, passage=st.integers(-1, 3), quote=QUOTES), max_size=8).map(tuple),
    confidence=st.floats(0, 1),
    silence=STRINGS,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(triage=HOSTILE_TRIAGE, answer=HOSTILE_ANSWER)
async def test_whatever_a_decision_says_its_effects_are_bound_to_the_triggering_thread(
    triage: TriageDecision, answer: AnswerDecision
):
    house = FakeHouse(model=by_skill(triage, answer))
    house.github.comments[THREAD.key] = [asks(9)]
    other = ThreadRef(REPOSITORY, "issue", 13)
    house.github.add_thread(other, a_thread(number=13))
    await attend(house, "body", "comment:9")
    assert len(house.queue.runs) == 3
    for planned in house.queue.planned:
        run = house.queue.runs[planned.run]
        assert planned.thread == THREAD
        assert planned.thread.repository.installation_id == INSTALLATION
        assert planned.node_id == "NODE_12"
        assert planned.intent == f"840#12:{run.trigger}"
    kinds = [(planned.intent, planned.payload.kind) for planned in house.queue.planned]
    assert len(kinds) == len(set(kinds)) <= 3
    assert house.github.writes == []
    assert {what for what, about in house.github.reads if about == other} == set()
