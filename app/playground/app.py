"""The ASGI application: GitHub's API under its own paths, `/_playground/*` for control, and pages for people.

The gate around the API does what GitHub does to every request (authentication, rate limits, ETags, the request log)
and what the faults do to some of them. Endpoints never see any of it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from secrets import token_hex
from typing import Any, assert_never
from urllib.parse import parse_qsl, unquote

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from app.playground import graphql, pages_apps, rest_app, rest_checks, rest_issues, rest_labels, rest_repos
from app.playground.auth import Actor, identify
from app.playground.control import control_routes
from app.playground.faults import Shot
from app.playground.hub import Hub
from app.playground.model import Refusal, RequestRecord
from app.playground.routing import Answer, Call, Routes

ENTERPRISE = "/api/v3"
DOCUMENTATION = "https://docs.github.com/rest"
ROOTS = frozenset(
    ("app", "app-manifests", "installation", "repos", "users", "search", "rate_limit", "meta", "graphql", "_codeload")
)
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
DRIPS = 8
Headers = dict[str, str]


def create_app(hub: Hub, *, pages: Sequence[BaseRoute] = ()) -> "Playground":
    """The whole playground over one hub; `pages` are what else the site shows."""
    return Playground(Api(hub), Starlette(routes=[*control_routes(hub), *pages]))


class Playground:
    """Sends API paths (also under `/api/v3`, as on Enterprise Server) to the API and the rest to the site."""

    def __init__(self, api: "Api", site: Starlette) -> None:
        self._api = api
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            enterprise = path.startswith((f"{ENTERPRISE}/", "/api/graphql"))
            if enterprise or path.split("/", 2)[1] in ROOTS:
                await self._api(scope, receive, send)
                return
        await self._site(scope, receive, send)


@dataclass(slots=True, frozen=True)
class Incoming:
    """A request as it came: `path` still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    raw: bytes


class Api:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.routes = Routes()
        for module in (rest_app, pages_apps, rest_issues, rest_labels, rest_checks, rest_repos, graphql):
            self.routes.include(module.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        path = path.removeprefix(ENTERPRISE) if path.startswith(ENTERPRISE) else path.removeprefix("/api")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        incoming = Incoming(request.method, path, query, request.headers, await request.body())

        actor, answer = self._identify(incoming)
        token_age = self.hub.clock() - actor.token.minted if actor.token else None
        shot = self.hub.faults.draw(self.hub.rng, incoming.method, unquote(path), token_age=token_age)
        if shot is not None and shot.latency_s:
            await asyncio.sleep(shot.latency_s)
        json, answer = self._handle(incoming, actor, answer, shot)
        lost = shot is not None and shot.fault == "lost_response"
        if not path.startswith("/_"):
            record = RequestRecord(
                self.hub.clock(),
                incoming.method,
                unquote(path),
                actor.login,
                0 if lost else answer.status,
                json,
            )
            self.hub.requests.append(record)
        if lost:
            await _drop(scope, receive)
        else:
            await self._send(send, incoming, actor, answer, shot)

    def _identify(self, incoming: Incoming) -> tuple[Actor, Answer | None]:
        try:
            return identify(self.hub, incoming.headers.get("authorization")), None
        except Refusal as refusal:
            return Actor("anonymous", "anonymous"), _refused(refusal)

    def _handle(self, incoming: Incoming, actor: Actor, answer: Answer | None, shot: Shot | None) -> tuple[Any, Answer]:
        """The parsed body and what the caller gets, fault included; a fault before the write prevents it."""
        json: Any = None
        try:
            json = _parsed(incoming.raw)
            instead = _instead(self.hub, shot)
            if answer is None and instead is None:
                answer = self._answer(incoming, actor, json)
        except Refusal as refusal:
            answer, instead = _refused(refusal), None
        answer = instead or answer or Answer(500)
        if shot is not None and shot.fault == "error_after_write":
            answer = Answer(shot.status, {"message": "Server Error"})
        return json, answer

    def _answer(self, incoming: Incoming, actor: Actor, json: Any) -> Answer:
        used, _ = self.hub.spend(_account(actor), cost=1)
        if used > self.hub.rate_limit:
            raise Refusal(403, f"API rate limit exceeded for {_account(actor)}.")
        endpoint, params = self.routes.find(incoming.method, incoming.path)
        decoded = {name: unquote(value) for name, value in params.items()}
        accept = incoming.headers.get("accept", "")
        hub, method, path = self.hub, incoming.method, incoming.path
        return endpoint(Call(hub, actor, method, path, decoded, incoming.query, accept, json))

    async def _send(self, send: Send, incoming: Incoming, actor: Actor, answer: Answer, shot: Shot | None) -> None:
        body, headers = self._encoded(actor, answer)
        status = answer.status
        if status == 200 and incoming.method == "GET":
            headers["etag"] = f'W/"{hashlib.sha256(body).hexdigest()}"'
            if headers["etag"] in incoming.headers.get("if-none-match", ""):
                status, body = 304, b""
                self.hub.spend(_account(actor), cost=-1)
        if shot is not None and shot.fault == "truncated_json":
            body = body[: len(body) // 2]
        headers["content-length"] = str(len(body))
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        if shot is not None and shot.fault == "slow_drip":
            size = max(len(body) // DRIPS, 1)
            for start in range(0, len(body), size):
                await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
                await asyncio.sleep(self.hub.faults.drip_s / DRIPS)
            body = b""
        await send({"type": "http.response.body", "body": body})

    def _encoded(self, actor: Actor, answer: Answer) -> tuple[bytes, Headers]:
        used, reset = self.hub.spend(_account(actor), cost=0)
        headers = {
            "date": formatdate(self.hub.clock() + self.hub.faults.clock_skew_s, usegmt=True),
            "server": "github.com",
            "content-type": "application/json; charset=utf-8",
            "cache-control": "private, max-age=0, s-maxage=0",
            "x-github-media-type": "github.v3; format=json",
            "x-github-request-id": token_hex(8).upper(),
            "x-ratelimit-limit": str(self.hub.rate_limit),
            "x-ratelimit-remaining": str(max(self.hub.rate_limit - used, 0)),
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str(reset),
            "x-ratelimit-resource": "core",
            **answer.headers,
        }
        if answer.body is None:
            return b"", headers
        return answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body), headers


def _account(actor: Actor) -> str:
    return f"installation ID {actor.installation.id}" if actor.installation else actor.login


def _parsed(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        json = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(json, dict | list):
        raise Refusal(400, "Body should be a JSON object")
    return json


def _refused(refusal: Refusal) -> Answer:
    body: dict[str, Any] = {"message": refusal.message}
    if refusal.errors is not None:
        body["errors"] = refusal.errors
    if "location" in refusal.headers:
        body["url"] = refusal.headers["location"]
    body |= {"documentation_url": DOCUMENTATION, "status": str(refusal.status)}
    return Answer(refusal.status, body, refusal.headers)


def _instead(hub: Hub, shot: Shot | None) -> Answer | None:
    """What a fault answers in place of the endpoint; None when the endpoint still runs."""
    if shot is None:
        return None
    wait = str(hub.faults.retry_after_s)
    match shot.fault:
        case "error_before_write":
            return Answer(shot.status, {"message": "Server Error"})
        case "secondary_limit":
            return _refused(Refusal(403, SECONDARY, headers={"retry-after": wait}))
        case "secondary_limit_bare":
            return _refused(Refusal(403, SECONDARY))
        case "primary_limit":
            reset = str(int(hub.clock()) + hub.faults.retry_after_s + 1)
            headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
            return _refused(Refusal(429, "API rate limit exceeded", headers=headers))
        case "html_error":
            page = b"<!DOCTYPE html><html><title>Unicorn!</title><p>We had issues producing the response.</html>"
            return Answer(502, page, {"content-type": "text/html; charset=utf-8"})
        case "token_rejected":
            return _refused(Refusal(401, "Bad credentials"))
        case "answer":
            return _refused(Refusal(shot.status, shot.message, headers=dict(shot.headers)))
        case "latency" | "error_after_write" | "lost_response" | "truncated_json" | "slow_drip":
            return None
    assert_never(shot.fault)


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without a byte. `serve.py` puts the transport into the scope."""
    transport = scope.get("extensions", {}).get("playground.transport")
    if transport is None:
        raise ConnectionResetError("lost response: this server cannot drop the connection, so it fails instead")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
