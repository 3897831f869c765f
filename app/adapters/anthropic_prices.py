"""What a call to Claude costs, in US dollars per million tokens.

Source: https://platform.claude.com/docs/en/about-claude/pricing as of 2026-11. Writing to the five-minute cache costs
1.25 times the input price. Only recorded for people: nothing is decided by it.
"""

from dataclasses import dataclass

AS_OF = "2026-11"
CACHE_WRITE_FACTOR = 1.25


@dataclass(frozen=True, slots=True)
class Price:
    input: float
    output: float
    cache_read: float


_PRICES = {
    "claude-haiku-5-5": Price(0.10, 0.50, 0.01),
    "claude-sonnet-5-5": Price(2.00, 10.00, 0.10),
    "claude-opus-5-5": Price(4.00, 20.00, 0.20),
    "claude-fable-5-1": Price(10.00, 50.00, 0.25),
    "claude-sonnet-5": Price(2.00, 10.00, 0.20),
    "claude-opus-5": Price(5.00, 25.00, 0.50),
    "claude-haiku-4-5": Price(1.00, 5.00, 0.10),
}
_LONG_PROMPT_TOKENS = 100_000
_LONG_PROMPT_PRICES = {"claude-haiku-5-5": Price(0.50, 2.50, 0.05)}


def cost_usd(
    model: str, *, input_tokens: int, output_tokens: int, cache_read_tokens: int, cache_write_tokens: int
) -> float | None:
    """Dollars for one call; None when the model's price is not known. `input_tokens` excludes cached ones.

    A dated id (`claude-haiku-4-5-20251001`) is priced like the one without the date.
    """
    family = model if model in _PRICES else model.rpartition("-")[0]
    prompt_tokens = input_tokens + cache_read_tokens + cache_write_tokens
    price = _PRICES.get(family)
    if prompt_tokens > _LONG_PROMPT_TOKENS:
        price = _LONG_PROMPT_PRICES.get(family, price)
    if price is None:
        return None
    dollars = (
        input_tokens * price.input
        + cache_write_tokens * price.input * CACHE_WRITE_FACTOR
        + cache_read_tokens * price.cache_read
        + output_tokens * price.output
    )
    return dollars / 1_000_000
