"""Who may see the setup pages: whoever completes them owns the App, so only this machine or the holder of a token.

From this machine means: the connection comes from it, no proxy stands between, and the browser asked for it by a name
that only this machine has (else a page of another site could lead its name here and read along). From elsewhere the
token in `/setup?token=...` lets one browser in, once; a signed cookie lets it stay for an hour.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from secrets import compare_digest
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from app.domain.registration import LOOPBACK

COOKIE = "plumbline_setup"
STAY_S = 3600
PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Seal:
    """Small values that a browser keeps for us: signed, for a while, each for one purpose."""

    def __init__(self, key: bytes, *, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def close(self, purpose: str, values: dict[str, Any], *, life_s: float) -> str:
        body = base64.urlsafe_b64encode(json.dumps({**values, "until": self._clock() + life_s}).encode()).decode()
        return f"{body}.{self._mac(purpose, body)}"

    def open(self, purpose: str, text: str) -> dict[str, Any] | None:
        """None for what is not ours, was sealed for something else, or is too old."""
        body, _, mac = text.partition(".")
        if not compare_digest(mac.encode(), self._mac(purpose, body).encode()):
            return None
        values: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
        return values if values["until"] > self._clock() else None

    def _mac(self, purpose: str, body: str) -> str:
        return hmac.new(self._key, f"{purpose}:{body}".encode(), hashlib.sha256).hexdigest()


class Door:
    """`token` is what `/setup?token=` must say, once; empty where nobody from elsewhere may come in."""

    def __init__(self, seal: Seal, token: str = "") -> None:
        self._seal = seal
        self._token = token

    def admits(self, request: Request) -> bool:
        return from_here(request) or self._seal.open(COOKIE, request.cookies.get(COOKIE, "")) is not None

    def takes(self, token: str) -> bool:
        """Whether this is the token; from now on it is none."""
        right = bool(self._token) and compare_digest(token.encode(), self._token.encode())
        if right:
            self._token = ""
        return right

    def let_in(self, request: Request, answer: Response) -> None:
        set_cookie(request, answer, COOKIE, self._seal.close(COOKIE, {}, life_s=STAY_S), life_s=STAY_S)


def from_here(request: Request) -> bool:
    host = request.client.host if request.client else ""
    name = request.url.hostname or ""
    return host in LOOPBACK and name in LOOPBACK and not any(header in request.headers for header in PROXIES)


def set_cookie(request: Request, answer: Response, name: str, value: str, *, life_s: int) -> None:
    """Lax, because GitHub leads the browser back to us from its own site."""
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=life_s, path="/setup", httponly=True, samesite="lax", secure=secure)
