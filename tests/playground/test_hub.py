import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.playground.control import dump
from app.playground.hub import Hub
from app.playground.model import Refusal
from tests.playground.worlds import REPO, Clock, small_world


def listening() -> Hub:
    hub = small_world(clock=Clock())
    hub.webhook_url = "http://127.0.0.1:9/webhooks"
    return hub


def sent(hub: Hub) -> list[str]:
    return [f"{item.event}.{item.action}" if item.action else item.event for item in hub.state.deliveries]


def events(hub: Hub, number: int) -> list[str]:
    return [event.event for event in hub.repository(REPO).threads[number].timeline]


def test_numbers_are_shared_by_issues_pull_requests_and_discussions():
    hub = small_world()
    one = hub.open_thread(actor="visitor", repo=REPO, title="a")
    two = hub.open_pull_request(actor="grace", repo=REPO, title="b", files={"x": "1"})
    three = hub.open_thread(actor="ada", repo=REPO, title="c", kind="discussion")
    assert [one.number, two.number, three.number] == [1, 2, 3]


def test_every_verb_sends_the_events_that_github_sends_and_writes_history():
    hub = listening()
    hub.open_thread(actor="visitor", repo=REPO, title="a", body="b", labels=["bug"])
    comment = hub.comment(actor="ada", repo=REPO, number=1, body="c")
    hub.edit_comment(actor="ada", repo=REPO, comment=comment.id, body="d")
    hub.delete_comment(actor="ada", repo=REPO, comment=comment.id)
    hub.edit_thread(actor="visitor", repo=REPO, number=1, title="t", body="u")
    hub.set_labels(actor="ada", repo=REPO, number=1, names=["question"])
    hub.close(actor="ada", repo=REPO, number=1, reason="duplicate", duplicate_of=1)
    hub.reopen(actor="ada", repo=REPO, number=1)
    hub.lock(actor="ada", repo=REPO, number=1)
    hub.create_label(actor="ada", repo=REPO, name="new")
    hub.edit_label(actor="ada", repo=REPO, name="NEW", new_name="newer")
    hub.delete_label(actor="ada", repo=REPO, name="newer")
    hub.push_files(actor="ada", repo=REPO, files={"x": "1"})
    hub.delete_thread(actor="ada", repo=REPO, number=1)
    assert sent(hub) == [
        *("issues.opened", "issues.labeled", "issue_comment.created", "issue_comment.edited", "issue_comment.deleted"),
        *("issues.edited", "issues.unlabeled", "issues.labeled", "issues.closed", "issues.reopened", "issues.locked"),
        *("label.created", "label.edited", "label.deleted", "push", "issues.deleted"),
    ]
    assert events(hub, 1) == [
        *("labeled", "commented", "comment_deleted", "renamed", "unlabeled", "labeled", "closed"),
        *("marked_as_duplicate", "reopened", "locked"),
    ]


def test_what_changes_nothing_sends_nothing():
    hub = listening()
    hub.open_thread(actor="visitor", repo=REPO, title="a", labels=["bug"])
    before = len(hub.state.deliveries)
    hub.add_labels(actor="ada", repo=REPO, number=1, names=["BUG"])
    hub.edit_thread(actor="ada", repo=REPO, number=1, title="a")
    hub.reopen(actor="ada", repo=REPO, number=1)
    hub.react(actor="ada", repo=REPO, number=1, content="+1")
    assert hub.react(actor="ada", repo=REPO, number=1, content="+1") is hub.repository(REPO).threads[1].reactions[0]
    assert len(hub.state.deliveries) == before


def test_an_edit_tells_what_was_there_before():
    hub = listening()
    hub.open_thread(actor="visitor", repo=REPO, title="a", body="old")
    hub.edit_thread(actor="visitor", repo=REPO, number=1, body="new")
    payload = orjson.loads(hub.state.deliveries[-1].payload)
    assert payload["changes"] == {"body": {"from": "old"}}
    assert payload["issue"]["body"] == "new"
    assert payload["sender"]["login"] == "visitor"
    assert payload["installation"]["id"] in hub.state.installations


def test_owners_participants_and_mentioned_people_are_notified_but_never_the_actor_nor_bots():
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="a", body="@grace `@nobody` @helper-bot")
    assert hub.state.notifications == {"ada": 1, "grace": 1}
    hub.comment(actor="helper-bot[bot]", repo=REPO, number=1, body="hello @visitor and @stranger")
    assert hub.state.notifications == {"ada": 2, "grace": 2, "visitor": 1, "stranger": 1}


def test_an_edit_notifies_only_people_it_mentions_for_the_first_time():
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="a", body="@grace")
    hub.edit_thread(actor="visitor", repo=REPO, number=1, body="@grace @newcomer")
    assert hub.state.notifications == {"ada": 1, "grace": 1, "newcomer": 1}


def test_silence_leaves_neither_events_nor_notifications():
    hub = listening()
    with hub.silence():
        hub.open_thread(actor="visitor", repo=REPO, title="a", body="@grace")
    assert (hub.state.deliveries, hub.state.notifications) == ([], {})
    hub.comment(actor="ada", repo=REPO, number=1, body="now it is news")
    assert sent(hub) == ["issue_comment.created"]


def test_references_leave_a_line_in_the_other_thread_once():
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="first")
    hub.open_thread(actor="visitor", repo=REPO, title="second", body=f"like #1, {REPO}#1, #1 and #2 and #99")
    hub.comment(actor="visitor", repo=REPO, number=2, body="#1")
    assert events(hub, 1) == ["cross-referenced"]
    assert "cross-referenced" not in events(hub, 2)


def test_a_locked_thread_takes_comments_from_writers_only():
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="a")
    hub.lock(actor="ada", repo=REPO, number=1)
    for actor in ("visitor", hub.state.app.login):
        with pytest.raises(Refusal, match="403 Unable to create comment because issue is locked"):
            hub.comment(actor=actor, repo=REPO, number=1, body="b")
    assert hub.comment(actor="grace", repo=REPO, number=1, body="b").author == "grace"


def test_an_archived_repository_takes_nothing():
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="a")
    hub.archive(repo=REPO)
    with pytest.raises(Refusal, match="403 Repository was archived"):
        hub.open_thread(actor="ada", repo=REPO, title="b")
    with pytest.raises(Refusal, match="403 Repository was archived"):
        hub.add_labels(actor="ada", repo=REPO, number=1, names=["bug"])


def test_a_transferred_issue_takes_its_comments_along():
    hub = small_world()
    hub.add_repository("acme/other")
    hub.open_thread(actor="visitor", repo=REPO, title="a")
    hub.comment(actor="ada", repo=REPO, number=1, body="kept")
    moved = hub.transfer_thread(actor="ada", repo=REPO, number=1, to="acme/other")
    assert [hub.repository("acme/other").comments[c].body for c in moved.comments] == ["kept"]
    with pytest.raises(Refusal) as refusal:
        hub.comment(actor="ada", repo=REPO, number=1, body="b")
    assert refusal.value.headers["location"].endswith("/repos/acme/other/issues/1")


def test_a_push_to_the_branch_of_a_pull_request_moves_its_head():
    hub = listening()
    thread = hub.open_pull_request(actor="grace", repo=REPO, title="a", files={"x": "1"})
    assert sent(hub) == ["pull_request.opened"]
    assert thread.head is not None
    commit = hub.push_files(actor="grace", repo=REPO, files={"x": "2"}, branch=thread.head.ref)
    assert thread.head.sha == commit.sha
    assert sent(hub)[1:] == ["push", "pull_request.synchronize"]


def test_installations_tell_the_app_what_they_cover():
    hub = listening()
    hub.add_repository("acme/other")
    [installation] = hub.state.installations
    hub.choose_repositories(installation=installation, repositories=["acme/other"])
    assert hub.installation_for(hub.repository(REPO)) is None
    hub.open_thread(actor="ada", repo=REPO, title="unheard")
    hub.suspend(installation=installation, actor="ada")
    hub.open_thread(actor="ada", repo="acme/other", title="unheard")
    hub.unsuspend(installation=installation)
    hub.accept_permissions(installation=installation, permissions={"issues": "read"})
    hub.uninstall(installation=installation)
    assert sent(hub) == [
        *("installation_repositories.added", "installation_repositories.removed", "installation.suspend"),
        *("installation.unsuspend", "installation.new_permissions_accepted", "installation.deleted"),
    ]
    with pytest.raises(Refusal, match="404"):
        hub.suspend(installation=installation)


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        ("open_thread", {"title": " "}, "title"),
        ("open_thread", {"title": "x" * 257}, "too long"),
        ("open_thread", {"title": "t", "body": "x" * 65_537}, "too long"),
        ("create_label", {"name": "x" * 51}, "too long"),
        ("create_label", {"name": "Bug"}, "already_exists"),
        ("edit_label", {"name": "bug", "new_name": "question"}, "already_exists"),
        ("create_label", {"name": "n", "description": "x" * 101}, "too long"),
    ],
)
def test_limits_are_githubs(verb: str, arguments: dict[str, str], message: str):
    with pytest.raises(Refusal) as refusal:
        getattr(small_world(), verb)(actor="ada", repo=REPO, **arguments)
    assert refusal.value.status == 422
    assert message in str(refusal.value.errors)


def test_a_body_of_exactly_the_limit_is_taken_and_lone_surrogates_become_storable():
    hub = small_world()
    assert len(hub.open_thread(actor="ada", repo=REPO, title="t", body="x" * 65_536).body) == 65_536
    assert hub.comment(actor="ada", repo=REPO, number=1, body="\ud800!").body == "?!"


def test_many_repositories_of_many_owners_are_cheap():
    hub = Hub()
    for number in range(300):
        hub.add_repository(f"owner{number % 121}/repo{number}", labels=["bug"], roles={"m": "member"})
    for number in range(121):
        hub.install(account=f"owner{number}")
    assert len(hub.state.installations) == 121
    assert hub.role(hub.repository("owner1/repo1"), "owner1") == "owner"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["comment", "label", "unlabel", "delete", "close", "reopen", "react"]),
        st.sampled_from(["ada", "grace", "visitor"]),
    ),
    max_size=25,
)


@given(STEPS)
def test_whatever_people_do_the_dump_agrees_with_the_state(steps: list[tuple[str, str]]):
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="a")
    written: list[int] = []
    labelled = False
    for verb, actor in steps:
        if verb == "comment":
            written.append(hub.comment(actor=actor, repo=REPO, number=1, body=f"by {actor}").id)
        elif verb == "label":
            hub.add_labels(actor=actor, repo=REPO, number=1, names=["bug"])
            labelled = True
        elif verb == "unlabel" and labelled:
            hub.remove_label(actor=actor, repo=REPO, number=1, name="bug")
            labelled = False
        elif verb == "delete" and written:
            hub.delete_comment(actor=actor, repo=REPO, comment=written.pop(0))
        elif verb in ("close", "reopen"):
            getattr(hub, verb)(actor=actor, repo=REPO, number=1)
        elif verb == "react":
            hub.react(actor=actor, repo=REPO, number=1, content="heart")
    [thread] = dump(hub)["threads"]
    repo = hub.repository(REPO)
    assert thread["comments"] == [
        {"author": repo.comments[c].author, "body": repo.comments[c].body, "is_app": False} for c in written
    ]
    assert thread["labels"] == (["bug"] if labelled else [])
    assert len(repo.threads[1].reactions) <= 3
    assert not hub.state.deliveries


def test_hiding_a_comment_needs_write_access_and_can_be_taken_back():
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="a")
    comment = hub.comment(actor="visitor", repo=REPO, number=1, body="Buy this.")
    with pytest.raises(Refusal, match="403"):
        hub.hide_comment(actor="visitor", repo=REPO, comment=comment.id, reason="spam")
    owner = REPO.partition("/")[0]
    assert hub.hide_comment(actor=owner, repo=REPO, comment=comment.id, reason="spam").hidden == "spam"
    assert hub.hide_comment(actor=owner, repo=REPO, comment=comment.id, reason=None).hidden is None


def test_an_issue_becomes_a_discussion_and_a_discussion_does_not():
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="How?", body="So?")
    made = hub.convert_issue(actor="visitor", repo=REPO, number=1)
    assert (made.kind, made.title, made.body, made.author) == ("discussion", "How?", "So?", "visitor")
    issue = hub.repository(REPO).threads[1]
    assert (issue.state, issue.locked) == ("closed", True)
    with pytest.raises(Refusal, match="422"):
        hub.convert_issue(actor="visitor", repo=REPO, number=made.number)
