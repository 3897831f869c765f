"""A registration's code against a GitHub that answers over HTTP."""

import json

import httpx
import pytest

from app.adapters.github_manifest import exchange
from app.adapters.github_registration import read_registration
from app.domain.registration import EVENTS, PERMISSIONS, Server, is_local, lacking, manifest, server_at
from app.errors import GitHubError
from app.playground.hub import Hub
from app.playground.pages import page_routes
from app.playground.serve import running


async def registered(github: str, asked: dict[str, object]) -> httpx.Response:
    """What a person's browser does: send the manifest, look at it, agree."""
    async with httpx.AsyncClient() as browser:
        url = f"{github}/settings/apps/new?state=s"
        shown = await browser.post(url, data={"manifest": json.dumps(asked)}, headers={"sec-fetch-site": "cross-site"})
        if shown.status_code != 200:
            return shown
        sent = {"manifest": json.dumps(asked), "name": "Acme Helper"}
        return await browser.post(url, data=sent, headers={"sec-fetch-site": "same-origin"})


async def test_a_code_gives_the_app_once():
    hub = Hub()
    hub.person("ada")
    asked = manifest(name="x", product_url="http://127.0.0.1:1", webhook_url="http://127.0.0.1:1/webhooks/github")
    async with running(hub, pages=page_routes(hub)) as github:
        led = await registered(github, asked)
        place = httpx.URL(led.headers["location"])
        assert (place.path, place.params["state"]) == ("/setup/created", "s")
        app = await exchange(Server(github), place.params["code"])
        assert (app.slug, app.html_url) == ("acme-helper", f"{github}/apps/acme-helper")
        assert app.webhook_secret == hub.state.app.webhook_secret
        with pytest.raises(GitHubError, match="404 the code was used before"):
            await exchange(Server(github), place.params["code"])
        found = await read_registration(app_id=app.app_id, private_key=app.private_key, api_url=github)
        assert (found.permissions, found.events) == (PERMISSIONS, frozenset(EVENTS))
        assert (found.installations, found.webhook_url) == ((), "http://127.0.0.1:1/webhooks/github")
        assert abs(found.clock_off_s) < 3


async def test_no_answer_and_a_strange_code():
    with pytest.raises(GitHubError, match="no answer ConnectError"):
        await exchange(Server("http://127.0.0.1:1"), "x")
    async with running(Hub()) as github:
        with pytest.raises(GitHubError, match="404"):
            await exchange(Server(github), "../../app?x=")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"default_events": ["installation"]}, "Default events unsupported: installation"),
        ({"surprise": 1}, "Error in the manifest: surprise"),
        ({"hook_attributes": {}}, "Error in the manifest: hook_attributes.url"),
    ],
)
async def test_the_playground_refuses_what_github_refuses(change: dict[str, object], said: str):
    hub = Hub()
    asked = manifest(name="x", product_url="http://127.0.0.1:1", webhook_url="http://127.0.0.1:1/") | change
    before = hub.state.app
    async with running(hub, pages=page_routes(hub)) as github:
        answer = await registered(github, asked)
    assert answer.status_code == 422
    assert said in answer.text
    assert hub.state.app is before


async def test_a_form_of_another_site_registers_nothing():
    hub = Hub()
    asked = manifest(name="x", product_url="http://127.0.0.1:1", webhook_url="http://127.0.0.1:1/")
    async with running(hub, pages=page_routes(hub)) as github, httpx.AsyncClient() as browser:
        answer = await browser.post(
            f"{github}/settings/apps/new",
            data={"manifest": json.dumps(asked), "name": "x"},
            headers={"sec-fetch-site": "cross-site"},
        )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("given", "web", "api"),
    [
        ("", "https://github.com", "https://api.github.com"),
        ("GitHub.com", "https://github.com", "https://api.github.com"),
        ("git.example.com/", "https://git.example.com", "https://git.example.com/api/v3"),
        ("https://git.example.com:8443/api/v3", "https://git.example.com:8443", "https://git.example.com:8443/api/v3"),
        ("http://[::1]:8090", "http://[::1]:8090", "http://[::1]:8090/api/v3"),
    ],
)
def test_where_a_server_is(given: str, web: str, api: str):
    server = server_at(given)
    assert (server.web, server.api_url) == (web, api)


def test_what_is_local_and_what_is_lacking():
    assert is_local("http://localhost:8000/x")
    assert is_local("http://127.9.9.9/")
    assert is_local("http://[::1]/")
    assert not is_local("https://bots.example.com/")
    assert lacking({**PERMISSIONS, "contents": "admin"}) == []
    assert lacking({**PERMISSIONS, "checks": "read"}) == ["checks: write"]
