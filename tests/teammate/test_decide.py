"""One call, one repair, then a typed failure that still knows what it cost."""

import pytest

from app.domain.decision import AnswerDecision, LabelProposal, TriageDecision
from app.domain.prompt import Usage
from app.errors import BadDecision, ModelRefused, ModelUnavailable
from app.teammate.decide import Declined, FallbackModel, Unfit, decide, total
from tests.fakes.model import USAGE, FakeModel
from tests.fakes.prompts import prompt_version
from tests.fakes.snapshots import snapshot

DECISION = TriageDecision(labels=(LabelProposal(name="bug", confidence=0.9, rationale="It crashes."),))
FIRST = Usage(input_tokens=7, output_tokens=3, cost_usd=0.5, latency_s=1.5, calls=1)


def unfit(usage: Usage = FIRST) -> Unfit:
    return Unfit("labels.0.confidence: too large", usage=usage, model="fake/1", raw='{"labels": [1]}')


async def test_a_fitting_reply_takes_one_call():
    model = FakeModel([DECISION])
    reply = await decide(snapshot(), [prompt_version()], model)
    assert reply.decision == DECISION
    assert (reply.model, reply.usage, len(model.requests)) == ("fake/1", USAGE, 1)


async def test_an_unfit_reply_is_repaired_once_and_both_calls_are_paid():
    model = FakeModel([unfit(), DECISION])
    reply = await decide(snapshot(), [prompt_version()], model)
    assert reply.decision == DECISION
    assert reply.usage == total(FIRST, USAGE)
    assert reply.usage.calls == 2
    assert reply.usage.cost_usd == pytest.approx(0.501)
    first, second = model.requests
    assert second.messages[:-1] == first.messages
    assert "labels.0.confidence: too large" in second.messages[-1].text
    assert '{"labels": [1]}' in second.messages[-1].text


async def test_two_unfit_replies_are_a_bad_decision_with_the_whole_bill():
    model = FakeModel([unfit(), unfit(USAGE)])
    with pytest.raises(BadDecision) as caught:
        await decide(snapshot(), [prompt_version()], model)
    assert isinstance(caught.value, Unfit)
    assert caught.value.usage == total(FIRST, USAGE)
    assert caught.value.kind == "bad_decision"
    assert len(model.requests) == 2


async def test_a_refusal_is_not_argued_with():
    model = FakeModel([Declined("no", usage=FIRST, model="fake/1")])
    with pytest.raises(ModelRefused) as caught:
        await decide(snapshot(), [prompt_version()], model)
    assert caught.value.kind == "refused"
    assert len(model.requests) == 1


async def test_a_refusal_of_the_repair_keeps_the_first_bill():
    model = FakeModel([unfit(), Declined("no", usage=USAGE, model="fake/1")])
    with pytest.raises(Declined) as caught:
        await decide(snapshot(), [prompt_version()], model)
    assert caught.value.usage == total(FIRST, USAGE)


async def test_unavailable_stays_unavailable():
    with pytest.raises(ModelUnavailable, match="down"):
        await decide(snapshot(), [prompt_version()], FakeModel([ModelUnavailable("down")]))


async def test_the_fallback_serves_only_while_the_primary_is_unavailable():
    primary = FakeModel([ModelUnavailable("529"), DECISION], name="claude")
    model = FallbackModel(primary, FakeModel([AnswerDecision(silence="thin")], name="local/1"))
    assert (await decide(snapshot(), [prompt_version()], model)).model == "local/1"
    assert (await decide(snapshot(), [prompt_version()], model)).model == "claude"


@pytest.mark.parametrize("error", [unfit(), Declined("no", usage=FIRST, model="claude")])
async def test_the_fallback_does_not_overrule_an_answer(error):
    fallback = FakeModel([DECISION], name="local/1")
    with pytest.raises(type(error)):
        await decide(snapshot(), [prompt_version()], FallbackModel(FakeModel([error]), fallback))
    assert fallback.requests == []


async def test_the_fallback_may_do_the_repair():
    model = FallbackModel(FakeModel([unfit(), ModelUnavailable("529")]), FakeModel([DECISION], name="local/1"))
    reply = await decide(snapshot(), [prompt_version()], model)
    assert (reply.model, reply.usage) == ("local/1", total(FIRST, USAGE))
