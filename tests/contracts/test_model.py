"""What every model promises: a decision of the kind that was asked for, with its bill, or a ModelError."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.adapters.anthropic_model import AnthropicModel
from app.adapters.local_model import LocalModel
from app.adapters.prompt_files import PromptFiles
from app.domain.decision import AnswerDecision, TriageDecision
from app.domain.prompt import ModelReply, PromptVersion
from app.domain.snapshot import Snapshot
from app.errors import ModelUnavailable
from app.ports import Model
from app.teammate.compose import compose
from app.teammate.decide import FallbackModel
from tests.emulators.messages import MessagesEmulator, running
from tests.fakes.clock import FakeClock
from tests.fakes.model import FakeModel
from tests.fakes.parts import ANSWER, TRIAGE
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import ATTACKS

PROMPTS = PromptFiles()
# Nothing to label, nothing to quote from, and text that no parser likes.
ODD = {
    "empty": snapshot(title="", body="", question="", labels=(), passages=()),
    "no passages": snapshot(passages=()),
    "no labels": snapshot(labels=()),
    "hostile": snapshot(title=ATTACKS[0], body="\n".join(ATTACKS[::40]), question=" ".join(ATTACKS[::50])),
    "long": snapshot(body="word " * 4_000, question="word " * 4_000),
    "another script": snapshot(title="如何轮换密钥?", body="Как сменить секрет?", question="如何轮换密钥?"),
}


def quoting(prompt: PromptVersion, shown: Snapshot) -> TriageDecision | AnswerDecision:
    """Good decisions where there is something to decide on."""
    if prompt.name == "triage":
        return TRIAGE if shown.labels else TriageDecision()
    return ANSWER if shown.passages else AnswerDecision(silence="There is nothing to quote.")


@pytest.fixture(params=["fake", "local", "claude", "fallback"])
async def model(request: pytest.FixtureRequest) -> AsyncIterator[Model]:
    match request.param:
        case "fake":
            yield FakeModel([quoting])
        case "local":
            yield LocalModel()
        case "fallback":
            yield FallbackModel(FakeModel([ModelUnavailable("down")]), LocalModel())
        case _:
            async with running(MessagesEmulator("honest")) as url:
                claude = AnthropicModel(api_key="sk-test", base_url=url, timeout_s=20.0, clock=FakeClock())
                yield claude
                await claude.aclose()


async def decided(model: Model, skill: str, shown: Snapshot) -> ModelReply:
    return await model.complete(compose([PROMPTS.live(skill, "840#12")], shown))


def assert_sound(reply: ModelReply, kind: type, shown: Snapshot) -> None:
    assert type(reply.decision) is kind
    assert reply.model
    usage = reply.usage
    assert min(usage.model_dump().values()) >= 0
    if isinstance(reply.decision, TriageDecision):
        assert {label.name for label in reply.decision.labels} <= {label.name for label in shown.labels}
    elif isinstance(reply.decision, AnswerDecision):
        for claim in reply.decision.claims:
            assert " ".join(claim.quote.split()) in " ".join(shown.passages[claim.passage - 1].text.split())
        assert reply.decision.claims or reply.decision.silence


async def test_triage_is_answered_with_listed_labels(model: Model):
    shown = snapshot(title="Question: how do I rotate it?", body="I have a question about the documentation.")
    reply = await decided(model, "triage", shown)
    assert_sound(reply, TriageDecision, shown)
    assert isinstance(reply.decision, TriageDecision)
    assert "question" in {label.name for label in reply.decision.labels}


async def test_a_question_is_answered_with_quotes(model: Model):
    shown = snapshot()
    reply = await decided(model, "answer", shown)
    assert_sound(reply, AnswerDecision, shown)
    assert isinstance(reply.decision, AnswerDecision)
    assert reply.decision.claims


@pytest.mark.parametrize("shown", ODD.values(), ids=ODD)
@pytest.mark.parametrize(("skill", "kind"), [("triage", TriageDecision), ("answer", AnswerDecision)])
async def test_odd_threads_get_a_sound_decision_too(model: Model, shown: Snapshot, skill: str, kind: type):
    assert_sound(await decided(model, skill, shown), kind, shown)


async def test_the_same_request_gets_the_same_decision(model: Model):
    first, second = await decided(model, "answer", snapshot()), await decided(model, "answer", snapshot())
    assert first.decision == second.decision


async def test_requests_at_once_are_not_mixed_up(model: Model):
    skills = ["triage", "answer"] * 8
    replies = await asyncio.gather(*(decided(model, skill, snapshot()) for skill in skills))
    assert [reply.decision.skill for reply in replies] == skills
