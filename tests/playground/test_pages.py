"""The pages by HTTP: what they show, what their forms do, and what they refuse."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.chunking import chunk
from app.playground import pages_view as view
from app.playground.app import create_app
from app.playground.hub import Hub
from app.playground.model import Refusal
from app.playground.pages import page_routes
from app.playground.pages_forms import Form, faults_from, percents
from app.playground.seed import REPOSITORY, seed_self
from tests.playground.worlds import REPO, small_world

NEW = f"/{REPO}/new"
HOST = "http://playground.test"


@asynccontextmanager
async def visiting(hub: Hub, *, product_url: str = "", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    site = create_app(hub, pages=page_routes(hub, product_url=product_url))
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=headers) as client:
        yield client


def issue(hub: Hub, *, author: str = "visitor", title: str = "It broke", body: str = "Help.") -> str:
    """An issue's address."""
    number = hub.open_thread(actor=author, repo=REPO, title=title, body=body).number
    return f"/{REPO}/threads/{number}"


def only_thread(hub: Hub) -> Any:
    (thread,) = hub.state.repositories[REPO].threads.values()
    return thread


class Seen(HTMLParser):
    """The tags, attributes and table rows of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lines: dict[str, str] = {}
        self._line = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self._line = dict(attrs).get("id") or ""
        if tag == "td" and self._line:
            self.lines[self._line] = ""

    def handle_data(self, data: str) -> None:
        if self._line in self.lines:
            self.lines[self._line] += data

    def attributes(self, name: str) -> Iterator[str]:
        return (value for _, attrs in self.tags if (value := attrs.get(name)) is not None)


def source_lines(page: str) -> dict[str, str]:
    """L1 -> the text of line 1, of a file's page."""
    return {name: text.strip("\n") for name, text in Seen(page).lines.items()}


# --- every page ---


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


# --- forms ---


async def test_an_issue_is_opened_in_the_name_of_the_chosen_person_who_is_remembered() -> None:
    hub = small_world()
    async with visiting(hub) as visitor:
        fields = {"kind": "issue", "person": "helper-bot[bot]", "title": "Too slow", "body": "a\r\nb"}
        answer = await visitor.post(NEW, data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/{REPO}/threads/1")
        assert {"HttpOnly", "SameSite=lax"} <= set(answer.headers["set-cookie"].split("; "))
        page = await visitor.get(answer.headers["location"])
    thread = only_thread(hub)
    assert (thread.author, thread.title, thread.body) == ("helper-bot[bot]", "Too slow", "a\nb")
    assert '<option value="helper-bot[bot]" selected>' in page.text


async def test_a_discussion_keeps_its_category() -> None:
    hub = small_world()
    async with visiting(hub) as visitor:
        await visitor.post(NEW, data={"kind": "discussion", "person": "visitor", "title": "Why?", "category": "Q&A"})
    assert (only_thread(hub).kind, only_thread(hub).category) == ("discussion", "Q&A")


async def test_a_pull_request_changes_a_file_that_the_form_was_filled_with() -> None:
    hub = small_world()
    async with visiting(hub) as visitor:
        assert "Turn it on." in (await visitor.get(f"{NEW}?kind=pull_request&path=docs/guide.md")).text
        fields = {"kind": "pull_request", "person": "grace", "title": "Say more", "path": "docs/guide.md"}
        answer = await visitor.post(NEW, data={**fields, "content": "Turn it off and on.\n"})
        page = (await visitor.get(answer.headers["location"])).text
    assert "-Turn it on." in page
    assert "+Turn it off and on." in page


@pytest.mark.parametrize(
    "path", ["", " ", "/etc/passwd", "docs//x", "../x", "docs/./x", ".git/config", "docs", "README.md/x", "a\0b"]
)
async def test_a_pull_request_needs_a_path_that_can_be(path: str) -> None:
    hub = small_world()
    fields = {"kind": "pull_request", "person": "grace", "title": "T", "path": path, "content": "kept text"}
    async with visiting(hub) as visitor:
        answer = await visitor.post(NEW, data=fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "kept text" in answer.text
    assert not hub.state.repositories[REPO].threads


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": " "}, "Title is missing"),
        ({"title": "x" * 257}, "title is too long"),
        ({"body": "x" * 65_537}, "body is too long"),
        ({"kind": "poem"}, "poem is no kind of thread"),
        ({"person": "plumbline[bot]"}, "Nobody here is called plumbline[bot]"),
        ({"person": "acme"}, "Nobody here is called acme"),
        ({"person": ""}, "choose one of the people"),
        ({"kind": "pull_request", "path": "README.md", "content": "# Widgets\n"}, "holds exactly this already"),
    ],
)
async def test_what_the_hub_refuses_is_said_and_what_was_typed_is_kept(change: dict[str, str], sentence: str) -> None:
    hub = small_world()
    fields = {"kind": "issue", "person": "visitor", "title": "Kept title", "body": "Kept body"} | change
    async with visiting(hub) as visitor:
        answer = await visitor.post(NEW, data=fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert fields["title"] in answer.text
    assert fields["body"] in answer.text
    assert not hub.state.repositories[REPO].threads


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": HOST}, 303),
        ({}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),  # another port of this machine
        ({"sec-fetch-site": "cross-site", "origin": HOST}, 403),
        ({"origin": "http://playground.test:81"}, 403),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize("path", [NEW, "/person", "/faults", "/deliveries", f"/{REPO}/issues/1"])
async def test_forms_of_other_sites_are_refused(path: str, headers: dict[str, str], status: int) -> None:
    hub = small_world()
    issue(hub)
    fields = {"kind": "issue", "person": "visitor", "title": "T", "body": "B", "verb": "comment"}
    fields |= {"verb": "ping"} if path == "/deliveries" else {}
    async with visiting(hub, **headers) as visitor:
        answer = await visitor.post(path, data=fields)
    assert answer.status_code == status
    repo = hub.state.repositories[REPO]
    done = len(repo.threads) + len(repo.comments) + len(hub.state.deliveries) - 1
    assert done == (status == 303 and path not in ("/person", "/faults"))


async def test_switching_the_person_stays_on_this_site() -> None:
    async with visiting(small_world()) as visitor:
        for back in ("//evil.test", "/\\evil.test", "https://evil.test", "\\\\evil.test"):
            answer = await visitor.post("/person", data={"person": "grace", "back": back})
            assert httpx.URL(HOST).join(answer.headers["location"]).host == "playground.test"
        assert '<option value="grace" selected>' in (await visitor.get("/")).text
        assert (await visitor.post("/person", data={"person": "nobody"})).status_code == 422


async def test_a_forged_cookie_speaks_for_nobody_special() -> None:
    async with visiting(small_world(), cookie="playground_person=plumbline%5Bbot%5D") as visitor:
        assert '<option value="visitor" selected>' in (await visitor.get(NEW)).text


# --- threads ---


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


async def test_comment_close_and_reopen_from_one_form() -> None:
    hub = small_world()
    address = issue(hub)
    async with visiting(hub) as visitor:
        fields = {"verb": "comment", "person": "visitor", "body": "Never mind.", "then": "close"}
        answer = await visitor.post(address, data={**fields, "reason": "not_planned"})
        thread = only_thread(hub)
        assert answer.headers["location"] == f"{address}#issuecomment-{thread.comments[0]}"
        assert (thread.state, thread.state_reason) == ("closed", "not_planned")
        page = (await visitor.get(address)).text
        assert "closed this as not planned" in page
        await visitor.post(address, data={"verb": "comment", "person": "visitor", "then": "reopen"})
    assert (thread.state, len(thread.comments)) == ("open", 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"verb": "comment", "then": "close", "body": "I insist"},
        {"verb": "label", "label": "bug"},
        {"verb": "unlabel", "label": "question"},
        {"verb": "edit", "title": "Mine", "body": "I insist"},
        {"verb": "edit_comment", "body": "I insist"},
        {"verb": "delete_comment"},
    ],
)
async def test_outsiders_may_not_do_what_github_would_not_let_them(fields: dict[str, str]) -> None:
    hub = small_world()
    address = issue(hub, author="grace")
    hub.add_labels(actor="grace", repo=REPO, number=1, names=["question"])
    comment = hub.comment(actor="grace", repo=REPO, number=1, body="Grace's own words")
    before = only_thread(hub).updated_at, comment.body
    async with visiting(hub) as visitor:
        answer = await visitor.post(address, data={**fields, "person": "visitor", "comment": str(comment.id)})
    assert answer.status_code == 403
    assert "visitor may not" in answer.text
    assert fields.get("body", "") in answer.text
    thread = only_thread(hub)
    assert (thread.updated_at, comment.body) == before
    assert (thread.state, len(thread.comments), len(thread.labels), thread.title) == ("open", 1, 1, "It broke")


async def test_owners_edit_and_delete_and_authors_their_own() -> None:
    hub = small_world()
    address = issue(hub)
    comment = str(hub.comment(actor="visitor", repo=REPO, number=1, body="First").id)
    async with visiting(hub) as visitor:
        assert "First" in (await visitor.get(f"{address}/edit?comment={comment}")).text
        fields = {"verb": "edit_comment", "person": "visitor", "comment": comment}
        assert (await visitor.post(address, data={**fields, "body": " "})).status_code == 422
        await visitor.post(address, data={**fields, "body": "Second"})
        assert "Second" in (await visitor.get(address)).text
        await visitor.post(address, data={"verb": "delete_comment", "person": "ada", "comment": comment})
        await visitor.post(address, data={"verb": "edit", "person": "ada", "title": "Better title", "body": "New"})
        page = (await visitor.get(address)).text
    assert "Second" not in page
    assert "deleted a comment" in page
    assert "changed the title from “It broke”" in page


async def test_reactions_are_given_and_taken_back() -> None:
    hub = small_world()
    address = issue(hub)
    comment = hub.comment(actor=hub.state.app.login, repo=REPO, number=1, body="An answer.")
    fields = {"verb": "feel", "person": "grace", "comment": str(comment.id)}
    async with visiting(hub) as visitor:
        for _ in range(2):
            await visitor.post(address, data={**fields, "react": "-1"})
        assert [(item.author, item.content) for item in comment.reactions] == [("grace", "-1")]
        assert 'aria-pressed="true"' in (await visitor.get(address)).text
        await visitor.post(address, data={**fields, "unreact": str(comment.reactions[0].id)})
        assert not comment.reactions
        await visitor.post(address, data={"verb": "feel", "person": "grace", "react": "heart"})
        assert len(only_thread(hub).reactions) == 1
        for wrong in ({"react": "love"}, {"unreact": "x"}, {"unreact": "9" * 30}, {}):
            assert (await visitor.post(address, data={**fields, **wrong})).status_code == 422
        assert (await visitor.post(address, data={**fields, "unreact": "1"})).status_code == 404


async def test_labels_say_who_gave_them_and_people_remove_them() -> None:
    hub = small_world()
    address = issue(hub)
    hub.add_labels(actor=hub.state.app.login, repo=REPO, number=1, names=["bug", "area/ui"])
    async with visiting(hub) as visitor:
        await visitor.post(address, data={"verb": "label", "person": "grace", "label": "question"})
        await visitor.post(address, data={"verb": "unlabel", "person": "grace", "label": "area/ui"})
        listed = (await visitor.get(f"/{REPO}?label=bug")).text
    repo = hub.state.repositories[REPO]
    tags = view.tags(hub, repo, only_thread(hub))
    assert [(tag.name, tag.ours) for tag in tags] == [("bug", True), ("question", False)]
    assert "given by the teammate" in listed
    lines = [item for item in view.column(hub, repo, only_thread(hub), "") if isinstance(item, view.Happened)]
    assert [(line.by.part, line.did, line.labels) for line in lines] == [
        ("teammate", "added", ("bug", "area/ui")),
        ("member", "added", ("question",)),
        ("member", "removed", ("area/ui",)),
    ]


async def test_the_teammates_comment_hides_its_marker_and_links_its_trace() -> None:
    hub = small_world()
    address = issue(hub)
    body = "Do this.\n\n```\n<!-- shown -->\n```\n\n<!-- plumbline:1 0123 -->"
    hub.comment(actor=hub.state.app.login, repo=REPO, number=1, body=body)
    async with visiting(hub, product_url="http://127.0.0.1:8000/") as visitor:
        page = (await visitor.get(address)).text
    assert "plumbline:1" not in page
    assert "&lt;!-- shown --&gt;" in page
    assert f'href="http://127.0.0.1:8000/runs?repository={quote(REPO, safe="")}&amp;number=1"' in page
    async with visiting(hub) as visitor:
        assert "/runs?" not in (await visitor.get(address)).text


def test_replies_follow_what_they_answer() -> None:
    hub = small_world()
    number = hub.open_thread(actor="visitor", repo=REPO, title="Why?", kind="discussion").number
    first = hub.comment(actor="ada", repo=REPO, number=number, body="one")
    hub.comment(actor="ada", repo=REPO, number=number, body="two")
    reply = hub.comment(actor="grace", repo=REPO, number=number, body="one, again", parent=first.id)
    repo = hub.state.repositories[REPO]

    def texts() -> list[str]:
        column = view.column(hub, repo, repo.threads[number], "")
        return [item.text.striptags() for item in column if isinstance(item, view.Said)]

    assert texts() == ["", "one", "one, again", "two"]
    hub.delete_comment(actor="ada", repo=REPO, comment=first.id)
    assert texts() == ["", "two", "one, again"]
    assert reply.id in repo.threads[number].comments


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


# --- text is shown, never interpreted ---


@given(st.text() | st.from_regex(r"(<[a-z!/]+ ?[a-z=\"':()]*>?|[\[\]()#*`~>!-]|javascript:|&[a-z]+;|\n| |x){1,30}"))
def test_no_text_becomes_more_than_markdown(text: str) -> None:
    seen = Seen(view.html(text))
    plain = {"p", "a", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "br", "hr"}
    tables = {"table", "thead", "tbody", "tr", "th", "td"}
    assert {tag for tag, _ in seen.tags} <= plain | tables | {f"h{level}" for level in range(1, 7)}
    for _, attributes in seen.tags:
        assert attributes.keys() <= {"href", "title", "class", "start", "style"}
    for address in seen.attributes("href"):
        assert not address.lower().lstrip().startswith(("javascript:", "vbscript:", "data:", "file:"))


async def test_names_and_texts_cannot_leave_their_place() -> None:
    hub = small_world()
    evil = '"><script src=/x></script><img onerror=x>'
    hub.create_label(actor="ada", repo=REPO, name=f"l{evil}"[:50], description=evil)
    hub.person(evil)
    address = issue(hub, author=evil, title=evil, body=evil)
    hub.add_labels(actor=evil, repo=REPO, number=1, names=[f"l{evil}"[:50]])
    hub.push_files(actor="ada", repo=REPO, files={f"docs/{evil}": evil})
    paths = [address, f"/{REPO}", "/", "/people", f"{address}/edit", f"/{REPO}/tree/main"]
    paths += [f"/{REPO}/blob/main/docs/{quote(evil)}", f"{NEW}?title={quote(evil)}&path={quote(evil)}"]
    async with visiting(hub) as visitor:
        for path in paths:
            page = await visitor.get(path)
            assert page.status_code == 200
            seen = Seen(page.text)
            assert [attrs.get("src") for tag, attrs in seen.tags if tag == "script"] == ["/static/page.js"]
            assert not list(seen.attributes("onerror"))


def test_numbers_lead_to_their_threads_but_not_inside_links_and_code() -> None:
    assert '<a href="12">#12</a>' in view.html("see #12.")
    assert view.html("`#12` [x #12](https://a.test) a#12 &#12; http://a.test/#12").count('href="12"') == 0


# --- files ---


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
    with pytest.raises(Refusal, match="no branch and no commit"):
        view.resolve(repo, "mainly/README.md")


# --- behind the scenes ---


async def test_faults_are_set_in_percent_and_switched_off() -> None:
    hub = small_world()
    async with visiting(hub) as visitor:
        await visitor.post("/faults", data={"latency": "7", "event_loss": "0.5", "latency_s": "1.5"})
        assert (hub.faults.latency, hub.faults.event_loss, hub.faults.latency_s) == (0.07, 0.005, 1.5)
        assert 'name="latency" min="0" max="100" step="any" value="7"' in (await visitor.get("/faults")).text
        wrong = await visitor.post("/faults", data={"latency": "101"})
        assert wrong.status_code == 422
        assert 'value="101"' in wrong.text
        for text in ("nan", "inf", "many"):
            assert (await visitor.post("/faults", data={"clock_skew_s": text})).status_code == 422
        assert hub.faults.latency == 0.07
        await visitor.post("/faults", data={"verb": "off", "latency": "50"})
    assert hub.faults.latency == 0


def test_the_form_of_faults_knows_every_fault() -> None:
    hub = Hub()
    assert faults_from(Form({name: str(value) for name, value in percents(hub.faults).items()})) == hub.faults


async def test_deliveries_are_listed_shown_and_sent_again() -> None:
    hub = small_world()
    hub.webhook_url = "http://127.0.0.1:9/"
    address = issue(hub)
    (first,) = hub.state.deliveries
    first.status, first.outcome, first.answer = 503, "Service Unavailable", "try <later>"
    async with visiting(hub) as visitor:
        assert "503 Service Unavailable" in (await visitor.get("/deliveries")).text
        shown = (await visitor.get(f"/deliveries/{first.id}")).text
        assert "try &lt;later&gt;" in shown
        assert "It broke" in shown
        assert f'<a href="/deliveries/{first.id}">issues.opened</a>' in (await visitor.get(address)).text
        await visitor.post("/deliveries", data={"delivery": str(first.id)})
        assert (await visitor.post("/deliveries", data={"delivery": "1"})).status_code == 404
    assert [item.guid for item in hub.state.deliveries] == [first.guid, first.guid]


async def test_people_are_listed_by_how_often_they_were_interrupted() -> None:
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="T", body="@grace and @ada")
    async with visiting(hub) as visitor:
        page = (await visitor.get("/people")).text
    assert page.index("</span> ada") < page.index("</span> visitor")


def test_people_to_speak_as_are_few_and_include_whom_the_page_needs() -> None:
    hub = small_world()
    for number in range(100):
        hub.set_role(repo=REPO, person=f"member-{number}", role="member")
    repo = hub.state.repositories[REPO]
    found = view.voices(hub, repo, also=["visitor", "nobody"])
    assert len(found) == view.MOST_VOICES
    assert [(one.login, one.part) for one in (found[0], found[-1])] == [("ada", "owner"), ("visitor", "outsider")]
    assert not {"acme", hub.state.app.login} & {one.login for one in found}
