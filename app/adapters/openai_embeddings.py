"""OpenAIEmbeddings: vectors from any service that speaks OpenAI's `/v1/embeddings`.

Source: platform.openai.com/docs/api-reference/embeddings. What is sent leaves this machine, so it is never a default.
"""

import asyncio
import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from app.adapters.breaker import BreakerOpen, CircuitBreaker
from app.errors import ConfigurationError, EmbeddingError
from app.ports import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 64
CHARACTERS = 8_000
"""Of one text. Services refuse a text of more than about 8,000 tokens, whatever its characters are."""
ATTEMPTS = 3
TIMEOUT_S = 20.0
"""Deadline of one request."""
LONGEST_WAIT_S = 10.0


class _Transient(Exception):
    """In trouble now, perhaps not in a moment; `wait_s` as the service said."""

    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class OpenAIEmbeddings:
    """Implements ports.Embedder. `dimensions` over 0 asks the service for vectors of that size.

    `url` is the service, with or without `/v1` or `/v1/embeddings`. A failure never shows the key or a text.
    """

    def __init__(
        self, *, client: httpx.AsyncClient, url: str, model: str, key: str, dimensions: int, clock: Clock
    ) -> None:
        if not model:
            raise ConfigurationError("PLUMBLINE_EMBEDDINGS_MODEL is empty: name the service's embedding model")
        self.name = f"{model}/{dimensions}" if dimensions else model
        self.dimensions = dimensions
        self._body: dict[str, Any] = {"model": model} | ({"dimensions": dimensions} if dimensions else {})
        self._client = client
        self._url = endpoint(url)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._clock = clock
        self._breaker = CircuitBreaker((_Transient,))

    async def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        parts = [await self._batch(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimensions), np.float32)

    async def _batch(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        # An empty text is an error to these services, and its vector would mean nothing anyway.
        body = {**self._body, "input": [text[:CHARACTERS].encode(errors="replace").decode() or " " for text in texts]}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._breaker.attempt():
                    return self._read(await self._post(body), len(texts))
            except BreakerOpen as error:
                raise EmbeddingError(f"the embedding service kept failing, so it is left alone: {error}") from None
            except _Transient as failure:
                wait = random.uniform(0.5, 1.0) * 2**attempt / 2 if failure.wait_s is None else failure.wait_s  # noqa: S311
                if attempt == ATTEMPTS or wait > LONGEST_WAIT_S:
                    raise EmbeddingError(f"the embedding service is unavailable: {failure}") from None
                await self._clock.sleep(wait)
        raise AssertionError("unreachable")

    async def _post(self, body: dict[str, Any]) -> httpx.Response:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._client.post(self._url, json=body, headers=self._headers)
        except TimeoutError:
            raise _Transient(f"no answer within {TIMEOUT_S:g} s") from None
        except httpx.HTTPError as error:
            raise _Transient(f"{type(error).__name__}") from None
        status = answer.status_code
        if status in (408, 409, 429) or status >= 500:
            raise _Transient(f"it answered {status}", _retry_after(answer.headers.get("retry-after", "")))
        if status != httpx.codes.OK:
            raise EmbeddingError(f"the embedding service answered {status}: check {_SUSPECTS.get(status, _ANY)}")
        return answer

    def _read(self, answer: httpx.Response, count: int) -> "NDArray[np.float32]":
        """One unit vector for each text, in the order asked; services may answer in another."""
        try:
            data = sorted(answer.json()["data"], key=lambda one: one["index"])
            found = np.array([one["embedding"] for one in data], np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise _Transient(f"what came back are no embeddings ({type(error).__name__})") from None
        lengths = np.linalg.norm(found, axis=-1, keepdims=True)
        if found.ndim != 2 or len(found) != count or not np.isfinite(lengths).all() or not (lengths > 0).all():
            raise _Transient(f"{count} texts, but vectors of shape {found.shape}, or of no length, came back")
        if self.dimensions not in (0, found.shape[1]):
            raise EmbeddingError(
                f"the embedding service gave {found.shape[1]} dimensions, not {self.dimensions}: "
                "set PLUMBLINE_EMBEDDINGS_DIMENSIONS to what the model has, or to nothing"
            )
        self.dimensions = found.shape[1]
        vectors: NDArray[np.float32] = found / lengths
        return vectors


_ANY = "PLUMBLINE_EMBEDDINGS and PLUMBLINE_EMBEDDINGS_MODEL"
_SUSPECTS = {401: "PLUMBLINE_EMBEDDINGS_KEY", 403: "PLUMBLINE_EMBEDDINGS_KEY"}


def endpoint(url: str) -> str:
    """The address to post to, of a service named in any of the usual ways; ConfigurationError for no web address."""
    try:
        place = httpx.URL(url)
    except httpx.InvalidURL:
        place = httpx.URL("")
    if place.scheme not in ("http", "https") or not place.host:
        raise ConfigurationError("PLUMBLINE_EMBEDDINGS must be `bundled`, `none` or the https address of a service")
    path = place.path.rstrip("/")
    for end in ("/v1", "/embeddings"):
        if not path.endswith(("/embeddings", end)):
            path += end
    return str(place.copy_with(path=path))


def _retry_after(text: str) -> float | None:
    """Seconds; a date or nonsense counts as nothing said."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
