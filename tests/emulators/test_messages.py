"""The hostile model itself: it must reach what comes after the schema, and must not be the same all the time."""

import json

from app.adapters.anthropic_model import AnthropicModel
from app.adapters.prompt_files import PromptFiles
from app.domain.prompt import ModelReply
from app.errors import BadDecision
from app.teammate.decide import Unfit, decide
from tests.emulators.messages import MessagesEmulator, running
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import ATTACKS

PROMPTS = PromptFiles()


async def outcomes(seed: int, calls: int) -> list[ModelReply | BadDecision]:
    emulator = MessagesEmulator("hostile", attacks=ATTACKS, seed=seed)
    found: list[ModelReply | BadDecision] = []
    async with running(emulator) as url:
        model = AnthropicModel(api_key="k", base_url=url, timeout_s=30, clock=FakeClock())
        for number in range(calls):
            prompt = PROMPTS.live("triage" if number % 2 else "answer", "1#1")
            try:
                found.append(await decide(snapshot(), [prompt], model))
            except BadDecision as error:
                found.append(error)
        await model.aclose()
    return found


async def test_most_hostile_replies_become_decisions_and_the_rest_are_typed():
    found = await outcomes(seed=1, calls=40)
    decisions = [reply.decision for reply in found if isinstance(reply, ModelReply)]
    assert len(decisions) > 30
    assert all(isinstance(error, Unfit) and error.usage.calls == 2 for error in found if isinstance(error, BadDecision))
    said = json.dumps([decision.model_dump() for decision in decisions])
    assert sum(json.dumps(attack)[1:-1] in said for attack in ATTACKS) > len(ATTACKS) // 8


async def test_the_same_seed_plays_the_same_game():
    def decided(found: list[ModelReply | BadDecision]) -> list[object]:
        return [reply.decision if isinstance(reply, ModelReply) else str(reply) for reply in found]

    assert decided(await outcomes(seed=2, calls=6)) == decided(await outcomes(seed=2, calls=6))
    assert decided(await outcomes(seed=2, calls=6)) != decided(await outcomes(seed=3, calls=6))
