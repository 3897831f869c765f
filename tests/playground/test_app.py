"""Nothing that a client sends makes the playground fail: a 5xx is always a fault that somebody ordered."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.playground.app import create_app
from app.playground.faults import Faults, Shot
from app.playground.hub import Hub
from tests.playground.worlds import REPO, small_world

BASE = f"/repos/{REPO}"
PATHS = [
    *(BASE, "/app", "/rate_limit", "/meta", "/search/issues", "/graphql", "/users/{}", "/repos/{}/{}"),
    *(f"{BASE}/issues", f"{BASE}/issues/{{}}", f"{BASE}/issues/{{}}/comments", f"{BASE}/issues/{{}}/labels"),
    *(f"{BASE}/issues/{{}}/labels/{{}}", f"{BASE}/issues/{{}}/reactions", f"{BASE}/issues/comments/{{}}"),
    *(
        f"{BASE}/labels",
        f"{BASE}/contents/{{}}",
        f"{BASE}/git/trees/{{}}",
        f"{BASE}/commits/{{}}",
        f"{BASE}/tarball/{{}}",
    ),
    *(f"{BASE}/pulls/{{}}/files", f"{BASE}/collaborators/{{}}/permission", "/app/installations/{}/access_tokens"),
]
ODD = st.sampled_from(["1", "2", "0", "-1", "9" * 40, "main", "README.md", "..", "²", "bug"]) | st.text(max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["bug", "closed", "+1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["title", "body", "labels", "state", "content", "name", "query", "variables", "repository_ids", "permissions"]
)
BODIES = st.one_of(
    st.binary(max_size=20),
    (st.dictionaries(KEYS, VALUES, max_size=4) | st.lists(VALUES, max_size=3)).map(
        lambda body: json.dumps(body).encode()
    ),
)
QUERIES = st.dictionaries(
    st.sampled_from(["page", "per_page", "since", "state", "labels", "q", "ref", "recursive", "cursor"]),
    ODD,
    max_size=2,
)


async def ask(hub: Hub, method: str, path: str, *, query: str = "", body: bytes = b"", login: str = "ada") -> int:
    """The status of one request, without a server between."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer ghp_{login}".encode())],
    }
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    await create_app(hub)(scope, receive, send)
    return statuses[0]


@settings(max_examples=500, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"]),
    path=st.sampled_from(PATHS),
    odd=st.lists(ODD, min_size=2, max_size=2),
    query=QUERIES,
    body=BODIES,
)
@example(method="POST", path=f"{BASE}/issues/{{}}/labels", odd=["1", ""], query={}, body=b"[1]")
@example(method="POST", path="/graphql", odd=["", ""], query={}, body=b'{"query": "{viewer{login}}", "variables": [1]}')
@example(
    method="POST", path="/graphql", odd=["", ""], query={}, body=b'{"query": "{viewer{login}}", "operationName": 1}'
)
@example(method="GET", path=f"{BASE}/issues/{{}}/comments", odd=["1", ""], query={"per_page": "²"}, body=b"")
@example(method="GET", path=f"{BASE}/issues", odd=["", ""], query={"since": "9999-12-31T23:59:59-12:00"}, body=b"")
def test_no_request_makes_the_api_fail(method: str, path: str, odd: list[str], query: dict[str, str], body: bytes):
    hub = small_world()
    hub.open_thread(actor="ada", repo=REPO, title="an issue", labels=["bug"])
    hub.open_thread(actor="ada", repo=REPO, title="a discussion", kind="discussion")
    where = path.format(*(quote(text.encode("utf-8", "replace"), safe="") for text in odd))
    text = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in query.items())
    status = asyncio.run(ask(hub, method, where, query=text, body=body))
    assert 200 <= status < 500
    assert hub.requests[-1].status in (200, status)


async def test_a_server_that_cannot_drop_connections_says_so():
    hub = small_world()
    hub.faults = Faults(next=[Shot(fault="lost_response")])
    with pytest.raises(ConnectionResetError, match="cannot drop"):
        await ask(hub, "GET", BASE)
