"""Decide: snapshot and prompt versions in, one Decision for each out. The exam runs exactly this function.

One call, and one repair when the reply does not fit the closed schema: a second call that is shown the reply and
what is wrong with it. After that it is a typed failure, and nothing is shown to anybody.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from app.domain.prompt import ModelReply, ModelRequest, PromptVersion, Usage
from app.domain.snapshot import Snapshot
from app.errors import BadDecision, ModelError, ModelRefused, ModelUnavailable
from app.ports import Model
from app.teammate.compose import compose, repaired

log = structlog.get_logger("teammate.decide")


class PaidReply(ModelError):
    """A reply came and was paid for, but holds no decision. `raw` is its text, for the repair and the trace."""

    def __init__(self, sentence: str, *, usage: Usage, model: str, raw: str = "") -> None:
        super().__init__(sentence)
        self.usage = usage
        self.model = model
        self.raw = raw


class Unfit(PaidReply, BadDecision):
    """The reply does not fit the schema; one more try may."""


class Declined(PaidReply, ModelRefused):
    """The provider's model would not answer."""


async def decide(snapshot: Snapshot, prompts: Sequence[PromptVersion], model: Model) -> ModelReply:
    """The decisions of one call, who made them, and the usage of all tries it took. The prompts share a model.

    Raises ModelUnavailable, or a PaidReply (BadDecision or ModelRefused) that carries the usage of all calls.
    """
    request = compose(prompts, snapshot)
    try:
        return await model.complete(request)
    except Unfit as error:
        first = error
    try:
        reply = await model.complete(repaired(request, first.raw, str(first)))
    except PaidReply as second:
        second.usage = total(first.usage, second.usage)
        raise
    return replace(reply, usage=total(first.usage, reply.usage))


def total(first: Usage, second: Usage) -> Usage:
    return Usage.model_validate({name: getattr(first, name) + getattr(second, name) for name in Usage.model_fields})


class FallbackModel:
    """Implements ports.Model: `primary`, and `fallback` while that one is unavailable.

    `ModelReply.model` says who answered. A refusal or an unfit reply is an answer: nobody else is asked then.
    """

    def __init__(self, primary: Model, fallback: Model) -> None:
        self._primary = primary
        self._fallback = fallback

    async def complete(self, request: ModelRequest) -> ModelReply:
        try:
            return await self._primary.complete(request)
        except ModelUnavailable as error:
            log.warning("model_fell_back", prompts=request.id, why=str(error))
            return await self._fallback.complete(request)
