"""Writing over real HTTP, against the playground and its faults: what each misfortune is told as."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from app.adapters import github_writer
from app.adapters.github_client import open_github
from app.domain.effect import Annotation, CheckPayload, WriteAnswer
from app.domain.thread import RepositoryRef, ThreadRef
from tests.adapters.github_world import GitHubWorld, github_world
from tests.playground.openapi import DESCRIPTION, github, needs

APP = "plumbline[bot]"
Write = Callable[[GitHubWorld, ThreadRef], Awaitable[WriteAnswer]]


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


async def post(world: GitHubWorld, ref: ThreadRef, body: str = "Hello") -> WriteAnswer:
    node_id = (await world.github.thread(ref)).node_id
    return await world.github.post_comment(ref, node_id, body)


def bodies(world: GitHubWorld, ref: ThreadRef) -> list[str]:
    repository = world.hub.repository(ref.repository.name)
    return [comment.body for comment in world.hub.comments(repository, repository.threads[ref.number])]


def labels(world: GitHubWorld, ref: ThreadRef) -> list[str]:
    repository = world.hub.repository(ref.repository.name)
    return [repository.labels[label].name for label in repository.threads[ref.number].labels]


@pytest.mark.parametrize("kind", ["issue", "pull_request", "discussion"])
async def test_a_comment_is_written_edited_and_deleted(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    answer = await post(world, ref)
    assert answer.remote_id is not None
    assert answer.status in (200, 201)
    assert bodies(world, ref) == ["Hello"]
    listed = await world.github.own_comments(ref, (await world.github.thread(ref)).created_at)
    assert [comment.id for comment in listed] == [answer.remote_id]
    edited = await world.github.edit_comment(ref, answer.remote_id, "Hello again")
    assert (edited.status, edited.remote_id, bodies(world, ref)) == (200, answer.remote_id, ["Hello again"])
    deleted = await world.github.delete_comment(ref, answer.remote_id)
    assert deleted.status in (200, 204)
    assert bodies(world, ref) == []
    for gone in (
        await world.github.edit_comment(ref, answer.remote_id, "?"),
        await world.github.delete_comment(ref, answer.remote_id),
    ):
        assert gone.status == 404


@pytest.mark.parametrize("kind", ["issue", "pull_request", "discussion"])
async def test_labels(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    assert (await world.github.add_labels(ref, ["bug", "docs"])).status == 200
    assert (await world.github.add_labels(ref, ["bug"])).status == 200
    assert sorted(labels(world, ref)) == ["bug", "docs"]


@pytest.mark.parametrize("kind", ["issue", "pull_request"])
async def test_writing_labels_tells_what_stands(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    world.hub.add_labels(actor="ada", repo=world.ref.name, number=ref.number, names=["docs"])
    assert (await world.github.add_labels(ref, ["bug"])).labels == ("docs", "bug")
    assert (await world.github.remove_label(ref, "bug")).labels == ("docs",)
    assert (await world.github.remove_label(ref, "docs")).labels == ()
    assert (await world.github.add_labels(ref, ["x" * 60])).labels is None


@pytest.mark.parametrize("kind", ["issue", "pull_request", "discussion"])
async def test_a_label_is_taken_off(world: GitHubWorld, kind):
    name = "area: a/b?c#d é"
    world.hub.create_label(actor="ada", repo=world.ref.name, name=name)
    _, ref = world.open(kind)
    await world.github.add_labels(ref, [name, "bug"])
    assert (await world.github.remove_label(ref, name.upper())).status == 200
    assert labels(world, ref) == ["bug"]
    if kind != "discussion":
        assert (await world.github.remove_label(ref, name)).status == 404


@pytest.mark.parametrize("kind", ["issue", "pull_request", "discussion"])
async def test_a_reaction_counts_once(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    thread = await world.github.thread(ref)
    said = await world.github.post_comment(ref, thread.node_id, "Hello")
    assert said.remote_id is not None
    place = thread.node_id if kind == "discussion" else ""
    for comment in (said.remote_id, said.remote_id, place):
        for content in ("eyes", "+1"):
            assert (await world.github.react(ref, comment, content)).status in (200, 201)
    repository = world.hub.repository(ref.repository.name)
    [written] = world.hub.comments(repository, repository.threads[ref.number])
    for reactions in (written.reactions, repository.threads[ref.number].reactions):
        assert [(one.content, one.author) for one in reactions] == [("eyes", APP), ("+1", APP)]


async def test_a_reaction_to_what_is_gone(world: GitHubWorld):
    _, ref = world.open()
    assert (await world.github.react(ref, "12345", "eyes")).status == 404


async def test_a_check_run(world: GitHubWorld):
    sha = world.repository.branches["main"]
    remark = Annotation(path=".github/plumbline.yml", line=7, level="failure", message="`mode` is \udcff")
    check = CheckPayload(
        sha=sha,
        name="plumbline.yml",
        conclusion="failure",
        title="One mistake",
        summary="| line | why |",
        annotations=(remark,) * 60,
    )
    answer = await world.github.check(world.ref, check)
    assert (answer.status, answer.remote_id is not None) == (201, True)
    [sent] = world.asked(method="POST", path="/check-runs")
    assert github().request_problems(sent) == []
    assert (sent.body["status"], sent.body["conclusion"]) == ("completed", "failure")
    assert len(sent.body["output"]["annotations"]) == 50
    assert sent.body["output"]["annotations"][0]["message"] == "`mode` is ?"
    assert (await world.github.check(world.ref, check.model_copy(update={"sha": "0" * 40}))).status == 422


async def test_a_label_that_a_discussion_cannot_have(world: GitHubWorld):
    _, ref = world.open("discussion")
    answer = await world.github.add_labels(ref, ["bug", "no such thing"])
    assert (answer.status, "no such thing" in answer.message, labels(world, ref)) == (422, True, [])


async def test_labels_of_a_discussion_in_a_repository_with_many(world: GitHubWorld):
    for number in range(130):
        world.hub.create_label(actor="ada", repo=world.ref.name, name=f"area:{number}")
    _, ref = world.open("discussion")
    assert (await world.github.add_labels(ref, ["area:129", "BUG"])).status == 200
    assert labels(world, ref) == ["area:129", "bug"]


async def test_the_body_arrives_as_it_is(world: GitHubWorld):
    _, ref = world.open()
    body = 'Grüße 🚀 "quoted" \\n <b>\n\n<!-- marker -->'
    await post(world, ref, body)
    await post(world, ref, "lone \udcff surrogate")
    assert bodies(world, ref) == [body, "lone ? surrogate"]


@pytest.mark.parametrize("kind", ["issue", "discussion"])
@pytest.mark.parametrize(
    ("fault", "status", "written"),
    [
        ("error_after_write", 502, True),
        ("error_before_write", 502, False),
        ("html_error", 502, False),
        ("lost_response", None, True),
        ("truncated_json", None, True),
        ("secondary_limit", 403, False),
        ("secondary_limit_bare", 403, False),
        ("primary_limit", 429, False),
    ],
)
async def test_misfortunes(world: GitHubWorld, kind, fault, status, written):
    """Each is told as it is and nothing is tried twice."""
    _, ref = world.open(kind)
    node_id = (await world.github.thread(ref)).node_id
    before = len(world.asked(method="POST"))
    world.next(fault, method="POST", path="/graphql" if kind == "discussion" else "/comments")
    answer = await world.github.post_comment(ref, node_id, "Hello")
    if fault == "truncated_json":
        assert (answer.status in (201, 502), answer.remote_id) == (True, None)
    else:
        assert answer.status == status
    assert answer.stage == "write"
    assert bodies(world, ref) == (["Hello"] if written else [])
    assert len(world.asked(method="POST")) - before == 1


async def test_a_rate_limit_says_until_when(world: GitHubWorld):
    _, ref = world.open()
    world.hub.faults.retry_after_s = 77
    world.next("secondary_limit", method="POST", path="/comments")
    world.next("primary_limit", method="POST", path="/comments")
    secondary, primary = await post(world, ref), await post(world, ref)
    assert secondary.retry_after == 77
    assert "secondary rate limit" in secondary.message
    assert (primary.remaining, primary.reset_at is not None) == (0, True)


@pytest.mark.parametrize(
    ("prepare", "status", "words"),
    [
        (lambda w, n: w.hub.lock(actor="ada", repo=w.ref.name, number=n), 403, "locked"),
        (lambda w, n: w.hub.archive(repo=w.ref.name), 403, "archived"),
        (lambda w, n: w.hub.delete_thread(actor="ada", repo=w.ref.name, number=n), 410, ""),
    ],
)
async def test_refusals_are_told_in_githubs_words(world: GitHubWorld, prepare, status, words):
    _, ref = world.open()
    prepare(world, ref.number)
    answer = await world.github.post_comment(ref, "", "Hello")
    assert (answer.status, words in answer.message) == (status, True)


async def test_a_moved_thread_is_not_followed(world: GitHubWorld):
    _, ref = world.open()
    world.hub.add_repository("acme/other")
    moved = world.hub.transfer_thread(actor="ada", repo=world.ref.name, number=ref.number, to="acme/other")
    assert (await world.github.post_comment(ref, "", "Hello")).status == 301
    assert bodies(world, ThreadRef(RepositoryRef(0, 0, "acme/other"), "issue", moved.number)) == []


async def test_too_long(world: GitHubWorld):
    _, ref = world.open()
    answer = await post(world, ref, "x" * 65_537)
    assert (answer.status, "too long" in answer.message) == (422, True)


async def test_a_suspended_installation_is_told_before_anything_leaves(world: GitHubWorld):
    _, ref = world.open()
    world.hub.suspend(installation=world.installation.id)
    answer = await world.github.post_comment(ref, "", "Hello")
    assert (answer.status, answer.stage, "suspended" in answer.message) == (403, "token", True)
    assert world.asked(path="/comments") == []


async def test_a_repository_that_was_taken_away(world: GitHubWorld):
    _, ref = world.open()
    other = world.hub.add_repository("acme/other")
    world.hub.choose_repositories(installation=world.installation.id, actor="ada", repositories=[other.full_name])
    answer = await world.github.post_comment(ref, "", "Hello")
    assert (answer.status, answer.stage) == (422, "token")


async def test_a_server_that_is_not_there(world: GitHubWorld):
    app = world.hub.state.app
    async with open_github(app_id=app.id, private_key=app.private_key, api_url="http://127.0.0.1:9") as github:
        _, ref = world.open()
        answer = await github.post_comment(ref, "", "Hello")
    assert (answer.status, answer.stage) == (None, "token")


async def test_a_connection_that_is_gone_after_the_token_was_minted(world: GitHubWorld):
    """It certainly did not leave, so there is nothing to look for."""
    _, ref = world.open()
    await world.github.thread(ref)
    world.github._http._base = "http://127.0.0.1:9"
    answer = await world.github.post_comment(ref, "", "Hello")
    assert (answer.status, answer.stage) == (None, "token")


@pytest.mark.parametrize("fault", ["slow_drip", "latency"])
async def test_the_deadline_covers_slow_answers(world: GitHubWorld, monkeypatch, fault):
    monkeypatch.setattr(github_writer, "TIMEOUT_S", 0.2)
    _, ref = world.open()
    node_id = (await world.github.thread(ref)).node_id
    world.hub.faults.drip_s = 1
    world.next(fault, method="POST", path="/comments", latency_s=0 if fault == "slow_drip" else 1)
    started = time.monotonic()
    answer = await world.github.post_comment(ref, node_id, "Hello")
    assert (answer.status, answer.stage) == (None, "write")
    assert time.monotonic() - started < 0.9


async def test_the_deadline_covers_the_token(world: GitHubWorld, monkeypatch):
    monkeypatch.setattr(github_writer, "TIMEOUT_S", 0.2)
    _, ref = world.open()
    world.next("latency", method="POST", path="/access_tokens", latency_s=1)
    answer = await world.github.post_comment(ref, "", "Hello")
    assert (answer.status, answer.stage) == (None, "token")


async def test_many_writes_share_the_pool(world: GitHubWorld):
    threads = [world.open()[1] for _ in range(30)]
    answers = await asyncio.gather(*(world.github.post_comment(ref, "", "Hello") for ref in threads))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.remote_id for answer in answers}) == 30


async def test_a_redelivery_of_nothing(world: GitHubWorld):
    assert (await world.github.redeliver(12345)).status == 404


@needs(DESCRIPTION)
async def test_what_we_send_is_what_github_describes(world: GitHubWorld):
    _, ref = world.open()
    answer = await post(world, ref)
    await world.github.edit_comment(ref, answer.remote_id or "", "Hello again")
    await world.github.delete_comment(ref, answer.remote_id or "")
    await world.github.add_labels(ref, ["bug"])
    await world.github.remove_label(ref, "bug")
    await world.github.react(ref, "", "+1")
    world.hub.webhook_url = world.base_url + "/nobody/listens"
    world.open()
    await world.hub.deliveries_idle()
    [failed] = await world.github.failed_deliveries(datetime(2020, 1, 1, tzinfo=UTC))
    assert (await world.github.redeliver(failed.id)).status == 202
    writes = [seen for seen in world.hub.requests if seen.method != "GET"]
    assert [seen.method for seen in writes] == [
        *("POST", "POST", "PATCH", "DELETE", "POST", "DELETE", "POST"),
        "POST",
    ]
    assert [problem for seen in writes for problem in github().request_problems(seen)] == []
