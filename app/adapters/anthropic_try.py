"""One small question to the Messages API: is the key taken, and does the model answer? Costs next to nothing.

Source: platform.claude.com/docs/en/api/messages and .../api/errors.
"""

import httpx

TIMEOUT_S = 15.0
API = "https://api.anthropic.com"
SCHEMA = {
    "type": "object",
    "properties": {"here": {"type": "boolean"}},
    "required": ["here"],
    "additionalProperties": False,
}
"""Decisions come in a schema, so a service that knows no schemas is of no use."""


async def try_key(*, api_key: str, base_url: str, model: str) -> str:
    """What is wrong, as a sentence that says what to do; empty where the model answered."""
    url = f"{(base_url or API).rstrip('/')}/v1/messages"
    headers = {"x-api-key": api_key, "anthropic-version": "2023-06-01"}
    body = {
        "model": model,
        "max_tokens": 16,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Are you there?"}]}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.post(url, headers=headers, json=body)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return f"nothing answers at {url} ({type(error).__name__}): check ANTHROPIC_BASE_URL and the network."
    match answer.status_code:
        case 200:
            return ""
        case 401 | 403:
            return f"the service refuses the key ({answer.status_code}): make a new one and set ANTHROPIC_API_KEY."
        case 404:
            return f"{url} knows no {model} (404): check ANTHROPIC_BASE_URL, and the `model` of the live prompts."
        case 429 | 529:
            return f"the key is taken, but the service is busy or the limit is spent ({answer.status_code}): try later."
        case status:
            return f"the service answers {status} where 200 was expected: {answer.text[:200]}"
