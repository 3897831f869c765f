"""The playground behind the teammate's ports, in memory: the real adapters over the real endpoints, without a socket.

Requests are answered at once, by the functions that also answer them over HTTP. So what people do through the Hub is
what the teammate reads, and what it writes is what people would see, notifications included.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, unquote

import orjson

from app.adapters.github_auth import GitHubAuth
from app.adapters.github_client import GitHubClient
from app.adapters.github_http import JSON, GitHubHttp, PooledGitHub, Raw
from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef
from app.errors import GitHubError
from app.playground import graphql, rest_app, rest_checks, rest_issues, rest_labels, rest_repos
from app.playground.auth import Actor
from app.playground.hub import Hub
from app.playground.model import Refusal, Token
from app.playground.routing import Answer, Call, Routes

Trouble = Literal["lost", "half", "refused", "ignored"]
"""Of a write: it never arrives; it is done and its answer lost; GitHub says 502, or 200, and does nothing."""
APP = "app"


@dataclass(frozen=True, slots=True)
class Write:
    """One write as it arrived, when (epoch seconds), and how many notifications it caused for whom."""

    at: float
    method: str
    path: str
    json: Any
    status: int
    notified: Mapping[str, int]


class HubHttp(GitHubHttp):
    """Implements what the adapters ask of HTTP. `before_write` sees each write that arrives before anything is done.

    `trouble` is the fate of the next writes.
    """

    def __init__(self, hub: Hub) -> None:
        super().__init__(cast("PooledGitHub", None), hub.base_url)
        self.hub = hub
        self.writes: list[Write] = []
        self.trouble: deque[Trouble] = deque()
        self.before_write: Callable[[str, str, Any], None] | None = None
        self._routes = Routes()
        for module in (rest_app, rest_issues, rest_labels, rest_checks, rest_repos, graphql):
            self._routes.include(module.routes)

    async def once(
        self, method: str, url: str, *, token: str, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Raw:
        path, _, query = url.removeprefix(self.hub.base_url).partition("?")
        accept = (headers or {}).get("Accept", JSON)
        is_write = method != "GET" and not (json or {}).get("query", "").lstrip().startswith("query")
        if not is_write:
            return self._answered(token, method, path, query, accept, json)
        trouble = self.trouble.popleft() if self.trouble else None
        if trouble == "lost":
            return Raw(None, {}, b"timed out")
        if trouble == "refused":
            return Raw(502, {}, b"{}")
        if trouble == "ignored":
            return Raw(200, {}, b"[]")
        if self.before_write is not None:
            self.before_write(method, path, json)
        before = Counter(self.hub.state.notifications)
        raw = self._answered(token, method, path, query, accept, json)
        notified = Counter(self.hub.state.notifications) - before
        self.writes.append(Write(self.hub.clock(), method, path, json, raw.status or 0, notified))
        return Raw(None, {}, b"timed out") if trouble == "half" else raw

    async def get(self, url: str, *, token: str, accept: str = JSON, who: str = "", etag: str = "") -> Raw:
        return await self.once("GET", url, token=token, headers={"Accept": accept})

    async def query(self, document: str, variables: Mapping[str, Any], *, token: str) -> Raw:
        return await self.once("POST", self.graphql_url, token=token, json={"query": document, "variables": variables})

    async def download(self, url: str, *, token: str, most: int) -> bytes:
        raw = await self.get(url, token=token)
        packed = await self.get(raw.headers["location"], token=token)
        return packed.body

    def _answered(self, token: str, method: str, path: str, query: str, accept: str, json: Any) -> Raw:
        try:
            endpoint, params = self._routes.find(method, path)
            decoded = {name: unquote(value) for name, value in params.items()}
            wanted = dict(parse_qsl(query, keep_blank_values=True))
            answer = endpoint(Call(self.hub, self._actor(token), method, path, decoded, wanted, accept, json))
        except Refusal as refusal:
            answer = Answer(refusal.status, {"message": refusal.message, "errors": refusal.errors or []})
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        return Raw(answer.status, answer.headers, b"" if answer.body is None else body)

    def _actor(self, token: str) -> Actor:
        login = self.hub.state.app.login
        if token == APP:
            return Actor("app", login)
        installation = self.hub.installation(int(token))
        granted = Token(installation.id, None, installation.permissions, minted=0.0, expires=float("inf"))
        return Actor("installation", login, installation, granted)


class HubAuth(GitHubAuth):
    """Whose token it is stands in the token: signing takes longer than everything else here."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def app_token(self) -> str:
        return APP

    async def for_repository(self, ref: RepositoryRef) -> str:
        installation = self._hub.state.installations.get(ref.installation_id)
        if installation is None or installation.suspended_at is not None:
            raise GitHubError("token", WriteAnswer(403, "This installation has been suspended", stage="token"))
        return str(installation.id)

    def refused(self, text: str) -> bool:
        return False


class HubGitHub(GitHubClient):
    """`ports.GitHubReader` and `ports.GitHubWriter` over a Hub."""

    def __init__(self, hub: Hub) -> None:
        self.http = HubHttp(hub)
        super().__init__(self.http, HubAuth(hub))
