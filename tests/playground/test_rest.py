"""The API's manners: permissions, refusals, paging, conditional requests, over real HTTP."""

from typing import Any

import httpx
import jwt
import pytest

from app.playground.hub import Hub
from app.playground.model import Refusal
from tests.fixtures_playground import running_playground
from tests.playground.worlds import REPO, Clock, as_person, installation_id, small_world

ISSUES = f"/repos/{REPO}/issues"


def app_token(hub: Hub, **claims: Any) -> str:
    now = int(hub.clock())
    standard = {"iss": str(hub.state.app.id), "iat": now - 60, "exp": now + 540}
    return jwt.encode(standard | claims, hub.state.app.private_key, algorithm="RS256")


async def mint(client: httpx.AsyncClient, hub: Hub, **wanted: Any) -> httpx.Response:
    return await client.post(
        f"/app/installations/{installation_id(hub)}/access_tokens",
        json=wanted,
        headers={"authorization": f"Bearer {app_token(hub)}"},
    )


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"token {token}"}


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": 1}, "Expiration time"),
        ({"iat": 4_000_000_000}, "Issued at"),
        ({"exp": 4_000_000_000}, "too far"),
        ({"exp": "soon"}, "Expiration time"),
    ],
)
async def test_a_jwt_with_wrong_times_is_refused_with_githubs_reason(claims: dict[str, Any], message: str):
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        answer = await client.get("/app", headers=bearer(app_token(hub, **claims)))
        assert answer.status_code == 401
        assert message in answer.json()["message"]


@pytest.mark.parametrize(
    "credential", ["Bearer x.y.z", "Bearer", "Basic eDp5", "token ghs_1_unknown", "token ghp_nobody"]
)
async def test_bad_credentials_are_refused(credential: str):
    async with running_playground(small_world()) as (_, url), as_person(url) as client:
        answer = await client.get("/app", headers={"authorization": credential})
        assert answer.status_code == 401


async def test_a_token_of_another_app_or_key_is_refused():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        assert (await client.get("/app", headers=bearer(app_token(hub, iss="7")))).status_code == 404
        hub.state.app.public_key = hub.state.app.public_key.replace("A", "B", 1)
        assert (await client.get(ISSUES, headers=bearer("a.b.c"))).status_code == 401


async def test_the_clock_of_the_jwt_may_be_a_minute_off_but_a_skewed_github_refuses_it():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        token = bearer(app_token(hub, iat=int(hub.clock()) - 60))
        assert (await client.get("/app", headers=token)).status_code == 200
        hub.faults.clock_skew_s = -90
        assert (await client.get("/app", headers=token)).status_code == 401


async def test_tokens_expire_after_an_hour_and_have_the_long_format():
    clock = Clock()
    async with running_playground(small_world(clock=clock)) as (hub, url), as_person(url) as client:
        minted = (await mint(client, hub)).json()
        assert minted["expires_at"].endswith("Z")
        assert len(minted["token"]) > 400
        assert minted["token"].startswith(f"ghs_{hub.state.app.id}_")
        assert (await client.get(ISSUES, headers=bearer(minted["token"]))).status_code == 200
        clock.now += 3_601
        answer = await client.get(ISSUES, headers=bearer(minted["token"]))
        assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


async def test_a_narrowed_token_reaches_only_its_repositories():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        hidden = hub.add_repository("acme/secret", private=True)
        hub.open_thread(actor="ada", repo="acme/secret", title="s")
        hub.open_thread(actor="ada", repo=REPO, title="o")
        token = bearer((await mint(client, hub, repository_ids=[hub.repository(REPO).id])).json()["token"])
        assert (await client.get("/repos/acme/secret", headers=token)).status_code == 404
        assert (await client.post(f"{ISSUES}/1/comments", json={"body": "b"}, headers=token)).status_code == 201
        other = bearer((await mint(client, hub, repository_ids=[hidden.id])).json()["token"])
        assert (await client.get("/repos/acme/secret/issues/1", headers=other)).status_code == 200
        refused = await client.post(f"{ISSUES}/1/comments", json={"body": "b"}, headers=other)
        assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
        assert (await mint(client, hub, repository_ids=[1])).status_code == 422
        assert (await mint(client, hub, permissions={"administration": "write"})).status_code == 422


async def test_permissions_bind_the_app():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        hub.open_thread(actor="ada", repo=REPO, title="o")
        token = bearer((await mint(client, hub, permissions={"issues": "read"})).json()["token"])
        refused = await client.post(f"{ISSUES}/1/comments", json={"body": "b"}, headers=token)
        assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")


async def test_a_suspended_installation_gets_no_token_and_a_removed_one_is_unknown():
    async with running_playground(small_world()) as (hub, url), as_person(url) as client:
        token = bearer((await mint(client, hub)).json()["token"])
        hub.suspend(installation=installation_id(hub))
        refused = await mint(client, hub)
        assert (refused.status_code, refused.json()["message"]) == (403, "This installation has been suspended")
        assert (await client.get(ISSUES, headers=token)).status_code == 403
        hub.unsuspend(installation=installation_id(hub))
        assert (await client.get(ISSUES, headers=token)).status_code == 200
        path = f"/app/installations/{installation_id(hub)}/access_tokens"
        hub.uninstall(installation=installation_id(hub))
        assert (await client.post(path, headers=bearer(app_token(hub)))).status_code == 404
        assert (await client.get(ISSUES, headers=token)).status_code == 401


async def test_people_may_do_what_their_role_allows():
    async with running_playground(small_world()) as (hub, url):
        hub.open_thread(actor="visitor", repo=REPO, title="o")
        async with as_person(url, "visitor") as client:
            made = await client.post(ISSUES, json={"title": "mine", "labels": ["bug"]})
            assert (made.status_code, made.json()["labels"]) == (201, [])
            assert (await client.post(f"{ISSUES}/1/labels", json={"labels": ["bug"]})).status_code == 403
            theirs = hub.comment(actor="ada", repo=REPO, number=1, body="hers")
            assert (await client.delete(f"{ISSUES}/comments/{theirs.id}")).status_code == 403
            assert (await client.patch(f"{ISSUES}/1", json={"state": "closed"})).json()["state"] == "closed"
        async with as_person(url) as nobody:
            assert (await nobody.get(ISSUES)).status_code == 200
            assert (await nobody.post(ISSUES, json={"title": "t"})).status_code == 401


async def test_a_private_repository_does_not_exist_for_outsiders():
    async with running_playground(small_world()) as (hub, url):
        hub.add_repository("acme/secret", private=True, roles={"grace": "member"})
        hub.open_thread(actor="grace", repo="acme/secret", title="plans")
        search = "/search/issues?q=repo:acme/secret+plans"
        async with as_person(url, "visitor") as client:
            assert (await client.get("/repos/acme/secret/issues")).status_code == 404
            assert (await client.get(search)).json()["items"] == []
        async with as_person(url, "grace") as client:
            assert (await client.get("/repos/acme/secret/issues")).status_code == 200
            assert (await client.get(search)).json()["total_count"] == 1


async def test_gone_moved_and_unknown_threads_answer_410_301_and_404():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        hub.add_repository("acme/other", owner="ada")
        for title in ("gone", "moved"):
            hub.open_thread(actor="ada", repo=REPO, title=title)
        hub.delete_thread(actor="ada", repo=REPO, number=1)
        hub.transfer_thread(actor="ada", repo=REPO, number=2, to="acme/other")
        gone = await client.post(f"{ISSUES}/1/comments", json={"body": "b"})
        assert (gone.status_code, gone.json()["message"]) == (410, "This issue was deleted")
        moved = await client.get(f"{ISSUES}/2")
        assert (moved.status_code, moved.headers["location"]) == (301, f"{url}/repos/acme/other/issues/1")
        assert (await client.get(moved.headers["location"])).json()["title"] == "moved"
        comments = await client.get(f"{ISSUES}/2/comments")
        assert comments.headers["location"] == f"{url}/repos/acme/other/issues/1/comments"
        assert [(await client.get(f"{ISSUES}/{number}")).status_code for number in ("3", "0", "x", "9" * 30)] == [
            404
        ] * 4
        assert (await client.get("/repos/acme/nothing")).status_code == 404
        assert (await client.get("/repos/acme")).status_code == 404


@pytest.mark.parametrize(
    ("raw", "status", "message"),
    [
        (b"{", 400, "Problems parsing JSON"),
        (b'"text"', 400, "Body should be a JSON object"),
        (b'{"body": "\\ud800"}', 400, "Problems parsing JSON"),
        (b"", 422, "wasn't supplied"),
        (b'{"body": ""}', 422, "Validation Failed"),
        (b'{"body": null}', 422, "Invalid request"),
        (b'{"body": "b", "x": 1}', 422, "not a permitted key"),
    ],
)
async def test_bad_bodies_are_refused_and_write_nothing(raw: bytes, status: int, message: str):
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        hub.open_thread(actor="ada", repo=REPO, title="o")
        answer = await client.post(f"{ISSUES}/1/comments", content=raw)
        assert answer.status_code == status
        assert message in answer.json()["message"]
        assert not hub.repository(REPO).comments
        assert hub.requests[-1].status == status


async def test_adding_an_unknown_label_creates_it():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        hub.open_thread(actor="ada", repo=REPO, title="o")
        added = await client.post(f"{ISSUES}/1/labels", json={"labels": ["brand new", "BUG"]})
        assert [label["name"] for label in added.json()] == ["brand new", "bug"]
        assert (await client.request("DELETE", f"{ISSUES}/1/labels/question")).status_code == 404
        bare = await client.put(f"{ISSUES}/1/labels", json=["area/ui"])
        assert [label["name"] for label in bare.json()] == ["area/ui"]
        assert (await client.delete(f"{ISSUES}/1/labels/area%2Fui")).json() == []


@pytest.mark.parametrize(("count", "size"), [(0, 30), (1, 30), (30, 30), (31, 30), (101, 100), (7, 3)])
async def test_pages_follow_the_link_header_to_the_end_without_gaps(count: int, size: int):
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        hub.open_thread(actor="ada", repo=REPO, title="o")
        for number in range(count):
            hub.comment(actor="ada", repo=REPO, number=1, body=str(number))
        seen: list[str] = []
        page: str | None = f"{ISSUES}/1/comments?per_page={size}"
        while page:
            answer = await client.get(page)
            seen += [item["body"] for item in answer.json()]
            page = answer.links.get("next", {}).get("url")
        assert seen == [str(number) for number in range(count)]
        assert sum(r.path.endswith("/comments") for r in hub.requests) == max(-(-count // size), 1)


async def test_listings_filter_and_sort():
    clock = Clock()
    async with running_playground(small_world(clock=clock)) as (hub, url), as_person(url, "ada") as client:
        for title in ("a", "b", "c"):
            clock.now += 10
            hub.open_thread(actor="visitor", repo=REPO, title=title, labels=["bug"] if title == "b" else [])
        clock.now += 10
        hub.close(actor="ada", repo=REPO, number=1)

        async def titles(query: str) -> list[str]:
            return [item["title"] for item in (await client.get(f"{ISSUES}?{query}")).json()]

        assert await titles("") == ["c", "b"]
        assert await titles("state=all&sort=updated&direction=asc") == ["b", "c", "a"]
        assert await titles("labels=BUG") == ["b"]
        assert await titles("labels=bug,unknown") == []
        since = (await client.get(f"{ISSUES}/3")).json()["updated_at"]
        assert await titles(f"state=all&since={since}") == ["c", "a"]
        assert await titles(f"state=all&since={since.replace('Z', '%2B01:00')}") == ["c", "b", "a"]
        assert (await client.get(f"{ISSUES}?since=yesterday")).status_code == 422


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("is:issue", [1, 2]),
        ("is:pr", [3]),
        ("BREAKS", [1, 3]),
        ("breaks badly", [1]),
        ("state:closed", [2]),
        ("is:open breaks is:issue", [1]),
        ("label:bug", [1]),
        ("author:grace", [3]),
        ("nothing", []),
    ],
)
async def test_search_combines_words_and_qualifiers(query: str, numbers: list[int]):
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="It breaks", body="badly", labels=["bug"])
    hub.open_thread(actor="visitor", repo=REPO, title="Other")
    hub.open_pull_request(actor="grace", repo=REPO, title="Breaks less", files={"x": "1"})
    hub.close(actor="ada", repo=REPO, number=2)
    async with running_playground(hub) as (_, url), as_person(url, "ada") as client:
        answer = await client.get("/search/issues", params={"q": f"repo:{REPO} {query}"})
        assert [item["number"] for item in answer.json()["items"]] == numbers
        assert (await client.get("/search/issues")).status_code == 422


async def test_an_issue_is_changed_in_one_go_and_its_comments_are_listed_since():
    clock = Clock()
    async with running_playground(small_world(clock=clock)) as (hub, url), as_person(url, "ada") as client:
        hub.open_thread(actor="visitor", repo=REPO, title="o", body="b", labels=["bug"])
        change = {"title": "p", "body": None, "labels": ["question", {"name": "area/ui"}], "state": "closed"}
        changed = (await client.patch(f"{ISSUES}/1", json=change)).json()
        assert (changed["title"], changed["body"], changed["state"]) == ("p", None, "closed")
        assert [label["name"] for label in changed["labels"]] == ["question", "area/ui"]
        assert (await client.patch(f"{ISSUES}/1", json={"state": "open"})).json()["state_reason"] == "reopened"
        for body in ("old", "new"):
            hub.comment(actor="ada", repo=REPO, number=1, body=body)
            clock.now += 10
        since = (await client.get(f"{ISSUES}/1")).json()["updated_at"]
        assert [c["body"] for c in (await client.get(f"{ISSUES}/1/comments?since={since}")).json()] == ["new"]


async def test_a_reaction_is_withdrawn_by_its_author_only():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        hub.open_thread(actor="ada", repo=REPO, title="o")
        theirs = hub.react(actor="visitor", repo=REPO, number=1, content="-1")
        assert (await client.delete(f"{ISSUES}/1/reactions/{theirs.id}")).status_code == 403
        assert (await client.delete(f"{ISSUES}/1/reactions/1")).status_code == 404
        mine = (await client.post(f"{ISSUES}/1/reactions", json={"content": "+1"})).json()
        assert (await client.delete(f"{ISSUES}/1/reactions/{mine['id']}")).status_code == 204
        assert (await client.get(f"{ISSUES}/1/reactions?content=-1")).json()[0]["user"]["login"] == "visitor"


async def test_the_apps_own_paths_are_for_the_app_and_unknown_things_are_not_found():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        assert (await client.get("/app")).status_code == 401
        assert (await client.get("/installation/repositories")).status_code == 403
        as_app = bearer(app_token(hub))
        assert (await client.get("/app/hook/deliveries/1", headers=as_app)).status_code == 404
        assert (await client.get("/app/installations/1", headers=as_app)).status_code == 404
        for path in ("/users/nobody", f"/repos/{REPO}/collaborators/nobody/permission", f"/repos/{REPO}/pulls/1"):
            assert (await client.get(path)).status_code == 404
        for path in ("git/trees/nope", "git/ref/heads/nope", "commits/nope", "issues/comments/1"):
            assert (await client.get(f"/repos/{REPO}/{path}")).status_code == 404


async def test_an_unchanged_answer_costs_304_and_a_changed_one_comes_whole():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        hub.open_thread(actor="ada", repo=REPO, title="o")
        first = await client.get(f"{ISSUES}/1")
        same = await client.get(f"{ISSUES}/1", headers={"if-none-match": first.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        hub.comment(actor="ada", repo=REPO, number=1, body="b")
        changed = await client.get(f"{ISSUES}/1", headers={"if-none-match": first.headers["etag"]})
        assert (changed.status_code, changed.json()["comments"]) == (200, 1)


async def test_every_answer_says_what_is_left_and_beyond_the_limit_nothing_is():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        hub.rate_limit = 2
        answers = [await client.get(ISSUES) for _ in range(3)]
        assert [a.status_code for a in answers] == [200, 200, 403]
        assert [a.headers["x-ratelimit-remaining"] for a in answers] == ["1", "0", "0"]
        assert all({"date", "x-github-request-id", "x-ratelimit-reset"} <= set(a.headers) for a in answers)


async def test_the_api_is_also_where_enterprise_server_has_it():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        assert (await client.get(f"/api/v3{ISSUES}")).json() == []
        query = {"query": "{ viewer { login } }"}
        assert (await client.post("/api/graphql", json=query)).json() == {"data": {"viewer": {"login": "ada"}}}
        assert [record.path for record in hub.requests] == [ISSUES, "/graphql"]


async def test_files_come_by_tag_and_a_tag_may_move():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        old = hub.push_tag(actor="ada", repo=REPO, name="v1.0").sha
        new = hub.push_files(actor="ada", repo=REPO, files={"README.md": "# Changed\n"}).sha
        raw = {"accept": "application/vnd.github.raw+json"}
        readme = f"/repos/{REPO}/contents/README.md"
        for ref in ("v1.0", "tags/v1.0", "refs/tags/v1.0", old):
            assert (await client.get(f"{readme}?ref={ref}", headers=raw)).text == "# Widgets\n"
        hub.push_tag(actor="ada", repo=REPO, name="v1.1")
        pages = [(await client.get(f"/repos/{REPO}/tags?per_page=1&page={page}")).json() for page in (1, 2, 3)]
        assert [[(tag["name"], tag["commit"]["sha"]) for tag in page] for page in pages] == [
            [("v1.1", new)],
            [("v1.0", old)],
            [],
        ]
        hub.push_tag(actor="ada", repo=REPO, name="v1.0")
        assert (await client.get(f"{readme}?ref=v1.0", headers=raw)).text == "# Changed\n"
        assert (await client.get("/repos/acme/nothing/tags")).status_code == 404


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "v1.0", "commit": "0" * 40}])
def test_a_tag_needs_a_name_and_a_commit_of_the_repository(wrong: dict[str, str]):
    with pytest.raises(Refusal, match="422"):
        small_world().push_tag(actor="ada", repo=REPO, **wrong)


async def test_files_come_by_branch_by_commit_and_raw():
    async with running_playground(small_world()) as (hub, url), as_person(url, "ada") as client:
        old = hub.repository(REPO).branches["main"]
        hub.push_files(actor="ada", repo=REPO, files={"README.md": "# Changed\n", "docs/guide.md": None})
        base = f"/repos/{REPO}/contents"
        raw = {"accept": "application/vnd.github.raw+json"}
        assert (await client.get(f"{base}/README.md", headers=raw)).text == "# Changed\n"
        assert (await client.get(f"{base}/README.md?ref={old}", headers=raw)).text == "# Widgets\n"
        assert (await client.get(f"{base}/docs/guide.md")).status_code == 404
        assert (await client.get(f"{base}/docs/guide.md?ref={old[:8]}")).status_code == 200
        assert (await client.get(f"{base}/README.md?ref=nowhere")).status_code == 404
        assert (await client.get(f"{base}/src/a%20b/%C3%BC.py", headers=raw)).text == "x = 1\n"
        assert {e["path"] for e in (await client.get(base)).json()} == {"README.md", "src"}
        sha = await client.get(f"/repos/{REPO}/commits/main", headers={"accept": "application/vnd.github.sha"})
        assert sha.text == hub.repository(REPO).branches["main"]
        tree = (await client.get(f"/repos/{REPO}/git/trees/{sha.text}")).json()
        [src] = [entry for entry in tree["tree"] if entry["type"] == "tree"]
        deeper = (await client.get(f"/repos/{REPO}/git/trees/{src['sha']}?recursive=1")).json()
        assert [entry["path"] for entry in deeper["tree"]] == ["a b", "a b/ü.py"]
        archive = await client.get(f"/repos/{REPO}/tarball/main")
        assert (archive.status_code, sha.text in archive.headers["location"]) == (302, True)
