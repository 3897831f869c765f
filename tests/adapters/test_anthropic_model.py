"""Claude over real HTTP, played by an emulator: what is sent, what is read, and every way to fail."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.adapters.anthropic_model import ATTEMPTS, AnthropicModel
from app.adapters.anthropic_prices import cost_usd
from app.adapters.prompt_files import PromptFiles
from app.domain.decision import AnswerDecision, TriageDecision
from app.domain.prompt import ModelRequest
from app.errors import BadDecision, ConfigurationError, ModelUnavailable
from app.teammate.compose import compose
from app.teammate.decide import Declined, Unfit, decide
from tests.emulators.messages import MessagesEmulator, Scripted, refusal, running
from tests.fakes.clock import FakeClock
from tests.fakes.prompts import prompt_version
from tests.fakes.snapshots import snapshot

KEY = "sk-test"
PROMPTS = PromptFiles()
TRIAGE = PROMPTS.live("triage", "1#1")
ANSWER = PROMPTS.live("answer", "1#1")
REQUEST = compose([TRIAGE], snapshot())
GOOD = json.dumps({"skill": "triage", "labels": [{"name": "bug", "confidence": 0.9, "rationale": "It crashes."}]})


@asynccontextmanager
async def claude(
    *script: Scripted, mode: str = "scripted", timeout_s: float = 20.0
) -> AsyncIterator[tuple[AnthropicModel, MessagesEmulator, FakeClock]]:
    emulator, clock = MessagesEmulator(mode, script=script, api_key=KEY), FakeClock()
    async with running(emulator) as url:
        model = AnthropicModel(api_key=KEY, base_url=url, timeout_s=timeout_s, clock=clock)
        try:
            yield model, emulator, clock
        finally:
            await model.aclose()


async def failure(model: AnthropicModel, request: ModelRequest = REQUEST) -> str:
    with pytest.raises(ModelUnavailable) as caught:
        await model.complete(request)
    return str(caught.value)


# --- what goes out ---------------------------------------------------------------------------------------


async def test_the_request_holds_the_schema_the_config_and_no_sampling_parameters():
    async with claude(Scripted(GOOD)) as (model, emulator, _):
        await model.complete(REQUEST)
    [body], [headers] = emulator.requests, emulator.headers
    assert body["model"] == "claude-haiku-5-5"
    assert body["max_tokens"] == 4096
    assert body["output_config"]["effort"] == "low"
    shape = body["output_config"]["format"]["schema"]
    assert shape["additionalProperties"] is False
    assert shape["$defs"]["LabelProposal"]["additionalProperties"] is False
    assert set(shape["properties"]) == {"skill", "labels", "severity", "language"}
    assert not {"temperature", "top_p", "top_k", "tools"} & set(body)
    assert headers["authorization"] == f"Bearer {KEY}"


async def test_the_cache_mark_ends_the_stable_prefix():
    async with claude(Scripted(GOOD)) as (model, emulator, _):
        await model.complete(REQUEST)
    [body] = emulator.requests
    assert "cache_control" not in body["system"][-1]
    [turn] = body["messages"]
    assert [block.get("cache_control") for block in turn["content"]] == [{"type": "ephemeral"}, None]
    assert '"name": "bug"' in turn["content"][0]["text"]


async def test_the_second_thread_of_a_repository_reads_the_cache():
    async with claude(mode="honest") as (model, _, _):
        first = await model.complete(REQUEST)
        second = await model.complete(compose([TRIAGE], snapshot(number=13, title="Something else")))
    assert first.usage.cache_write_tokens == second.usage.cache_read_tokens > 500
    assert first.usage.cache_read_tokens == second.usage.cache_write_tokens == 0
    assert second.usage.cost_usd < first.usage.cost_usd


# --- what comes back -------------------------------------------------------------------------------------


async def test_a_fitting_reply_is_a_decision_with_its_bill():
    async with claude(Scripted(GOOD)) as (model, _, _):
        reply = await model.complete(REQUEST)
    assert isinstance(reply.decision, TriageDecision)
    assert [label.name for label in reply.decision.labels] == ["bug"]
    assert reply.model == "claude-haiku-5-5"
    assert reply.usage.calls == 1
    assert reply.usage.output_tokens == len(GOOD) // 4
    assert reply.usage.latency_s > 0
    assert reply.usage.cost_usd == pytest.approx(
        (reply.usage.input_tokens * 0.1 + reply.usage.cache_write_tokens * 0.125 + len(GOOD) // 4 * 0.5) / 1e6
    )
    assert reply.raw["priced"] is True


async def test_thinking_before_the_text_is_not_part_of_the_reply():
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-5-5",
        "content": [
            {"type": "thinking", "thinking": "{not the answer}", "signature": "s"},
            {"type": "text", "text": GOOD},
        ],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 20},
    }
    async with claude(Scripted(body=json.dumps(message).encode())) as (model, _, _):
        reply = await model.complete(REQUEST)
    assert reply.raw["text"] == GOOD
    assert reply.usage.output_tokens == 20


@pytest.mark.parametrize("prompt", [TRIAGE, ANSWER], ids=["triage", "answer"])
async def test_an_honest_model_decides_through_the_bundled_prompts(prompt):
    async with claude(mode="honest") as (model, _, _):
        reply = await decide(snapshot(), [prompt], model)
    match reply.decision:
        case TriageDecision(labels=labels):
            assert {label.name for label in labels} == {"question", "documentation"}
        case AnswerDecision(claims=[claim]):
            assert claim.passage == 1
            assert claim.quote in snapshot().passages[0].text


async def test_an_unknown_model_costs_nothing_and_says_so():
    request = compose([prompt_version().model_copy(update={"model": "anthropic/claude-next"})], snapshot())
    async with claude(Scripted(GOOD)) as (model, _, _):
        reply = await model.complete(request)
    assert (reply.usage.cost_usd, reply.raw["priced"]) == (0.0, False)


UNFIT = {
    "not JSON": ("Sure! Here you go", "Invalid JSON"),
    "half of it": (GOOD[:30], "Invalid JSON"),
    "nothing": ("", "Invalid JSON"),
    "an extra field": ('{"labels": [], "target": "o/r"}', "target: Extra inputs"),
    "out of range": (GOOD.replace("0.9", "1.5"), "labels.0.confidence"),
    "not a number": (GOOD.replace("0.9", "NaN"), "labels.0.confidence"),
    "another decision": ('{"skill": "answer", "claims": []}', "skill: Input should be 'triage'"),
    "a lone surrogate": (GOOD.replace("It crashes", "It \\ud800"), ""),
    "a list": ("[]", "reply: Input should be an object"),
    "many problems": (json.dumps({"labels": [{}] * 50}), "and 145 more"),
    "deep": ("[" * 10_000, "Invalid JSON"),
}


@pytest.mark.parametrize("what", UNFIT)
async def test_an_unfit_reply_is_a_bad_decision_that_knows_its_text_and_cost(what):
    text, said = UNFIT[what]
    async with claude(Scripted(text)) as (model, emulator, _):
        with pytest.raises(Unfit) as caught:
            await model.complete(REQUEST)
    assert isinstance(caught.value, BadDecision)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 1_500
    assert caught.value.raw == text
    assert caught.value.usage.calls == 1
    assert emulator.calls == 1, "the adapter itself does not repair"


async def test_the_words_of_a_reply_are_not_repeated_in_the_problem():
    async with claude(Scripted(json.dumps({"labels": "@everyone closes #1"}))) as (model, _, _):
        with pytest.raises(Unfit) as caught:
            await model.complete(REQUEST)
    assert "@everyone" not in str(caught.value)


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
async def test_a_reply_cut_off_is_unfit_even_if_it_parses(reason):
    async with claude(Scripted(GOOD, stop_reason=reason)) as (model, _, _):
        with pytest.raises(Unfit, match=reason):
            await model.complete(REQUEST)


async def test_a_repair_goes_out_as_one_more_block_and_is_paid_with_the_first():
    async with claude(Scripted("nonsense"), Scripted(GOOD)) as (model, emulator, _):
        reply = await decide(snapshot(), [TRIAGE], model)
    assert reply.usage.calls == 2
    [turn] = emulator.requests[1]["messages"]
    assert len(turn["content"]) == 3
    assert "nonsense" in turn["content"][2]["text"]
    assert reply.usage.cache_read_tokens > 0


async def test_a_refusal_is_typed_and_paid():
    async with claude(refusal()) as (model, emulator, _):
        with pytest.raises(Declined, match="cyber") as caught:
            await decide(snapshot(), [TRIAGE], model)
    assert caught.value.usage.calls == emulator.calls == 1


# --- trouble ---------------------------------------------------------------------------------------------


async def test_passing_trouble_is_tried_again():
    async with claude() as (model, emulator, clock):
        for number, status in enumerate([408, 409, 429, 500, 502, 503, 504, 529], start=1):
            emulator.script.extend([Scripted("busy", status=status), Scripted(GOOD)])
            assert (await model.complete(REQUEST)).decision, status
            assert emulator.calls == 2 * number, status
    assert all(0.5 <= slept <= 1.0 for slept in clock.slept)


async def test_trouble_that_stays_is_unavailable_after_a_few_tries():
    async with claude(*[Scripted("overloaded", status=529)] * 9) as (model, emulator, _):
        assert "529" in await failure(model)
    assert emulator.calls == ATTEMPTS


async def test_retry_after_is_obeyed_when_it_is_short():
    async with claude(Scripted("slow down", 429, {"retry-after": "7"}), Scripted(GOOD)) as (model, _, clock):
        await model.complete(REQUEST)
    assert clock.slept == [7.0]


async def test_a_long_retry_after_is_not_waited_for():
    values = ("20.5", "21", "3600", "999999999")
    async with claude(*[Scripted("slow down", 429, {"retry-after": one}) for one in values]) as (
        model,
        emulator,
        clock,
    ):
        for number in range(1, len(values) + 1):
            assert "429" in await failure(model)
            assert (clock.slept, emulator.calls) == ([], number)


async def test_a_wait_beyond_the_deadline_is_not_begun():
    script = Scripted("slow down", 429, {"retry-after": "5"})
    async with claude(script, timeout_s=2.0) as (model, _, clock):
        await failure(model)
    assert clock.slept == []


async def test_a_senseless_retry_after_is_survived():
    async with claude() as (model, emulator, clock):
        for value in ("soon", "nan", "inf", "-3", "1e9", "Fri, 20 Nov 2026 12:00:00 GMT", ""):
            emulator.script.extend([Scripted("?", 503, {"retry-after": value}), Scripted(GOOD)])
            await model.complete(REQUEST)
            assert 0.5 <= clock.slept[-1] <= 1.0, value


async def test_a_refused_request_is_not_repeated_and_says_what_to_check():
    said = {400: "too long", 401: "ANTHROPIC_API_KEY", 402: "402", 403: "ANTHROPIC_API_KEY", 404: "404", 413: "413"}
    async with claude(*[Scripted("prompt is too long", status=status) for status in said]) as (model, emulator, clock):
        for number, words in enumerate(said.values(), start=1):
            assert words in await failure(model)
            assert (emulator.calls, clock.slept) == (number, [])
        assert not model.breaker.is_open


async def test_a_wrong_key_says_which_setting_to_look_at():
    emulator = MessagesEmulator("honest", api_key="right")
    async with running(emulator) as url:
        model = AnthropicModel(api_key="wrong", base_url=url, timeout_s=5, clock=FakeClock())
        assert "ANTHROPIC_API_KEY" in await failure(model)
        await model.aclose()


async def test_a_hanging_call_ends_at_the_deadline():
    async with claude(Scripted(hang=True), timeout_s=0.3) as (model, _, _):
        assert "within 0.3 s" in await failure(model)


@pytest.mark.parametrize(
    "broken",
    [
        Scripted(GOOD, truncate=True),
        Scripted(body=b"<html>proxy error</html>", headers={"content-type": "text/html"}),
        Scripted(body=b"{}"),
        Scripted(body=b"[]"),
        Scripted(body=b'{"type": "mess'),
    ],
    ids=["truncated", "html", "empty", "list", "half"],
)
async def test_a_broken_body_is_tried_again(broken):
    async with claude(broken, Scripted(GOOD)) as (model, emulator, _):
        assert (await model.complete(REQUEST)).decision
    assert emulator.calls == 2


async def test_a_refused_connection_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    model = AnthropicModel(api_key=KEY, base_url=f"http://127.0.0.1:{port}", timeout_s=5, clock=FakeClock())
    assert "APIConnectionError" in await failure(model)
    await model.aclose()


async def test_an_outage_opens_the_breaker_and_costs_no_calls_then():
    async with claude(*[Scripted("down", status=500)] * 99) as (model, emulator, _):
        for _ in range(20):
            await failure(model)
        assert model.breaker.is_open
        assert "left alone" in await failure(model)
    assert emulator.calls == 5


async def test_a_cancelled_call_is_no_failure():
    async with claude(*[Scripted(hang=True)] * 9) as (model, emulator, _):
        for number in range(1, 8):
            task = asyncio.create_task(model.complete(REQUEST))
            await emulator.called(number)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert not model.breaker.is_open


# --- settings and prices ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://api.example/v1", "https://api.example/v1/"])
def test_a_base_url_with_v1_says_what_to_set(url):
    with pytest.raises(ConfigurationError, match=r"use https://api\.example$"):
        AnthropicModel(api_key=KEY, base_url=url, timeout_s=1, clock=FakeClock())


def test_no_key_is_said_at_once():
    with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY is empty"):
        AnthropicModel(api_key="", base_url="", timeout_s=1, clock=FakeClock())


async def test_a_prompt_for_another_provider_is_refused():
    request = compose([prompt_version().model_copy(update={"model": "local/1"})], snapshot())
    async with claude() as (model, _, _):
        with pytest.raises(ConfigurationError, match="local/1"):
            await model.complete(request)


@pytest.mark.parametrize(
    ("model", "tokens", "dollars"),
    [
        ("claude-sonnet-5-5", (1_000_000, 0, 0, 0), 2.0),
        ("claude-sonnet-5-5", (0, 1_000_000, 0, 0), 10.0),
        ("claude-sonnet-5-5", (0, 0, 1_000_000, 0), 0.1),
        ("claude-sonnet-5-5", (0, 0, 0, 1_000_000), 2.5),
        ("claude-haiku-5-5", (100_000, 0, 0, 0), 0.01),
        ("claude-haiku-5-5", (100_000, 0, 1, 0), 0.05 + 0.05e-6),
        ("claude-haiku-4-5-20251001", (1_000_000, 0, 0, 0), 1.0),
        ("claude-next", (1, 1, 1, 1), None),
    ],
)
def test_prices(model, tokens, dollars):
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    assert cost_usd(model, **dict(zip(names, tokens, strict=True))) == pytest.approx(dollars)


def test_importing_the_adapter_does_not_import_the_sdk():
    import subprocess
    import sys

    script = "import sys, app.adapters.anthropic_model; sys.exit('anthropic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
