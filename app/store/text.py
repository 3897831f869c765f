"""What Postgres cannot hold is replaced here, at the one border all values cross on their way into the store.

Text and JSON of Postgres refuse NUL, and UTF-8 has no lone surrogates; both come in webhooks, log pastes and
replies of models. Each becomes U+FFFD, the character made for this, so that a reader sees that something was there.
"""

import json
import math
import re
from typing import Any

import orjson

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def clean_text(text: str) -> str:
    """`text` without NUL and lone surrogates; a surrogate pair written as two becomes the character it means."""
    if text.isascii() and "\0" not in text:
        return text
    if not _UNSTORABLE.search(text):
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\0", "\ufffd")


def clean(value: Any) -> Any:
    """The same for everything inside `value`; numbers that JSON cannot say become null."""
    match value:
        case str():
            return clean_text(value)
        case dict():
            return {clean(key): clean(item) for key, item in value.items()}
        case list() | tuple():
            return [clean(item) for item in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def dump_json(value: Any) -> str:
    """`value` as JSON text that a jsonb column takes. Fast for what is clean already, which is nearly all."""
    try:
        text = orjson.dumps(value)
    except TypeError:  # a lone surrogate, or a number beyond 64 bits
        return json.dumps(clean(value), ensure_ascii=False)
    if b"\\u0000" not in text:
        return text.decode()
    return orjson.dumps(clean(value)).decode()
