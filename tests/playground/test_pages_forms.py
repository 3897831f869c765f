"""What the forms of the pages do, for whom, and what they refuse."""

import httpx
import pytest

from tests.playground.visiting import HOST, NEW, issue, only_thread, visiting
from tests.playground.worlds import REPO, small_world


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
