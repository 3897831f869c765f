"""Reading over real HTTP, against the playground."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.adapters import github_http, github_reader
from app.domain.thread import Label, RepositoryRef, ThreadRef
from app.errors import GitHubError
from app.playground.model import Role
from app.ports import InstallationInfo
from tests.adapters.github_world import FILES, GitHubWorld, github_world

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(github_http, "READ_PAUSES_S", (0.0, 0.0))


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


async def test_repository(world: GitHubWorld):
    found = await world.github.repository(world.ref)
    assert (found.name, found.private, found.archived, found.default_branch) == ("acme/tool", False, False, "main")
    assert found.head == world.repository.branches["main"]
    assert found.labels == (Label(name="bug", description="It breaks"), Label(name="docs"))
    assert found.web_url.endswith("/acme/tool")


async def test_an_empty_repository_has_no_commit(world: GitHubWorld):
    world.next("answer", path="commits/HEAD", status=409, message="Git Repository is empty.")
    assert (await world.github.repository(world.ref)).head == ""


async def test_all_labels_are_read(world: GitHubWorld):
    for number in range(140):
        world.hub.create_label(actor="ada", repo=world.ref.name, name=f"area:{number}")
    assert len((await world.github.repository(world.ref)).labels) == 142


@pytest.mark.parametrize("kind", ["issue", "pull_request", "discussion"])
async def test_thread(world: GitHubWorld, kind):
    opened, ref = world.open(kind)
    world.comment(ref, "First", actor="grace")
    world.comment(ref, "Second", actor="plumbline[bot]")
    world.hub.add_labels(actor="ada", repo=world.ref.name, number=ref.number, names=["bug"])
    thread = await world.github.thread(ref)
    assert (thread.kind, thread.number, thread.title, thread.body) == (kind, opened.number, "Help", "It breaks.")
    assert (thread.author, thread.author_is_bot, thread.association) == ("visitor", False, "NONE")
    assert (thread.state, thread.locked, thread.labels) == ("open", False, ("bug",))
    assert [(said.author, said.author_is_bot, said.body) for said in thread.comments] == [
        ("grace", False, "First"),
        ("plumbline[bot]", True, "Second"),
    ]
    assert thread.comments[0].association == "MEMBER"
    assert thread.created_at.tzinfo is not None


async def test_replies_of_a_discussion_are_comments_like_any(world: GitHubWorld):
    _, ref = world.open("discussion")
    first = world.hub.comment(actor="grace", repo=world.ref.name, number=ref.number, body="First")
    world.hub.comment(actor="ada", repo=world.ref.name, number=ref.number, body="Reply", parent=first.id)
    thread = await world.github.thread(ref)
    assert [said.body for said in thread.comments] == ["First", "Reply"]


@pytest.mark.parametrize("kind", ["issue", "discussion"])
async def test_a_long_thread_is_read_to_its_end(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    for number in range(230):
        world.comment(ref, f"{number}")
    thread = await world.github.thread(ref)
    assert [said.body for said in thread.comments] == [str(number) for number in range(230)]


@pytest.mark.parametrize("kind", ["issue", "discussion"])
async def test_a_thread_that_is_not_there(world: GitHubWorld, kind):
    with pytest.raises(GitHubError) as caught:
        await world.github.thread(ThreadRef(world.ref, kind, 99))
    assert caught.value.answer.status == 404


async def test_a_moved_thread_is_not_followed(world: GitHubWorld):
    _, ref = world.open()
    world.hub.add_repository("acme/other")
    world.hub.transfer_thread(actor="ada", repo=world.ref.name, number=ref.number, to="acme/other")
    with pytest.raises(GitHubError) as caught:
        await world.github.thread(ref)
    assert caught.value.answer.status == 301


@pytest.mark.parametrize("kind", ["issue", "discussion"])
@pytest.mark.parametrize("others", [0, 30, 99, 100, 101, 350])
async def test_own_comments_are_found_on_any_page(world: GitHubWorld, kind, others):
    _, ref = world.open(kind)
    for number in range(others):
        world.comment(ref, f"{number}")
    mine = [world.comment(ref, f"mine {number}", actor="plumbline[bot]") for number in range(2)]
    world.comment(ref, "mine 0", actor="plumbline-fan")
    before = len(world.hub.requests)
    found = await world.github.own_comments(ref, LONG_AGO)
    assert [comment.body for comment in found] == ["mine 0", "mine 1"]
    if kind == "issue":
        assert [comment.id for comment in found] == mine
    pages = -(-(others + 3) // 100)
    readings = 2 if kind == "issue" and others + 3 >= 100 else 1
    assert len(world.asked()[before:]) <= pages * readings + 2


async def test_own_comments_since(world: GitHubWorld):
    _, ref = world.open()
    world.comment(ref, "mine", actor="plumbline[bot]")
    now = datetime.now(UTC)
    assert await world.github.own_comments(ref, now + timedelta(minutes=1)) == []
    assert len(await world.github.own_comments(ref, now - timedelta(minutes=1))) == 1


async def test_a_comment_deleted_between_two_pages_hides_none(world: GitHubWorld):
    _, ref = world.open()
    ids = [world.comment(ref, f"{number}") for number in range(100)]
    world.comment(ref, "mine", actor="plumbline[bot]")
    world.comment(ref, "last")
    get = world.github._http.get

    async def get_then_delete(url: str, **options: Any):
        raw = await get(url, **options)
        if ids and "/comments" in url:
            world.hub.delete_comment(actor="ada", repo=world.ref.name, comment=int(ids.pop(0)))
            world.hub.delete_comment(actor="ada", repo=world.ref.name, comment=int(ids.pop(0)))
            ids.clear()
        return raw

    world.github._http.get = get_then_delete  # type: ignore[method-assign]
    assert [comment.body for comment in await world.github.own_comments(ref, LONG_AGO)] == ["mine"]


async def test_files(world: GitHubWorld):
    assert await world.github.file(world.ref, ".github/plumbline.yml") == "mode: auto\n"
    assert await world.github.file(world.ref, "docs/guide.md") == "Grüße\n"
    assert await world.github.file(world.ref, "docs") is None
    assert await world.github.file(world.ref, "no/such file?.md") is None


async def test_files_at_a_commit(world: GitHubWorld):
    old = world.repository.branches["main"]
    world.hub.push_files(actor="ada", repo=world.ref.name, files={"docs/guide.md": None, "docs/new.md": "New\n"})
    assert await world.github.file(world.ref, "docs/guide.md", commit=old) == "Grüße\n"
    assert await world.github.file(world.ref, "docs/guide.md") is None
    assert await world.github.file(world.ref, "docs/new.md", commit=old) is None
    assert await world.github.file(world.ref, "docs/new.md") == "New\n"


async def test_tags(world: GitHubWorld):
    assert await world.github.tags(world.ref) == {}
    old = world.hub.push_tag(actor="ada", repo=world.ref.name, name="v1.0").sha
    new = world.hub.push_files(actor="ada", repo=world.ref.name, files={"a.md": "a"}).sha
    world.hub.push_tag(actor="ada", repo=world.ref.name, name="release/2.0")
    assert await world.github.tags(world.ref) == {"v1.0": old, "release/2.0": new}


async def test_of_very_many_tags_the_first_hundreds_are_read(world: GitHubWorld, monkeypatch):
    monkeypatch.setattr(github_reader, "TAG_PAGES", 2)
    for number in range(250):
        world.hub.push_tag(actor="ada", repo=world.ref.name, name=f"v1.{number}")
    assert sorted(await world.github.tags(world.ref)) == sorted(f"v1.{number}" for number in range(50, 250))
    assert len(world.asked(path="/tags")) == 2


async def test_tags_that_cannot_be_read_are_an_error(world: GitHubWorld):
    world.next("secondary_limit", path="/tags")
    with pytest.raises(GitHubError, match="tags"):
        await world.github.tags(world.ref)


async def test_archive(world: GitHubWorld):
    head = world.repository.branches["main"]
    files = await world.github.archive(world.ref, head)
    assert files == {path: text for path, text in FILES.items() if path != "data/big.txt"}


async def test_an_archive_that_is_too_long_is_refused(world: GitHubWorld, monkeypatch):
    monkeypatch.setattr(github_reader, "ARCHIVE_MOST", 100)
    with pytest.raises(GitHubError, match="longer than 100 bytes"):
        await world.github.archive(world.ref, "main")


@pytest.mark.parametrize("fault", ["truncated_json", "lost_response"])
async def test_an_archive_that_breaks_off(world: GitHubWorld, fault):
    world.next(fault, path="/_codeload/")
    with pytest.raises(GitHubError):
        await world.github.archive(world.ref, "main")


async def test_an_archive_of_no_commit(world: GitHubWorld):
    with pytest.raises(GitHubError) as caught:
        await world.github.archive(world.ref, "0" * 40)
    assert caught.value.answer.status == 404


async def test_changed_threads(world: GitHubWorld):
    _, issue = world.open()
    _, pull = world.open("pull_request")
    world.open("discussion")
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert await world.github.changed_threads(world.ref, since) == [issue, pull]
    world.hub.close(actor="ada", repo=world.ref.name, number=issue.number)
    assert len(await world.github.changed_threads(world.ref, since)) == 2
    assert await world.github.changed_threads(world.ref, since + timedelta(hours=1)) == []


async def test_more_changed_threads_than_a_page(world: GitHubWorld):
    for _ in range(130):
        world.open()
    assert len(await world.github.changed_threads(world.ref, LONG_AGO)) == 130


async def test_installations(world: GitHubWorld):
    other = world.hub.install(account="globex")
    world.hub.suspend(installation=other.id)
    assert await world.github.installations() == [
        InstallationInfo(world.installation.id, "acme", suspended=False),
        InstallationInfo(other.id, "globex", suspended=True),
    ]


async def test_repositories_of_an_installation(world: GitHubWorld):
    for number in range(120):
        world.hub.add_repository(f"acme/r{number}")
    refs = await world.github.installation_repositories(world.installation.id)
    assert refs[0] == world.ref
    assert len(refs) == 121


@pytest.mark.parametrize(
    ("login", "level"), [("ada", "admin"), ("grace", "write"), ("visitor", "read"), ("nobody/at all", "none")]
)
async def test_permission(world: GitHubWorld, login, level):
    world.hub.person("visitor")
    assert await world.github.permission(world.ref, login) == level


@pytest.mark.parametrize(("role", "level"), [("maintainer", "maintain"), ("collaborator", "triage")])
async def test_permissions_that_only_the_role_names(world: GitHubWorld, role: Role, level: str):
    world.hub.set_role(repo=world.ref.name, person="linus", role=role)
    assert await world.github.permission(world.ref, "linus") == level


async def test_the_login_is_asked_for_once(world: GitHubWorld):
    assert [await world.github.app_login() for _ in range(3)] == ["plumbline[bot]"] * 3
    assert len(world.asked(path="/app")) == 1


async def test_unchanged_answers_are_not_sent_again(world: GitHubWorld):
    statuses: list[int | None] = []
    once = world.github._http.once

    async def counted(method: str, url: str, **options: Any):
        raw = await once(method, url, **options)
        statuses.append(raw.status)
        return raw

    world.github._http.once = counted  # type: ignore[method-assign]
    for _ in range(3):
        repository = await world.github.repository(world.ref)
        assert await world.github.file(world.ref, "README.md") == FILES["README.md"]
    assert (statuses.count(200), statuses.count(304)) == (4, 8)
    assert len(repository.labels) == 2
    world.hub.create_label(actor="ada", repo=world.ref.name, name="new")
    assert len((await world.github.repository(world.ref)).labels) == 3


async def test_what_one_installation_was_shown_is_not_shown_to_another(world: GitHubWorld):
    world.hub.add_repository("globex/secret", private=True, files={"README.md": "secret"})
    theirs = world.hub.install(account="globex")
    secret = world.hub.repository("globex/secret")
    assert await world.github.file(RepositoryRef(theirs.id, secret.id, "globex/secret"), "README.md") == "secret"
    stranger = RepositoryRef(world.installation.id, world.repository.id, "globex/secret")
    assert await world.github.file(stranger, "README.md") is None


@pytest.mark.parametrize("fault", ["error_before_write", "html_error", "truncated_json", "lost_response"])
async def test_trouble_is_sat_out(world: GitHubWorld, fault):
    _, ref = world.open()
    world.next(fault, method="GET", path="/issues/", times=2)
    assert (await world.github.thread(ref)).title == "Help"


@pytest.mark.parametrize("path", ["/commits/HEAD", "/labels", "/contents/README.md"])
async def test_an_answer_that_was_cut_off_is_not_kept(world: GitHubWorld, path):
    """Its ETag is that of the whole one, so a kept half would be confirmed for ever."""
    world.next("truncated_json", path=path, times=3)

    async def read() -> tuple[int, int, str | None]:
        repository = await world.github.repository(world.ref)
        return len(repository.head), len(repository.labels), await world.github.file(world.ref, "README.md")

    with pytest.raises(GitHubError):
        await read()
    assert await read() == (40, 2, FILES["README.md"])


async def test_a_query_is_tried_again_like_any_read(world: GitHubWorld):
    _, ref = world.open("discussion")
    world.next("error_before_write", path="/graphql", times=2)
    assert (await world.github.thread(ref)).title == "Help"


async def test_lasting_trouble_is_told(world: GitHubWorld):
    _, ref = world.open()
    world.next("error_before_write", path=f"/issues/{ref.number}", times=9, status=503)
    with pytest.raises(GitHubError) as caught:
        await world.github.thread(ref)
    assert caught.value.answer.status == 503


@pytest.mark.parametrize("fault", ["secondary_limit", "secondary_limit_bare", "primary_limit"])
async def test_a_rate_limit_is_told_at_once(world: GitHubWorld, fault):
    world.next(fault, method="GET", path="/contents/", times=9)
    with pytest.raises(GitHubError) as caught:
        await world.github.file(world.ref, "README.md")
    assert caught.value.answer.status in (403, 429)
    assert len(world.asked(path="/contents/")) == 1


async def test_enterprise_server(world: GitHubWorld):
    async with github_world(prefix="/api/v3") as there:
        _, issue = there.open()
        _, discussion = there.open("discussion")
        assert (await there.github.thread(issue)).title == "Help"
        assert (await there.github.thread(discussion)).kind == "discussion"


async def test_failed_deliveries(world: GitHubWorld):
    hub = world.hub
    hub.webhook_url = world.base_url + "/nobody/listens"
    for _ in range(130):
        world.open()
    await hub.deliveries_idle()
    failed = await world.github.failed_deliveries(LONG_AGO)
    assert len(failed) == 130
    assert [one.id for one in failed] == sorted(one.id for one in failed)
    assert (failed[0].event, failed[0].status >= 400) == ("issues", True)
    assert len(world.asked(path="/app/hook/deliveries")) == 2
    assert await world.github.failed_deliveries(datetime.now(UTC) + timedelta(minutes=1)) == []

    hub.webhook_url = world.base_url + "/_playground/state"
    answer = await world.github.redeliver(failed[0].id)
    assert answer.status == 202
    await hub.deliveries_idle()
    again = await world.github.failed_deliveries(LONG_AGO)
    assert len(again) <= 130
