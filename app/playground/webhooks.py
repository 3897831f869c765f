"""Webhook payloads and their signature.

Sources: https://docs.github.com/webhooks/webhook-events-and-payloads and .../validating-webhook-deliveries.
"""

import hashlib
import hmac
from typing import Any

import orjson

from app.playground import render, render_code
from app.playground.model import App, DeliveryAttempt, Repository
from app.playground.world import World


def payload(world: World, *, action: str | None, sender: str, repo: Repository | None, parts: dict[str, Any]) -> bytes:
    """The body of one webhook: its own parts and what every event of GitHub carries."""
    body = ({"action": action} if action else {}) | parts
    if repo is not None:
        body["repository"] = render.repository(world, repo)
        installation = world.installation_for(repo)
        if installation is not None:
            body["installation"] = {
                "id": installation.id,
                "node_id": render.node_id("MDIz", installation.id),
            }
    return orjson.dumps(body | {"sender": render.user(world, sender)})


def ping(world: World) -> bytes:
    app = world.state.app
    hook = {
        "type": "App",
        "id": app.id,
        "name": "web",
        "active": True,
        "events": app.events,
        "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": world.base_url},
        "app_id": app.id,
        "url": f"{world.base_url}/app/hook",
        "ping_url": f"{world.base_url}/app/hook/pings",
        "updated_at": app.created_at,
        "created_at": app.created_at,
        "deliveries_url": f"{world.base_url}/app/hook/deliveries",
    }
    return orjson.dumps({"zen": "Measure before you speak.", "hook_id": app.id, "hook": hook})


def installation_parts(world: World, installation_id: int) -> dict[str, Any]:
    return {"installation": render_code.installation(world, world.state.installations[installation_id])}


def headers(app: App, attempt: DeliveryAttempt) -> dict[str, str]:
    """What GitHub sends with a delivery; the signature is over exactly these bytes."""
    digest = hmac.new(app.webhook_secret.encode(), attempt.payload, hashlib.sha256).hexdigest()
    return {
        "User-Agent": f"GitHub-Hookshot/{attempt.guid[:7]}",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "X-GitHub-Delivery": attempt.guid,
        "X-GitHub-Event": attempt.event,
        "X-GitHub-Hook-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature-256": f"sha256={digest}",
    }
