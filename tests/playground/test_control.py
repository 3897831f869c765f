from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.playground.serve import running
from tests.fixtures_playground import running_playground
from tests.playground.worlds import REPO, as_installation, as_person, small_world


async def test_the_state_is_the_dump_contract_and_control_is_not_in_the_log():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        order = {"actor": "visitor", "repo": REPO, "title": "a", "body": "@grace", "labels": ["bug"]}
        assert (await client.post("/_playground/act", json={"verb": "open_thread", **order})).json()["number"] == 1
        async with as_installation(hub, url) as github:
            await github.rest.issues.async_create_comment("acme", "widgets", 1, body="from the app")
        state = (await client.get("/_playground/state")).json()
        assert set(state) == {"requests", "threads", "notifications"}
        mint, post = state["requests"]
        assert (mint["actor"], mint["status"], mint["path"].endswith("/access_tokens")) == ("plumbline[bot]", 201, True)
        assert post == {
            "method": "POST",
            "path": f"/repos/{REPO}/issues/1/comments",
            "actor": "plumbline[bot]",
            "status": 201,
            "body": {"body": "from the app"},
        }
        assert state["threads"] == [
            {
                "repo": REPO,
                "number": 1,
                "kind": "issue",
                "author": "visitor",
                "title": "a",
                "labels": ["bug"],
                "comments": [{"author": "plumbline[bot]", "body": "from the app", "is_app": True}],
                "repo_labels": ["bug", "area/ui", "question"],
            }
        ]
        assert state["notifications"] == {"ada": 2, "grace": 2, "visitor": 1}


async def test_orders_that_make_no_sense_say_what_would():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:

        async def act(**order: object) -> tuple[int, str]:
            answer = await client.post("/_playground/act", json=order)
            return answer.status_code, answer.json()["message"]

        assert (await act(verb="rm"))[1].startswith("verb must be one of: open_thread, ")
        assert (await act())[0] == 422
        status, message = await act(verb="comment", actor="ada", repo=REPO, number="one")
        assert status == 422
        assert "number: Input should be a valid integer" in message
        assert "body: Missing required" in message
        assert (await act(verb="comment", actor="ada", repo="acme/none", number=1, body="b"))[0] == 404
        assert (await act(verb="react", actor="ada", repo=REPO, content="+1"))[0] == 422
        assert (await act(verb="reset"))[0] == 422
        assert (await act(verb="add_repository", full_name="no-owner"))[0] == 422
        assert (await act(verb="add_repository", full_name=REPO))[0] == 422
        assert (await act(verb="install", account="acme"))[0] == 422
        assert (await act(verb="redeliver", delivery=1))[0] == 404
        as_json = {"content-type": "application/json; charset=utf-8"}
        assert (await client.post("/_playground/act", content=b"{", headers=as_json)).status_code == 400
        assert (await client.post("/_playground/act", content=b"{}")).status_code == 415
        assert (await client.post("/_playground/act", json=[1])).status_code == 422
        assert not hub.requests


async def test_a_process_can_learn_the_apps_settings_and_start_afresh():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        settings = (await client.get("/_playground/app")).json()
        assert settings["GITHUB_API_URL"] == url
        assert settings["GITHUB_WEBHOOK_SECRET"] == hub.state.app.webhook_secret
        assert settings["GITHUB_PRIVATE_KEY"].startswith("-----BEGIN")
        assert (await client.post("/_playground/reset")).status_code == 200
        assert hub.state.repositories == {}
        assert (await client.get("/_playground/deliveries")).json() == []


async def test_pages_have_every_path_that_github_does_not():
    async def page(request: Request) -> Response:
        return PlainTextResponse(request.url.path)

    async with (
        running(small_world(), pages=[Route("/", page), Route("/{rest:path}", page)]) as url,
        as_person(url) as client,
    ):
        assert (await client.get("/")).text == "/"
        assert (await client.get(f"/{REPO}/issues/1")).text == f"/{REPO}/issues/1"
        assert (await client.get(f"/repos/{REPO}")).json()["full_name"] == REPO
        assert (await client.get("/repos/acme/none")).json()["message"] == "Not Found"
