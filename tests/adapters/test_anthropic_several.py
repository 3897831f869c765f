"""Several skills in one call to Claude: one request, one schema, one cache mark, one bill, one repair."""

import json

import pytest

from app.adapters.anthropic_model import AnthropicModel
from app.adapters.prompt_files import PromptFiles
from app.domain.decision import AnswerDecision, TriageDecision
from app.teammate.decide import Unfit, decide
from tests.emulators.messages import MessagesEmulator, Scripted, running
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import snapshot

PROMPTS = PromptFiles()
SEVERAL = [PROMPTS.live(name, "1#1") for name in ("triage", "duplicates", "needs-info", "answer")]
EMPTY = {"triage": {}, "duplicates": {}, "needs_info": {}, "answer": {"silence": "Nothing says."}}


async def asked(emulator: MessagesEmulator):
    async with running(emulator) as url:
        model = AnthropicModel(api_key="sk-test", base_url=url, timeout_s=20.0, clock=FakeClock())
        try:
            return await decide(snapshot(), SEVERAL, model)
        finally:
            await model.aclose()


async def test_one_request_asks_for_one_decision_of_each_skill():
    emulator = MessagesEmulator("honest")
    reply = await asked(emulator)
    assert [decision.skill for decision in reply.decisions] == ["triage", "duplicates", "needs-info", "answer"]
    assert isinstance(reply.decisions[0], TriageDecision)
    assert reply.decisions[0].labels
    assert isinstance(reply.decisions[3], AnswerDecision)
    assert reply.decisions[3].claims
    assert reply.usage.calls == 1
    [body] = emulator.requests
    shape = body["output_config"]["format"]["schema"]
    assert set(shape["required"]) == {"triage", "duplicates", "needs_info", "answer"}
    assert shape["additionalProperties"] is False
    assert body["max_tokens"] == sum(int(str(prompt.config["max_tokens"])) for prompt in SEVERAL)
    blocks = [*body["system"], *(block for turn in body["messages"] for block in turn["content"])]
    assert sum("cache_control" in block for block in blocks) == 1


async def test_a_reply_without_one_of_them_is_repaired_once():
    short = {key: value for key, value in EMPTY.items() if key != "needs_info"}
    emulator = MessagesEmulator("scripted", script=[Scripted(json.dumps(short)), Scripted(json.dumps(EMPTY))])
    reply = await asked(emulator)
    assert reply.usage.calls == 2
    assert [decision.skill for decision in reply.decisions] == ["triage", "duplicates", "needs-info", "answer"]
    first, second = emulator.requests
    assert second["messages"][0]["content"][: len(first["messages"][0]["content"])] == first["messages"][0]["content"]
    assert "needs_info: Field required" in second["messages"][-1]["content"][-1]["text"]


async def test_a_second_reply_that_does_not_fit_is_a_typed_failure_with_both_bills():
    emulator = MessagesEmulator("scripted", script=[Scripted("{}"), Scripted('{"triage": {}, "close": true}')])
    with pytest.raises(Unfit) as caught:
        await asked(emulator)
    assert caught.value.usage.calls == 2
