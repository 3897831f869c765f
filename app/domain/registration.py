"""Registration: what the GitHub App may do and hears, the manifest that asks GitHub for just that, and what GitHub
says of the App that is there.

Sources: docs.github.com, "Registering a GitHub App from a manifest" and "REST API endpoints for GitHub Apps".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import SplitResult, quote, urlsplit

from app.domain.events import HEARD

Level = Literal["read", "write"]
Kept = Literal["restarting", "kept", "not kept"]
"""What became of a new App: it is in `.env` and the process starts again by itself, or only that, or not even that."""

PERMISSIONS: dict[str, Level] = {
    "metadata": "read",
    "contents": "read",
    "issues": "write",
    "pull_requests": "write",
    "discussions": "write",
    "checks": "write",
}
REASONS = {
    "metadata": "Every App has it: names, labels, who may do what.",
    "contents": "Read documentation and code to answer from. Never to write them.",
    "issues": "Read issues; label them and comment on them.",
    "pull_requests": "Read pull requests; label them and comment on them.",
    "discussions": "Read discussions and answer in them.",
    "checks": "Say on a pull request which line of its plumbline.yml is wrong.",
}
UNASKED = frozenset({"installation", "installation_repositories"})
"""Every App hears these, and GitHub refuses a manifest that names them."""
EVENTS: tuple[str, ...] = tuple(sorted(HEARD - UNASKED))

GITHUB = "https://github.com"
WEBHOOK_PATH = "/webhooks/github"
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9a-f:.]+")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Server:
    """github.com, or an Enterprise Server, by the address that people's browsers know."""

    web: str = GITHUB

    @property
    def api_url(self) -> str:
        return "https://api.github.com" if self.web == GITHUB else f"{self.web}/api/v3"

    def new_app_url(self, organization: str = "") -> str:
        """Where a manifest is posted to, for the person's own account or an organisation's."""
        owner = f"/organizations/{quote(organization, safe='')}" if organization else ""
        return f"{self.web}{owner}/settings/apps/new"


def server_at(address: str) -> Server:
    """The server that a person named; ValueError with a sentence for what cannot be one.

    Plain http would show the private key to everybody on the way, so it is taken for this machine alone.
    """
    text = address.strip().rstrip("/")
    if not text or text.lower() in {"github.com", GITHUB}:
        return Server()
    parts = split(text if "://" in text else f"https://{text}")
    host = parts.hostname if parts else None
    if not parts or not host or parts.path not in ("", "/api/v3") or parts.query or parts.username:
        raise ValueError(f"{address:.100} is no address of a GitHub server: give it like https://git.example.com.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError(f"{address:.100} must begin with https://, because the App's private key comes over it.")
    place = f"[{host}]" if ":" in host else host
    return Server(f"{parts.scheme}://{place}" + (f":{parts.port}" if parts.port else ""))


def split(address: str) -> SplitResult | None:
    """None for what is no address. Its host is a name or a number and nothing else, whatever a browser would take."""
    try:
        parts = urlsplit(address)
        known = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if known and _HOST.fullmatch(parts.hostname or "") else None


def manifest(*, name: str, product_url: str, webhook_url: str) -> dict[str, Any]:
    """What GitHub is asked to register. `product_url` is where the person's browser sees our pages.

    The App is private to its owner: it can be made public on GitHub's page, never the other way round by accident.
    """
    return {
        "name": name,
        "url": product_url,
        "description": "A teammate that is held to a plumb line: nothing it says is released unless it was measured.",
        "hook_attributes": {"url": webhook_url, "active": True},
        "redirect_url": f"{product_url}/setup/created",
        "setup_url": f"{product_url}/setup/steps",
        "public": False,
        "default_permissions": dict(PERMISSIONS),
        "default_events": list(EVENTS),
    }


@dataclass(frozen=True, slots=True)
class NewApp:
    """What GitHub tells once, to whoever brings the code of a registration."""

    app_id: int
    slug: str
    html_url: str
    private_key: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class Installed:
    """The App on one account, with what that account has agreed to."""

    account: str
    permissions: Mapping[str, str]
    suspended: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of GitHub to deliver a webhook; `status` 0 where nothing answered."""

    status: int
    words: str


@dataclass(frozen=True, slots=True)
class Registration:
    """The App as GitHub has it. `clock_off_s` is how far our clock is ahead of GitHub's; `attempts` newest first."""

    slug: str
    html_url: str
    created_at: datetime
    permissions: Mapping[str, str]
    events: frozenset[str]
    clock_off_s: float
    installations: tuple[Installed, ...]
    webhook_url: str
    content_type: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that came in. `repository` is empty where it asked for no work on one."""

    event: str
    action: str
    repository: str
    received_at: datetime


def lacking(granted: Mapping[str, str]) -> list[str]:
    """The permissions that are needed and not granted, for people: `issues: write`."""
    enough: dict[Level, tuple[str, ...]] = {"read": ("read", "write", "admin"), "write": ("write", "admin")}
    return [f"{name}: {level}" for name, level in PERMISSIONS.items() if granted.get(name) not in enough[level]]


def is_local(url: str) -> bool:
    """Whether an address leads to the machine of whoever uses it, so that GitHub cannot send anything there."""
    parts = split(url)
    host = (parts.hostname if parts else None) or ""
    return host in LOOPBACK or host.endswith(".localhost") or host.startswith("127.")
