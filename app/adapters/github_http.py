"""HTTP to GitHub, through githubkit's client: one pool, a deadline for everything, answers as they come.

githubkit by itself has no timeout, repeats any failed request (a POST, too), opens a client per call outside the
task that entered it, and raises on a `retry-after` that is a date. All four are switched off here.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx
import orjson
from githubkit import GitHub, Response, UnauthAuthStrategy
from githubkit.exception import GitHubException, RequestError

from app.domain.effect import WriteAnswer
from app.errors import GitHubError

TIMEOUT_S = 15.0
"""Deadline of one write, minting its token included; docs/design/006-effects.md builds on it."""
READ_DEADLINE_S = 30.0
READ_PAUSES_S = (0.2, 0.8)
JSON = "application/vnd.github+json"
API_VERSION = "2022-11-28"
MESSAGE_LENGTH = 300
CACHED_ANSWERS = 1_000
CACHED_BYTES = 200_000
COMMIT = re.compile(rb"[0-9a-f]{40,64}")


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer, or the way in which there was none. `status` is None when nothing came back."""

    status: int | None
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """ValueError for anything that is not JSON."""
        return orjson.loads(self.body)


class PooledGitHub(GitHub[UnauthAuthStrategy]):
    """githubkit with one connection pool for all tasks, which leaves the judging of answers to us."""

    _pool: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        self._pool = await self._create_async_client()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    @asynccontextmanager
    async def get_async_client(self) -> AsyncIterator[httpx.AsyncClient]:
        yield self._pool

    def _check(self, response: httpx.Response, *_: Any, **__: Any) -> Response[Any]:
        return Response(response, Any)


def pooled(api_url: str) -> PooledGitHub:
    """githubkit without the habits that would repeat a write or follow one elsewhere."""
    return PooledGitHub(
        UnauthAuthStrategy(),
        base_url=api_url,
        user_agent="plumbline",
        timeout=TIMEOUT_S,
        follow_redirects=False,
        http_cache=False,
        auto_retry=False,
    )


class GitHubHttp:
    """Sends requests. Who may be asked for what is for `github_auth`, the reader and the writer to know."""

    def __init__(self, github: PooledGitHub, api_url: str) -> None:
        self._github = github
        self._base = api_url.rstrip("/")
        self._cache: OrderedDict[tuple[str, str, str], tuple[str, Raw]] = OrderedDict()

    @property
    def graphql_url(self) -> str:
        """`/graphql`; on an Enterprise Server beside `/api/v3`, not under it."""
        return self._base.removesuffix("/v3") + "/graphql"

    async def once(
        self, method: str, url: str, *, token: str, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Raw:
        """One request, never repeated, never raising; ConnectionRefusedError when it certainly did not leave."""
        address = url if url.startswith("http") else self._base + url
        sent = {"Accept": JSON, "X-GitHub-Api-Version": API_VERSION, "Authorization": f"Bearer {token}"}
        try:
            answer = await self._github.arequest(method, address, json=json, headers={**sent, **(headers or {})})
        except GitHubException as error:
            cause = error.exc if isinstance(error, RequestError) else error
            if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
                raise ConnectionRefusedError(f"could not connect: {cause}") from None
            return Raw(None, {}, f"{type(cause).__name__}: {cause}".encode())
        response = answer.raw_response
        return Raw(response.status_code, response.headers, response.content)

    async def get(self, url: str, *, token: str, accept: str = JSON, who: str = "", etag: str = "") -> Raw:
        """A GET, tried three times while GitHub is in trouble. With `who` it is conditional: what that reader

        got before is kept with its ETag, and an unchanged answer costs nothing of the rate limit. With `etag` it is,
        too, and then an unchanged answer is a bare 304.
        """
        key = (who, url, accept)
        known = self._cache.get(key) if who else None
        tag = known[0] if known else etag
        headers = {"Accept": accept} | ({"If-None-Match": tag} if tag else {})
        raw = await self._patiently("GET", url, token=token, headers=headers)
        if raw.status == 304 and known:
            self._cache.move_to_end(key)
            return known[1]
        if who and raw.status == 200 and "etag" in raw.headers and len(raw.body) <= CACHED_BYTES and _whole(raw):
            self._cache[key] = (raw.headers["etag"], raw)
            if len(self._cache) > CACHED_ANSWERS:
                self._cache.popitem(last=False)
        return raw

    async def query(self, document: str, variables: Mapping[str, Any], *, token: str) -> Raw:
        """A GraphQL query, which reads only although it is a POST, and so may be tried again."""
        assert document.lstrip().startswith("query")
        body = {"query": document, "variables": variables}
        return await self._patiently("POST", self.graphql_url, token=token, json=body)

    async def download(self, url: str, *, token: str, most: int) -> bytes:
        """The body behind a redirect, `most` bytes of it at most; GitHubError otherwise.

        The archive host gets our token only where it is the API itself: elsewhere the address says enough.
        """
        raw = await self.get(url, token=token)
        place = raw.headers.get("location", "")
        if raw.status != 302 or not place:
            raise GitHubError("archive", read_answer(raw))
        same = httpx.URL(place).host == httpx.URL(self._base).host
        headers = {"Authorization": f"Bearer {token}"} if same else {}
        chunks: list[bytes] = []
        try:
            async with AsyncExitStack() as stack, asyncio.timeout(READ_DEADLINE_S * 2):
                answer = await self._github.arequest("GET", place, headers=headers, stream=True)
                response = answer.raw_response
                stack.push_async_callback(response.aclose)
                if response.status_code != 200:
                    raise GitHubError("archive", WriteAnswer(response.status_code, "the archive was refused"))
                size = 0
                async for chunk in response.aiter_bytes():
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > most:
                        raise GitHubError("archive", WriteAnswer(413, f"longer than {most} bytes"))
        except (GitHubException, httpx.HTTPError, TimeoutError) as error:
            raise GitHubError("archive", WriteAnswer(None, f"{type(error).__name__}: {error}")) from None
        return b"".join(chunks)

    async def _patiently(
        self, method: str, url: str, *, token: str, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Raw:
        """Up to three tries within the deadline; the last answer counts, whatever it is."""
        raw = Raw(None, {}, b"timed out")
        end = time.monotonic() + READ_DEADLINE_S
        for pause in (*READ_PAUSES_S, None):
            try:
                async with asyncio.timeout(min(TIMEOUT_S, max(end - time.monotonic(), 0.0))):
                    raw = await self.once(method, url, token=token, json=json, headers=headers)
            except (TimeoutError, ConnectionRefusedError) as error:
                raw = Raw(None, {}, str(error).encode() or b"timed out")
            in_trouble = raw.status is None or raw.status >= 500 or not _whole(raw)
            if not in_trouble or pause is None or "retry-after" in raw.headers:
                break
            await asyncio.sleep(pause)
        return raw


def read_answer(raw: Raw) -> WriteAnswer:
    """What GitHub said, free of transport; `message` holds its words, even from a page meant for people."""
    message = raw.body[: 4 * MESSAGE_LENGTH].decode(errors="replace")
    remote_id = labels = None
    try:
        data = raw.json()
    except ValueError:
        pass
    else:
        if isinstance(data, dict):
            errors = data.get("errors")
            details = [_words(error) for error in errors] if isinstance(errors, list) else []
            message = ": ".join(part for part in (str(data.get("message", "")), "; ".join(details)) if part)
            remote_id = str(data["id"]) if "id" in data else None
        else:
            message = ""
            labels = _label_names(data)
    return WriteAnswer(
        status=raw.status,
        message="" if raw.status is not None and raw.status < 300 else message[:MESSAGE_LENGTH],
        remote_id=remote_id,
        retry_after=_retry_after(raw.headers),
        reset_at=_reset_at(raw.headers),
        remaining=_number(raw.headers.get("x-ratelimit-remaining")),
        labels=labels if raw.status is not None and raw.status < 300 else None,
    )


def before_it_left(answer: WriteAnswer) -> WriteAnswer:
    """The same answer, but to something that had to come before the write."""
    return replace(answer, stage="token", remote_id=None)


def _label_names(data: Any) -> tuple[str, ...] | None:
    """Writing labels is answered with all that the thread carries now."""
    if not isinstance(data, list):
        return None
    names = [one.get("name") for one in data if isinstance(one, dict)]
    known = tuple(name for name in names if isinstance(name, str))
    return known if len(known) == len(data) else None


def _words(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(value) for value in error.values()))


def _whole(raw: Raw) -> bool:
    """Whether a successful answer is all there, as far as its kind can tell: a half one must not be kept."""
    kind = raw.headers.get("content-type", "")
    if raw.status == 200 and "github.sha" in kind:
        return bool(COMMIT.fullmatch(raw.body.strip()))
    if raw.status != 200 or "json" not in kind:
        return True
    try:
        raw.json()
    except ValueError:
        return False
    return True


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; the header may be a date, which counts from the `date` of the answer itself."""
    text = headers.get("retry-after", "")
    try:
        return float(text)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _reset_at(headers: Mapping[str, str]) -> datetime | None:
    seconds = _number(headers.get("x-ratelimit-reset"))
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds) if seconds is not None else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
