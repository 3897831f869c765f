"""The pages by HTTP: what they show of repositories, threads and files."""

from pathlib import Path

import pytest

from app.knowledge.chunking import chunk
from app.playground import pages_view as view
from app.playground.hub import Hub
from app.playground.model import Refusal
from app.playground.seed import REPOSITORY, seed_self
from tests.playground.visiting import HOST, Seen, issue, source_lines, visiting
from tests.playground.worlds import REPO, small_world


async def test_every_page_of_the_project_itself_is_there_and_keeps_to_the_policy() -> None:
    hub = Hub()
    seed_self(hub, Path(__file__).parents[2])
    paths = ["/", "/people", "/deliveries", "/faults", f"/{REPOSITORY}", f"/{REPOSITORY}/new"]
    paths += [f"/{REPOSITORY}/threads/{number}" for number in (1, 2, 3)]
    paths += [f"/{REPOSITORY}/tree/main", f"/{REPOSITORY}/blob/main/README.md", "/static/style.css"]
    async with visiting(hub) as visitor:
        for path in paths:
            page = await visitor.get(path)
            assert page.status_code == 200, path
            if not path.startswith("/static"):
                assert "default-src 'none'" in page.headers["content-security-policy"]
                assert not list(Seen(page.text).attributes("style"))


async def test_an_empty_playground_has_pages_too() -> None:
    async with visiting(Hub()) as visitor:
        for path in ("/", "/people", "/deliveries", "/faults"):
            assert (await visitor.get(path)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/nobody/nothing", "/favicon.ico", "/a/b/c/d", "/deliveries/1", f"/{REPO}/threads/x"),
        *(f"/{REPO}/threads/99", f"/{REPO}/threads/{'9' * 5000}", f"/{REPO}/threads/1/edit"),
        *(f"/{REPO}/blob/main/none.md", f"/{REPO}/blob/0123456/README.md", f"/{REPO}/tree/nowhere"),
    ],
)
async def test_what_is_not_there_says_so(path: str) -> None:
    async with visiting(small_world()) as visitor:
        page = await visitor.get(path)
        assert page.status_code == 404
        assert "<h1>Not here</h1>" in page.text


async def test_the_own_repository_comes_first_with_a_question_to_ask() -> None:
    hub = small_world()
    hub.add_repository(REPOSITORY, owner="ada")
    async with visiting(hub) as visitor:
        page = (await visitor.get("/")).text
    assert page.index(REPOSITORY) < page.index(REPO)
    assert f'href="/{REPOSITORY}/new?title=How%20do%20I%20rotate' in page


async def test_a_thread_answers_at_the_addresses_that_github_gives_it() -> None:
    hub = small_world()
    issue(hub)
    async with visiting(hub) as visitor:
        for word in ("threads", "issues", "pull", "discussions"):
            for method in ("GET", "HEAD"):
                assert (await visitor.request(method, f"/{REPO}/{word}/1")).status_code == 200


async def test_a_moved_thread_leads_on_and_a_deleted_one_says_so() -> None:
    hub = small_world()
    hub.add_repository("acme/other", owner="ada")
    moved, deleted = issue(hub), issue(hub)
    hub.transfer_thread(actor="ada", repo=REPO, number=1, to="acme/other")
    hub.delete_thread(actor="ada", repo=REPO, number=2)
    async with visiting(hub) as visitor:
        assert (await visitor.get(moved)).headers["location"] == "/acme/other/issues/1"
        assert (await visitor.get(deleted)).status_code == 410
        assert "It broke" not in (await visitor.get(f"/{REPO}")).text


async def test_lists_are_filtered_and_paged() -> None:
    hub = small_world()
    for number in range(60):
        hub.open_thread(actor="visitor", repo=REPO, title=f"Issue {number:02}")
    hub.open_thread(actor="visitor", repo=REPO, title="A discussion", kind="discussion")
    hub.close(actor="ada", repo=REPO, number=1)
    async with visiting(hub) as visitor:
        newest = (await visitor.get(f"/{REPO}?kind=issue")).text
        assert "Issue 59" in newest
        assert "Issue 10" in newest
        assert "Issue 09" not in newest
        assert "A discussion" not in newest
        older = (await visitor.get(f"/{REPO}?kind=issue&state=&label=&before=11")).text
        assert "Issue 09" in older
        assert "Older" not in older
        closed = (await visitor.get(f"/{REPO}?state=closed")).text
        assert "Issue 00" in closed
        assert "Issue 01" not in closed
        assert "No thread matches" in (await visitor.get(f"/{REPO}?label=nothing")).text


async def test_a_citation_shows_exactly_the_lines_it_quotes() -> None:
    hub = small_world()
    text = "# Guide\r\n\r\n" + "".join(f"## Part {n}\n\nLine {n} \x0c of <b>text</b>\u2028.\n\n" for n in range(40))
    sha = hub.push_files(actor="ada", repo=REPO, files={"docs/ü b#.md": text}).sha
    passages = chunk("docs/ü b#.md", text, commit=sha, web_url=f"{HOST}/{REPO}")
    assert len(passages) > 1
    async with visiting(hub) as visitor:
        for passage in passages:
            address, _, anchor = passage.url.partition("#")
            lines = source_lines((await visitor.get(address)).text)
            first, _, last = anchor.replace("L", "").partition("-")
            quoted = [lines[f"L{number}"] for number in range(int(first), int(last or first) + 1)]
            assert "\n".join(quoted).split() == passage.text.split()


async def test_files_are_found_by_branch_by_commit_and_by_its_beginning() -> None:
    hub = small_world()
    pull = hub.open_pull_request(actor="grace", repo=REPO, title="T", files={"README.md": "# Other\n"})
    repo = hub.state.repositories[REPO]
    assert pull.head is not None
    async with visiting(hub) as visitor:
        for ref in ("grace/patch-1", pull.head.sha, pull.head.sha[:7]):
            assert source_lines((await visitor.get(f"/{REPO}/blob/{ref}/README.md")).text) == {"L1": "# Other"}
        old = repo.branches["main"]
        hub.push_files(actor="ada", repo=REPO, files={"README.md": "# New\n"})
        assert "there is a newer version" in (await visitor.get(f"/{REPO}/blob/{old}/README.md")).text
        assert source_lines((await visitor.get(f"/{REPO}/blob/main/README.md")).text) == {"L1": "# New"}
        hub.push_tag(actor="ada", repo=REPO, name="release/1.0", commit=old)
        assert source_lines((await visitor.get(f"/{REPO}/blob/release/1.0/README.md")).text) == {"L1": "# Widgets"}
    with pytest.raises(Refusal, match="no branch, tag or commit"):
        view.resolve(repo, "mainly/README.md")
