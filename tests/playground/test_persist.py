import asyncio
import stat
from pathlib import Path

import pytest

from app.playground.control import dump
from app.playground.hub import Hub
from app.playground.persist import DELIVERIES_KEPT, StateUnreadable, load, save
from tests.fixtures_playground import running_playground
from tests.playground.receiver import receiving
from tests.playground.worlds import REPO, as_installation, as_person, small_world


async def test_a_restarted_playground_goes_on_where_it_was(tmp_path: Path):
    file = tmp_path / "deep" / "playground.json"
    async with running_playground(small_world(), state_file=file) as (hub, url), as_installation(hub, url) as client:
        hub.open_thread(actor="visitor", repo=REPO, title="ünï", body="\x00 @grace", labels=["bug"])
        await client.rest.issues.async_create_comment("acme", "widgets", 1, body="b")
        hub.react(actor="ada", repo=REPO, content="-1", number=1)
        hub.open_pull_request(actor="grace", repo=REPO, title="p", files={"x": "1"})
        hub.push_tag(actor="ada", repo=REPO, name="v1.0")
        [token] = hub.state.tokens
    again = Hub(load(file))
    assert again.state == hub.state
    assert dump(again)["threads"] == dump(hub)["threads"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    async with running_playground(again, state_file=file) as (_, url), as_person(url) as plain:
        answer = await plain.get(f"/repos/{REPO}/issues/1/comments", headers={"authorization": f"token {token}"})
        assert answer.json()[0]["body"] == "b"
    assert again.open_thread(actor="ada", repo=REPO, title="next").number == 3


async def test_changes_are_saved_soon_and_not_only_at_the_end(tmp_path: Path):
    file = tmp_path / "playground.json"
    async with running_playground(small_world(), state_file=file) as (hub, _):
        hub.open_thread(actor="ada", repo=REPO, title="o")
        async with asyncio.timeout(5):
            while not file.exists():
                await asyncio.sleep(0.02)
        saved = load(file)
        assert saved is not None
        assert saved.repositories[REPO].threads[1].title == "o"


async def test_webhooks_that_never_left_leave_after_a_restart(tmp_path: Path):
    file = tmp_path / "playground.json"
    hub = small_world()
    hub.webhook_url = "http://127.0.0.1:9/"
    hub.open_thread(actor="ada", repo=REPO, title="o")
    save(file, hub.state)
    async with (
        receiving() as receiver,
        running_playground(Hub(load(file)), webhook_url=receiver.url) as (again, _),
    ):
        await again.deliveries_idle()
        assert [headers["x-github-event"] for headers, _ in receiver.got] == ["issues"]


def test_the_log_of_deliveries_is_kept_short(tmp_path: Path):
    hub = small_world()
    hub.webhook_url = "http://127.0.0.1:9/"
    for _ in range(DELIVERIES_KEPT + 5):
        hub.ping()
    save(tmp_path / "s.json", hub.state)
    saved = load(tmp_path / "s.json")
    assert saved is not None
    assert [d.id for d in saved.deliveries] == [d.id for d in hub.state.deliveries[-DELIVERIES_KEPT:]]


@pytest.mark.parametrize("content", ["", "{", "{}", '{"app": 1}'])
def test_a_broken_file_is_named_and_says_what_to_do(tmp_path: Path, content: str):
    file = tmp_path / "s.json"
    file.write_text(content)
    with pytest.raises(StateUnreadable, match=r"s\.json does not hold a playground.*move it away"):
        load(file)


def test_no_file_is_a_fresh_start(tmp_path: Path):
    assert load(tmp_path / "none.json") is None
