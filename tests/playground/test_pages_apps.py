"""Installing an App on this GitHub, as a person does it; registering one is tested with the product's own manifest."""

import httpx

from app.playground.auth import keep_up
from app.playground.hub import Hub
from app.playground.persist import load, save
from tests.playground.visiting import visiting

HERE = {"sec-fetch-site": "same-origin"}


def a_hub() -> Hub:
    hub = Hub()
    hub.person("ada")
    hub.add_repository("acme/engine", owner="ada")
    hub.add_repository("beta/tool", owner="ada")
    hub.state.app.setup_url = "http://127.0.0.1:8000/setup/steps"
    return hub


async def pressed(browser: httpx.AsyncClient, account: str, **headers: str) -> httpx.Response:
    data = {"account": account}
    return await browser.post("/apps/plumbline/installations/new", data=data, headers=HERE | headers)


async def test_an_account_is_chosen_once_and_the_person_is_led_on():
    hub = a_hub()
    async with visiting(hub) as browser:
        page = await browser.get("/apps/plumbline/installations/new")
        assert "acme" in page.text
        assert "beta" in page.text
        assert "form-action 'self' http://127.0.0.1:8000;" in page.headers["content-security-policy"]
        answer = await pressed(browser, "acme")
        (installation,) = hub.state.installations.values()
        led = f"http://127.0.0.1:8000/setup/steps?installation_id={installation.id}&setup_action=install"
        assert (answer.status_code, answer.headers["location"]) == (303, led)
        assert (await pressed(browser, "acme")).status_code == 422
        assert "Installed on acme" in (await browser.get("/apps/plumbline/installations/new")).text
    assert len(hub.state.installations) == 1


async def test_nothing_is_installed_from_another_site_or_under_another_name():
    hub = a_hub()
    async with visiting(hub) as browser:
        cross = {"sec-fetch-site": "cross-site"}
        answer = await browser.post("/apps/plumbline/installations/new", data={"account": "acme"}, headers=cross)
        assert answer.status_code == 403
        assert (await browser.get("/apps/other/installations/new")).status_code == 404
    assert hub.state.installations == {}


def test_a_saved_playground_asks_for_what_a_new_version_needs():
    hub, fresh = a_hub(), Hub()
    hub.install(account="acme")
    (installation,) = hub.state.installations.values()
    hub.state.app.events, hub.state.app.permissions, installation.permissions = ["issues"], {}, {}
    keep_up(hub.state)
    assert (hub.state.app.events, hub.state.app.permissions) == (fresh.state.app.events, fresh.state.app.permissions)
    assert installation.permissions == fresh.state.app.permissions
    hub.state.app.id, hub.state.app.events = 5, ["push"]  # one that a person registered keeps what its manifest says
    keep_up(hub.state)
    assert hub.state.app.events == ["push"]


def test_a_state_of_before_is_still_read(tmp_path):
    hub = a_hub()
    save(tmp_path / "state.json", hub.state)
    text = (tmp_path / "state.json").read_text()
    (tmp_path / "state.json").write_text(text.replace('"setup_url":"http://127.0.0.1:8000/setup/steps"', '"x":0'))
    loaded = load(tmp_path / "state.json")
    assert loaded is not None
    assert loaded.app.setup_url == ""
