"""The setup pages: who may open them, one App from one registration, and nothing overwritten unasked."""

import html
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app.commands.findings import Finding
from app.domain.effect import WriteAnswer
from app.domain.registration import EVENTS, PERMISSIONS, Arrival, Installed, Kept, NewApp, Registration, Server
from app.errors import GitHubError
from app.web.door import Door, Seal
from app.web.pages import site
from app.web.setup import STATE, Desk, said, setup_router
from tests.web.test_pages import HOSTILE

TOKEN = "a-token-of-sixteen-or-more"
CODE = "/setup/created?code=c0de&state="
APP = NewApp(77, "plumbline-acme", "https://github.com/apps/plumbline-acme", "-----BEGIN\nkey", "hush-hush-hush")
REGISTRATION = Registration(
    slug="plumbline",
    html_url="https://github.com/apps/plumbline",
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
    permissions=PERMISSIONS,
    events=frozenset(EVENTS),
    clock_off_s=0.0,
    installations=(),
    webhook_url="https://bots.example.com/webhooks/github",
    content_type="json",
    attempts=(),
)


@dataclass
class World:
    """What is outside the pages; `asked` are the codes that were exchanged, `kept` the Apps written down."""

    app_id: int = 0
    outcome: Kept = "kept"
    down: bool = False
    found: Registration | None = None
    arrived: Sequence[Arrival] = ()
    now: float = 1_000_000.0
    asked: list[tuple[str, str]] = field(default_factory=list)
    kept: list[NewApp] = field(default_factory=list)

    async def exchange(self, server: Server, code: str) -> NewApp:
        self.asked.append((server.api_url, code))
        if self.down:
            raise GitHubError("registration", WriteAnswer(404, "the code was used before"))
        return APP

    async def keep(self, app: NewApp, _: Server) -> Kept:
        self.kept.append(app)
        return self.outcome

    async def registration(self) -> Registration | None:
        if self.down:
            raise GitHubError("the App", WriteAnswer(401, "Bad credentials"))
        return self.found

    async def arrivals(self, _: datetime) -> Sequence[Arrival]:
        return self.arrived

    async def findings(self) -> list[Finding]:
        return [Finding("Postgres", "ok", "reachable"), Finding(HOSTILE, "wrong", HOSTILE)]

    @asynccontextmanager
    async def browser(self, *, client: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser of its own on one running web process; `client` is where it connects from."""
        desk = Desk(
            app_id=self.app_id,
            exchange=self.exchange,
            keep=self.keep,
            values=lambda app, _: {"GITHUB_PRIVATE_KEY": app.private_key, "GITHUB_APP_ID": str(app.app_id)},
            registration=self.registration,
            arrivals=self.arrivals,
            findings=self.findings,
        )
        seal = Seal(b"k" * 32, clock=lambda: self.now)
        app = FastAPI()
        app.include_router(setup_router(desk, Door(seal, TOKEN), seal, site()))
        self.asgi = httpx.ASGITransport(app, client=(client, 1234))
        async with httpx.AsyncClient(
            transport=self.asgi, base_url="http://127.0.0.1:8000", headers=headers or None
        ) as opened:
            yield opened


@pytest.fixture
def world() -> World:
    return World()


def form(page: str) -> tuple[str, dict[str, Any]]:
    """Where the button leads, and the manifest it takes along."""
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    sent = re.search(r'name="manifest" value="([^"]+)"', page)
    assert action
    assert sent
    return html.unescape(action[1]), json.loads(html.unescape(sent[1]))


async def begun(browser: httpx.AsyncClient, query: str = "server=http://localhost:8090") -> str:
    """The state of a registration that was begun."""
    action, _ = form((await browser.get(f"/setup?{query}")).text)
    return parse_qs(urlsplit(action).query)["state"][0]


async def test_one_button_asks_github_for_the_least_and_leads_back(world: World):
    async with world.browser() as browser:
        answer = await browser.get("/setup?account=acme&webhook=https://bots.example.com/webhooks/github")
    action, manifest = form(answer.text)
    assert action.startswith("https://github.com/organizations/acme/settings/apps/new?state=")
    assert manifest["default_permissions"] == {
        "metadata": "read",
        "contents": "read",
        "issues": "write",
        "pull_requests": "write",
        "discussions": "write",
        "checks": "write",
    }
    assert set(manifest["default_events"]) == set(EVENTS)
    assert not {"installation", "installation_repositories"} & set(manifest["default_events"])
    assert manifest["hook_attributes"] == {"url": "https://bots.example.com/webhooks/github", "active": True}
    assert manifest["redirect_url"] == "http://127.0.0.1:8000/setup/created"
    assert (manifest["public"], manifest["name"]) == (False, "Plumbline acme")
    assert "form-action 'self' https://github.com;" in answer.headers["content-security-policy"]
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{STATE}=")
    assert {"HttpOnly", "Path=/setup", "SameSite=lax", "Max-Age=600"} <= set(cookie.split("; "))


async def test_an_enterprise_server_and_ones_own_account(world: World):
    async with world.browser() as browser:
        answer = await browser.get("/setup?server=git.example.com")
        action, manifest = form(answer.text)
        assert action.startswith("https://git.example.com/settings/apps/new?state=")
        assert manifest["hook_attributes"]["url"] == "http://127.0.0.1:8000/webhooks/github"
        assert "form-action 'self' https://git.example.com;" in answer.headers["content-security-policy"]
        await browser.get(CODE + parse_qs(urlsplit(action).query)["state"][0])
    assert world.asked == [("https://git.example.com/api/v3", "c0de")]


@pytest.mark.parametrize(
    ("query", "said_"),
    [
        ("account=-acme-", "cannot be the name of an organisation"),
        ("account=a/../b", "cannot be the name of an organisation"),
        ("server=http://git.example.com", "must begin with https://"),
        ("server=https://user:word@git.example.com", "is no address of a GitHub server"),
        ("server=https://git.example.com/some/path", "is no address of a GitHub server"),
        ("server=https://[bad", "is no address of a GitHub server"),
        ("server=https://a;script-src%20*", "is no address of a GitHub server"),
        ("server=https://a%20b", "is no address of a GitHub server"),
        ("server=https://git.example.com:99999", "is no address of a GitHub server"),
        ("webhook=https://[bad", "webhook address must begin with https://"),
        ("server=javascript:alert(1)", "is no address"),
        ("webhook=ftp://here", "webhook address must begin with https://"),
    ],
)
async def test_what_cannot_be_is_said(query: str, said_: str, world: World):
    async with world.browser() as browser:
        answer = await browser.get(f"/setup?{query}")
    assert answer.status_code == 200
    assert said_ in answer.text
    assert "form-action 'self' https://github.com;" in answer.headers["content-security-policy"]
    assert "<script>alert" not in answer.text


async def test_a_page_of_another_site_cannot_fill_the_form_in(world: World):
    async with world.browser() as browser:
        query = "/setup?webhook=https://evil.example.com/"
        answer = await browser.get(query, headers={"sec-fetch-site": "cross-site"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/setup")
        assert (await browser.get("/setup", headers={"sec-fetch-site": "cross-site"})).status_code == 200
        assert (await browser.get(query, headers={"sec-fetch-site": "none"})).status_code == 200


async def test_github_is_not_asked_to_send_to_this_machine(world: World):
    async with world.browser() as browser:
        page = (await browser.get("/setup")).text
    assert "GitHub cannot reach this machine" in page
    assert 'name="manifest"' not in page


async def test_a_code_is_exchanged_once_and_a_second_visit_is_harmless(world: World):
    async with world.browser() as browser:
        state = await begun(browser)
        for _ in range(2):
            answer = await browser.get(CODE + state)
            assert (answer.status_code, answer.headers["location"]) == (303, "/setup/steps")
        assert world.asked == [("http://localhost:8090/api/v3", "c0de")]
        assert world.kept == [APP]
        steps = (await browser.get("/setup/steps")).text
        assert "Start Plumbline again" in steps
        assert "https://github.com/apps/plumbline-acme/installations/new" in steps
        assert "hush-hush" not in steps


async def test_a_state_counts_in_its_own_browser_for_ten_minutes(world: World):
    async with world.browser() as browser:
        state = await begun(browser)
        for wrong in ("", "x", state + "x"):
            assert (await browser.get(CODE + wrong)).status_code == 400
        assert (await browser.get(f"/setup/created?state={state}")).status_code == 400
        async with httpx.AsyncClient(transport=world.asgi, base_url="http://127.0.0.1:8000") as other:
            assert (await other.get(CODE + state)).status_code == 400
            other.cookies.set(STATE, "e30=.forged", path="/setup")
            assert (await other.get(CODE + state)).status_code == 400
        world.now += 601
        assert (await browser.get(CODE + state)).status_code == 400
    assert world.asked == []


async def test_an_app_is_never_replaced_without_the_tick(world: World):
    world.app_id = 5
    async with world.browser() as browser:
        page = (await browser.get("/setup")).text
        assert "GitHub App 5 is connected" in page
        assert 'name="manifest"' not in page
        held = Seal(b"k" * 32, clock=lambda: world.now)
        browser.cookies.set(
            STATE,
            held.close(STATE, {"state": "s", "server": "https://github.com", "replace": False}, life_s=60),
            domain="127.0.0.1",
            path="/setup",
        )
        assert (await browser.get(CODE + "s")).status_code == 409
        assert world.asked == []
        state = await begun(browser, "server=http://localhost:8090&replace=true")
        assert (await browser.get(CODE + state)).status_code == 303
    assert world.kept == [APP]


async def test_what_github_refuses_changes_nothing_and_can_be_tried_again(world: World):
    async with world.browser() as browser:
        state = await begun(browser)
        world.down = True
        answer = await browser.get(CODE + state)
        assert answer.status_code == 502
        assert "the code was used before" in answer.text
        assert world.kept == []
        world.down = False
        assert (await browser.get(CODE + state)).status_code == 303


async def test_where_nothing_can_be_written_the_settings_are_shown_once(world: World):
    world.outcome = "not kept"
    async with world.browser() as browser:
        state = await begun(browser)
        answer = await browser.get(CODE + state)
        assert "-----BEGIN\nkey" in answer.text
        assert answer.headers["cache-control"] == "no-store"
        again = await browser.get(CODE + state)
        assert again.status_code == 303
        assert "Give its settings to every process" in (await browser.get("/setup/steps")).text


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("192.0.2.1", {}),
        ("127.0.0.1", {"host": "evil.example.com"}),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", {"x-real-ip": "127.0.0.1"}),
    ],
)
async def test_from_elsewhere_every_page_is_shut(client: str, headers: dict[str, str], world: World):
    async with world.browser(client=client, **headers) as browser:
        for path in ("/setup", "/setup?token=", "/setup?token=wrong", "/setup/steps", CODE + "x"):
            answer = await browser.get(path)
            assert answer.status_code == 403
            assert "for whoever runs Plumbline" in answer.text
            assert "Postgres" not in answer.text


async def test_a_token_lets_one_browser_in_once(world: World):
    async with world.browser(client="192.0.2.1") as browser:
        answer = await browser.get(f"/setup?token={TOKEN}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/setup")
        assert (await browser.get("/setup")).status_code == 200
        async with httpx.AsyncClient(transport=world.asgi, base_url="http://127.0.0.1:8000") as other:
            assert (await other.get(f"/setup?token={TOKEN}")).status_code == 403
        world.now += 3601
        assert (await browser.get("/setup")).status_code == 403


async def test_over_tls_the_cookies_stay_there(world: World):
    async with world.browser(client="192.0.2.1") as browser:
        answer = await browser.get(f"https://bots.example.com/setup?token={TOKEN}")
    assert "Secure" in answer.headers["set-cookie"]


async def test_a_seal_opens_for_its_own_purpose_alone():
    seal = Seal(b"k" * 32)
    sealed = seal.close("one", {"a": 1}, life_s=60)
    assert (seal.open("one", sealed) or {})["a"] == 1
    assert seal.open("two", sealed) is None
    assert Seal(b"x" * 32).open("one", sealed) is None
    for broken in ("", ".", "é.é", sealed[:-1], "x" + sealed):
        assert seal.open("one", broken) is None


async def test_the_steps_follow_what_happens(world: World):
    async with world.browser() as browser:
        assert (await browser.get("/setup/steps")).headers["location"] == "/setup"
    world.app_id, world.found = 5, REGISTRATION
    async with world.browser() as browser:
        page = (await browser.get("/setup/steps")).text
        assert page.count('<span class="pill ok">done') == 1
        assert "https://github.com/apps/plumbline/installations/new" in page
        world.found = replace(REGISTRATION, installations=(Installed(HOSTILE, PERMISSIONS, suspended=True),))
        page = (await browser.get("/setup/steps")).text
        assert page.count('<span class="pill ok">done') == 2
        assert "(suspended)" in page
        assert "<script>alert" not in page
        world.arrived = [Arrival("installation", "created", "", datetime.now(UTC))]
        page = (await browser.get("/setup/steps")).text
        assert page.count('<span class="pill ok">done') == 3
        assert "the App was installed" in page
        world.down = True
        assert "GitHub did not answer as it should: the App: 401" in (await browser.get("/setup/steps")).text


@pytest.mark.parametrize(
    ("event", "action", "words"),
    [
        ("ping", "", "first greeting"),
        ("installation_repositories", "added", "the installation changed: added"),
        ("issues", "opened", "issues opened"),
        ("push", "", "push"),
    ],
)
def test_a_delivery_in_words(event: str, action: str, words: str):
    assert words in said(Arrival(event, action, "", datetime.now(UTC)))
