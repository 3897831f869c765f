"""The floor of ingest: the same server with nothing behind it but the signature check. Run as a script with a port."""

import hmac
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

SECRET = os.environ.get("GITHUB_WEBHOOK_SECRET", "").encode()
ACCEPTED = {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]}
REFUSED = {"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]}
END = {"type": "http.response.body", "body": b""}


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    signature = b""
    for name, value in scope["headers"]:
        if name == b"x-hub-signature-256":
            signature = value
    message = await receive()
    parts = [message["body"]]
    while message["more_body"]:
        message = await receive()
        parts.append(message["body"])
    right = b"sha256=" + hmac.digest(SECRET, b"".join(parts), "sha256").hex().encode()
    await send(ACCEPTED if hmac.compare_digest(right, signature) else REFUSED)
    await send(END)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning", lifespan="off")
