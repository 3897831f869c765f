import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.events import Hook, parse
from app.domain.work import WorkOrder
from app.teammate.intake import overheard, route

EXAMPLES = Path("../shared/data/webhooks/examples.json")
REPOSITORY = {"id": 42, "full_name": "octo/hello", "default_branch": "main"}
PERSON = {"login": "mona", "type": "User"}
SHA = "a" * 40


def hook(**parts: object) -> Hook:
    common = {"installation": {"id": 7}, "repository": REPOSITORY, "sender": PERSON}
    return Hook.model_validate(common | parts)


def routed(event: str, **parts: object) -> WorkOrder | None:
    return route(event, hook(**parts), handle="plumbline")


def thread_order(kind, trigger) -> WorkOrder:
    return WorkOrder(
        key="42#3",
        kind="thread",
        trigger=trigger,
        installation_id=7,
        repository_id=42,
        repository="octo/hello",
        thread_kind=kind,
        number=3,
    )


def erase_order(what, place, rest="") -> WorkOrder:
    return WorkOrder(
        key=f"erase:42{place}",
        kind="erase",
        trigger=f"{what}:42{place}{rest}",
        installation_id=7,
        repository_id=42,
        repository="octo/hello",
    )


THREAD = {"number": 3}
BOT = {"login": "plumbline[bot]", "type": "Bot"}
PULL_COMMENTED = {"number": 3, "pull_request": {"url": "u"}}
ASKING = {"id": 99, "node_id": "DC_x", "user": PERSON, "body": "@plumbline why?"}
GRACE = {"login": "grace", "type": "User"}
BY_GRACE = THREAD | {"user": GRACE}
TITLE = {"changes": {"title": {"from": "old"}}}


@pytest.mark.parametrize(
    ("event", "parts", "order"),
    [
        ("issues", {"action": "opened", "issue": THREAD}, thread_order("issue", "body")),
        ("issues", {"action": "reopened", "issue": THREAD}, thread_order("issue", "body")),
        ("issues", {"action": "edited", "issue": THREAD, **TITLE}, thread_order("issue", "body")),
        (
            "issues",
            {"action": "edited", "issue": THREAD, "changes": {"body": {"from": ""}}},
            thread_order("issue", "body"),
        ),
        ("issues", {"action": "deleted", "issue": THREAD}, erase_order("thread", "#3")),
        ("discussion", {"action": "deleted", "discussion": THREAD}, erase_order("thread", "#3")),
        ("repository", {"action": "deleted"}, erase_order("repository", "")),
        ("repository", {"action": "privatized"}, erase_order("privatized", "")),
        ("issues", {"action": "transferred", "issue": THREAD}, thread_order("issue", "body")),
        ("issues", {"action": "edited", "issue": THREAD, "changes": {}}, None),
        ("issues", {"action": "edited", "issue": THREAD}, None),
        *(
            ("issues", {"action": action, "issue": THREAD, **TITLE}, None)
            for action in ("closed", "labeled", "pinned", "")
        ),
        *(
            ("pull_request", {"action": action, "pull_request": THREAD}, thread_order("pull_request", "body"))
            for action in ("opened", "reopened", "ready_for_review", "synchronize")
        ),
        (
            "pull_request",
            {"action": "edited", "pull_request": THREAD, **TITLE},
            thread_order("pull_request", "body"),
        ),
        ("pull_request", {"action": "edited", "pull_request": THREAD, "changes": {"base": {}}}, None),
        ("pull_request", {"action": "closed", "pull_request": THREAD}, None),
        ("discussion", {"action": "created", "discussion": THREAD}, thread_order("discussion", "body")),
        ("discussion", {"action": "edited", "discussion": THREAD, **TITLE}, thread_order("discussion", "body")),
        ("discussion", {"action": "answered", "discussion": THREAD}, None),
        (
            "issue_comment",
            {"action": "created", "issue": THREAD, "comment": ASKING},
            thread_order("issue", "comment:99"),
        ),
        (
            "issue_comment",
            {"action": "edited", "issue": PULL_COMMENTED, "comment": ASKING},
            thread_order("pull_request", "comment:99"),
        ),
        (
            "issue_comment",
            {"action": "deleted", "issue": THREAD, "comment": ASKING},
            erase_order("comment", "#3", f":99:{PERSON['login']}"),
        ),
        (
            "discussion_comment",
            {"action": "deleted", "discussion": THREAD, "comment": ASKING},
            erase_order("comment", "#3", f":DC_x:{PERSON['login']}"),
        ),
        (
            "pull_request_review_comment",
            {"action": "deleted", "pull_request": THREAD, "comment": ASKING},
            erase_order("comment", "#3", f":99:{PERSON['login']}"),
        ),
        ("issue_comment", {"action": "deleted", "issue": THREAD, "comment": ASKING | {"user": None}}, None),
        ("issue_comment", {"action": "deleted", "issue": THREAD, "comment": ASKING | {"user": {"login": ""}}}, None),
        ("issue_comment", {"action": "deleted", "issue": THREAD, "comment": ASKING | {"user": BOT}}, None),
        ("issue_comment", {"action": "deleted", "comment": ASKING}, None),
        ("issue_comment", {"action": "created", "issue": THREAD, "comment": ASKING | {"body": "why?"}}, None),
        ("issue_comment", {"action": "created", "issue": THREAD, "comment": ASKING | {"body": None}}, None),
        ("issue_comment", {"action": "created", "issue": THREAD}, None),
        (
            "issue_comment",
            {"action": "created", "issue": BY_GRACE, "comment": ASKING | {"body": "I use 2.3.", "user": GRACE}},
            thread_order("issue", "reply:99"),
        ),
        ("issue_comment", {"action": "created", "issue": BY_GRACE, "comment": ASKING | {"body": "Me too."}}, None),
        (
            "issue_comment",
            {
                "action": "created",
                "issue": PULL_COMMENTED | {"user": GRACE},
                "comment": ASKING | {"body": "Done.", "user": GRACE},
            },
            None,
        ),
        (
            "issue_comment",
            {"action": "created", "issue": BY_GRACE, "comment": ASKING | {"user": GRACE}},
            thread_order("issue", "comment:99"),
        ),
        (
            "discussion_comment",
            {"action": "created", "discussion": THREAD, "comment": ASKING},
            thread_order("discussion", "comment:DC_x"),
        ),
        *(
            (
                event,
                {"action": action, "pull_request": THREAD, part: ASKING},
                thread_order("pull_request", "comment:DC_x"),
            )
            for event, action, part in (
                ("pull_request_review", "submitted", "review"),
                ("pull_request_review", "edited", "review"),
                ("pull_request_review_comment", "created", "comment"),
                ("pull_request_review_comment", "edited", "comment"),
            )
        ),
        ("pull_request_review", {"action": "dismissed", "pull_request": THREAD, "review": ASKING}, None),
        (
            "pull_request_review",
            {"action": "submitted", "pull_request": THREAD, "review": ASKING | {"body": None}},
            None,
        ),
        ("pull_request_review_comment", {"action": "created", "pull_request": THREAD}, None),
        ("issues", {"action": "opened"}, None),
        ("issues", {"action": "opened", "issue": THREAD, "repository": None}, None),
        ("star", {"action": "created"}, None),
        ("weather", {"action": "opened", "issue": THREAD}, None),
    ],
)
def test_threads(event, parts, order):
    assert routed(event, **parts) == order


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("installation", "created"),
        ("installation", "deleted"),
        ("installation", "suspend"),
        ("installation", "unsuspend"),
        ("installation", "new_permissions_accepted"),
        ("installation_repositories", "added"),
        ("installation_repositories", "removed"),
        ("repository", "renamed"),
    ],
)
def test_installations_even_when_a_bot_changes_them(event, action):
    order = routed(event, action=action, sender={"login": "terraform[bot]", "type": "Bot"})
    assert order == WorkOrder(key="installation:7", kind="installation", trigger=f"{event}.{action}", installation_id=7)


def test_an_unknown_action_of_an_installation_is_nothing():
    assert routed("installation", action="blessed") is None


@pytest.mark.parametrize(
    ("parts", "heard"),
    [
        ({"ref": "refs/heads/main", "after": SHA}, True),
        ({"ref": "refs/heads/main", "after": SHA, "sender": {"login": "x[bot]", "type": "Bot"}}, True),
        ({"ref": "refs/heads/mainline", "after": SHA}, False),
        ({"ref": "refs/tags/main", "after": SHA}, False),
        ({"ref": "refs/heads/main", "after": "0" * 40}, False),
        ({"ref": "refs/heads/main"}, False),
        ({"ref": "refs/heads/main", "after": SHA, "repository": None}, False),
    ],
)
def test_pushes_to_the_default_branch(parts, heard):
    order = routed("push", **parts)
    if heard:
        assert order
        assert (order.key, order.kind, order.trigger) == ("index:42", "index", f"push:{SHA}")
        assert (order.repository_id, order.repository, order.thread_kind) == (42, "octo/hello", None)
    else:
        assert order is None


@pytest.mark.parametrize("bot", [{"login": "renovate[bot]"}, {"login": "app", "type": "Bot"}])
def test_bots_plan_no_work_on_threads(bot):
    assert routed("issues", action="opened", issue=THREAD, sender=bot) is None
    comment = {"action": "created", "issue": THREAD, "comment": ASKING}
    assert routed("issue_comment", **comment, sender=bot) is None
    assert routed("issue_comment", **comment | {"comment": ASKING | {"user": bot}}) is None


LEFT_ALONE = [
    {"title": "[No Bot] please"},
    {"body": "Text.\n\n[no bot]"},
    {"labels": [{"name": "bug"}, {"name": "No-Bot"}]},
    {"labels": [{"name": "plumbline:pause"}]},
]


@pytest.mark.parametrize("part", LEFT_ALONE)
def test_a_thread_that_wants_to_be_left_alone_starts_nothing_unasked(part):
    thread = BY_GRACE | part
    for event, kind in (("issues", "issue"), ("pull_request", "pull_request"), ("discussion", "discussion")):
        for action in ("opened", "reopened", "synchronize", "created", "ready_for_review"):
            assert routed(event, action=action, **{kind: thread}) is None
        assert routed(event, action="edited", **{kind: thread}, **TITLE) is None
    reply = {"id": 99, "user": GRACE, "body": "I use 2.3."}
    assert routed("issue_comment", action="created", issue=thread, comment=reply) is None


@pytest.mark.parametrize("part", LEFT_ALONE)
def test_there_a_person_may_still_speak_to_us_and_a_thread_may_still_go(part):
    thread = THREAD | part
    assert routed("issue_comment", action="created", issue=thread, comment=ASKING) == thread_order(
        "issue", "comment:99"
    )
    assert routed("issues", action="transferred", issue=thread) == thread_order("issue", "body")
    assert routed("issues", action="deleted", issue=thread) == erase_order("thread", "#3")


def test_a_draft_pull_request_waits_until_it_is_ready():
    draft = THREAD | {"draft": True}
    for action in ("opened", "synchronize", "reopened"):
        assert routed("pull_request", action=action, pull_request=draft) is None
    assert routed("pull_request", action="ready_for_review", pull_request=THREAD | {"draft": False})
    said = routed("pull_request_review", action="submitted", pull_request=draft, review=ASKING)
    assert said == thread_order("pull_request", "comment:DC_x")


@pytest.mark.parametrize("part", [{"title": None, "body": None, "labels": None}, {"labels": []}, {"body": "no bot"}])
def test_other_threads_are_looked_at(part):
    assert routed("issues", action="opened", issue=THREAD | part) == thread_order("issue", "body")


def test_no_installation_no_work():
    alone = hook(action="opened", issue=THREAD, installation=None)
    assert route("issues", alone, handle="plumbline") is None


@pytest.mark.skipif(not EXAMPLES.exists(), reason="GitHub's examples are not on this machine")
def test_every_example_of_github_is_routed_or_left():
    kinds = set()
    for entry in json.loads(EXAMPLES.read_text()):
        for example in entry["examples"]:
            body = json.dumps(example | {"installation": {"id": 7}}).encode()
            order = route(entry["name"], parse(entry["name"], body), handle="plumbline")
            kinds |= {order.kind} if order else set()
    assert kinds == {"thread", "installation", "index", "erase"}


# --- what people may have made of what we did -----------------------------------------------------------------

BOT = {"login": "plumbline[bot]", "type": "Bot"}
RENOVATE = {"login": "renovate[bot]", "type": "Bot"}
OURS = {"id": 99, "node_id": "DC_x", "user": BOT, "body": "Ours."}
THEIRS = {"id": 98, "node_id": "DC_y", "user": GRACE, "body": "Theirs."}


def listening(kind, trigger: str = "act") -> WorkOrder:
    return replace(thread_order(kind, trigger), key="listen:42#3", kind="listen")


@pytest.mark.parametrize(
    ("event", "parts", "order"),
    [
        *(
            ("issues", {"action": action, "issue": THREAD}, listening("issue"))
            for action in ("labeled", "unlabeled", "closed", "reopened")
        ),
        ("issues", {"action": "labeled", "issue": THREAD, "sender": RENOVATE}, listening("issue")),
        ("issues", {"action": "labeled", "issue": THREAD, "sender": BOT}, None),
        ("issues", {"action": "transferred", "issue": THREAD}, listening("issue", "transferred:mona")),
        *(("issues", {"action": action, "issue": THREAD}, None) for action in ("opened", "edited", "pinned", "")),
        ("pull_request", {"action": "closed", "pull_request": THREAD}, listening("pull_request")),
        ("pull_request", {"action": "synchronize", "pull_request": THREAD}, None),
        ("discussion", {"action": "answered", "discussion": THREAD}, listening("discussion")),
        (
            "discussion",
            {"action": "unlabeled", "discussion": THREAD, "label": {"name": "a:b"}},
            listening("discussion", "unlabeled:mona:a:b"),
        ),
        *(
            ("issue_comment", {"action": action, "issue": THREAD, "comment": THEIRS}, listening("issue"))
            for action in ("created", "edited", "deleted")
        ),
        (
            "issue_comment",
            {"action": "created", "issue": PULL_COMMENTED, "comment": THEIRS},
            listening("pull_request"),
        ),
        ("issue_comment", {"action": "edited", "issue": THREAD, "comment": OURS}, listening("issue", "edited:99:mona")),
        (
            "discussion_comment",
            {"action": "deleted", "discussion": THREAD, "comment": OURS},
            listening("discussion", "deleted:DC_x:mona"),
        ),
        ("issue_comment", {"action": "created", "issue": THREAD, "comment": OURS, "sender": BOT}, None),
        ("issue_comment", {"action": "edited", "issue": THREAD, "comment": OURS, "sender": BOT}, None),
        ("push", {"action": ""}, None),
        ("star", {"action": "created"}, None),
        ("issues", {"action": "closed"}, None),
        ("issues", {"action": "closed", "issue": THREAD, "repository": None}, None),
        ("issues", {"action": "closed", "issue": THREAD, "installation": None}, None),
    ],
)
def test_what_asks_for_listening(event, parts, order):
    assert overheard(event, hook(**parts), handle="plumbline") == order
