"""REST endpoints of the App itself: registration, installations, tokens, delivery log, and a few of the site.

Source: https://docs.github.com/rest/apps.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.playground import render, render_code
from app.playground.auth import mint
from app.playground.model import DeliveryAttempt, Refusal
from app.playground.routing import Answer, Call, Routes, link_header, page, page_size, whole
from app.playground.webhooks import headers
from app.playground.world import RATE_WINDOW_S, stamp

routes = Routes()
GITHUB_KEEPS_S = 3 * 24 * 3600


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    repositories: list[str] | None = None
    repository_ids: list[int] | None = None
    permissions: dict[str, Literal["read", "write", "admin"]] | None = None


@routes.add("GET", "/app")
def get_app(call: Call) -> Answer:
    _as_app(call)
    count = len(call.hub.state.installations)
    return Answer(body=render.app(call.hub) | {"installations_count": count})


@routes.add("GET", "/app/installations")
def list_installations(call: Call) -> Answer:
    _as_app(call)
    found = list(call.hub.state.installations.values())
    return page(call, found, lambda item: render_code.installation(call.hub, item))


@routes.add("GET", "/app/installations/{id}")
def get_installation(call: Call) -> Answer:
    _as_app(call)
    return Answer(body=render_code.installation(call.hub, call.hub.installation(call.number("id"))))


@routes.add("POST", "/app/installations/{id}/access_tokens")
def create_token(call: Call) -> Answer:
    """Mint a token, narrowed to the repositories and permissions that were asked for."""
    _as_app(call)
    hub, installation = call.hub, call.hub.installation(call.number("id"))
    if installation.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    wanted = call.body(TokenRequest)
    within = hub.installed_repositories(installation)
    chosen: list[int] | None = None
    if wanted.repository_ids is not None or wanted.repositories is not None:
        names = {name.lower() for name in wanted.repositories or []}
        ids = set(wanted.repository_ids or [])
        picked = [repo for repo in within if repo.id in ids or repo.name.lower() in names]
        if len(picked) < len(ids | names):
            raise Refusal(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            )
        chosen = [repo.id for repo in picked]
    permissions = dict(installation.permissions)
    if wanted.permissions is not None:
        for name, level in wanted.permissions.items():
            if permissions.get(name) not in (level, "write"):
                raise Refusal(422, "The permissions requested are not granted to this installation.")
        permissions = {"metadata": "read", **wanted.permissions}
    text, token = mint(hub, installation, repositories=chosen, permissions=permissions)
    body: dict[str, Any] = {
        "token": text,
        "expires_at": stamp(token.expires),
        "permissions": permissions,
        "repository_selection": "all" if chosen is None and installation.repositories is None else "selected",
    }
    if chosen is not None:
        body["repositories"] = [render.repository(hub, repo) for repo in within if repo.id in chosen]
    return Answer(201, body)


@routes.add("GET", "/installation/repositories")
def list_installation_repositories(call: Call) -> Answer:
    installation, token = call.actor.installation, call.actor.token
    if installation is None or token is None:
        raise Refusal(403, "You must authenticate with an installation access token")
    found = [
        repo
        for repo in call.hub.installed_repositories(installation)
        if token.repositories is None or repo.id in token.repositories
    ]
    return page(call, found, lambda repo: render.repository(call.hub, repo), key="repositories")


@routes.add("GET", "/app/hook/config")
def get_hook_config(call: Call) -> Answer:
    _as_app(call)
    url = call.hub.webhook_url or ""
    return Answer(body={"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url})


@routes.add("GET", "/app/hook/deliveries")
def list_deliveries(call: Call) -> Answer:
    """Newest first, by cursor; only what was tried within the three days that GitHub keeps."""
    _as_app(call)
    since = stamp(call.hub.clock() - GITHUB_KEEPS_S)
    before = whole(call.query.get("cursor", "").removeprefix("v1_"), -1)
    status = call.query.get("status")
    found = [
        item
        for item in reversed(call.hub.state.deliveries)
        if item.status is not None
        and item.delivered_at >= since
        and (before < 0 or item.id < before)
        and (status is None or (status == "success") == (200 <= item.status < 300))
    ]
    found.sort(key=lambda item: item.id, reverse=True)
    size = page_size(call)
    links = {"next": {"cursor": f"v1_{found[size - 1].id}"}} if len(found) > size else {}
    body = [render_code.delivery(item) for item in found[:size]]
    return Answer(body=body, headers=link_header(call, links))


@routes.add("GET", "/app/hook/deliveries/{id}")
def get_delivery(call: Call) -> Answer:
    item = _delivery(call)
    return Answer(body=render_code.delivery_detail(item, headers(call.hub.state.app, item)))


@routes.add("POST", "/app/hook/deliveries/{id}/attempts")
def redeliver(call: Call) -> Answer:
    call.hub.redeliver(delivery=_delivery(call).id)
    return Answer(202, {})


@routes.add("GET", "/users/{login}")
def get_user(call: Call) -> Answer:
    person = call.hub.find_person(call.params["login"])
    if person is None and call.params["login"] == call.hub.state.app.login:
        person = call.hub.person(call.hub.state.app.login)
    if person is None:
        raise Refusal(404, "Not Found")
    return Answer(body=render.public_user(call.hub, person))


@routes.add("GET", "/rate_limit")
def rate_limit(call: Call) -> Answer:
    """Asking costs nothing."""
    used, reset = call.hub.spend(call.actor.login, cost=0)
    limit = call.hub.rate_limit
    core = {"limit": limit, "used": used, "remaining": max(limit - used, 0), "reset": reset}
    window = {"limit": 30, "used": 0, "remaining": 30, "reset": reset - RATE_WINDOW_S + 60}
    resources = {"core": core, "graphql": core | {"limit": 5000}, "search": window, "rate": core}
    return Answer(body={"resources": resources, "rate": core})


@routes.add("GET", "/meta")
def meta(_: Call) -> Answer:
    loopback = ["127.0.0.0/8", "::1/128"]
    return Answer(body={"verifiable_password_authentication": False, "hooks": loopback, "api": loopback})


def _as_app(call: Call) -> None:
    if call.actor.kind != "app":
        raise Refusal(401, "A JSON web token could not be decoded")


def _delivery(call: Call) -> DeliveryAttempt:
    _as_app(call)
    wanted = call.number("id")
    for item in call.hub.state.deliveries:
        if item.id == wanted:
            return item
    raise Refusal(404, "Not Found")
