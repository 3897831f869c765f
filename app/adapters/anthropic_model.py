"""AnthropicModel: the decisions of one call to Claude through the Messages API, or a typed failure.

It sends what `messages.parse` would send (the schema through the SDK's own `transform_schema`), but reads the reply
here: `parse` raises on a reply that does not fit and takes its text and its usage down with it, and we need both,
the one for the repair and the other for the bill. The SDK's retries are off: it obeys any `retry-after`, hours
included. The SDK takes seconds to import, so that happens when a model is built, in the worker alone.

Source: platform.claude.com/docs/en/api/messages, .../build-with-claude/structured-outputs, .../api/errors.
"""

import asyncio
import itertools
import random
import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.adapters.anthropic_prices import cost_usd
from app.adapters.breaker import BreakerOpen, CircuitBreaker
from app.domain.prompt import Message, ModelReply, ModelRequest, Usage
from app.errors import ConfigurationError, ModelUnavailable
from app.ports import Clock
from app.teammate.compose import decisions_in
from app.teammate.decide import Declined, Unfit

if TYPE_CHECKING:
    from anthropic import APIStatusError
    from anthropic.types import Message as Reply

ATTEMPTS = 3
LONGEST_WAIT_S = 20.0
PROBLEMS_SHOWN = 5


class Transient(Exception):
    """The service is in trouble now and may not be in a moment. `retry_after` is in seconds."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class AnthropicModel:
    """Implements ports.Model. One per process: its calls share the connections and the circuit breaker.

    `timeout_s` is the deadline of one `complete`, waiting and retries included.
    """

    def __init__(self, *, api_key: str, base_url: str, timeout_s: float, clock: Clock) -> None:
        if not api_key:
            raise ConfigurationError("ANTHROPIC_API_KEY is empty: set it, or leave the model to the local one")
        if base_url.rstrip("/").endswith("/v1"):
            raise ConfigurationError(
                f"ANTHROPIC_BASE_URL must not end in /v1, the SDK adds that: use {base_url.rstrip('/')[:-3]}"
            )
        import anthropic

        self._sdk = anthropic
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key, base_url=base_url or None, max_retries=0, timeout=timeout_s
        )
        self._timeout_s = timeout_s
        self._clock = clock
        self.breaker = CircuitBreaker((Transient, TimeoutError))

    async def complete(self, request: ModelRequest) -> ModelReply:
        started = time.perf_counter()
        try:
            reply = await self._send(request)
        except TimeoutError as error:
            raise ModelUnavailable(f"Claude gave no answer within {self._timeout_s:g} s") from error
        except BreakerOpen as error:
            raise ModelUnavailable(f"Claude kept failing, so it is left alone: {error}") from error
        return _read(request, reply, latency_s=time.perf_counter() - started)

    async def aclose(self) -> None:
        await self._client.close()

    async def _send(self, request: ModelRequest) -> "Reply":
        """Try, wait as told but never long, try again; the deadline holds over all of it."""
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        for attempt in itertools.count(1):
            try:
                with self.breaker.attempt():
                    async with asyncio.timeout_at(deadline):
                        return await self._once(request)
            except Transient as failure:
                wait = failure.retry_after if failure.retry_after is not None else _backoff(attempt)
                left = deadline - asyncio.get_running_loop().time()
                if attempt == ATTEMPTS or wait > min(LONGEST_WAIT_S, left):
                    raise ModelUnavailable(f"Claude is unavailable: {failure}") from failure
                await self._clock.sleep(wait)
        raise AssertionError("unreachable")

    async def _once(self, request: ModelRequest) -> "Reply":
        """One HTTP call; everything the SDK raises becomes Transient or ModelUnavailable."""
        try:
            reply: object = await self._client.messages.create(**self._body(request))
        except self._sdk.APIStatusError as error:
            raise _judged(error) from error
        except (self._sdk.APIError, ValueError) as error:
            raise Transient(f"{type(error).__name__}: {error.__cause__ or error}") from error
        if not isinstance(reply, self._sdk.types.Message) or reply.usage is None:
            raise Transient("what came back is no message of the Messages API")
        return reply

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        provider, _, model = request.model.partition("/")
        if provider != "anthropic":
            raise ConfigurationError(f"{request.id} wants {request.model}, not Claude")
        config = dict(request.config)
        effort = config.pop("effort", None)
        schema = self._sdk.transform_schema(request.output)
        return {
            **config,
            "model": model,
            "system": [_block(message) for message in request.messages if message.role == "system"],
            "messages": _turns(message for message in request.messages if message.role != "system"),
            "output_config": {
                "format": {"type": "json_schema", "schema": schema},
                **({"effort": effort} if effort else {}),
            },
        }


def _turns(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Consecutive messages of one role are blocks of one turn, so that the cache mark can sit between them."""
    return [
        {"role": role, "content": [_block(message) for message in group]}
        for role, group in itertools.groupby(messages, key=lambda message: message.role)
    ]


def _block(message: Message) -> dict[str, Any]:
    cached = {"cache_control": {"type": "ephemeral"}} if message.cacheable else {}
    return {"type": "text", "text": message.text, **cached}


def _backoff(attempt: int) -> float:
    """0.5 to 1 s, then 1 to 2 s: hands that failed together do not come back together."""
    return 2.0 ** (attempt - 2) * (1 + random.random())  # noqa: S311


def _judged(error: "APIStatusError") -> Exception:
    """408, 409, 429 and every 5xx (529 is `overloaded`) pass; any other status will be the same next time."""
    sentence = f"{error.status_code} {error.type or ''} {error.api_message or ''}".strip()[:500]
    if error.status_code not in {408, 409, 429} and error.status_code < 500:
        hint = " (check ANTHROPIC_API_KEY)" if error.status_code in {401, 403} else ""
        return ModelUnavailable(f"Claude refused the request{hint}: {sentence}")
    asked = error.response.headers.get("retry-after", "")
    return Transient(sentence, float(asked) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", asked) else None)


# --- the reply -------------------------------------------------------------------------------------------


def _read(request: ModelRequest, reply: "Reply", *, latency_s: float) -> ModelReply:
    """The decision in the reply. Raises Declined or Unfit with what it cost."""
    usage, priced = _usage(reply, latency_s)
    text = "".join(block.text for block in reply.content or () if block.type == "text")
    if reply.stop_reason == "refusal":
        category = reply.stop_details.category if reply.stop_details else None
        raise Declined(f"Claude declined ({category or 'no category'})", usage=usage, model=reply.model, raw=text)
    if reply.stop_reason in {"max_tokens", "model_context_window_exceeded"}:
        sentence = f"the reply was cut off ({reply.stop_reason}); it must be shorter"
        raise Unfit(sentence, usage=usage, model=reply.model, raw=text)
    try:
        decided = request.output.model_validate_json(text)
    except ValidationError as error:
        raise Unfit(_problems(error), usage=usage, model=reply.model, raw=text) from error
    except ValueError as error:  # lone surrogates cannot even be encoded
        raise Unfit(f"the reply is no valid text: {error}"[:500], usage=usage, model=reply.model) from error
    raw = {"text": text, "stop_reason": reply.stop_reason, "message_id": reply.id, "priced": priced}
    return ModelReply(decisions_in(decided, request.prompts), reply.model, usage, raw)


def _usage(reply: "Reply", latency_s: float) -> tuple[Usage, bool]:
    counted = {
        "input_tokens": reply.usage.input_tokens or 0,
        "output_tokens": reply.usage.output_tokens or 0,
        "cache_read_tokens": reply.usage.cache_read_input_tokens or 0,
        "cache_write_tokens": reply.usage.cache_creation_input_tokens or 0,
    }
    cost = cost_usd(reply.model, **counted)
    return Usage(**counted, cost_usd=cost or 0.0, latency_s=latency_s, calls=1), cost is not None


def _problems(error: ValidationError) -> str:
    """What is wrong and where, without the values: those are the model's words, and may be anybody's."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    shown = [
        f"{'.'.join(map(str, problem['loc']))[:80] or 'reply'}: {problem['msg'][:160]}"
        for problem in problems[:PROBLEMS_SHOWN]
    ]
    more = [f"and {len(problems) - PROBLEMS_SHOWN} more"] if len(problems) > PROBLEMS_SHOWN else []
    return "; ".join(shown + more)
