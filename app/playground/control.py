"""`/_playground/*`: what GitHub does not offer, for tests, pages and the curious. Never in the request log.

GET  state       the dump: requests, threads, notifications      GET app      the App's credentials, as environment
GET/PUT faults   rates and one-shot orders                        GET deliveries   the webhook log
POST act         {"verb", ...}: any verb of the hub, as anyone    POST reset   forget everything and seed again
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from pydantic import ValidationError, validate_call
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.playground.faults import Faults
from app.playground.hub import Hub
from app.playground.model import Refusal
from app.playground.render_code import delivery

VERBS = (
    *("open_thread", "open_pull_request", "edit_thread", "close", "reopen", "lock", "delete_thread"),
    *("transfer_thread", "convert_issue", "comment", "edit_comment", "delete_comment", "hide_comment"),
    *("add_labels", "remove_label", "set_labels"),
    *("review", "merge", "answer", "react", "unreact", "create_label", "edit_label", "delete_label", "push_files"),
    *("push_tag", "add_repository", "set_role", "archive", "install", "suspend", "unsuspend", "uninstall"),
    *("choose_repositories", "accept_permissions", "redeliver", "set_webhook", "ping"),
)


def dump(hub: Hub) -> dict[str, Any]:
    """What this GitHub saw: the contract of `plumbline replay --dump` and of `GET /_playground/state`."""
    requests = [
        {"method": r.method, "path": r.path, "actor": r.actor, "status": r.status, "body": r.body} for r in hub.requests
    ]
    threads = [
        {
            "repo": repo.full_name,
            "number": thread.number,
            "kind": thread.kind,
            "author": thread.author,
            "title": thread.title,
            "labels": [repo.labels[label].name for label in thread.labels],
            "comments": [
                {"author": c.author, "body": c.body, "is_app": c.via_app}
                for c in (repo.comments[comment] for comment in thread.comments)
            ],
            "repo_labels": [label.name for label in repo.labels.values()],
        }
        for repo in hub.state.repositories.values()
        for thread in repo.threads.values()
        if not thread.gone and thread.moved_to is None
    ]
    return {"requests": requests, "threads": threads, "notifications": dict(hub.state.notifications)}


def environment(hub: Hub) -> dict[str, str]:
    """The settings with which Plumbline talks to this GitHub."""
    app = hub.state.app
    return {
        "GITHUB_API_URL": hub.base_url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_PRIVATE_KEY": app.private_key,
        "GITHUB_WEBHOOK_SECRET": app.webhook_secret,
    }


def act(hub: Hub, order: dict[str, Any]) -> Any:
    """Let anyone do anything: `{"verb": "comment", "actor": "ada", "repo": ..., "number": ..., "body": ...}`."""
    arguments = {name: value for name, value in order.items() if name != "verb"}
    verb = order.get("verb")
    if verb not in VERBS:
        raise Refusal(422, f"verb must be one of: {', '.join(VERBS)}; not {verb!r:.40}")
    method: Callable[..., Any] = getattr(hub, verb)
    try:
        return validate_call(method)(**arguments)
    except ValidationError as error:
        problems = [f"{'/'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise Refusal(422, f"{verb}{inspect.signature(method)}: {'; '.join(problems)}") from None
    except ValueError as error:
        raise Refusal(422, f"{verb}: {error}") from None


def control_routes(hub: Hub) -> list[BaseRoute]:
    async def state(_: Request) -> Response:
        return _json(dump(hub))

    async def app(_: Request) -> Response:
        return _json(environment(hub))

    async def deliveries(_: Request) -> Response:
        return _json([delivery(item) for item in reversed(hub.state.deliveries)])

    async def reset(_: Request) -> Response:
        hub.reset()
        return _json({})

    return [
        Route("/_playground/state", state),
        Route("/_playground/app", app),
        Route("/_playground/deliveries", deliveries),
        Route("/_playground/faults", partial(_faults, hub), methods=["GET", "PUT"]),
        Route("/_playground/act", partial(_act, hub), methods=["POST"]),
        Route("/_playground/reset", reset, methods=["POST"]),
    ]


async def _faults(hub: Hub, request: Request) -> Response:
    if request.method == "PUT":
        try:
            hub.faults = Faults.model_validate_json(await request.body())
        except ValidationError as error:
            return _json({"message": str(error)}, 422)
    return _json(hub.faults.model_dump())


async def _act(hub: Hub, request: Request) -> Response:
    # A page of another site can post here from a browser, but not as JSON without asking first.
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return _json({"message": "send the order as application/json"}, 415)
    try:
        order = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return _json({"message": "the body must be a JSON object with a verb"}, 400)
    try:
        return _json(act(hub, order if isinstance(order, dict) else {}))
    except Refusal as refusal:
        return _json({"message": refusal.message, "errors": refusal.errors or []}, refusal.status)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json")
