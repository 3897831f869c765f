"""The small frame the API's endpoints hang in: a call comes in, an answer goes out, no I/O between.

Endpoints are plain functions `(Call) -> Answer`. They raise `Refusal` for everything GitHub would refuse.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from app.playground.auth import Actor, require
from app.playground.hub import Hub
from app.playground.model import Comment, Refusal, Repository, ReviewComment, Thread
from app.playground.world import stamp

PER_PAGE = 30
PER_PAGE_MOST = 100
LONGEST_NUMBER = 18

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
C = TypeVar("C", Comment, ReviewComment)


@dataclass(slots=True, frozen=True)
class Answer:
    """`body` is rendered as JSON unless it is bytes already; None is an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Call:
    """One request: who asks for what. `json` is the parsed body, None where there is none."""

    hub: Hub
    actor: Actor
    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    accept: str
    json: Any

    def repository(self, permission: str = "metadata", level: str = "read") -> Repository:
        """The repository of the path, when the caller may do this to it."""
        repo = self.hub.repository(f"{self.params['owner']}/{self.params['repo']}")
        require(self.hub, self.actor, repo, permission, level)
        return repo

    def issue(self, level: str = "read") -> tuple[Repository, Thread]:
        """The issue or pull request of the path; discussions are not reachable by REST."""
        repo = self.repository("issues", level)
        number = self.number("number")
        try:
            thread = self.hub.thread(repo, number)
        except Refusal as moved:
            if "location" in moved.headers:
                moved.headers["location"] += self.path.partition(f"/issues/{number}")[2]
            raise
        if thread.kind == "discussion":
            raise Refusal(404, "Not Found")
        return repo, thread

    def number(self, name: str) -> int:
        found = whole(self.params[name], -1)
        if found < 0:
            raise Refusal(404, "Not Found")
        return found

    def body(self, model: type[M]) -> M:
        """The body as `model`; 422 in GitHub's words for unknown fields and wrong types."""
        try:
            return model.model_validate({} if self.json is None else self.json)
        except ValidationError as error:
            raise Refusal(422, f"Invalid request.\n\n{_complaint(error)}") from None

    def wants(self, media: str) -> bool:
        return f"vnd.github.{media}" in self.accept


def page(call: Call, items: Sequence[T], render: Callable[[T], Any], *, key: str | None = None) -> Answer:
    """One page of a listing with GitHub's Link header; `key` wraps it as {"total_count", key: [...]}."""
    size, number = page_size(call), max(whole(call.query.get("page"), 1), 1)
    last = max(-(-len(items) // size), 1)
    links: dict[str, int] = {}
    if number > 1:
        links |= {"prev": min(number - 1, last), "first": 1}
    if number < last:
        links |= {"next": number + 1, "last": last}
    body: Any = [render(item) for item in items[(number - 1) * size : number * size]]
    if key is not None:
        body = {"total_count": len(items), key: body}
    return Answer(body=body, headers=link_header(call, {name: {"page": str(to)} for name, to in links.items()}))


def link_header(call: Call, links: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """`links` gives for each rel the query parameters that differ from this call's."""
    if not links:
        return {}
    base = call.hub.base_url + call.path
    parts = [f'<{base}?{urlencode({**call.query, **change})}>; rel="{rel}"' for rel, change in links.items()]
    return {"link": ", ".join(parts)}


def changed(call: Call, comments: Sequence[C]) -> list[C]:
    """Those changed `since` then, the oldest first, or as `sort` and `direction` say."""
    since = moment(call.query["since"]) if "since" in call.query else ""
    field = "updated_at" if call.query.get("sort") == "updated" else "created_at"
    down = "sort" in call.query and call.query.get("direction") != "asc"
    found = [item for item in comments if item.updated_at >= since]
    return sorted(found, key=lambda item: (getattr(item, field), item.id), reverse=down)


def moment(text: str) -> str:
    """A `since` parameter as GitHub's own timestamp, so that it compares as text."""
    try:
        at = datetime.fromisoformat(text)
        return stamp((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise Refusal(422, f"Invalid request.\n\nInvalid value for 'since': {text!r:.40}") from None


Endpoint = Callable[[Call], Answer]


class Routes:
    """Endpoints by method and path pattern: `{name}` takes one segment, `{name:path}` the rest."""

    def __init__(self) -> None:
        self.by_method: dict[str, list[tuple[re.Pattern[str], Endpoint]]] = {}

    def add(self, method: str, pattern: str) -> Callable[[Endpoint], Endpoint]:
        escaped = re.sub(r"\{(\w+):path\}", r"(?P<\1>.*)", re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))

        def register(endpoint: Endpoint) -> Endpoint:
            self.by_method.setdefault(method, []).append((re.compile(escaped + r"/?\Z"), endpoint))
            return endpoint

        return register

    def include(self, other: "Routes") -> None:
        for method, routes in other.by_method.items():
            self.by_method.setdefault(method, []).extend(routes)

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        for pattern, endpoint in self.by_method.get(method, []):
            match = pattern.match(path)
            if match:
                return endpoint, match.groupdict()
        raise Refusal(404, "Not Found")


def whole(text: str | None, default: int) -> int:
    """A whole number that fits 64 bits, else the default: GitHub ignores paging it cannot read."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else default


def page_size(call: Call) -> int:
    return min(max(whole(call.query.get("per_page"), PER_PAGE), 1), PER_PAGE_MOST)


def _complaint(error: ValidationError) -> str:
    lines: list[str] = []
    for item in error.errors():
        where = "/".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(f'"{where}" is not a permitted key.')
        elif item["type"] == "missing":
            lines.append(f'"{where}" wasn\'t supplied.')
        else:
            lines.append(f"For 'properties/{where}', {item['input']!r:.80} is not valid: {item['msg']}.")
    return "\n".join(lines)
