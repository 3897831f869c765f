"""The setup pages: what is wrong, creating the GitHub App with one click, and seeing it through to its first delivery.

The way: GET /setup shows a form whose button posts the manifest to GitHub, with a `state` that only this browser holds
the other half of; GitHub leads back to /setup/created with a code, which is exchanged once and kept; /setup/steps then
follows the restart, the installation and the first delivery. Looking at a page changes nothing.
Source: docs.github.com, "Registering a GitHub App from a manifest".
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest, token_urlsafe
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.domain.registration import (
    EVENTS,
    GITHUB,
    PERMISSIONS,
    REASONS,
    WEBHOOK_PATH,
    Arrival,
    Kept,
    NewApp,
    Registration,
    Server,
    is_local,
    manifest,
    server_at,
    split,
)
from app.errors import PlumblineError
from app.pages import HEADERS, Pages
from app.web.door import Door, Seal, set_cookie

log = structlog.get_logger("web.setup")

STATE = "plumbline_setup_state"
STATE_LIFE_S = 600
LONGEST_NAME = 34
"""Of an App, on GitHub."""
SHUT = (
    "Open it on the machine itself, as http://127.0.0.1:8000/setup, or with the address that Plumbline prints when it "
    "starts without an App. Its token works once; PLUMBLINE_SETUP_TOKEN chooses it."
)
STRANGE = (
    "This answer of GitHub belongs to no registration that was begun in this browser within the last ten minutes, so "
    "nothing was done with it."
)
TAKEN = "Nothing was changed. To take the new one in its place, tick the box on the setup page and begin anew."
_ACCOUNT = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need of the rest of the house.

    `app_id` is the App this process runs with, 0 without one. `keep` writes a new App down and says whether the process
    starts again by itself; `values` are the settings to give people where it could not. `registration` is None without
    an App. `findings` are what `plumbline doctor` finds.
    """

    app_id: int
    exchange: Callable[[Server, str], Awaitable[NewApp]]
    keep: Callable[[NewApp, Server], Awaitable[Kept]]
    values: Callable[[NewApp, Server], Mapping[str, str]]
    registration: Callable[[], Awaitable[Registration | None]]
    arrivals: Callable[[datetime], Awaitable[Sequence[Arrival]]]
    findings: Callable[[], Awaitable[Sequence[Any]]]


class Choice(BaseModel):
    """The query of `/setup`: whose App, where, and where its webhooks go. Empty: one's own, github.com, and here."""

    account: str = ""
    server: str = ""
    webhook: str = ""
    replace: bool = False

    def problem(self) -> str:
        """What cannot be right about it, as a sentence; empty where nothing is."""
        if self.account and not _ACCOUNT.fullmatch(self.account):
            return f"{self.account:.60} cannot be the name of an organisation on GitHub."
        sent_to = split(self.webhook)
        if self.webhook and (sent_to is None or sent_to.scheme not in ("http", "https")):
            return "The webhook address must begin with https:// (or http:// inside your own network)."
        try:
            server_at(self.server)
        except ValueError as error:
            return str(error)
        return ""

    def at(self) -> Server:
        """The server that was named; github.com while that cannot be right."""
        return Server() if self.problem() else server_at(self.server)


def setup_router(desk: Desk, door: Door, seal: Seal, pages: Pages) -> APIRouter:
    """GET /setup, /setup/created and /setup/steps, for those whom the door admits."""
    router = APIRouter(include_in_schema=False)
    setup = SetupPages(desk, door, seal, pages)
    router.get("/setup")(setup.begin)
    router.get("/setup/created")(setup.created)
    router.get("/setup/steps")(setup.steps)
    return router


class SetupPages:
    """`_used` are the states that came back, `_made` is the App registered since this process began."""

    def __init__(self, desk: Desk, door: Door, seal: Seal, pages: Pages) -> None:
        self._desk, self._door, self._seal, self._pages = desk, door, seal, pages
        self._used: set[str] = set()
        self._made: tuple[NewApp, Kept] | None = None

    async def begin(self, request: Request, choice: Annotated[Choice, Query()], token: str = "") -> Response:
        """What is wrong, and the button that registers an App; with a token, the way in."""
        if token and self._door.takes(token):
            entered = RedirectResponse("/setup", 303)
            self._door.let_in(request, entered)
            return entered
        if not self._door.admits(request):
            return self._shut()
        if request.headers.get("sec-fetch-site") == "cross-site" and request.url.query:
            return RedirectResponse("/setup", 303)  # a page of another site may not fill the form in
        product = str(request.base_url).rstrip("/")
        problem, server, state = choice.problem(), choice.at(), token_urlsafe(24)
        webhook = choice.webhook or product + WEBHOOK_PATH
        name = f"Plumbline {choice.account}".strip()[:LONGEST_NAME]
        answer = self._pages.page(
            "setup.html",
            here="/setup",
            choice=choice,
            problem=problem,
            webhook=webhook,
            unreachable=server.web == GITHUB and is_local(webhook),
            app_id=self._app_id,
            action=f"{server.new_app_url(choice.account)}?{urlencode({'state': state})}",
            server=server,
            manifest=json.dumps(manifest(name=name, product_url=product, webhook_url=webhook)),
            permissions=[(name, level, REASONS[name]) for name, level in PERMISSIONS.items()],
            events=EVENTS,
            findings=await self._desk.findings(),
        )
        # Browsers ask the page where its forms may lead.
        policy = HEADERS["content-security-policy"].replace("form-action 'self'", f"form-action 'self' {server.web}")
        answer.headers["content-security-policy"] = policy
        held = {"state": state, "server": server.web, "replace": choice.replace}
        set_cookie(request, answer, STATE, self._seal.close(STATE, held, life_s=STATE_LIFE_S), life_s=STATE_LIFE_S)
        return answer

    async def created(self, request: Request, code: str = "", state: str = "") -> Response:
        """GitHub leads back here. The App is taken once, for the browser that began, and never over another one."""
        if not self._door.admits(request):
            return self._shut()
        if state and state in self._used:  # somebody pressed reload or went back: it is done
            return RedirectResponse("/setup/steps", 303)
        held = self._seal.open(STATE, request.cookies.get(STATE, ""))
        if not code or held is None or not compare_digest(state.encode(), held["state"].encode()):
            return self._say(400, "Start again", STRANGE)
        if self._app_id and not held["replace"]:
            return self._say(409, "There is an App already", TAKEN)
        self._used.add(state)
        server = Server(held["server"])
        try:
            app = await self._desk.exchange(server, code)
        except PlumblineError as error:
            self._used.discard(state)
            log.warning("registration_failed", why=str(error))
            return self._say(502, "GitHub did not hand the App over", f"{error}. Nothing was changed; begin anew.")
        kept = await self._desk.keep(app, server)
        self._made = (app, kept)
        log.info("app_created", app=app.app_id, slug=app.slug, kept=kept)
        if kept == "not kept":
            values = self._desk.values(app, server)
            return self._pages.page("setup_values.html", here="/setup", app=app, values=values)
        return RedirectResponse("/setup/steps", 303)

    async def steps(self, request: Request) -> Response:
        """From the restart over the installation to the first delivery; the page follows by itself."""
        if not self._door.admits(request):
            return self._shut()
        if not self._app_id:
            return RedirectResponse("/setup", 303)
        app, kept = self._made or (None, None)
        found, trouble = None, ""
        try:
            found = None if app else await self._desk.registration()
        except PlumblineError as error:
            trouble = str(error)
        known = app or found
        return self._pages.page(
            "setup_steps.html",
            here="/setup",
            slug=known.slug if known else "",
            install_url=f"{known.html_url}/installations/new" if known else "",
            waits_for=kept,
            trouble=trouble,
            installations=found.installations if found else (),
            arrivals=[(said(one), one) for one in await self._desk.arrivals(found.created_at)] if found else [],
        )

    @property
    def _app_id(self) -> int:
        return self._made[0].app_id if self._made else self._desk.app_id

    def _shut(self) -> Response:
        return self._say(403, "This page is for whoever runs Plumbline", SHUT)

    def _say(self, status: int, title: str, sentence: str) -> Response:
        return self._pages.page("setup_message.html", status=status, here="/setup", title=title, sentence=sentence)


def said(arrival: Arrival) -> str:
    """What a delivery was, for people."""
    match arrival.event, arrival.action:
        case "ping", _:
            return "GitHub's first greeting: the webhook address and the secret are right"
        case "installation", "created":
            return "the App was installed"
        case "installation" | "installation_repositories", action:
            return f"the installation changed: {action.replace('_', ' ')}"
        case event, action:
            return f"{event.replace('_', ' ')} {action.replace('_', ' ')}".strip()
