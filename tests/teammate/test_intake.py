import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.domain.events import Hook, parse
from app.domain.work import WorkOrder
from app.teammate.intake import mentions, route

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


THREAD = {"number": 3}
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
        ("issues", {"action": "deleted", "issue": THREAD}, thread_order("issue", "body")),
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
        ("issue_comment", {"action": "deleted", "issue": THREAD, "comment": ASKING}, None),
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
        ("repository", "privatized"),
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


def test_no_installation_no_work():
    alone = hook(action="opened", issue=THREAD, installation=None)
    assert route("issues", alone, handle="plumbline") is None


@pytest.mark.parametrize(
    "text",
    [
        "@plumbline",
        "@Plumbline, please",
        "(@plumbline)",
        "@plumbline[bot] help",
        "**@plumbline** help",
        "a line\n@plumbline help",
        "- @plumbline help",
        "1. do\n   - @plumbline help",
        "`code` @plumbline",
        "a ` lonely tick\n\n@plumbline and another `",
        "a ` lonely tick, @plumbline",
        r"\`not code @plumbline\`",
        "<!-- hidden --> @plumbline",
        "half <!-- a comment @plumbline",
        "> quoted\n\n@plumbline answer",
        "```\ncode\n```\n@plumbline",
        "~~~\n```\n~~~\n@plumbline",
        "```not a fence``` @plumbline",
        "@plumbline.",
        "@plumbline's",
    ],
)
def test_is_spoken_to(text):
    assert mentions(text, "plumbline")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plumbline",
        "me@plumbline",
        "@plumbline-bot",
        "@plumbliner",
        "@plumbline/team",
        "org/@plumbline",
        "@@plumbline",
        "`@plumbline`",
        "`` ` @plumbline ``",
        "`a\n@plumbline`",
        "> @plumbline said",
        "  > @plumbline said",
        "> - @plumbline",
        "```\n@plumbline\n```",
        "```\n@plumbline",
        "~~~ py\n@plumbline\n```\n~~~",
        "- ```\n  @plumbline\n  ```",
        "    @plumbline",
        "text\n\n\t@plumbline",
        "<!-- @plumbline -->",
        "<!--\n\n@plumbline\n\n-->",
        "<!-- @plumbline",
        "text <!-- @plumbline\nmore --> text",
    ],
)
def test_is_not_spoken_to(text):
    assert not mentions(text, "plumbline")


def test_the_handle_is_no_pattern():
    assert mentions("@a.b", "a.b")
    assert not mentions("@axb", "a.b")


MARKDOWN = MarkdownIt("commonmark")
PIECES = ["`", "``", "```\n", "~~~\n", "> ", "\n", "\n\n", "\\", "a ", " @plumbline "]


def shown_to_readers(text: str) -> bool:
    """The reference: a real Markdown parser finds the mention in plain text outside quotes."""
    quotes = 0
    for token in MARKDOWN.parse(text):
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if quotes == 0 and any("@plumbline" in part.content for part in token.children or () if part.type == "text"):
            return True
    return False


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=300)
def test_hears_whatever_readers_see(text):
    assert mentions(text, "plumbline") or not shown_to_readers(text)


@pytest.mark.parametrize(
    "text",
    [
        "`" * 60_000,
        "".join("`" * n + " " for n in range(1, 345)),
        "<!-- " * 12_000,
        "-->" * 8_000 + "<!--" * 8_000,
        "\\`" * 30_000,
        "`a " * 20_000,
        "> " * 30_000,
        "- " * 30_000,
        "1. " * 20_000,
        " " * 60_000,
        "- " * 300 + "x\n" * 100,
    ],
)
def test_hostile_text_takes_linear_time(text):
    def seconds(written: str) -> float:
        started = time.perf_counter()
        mentions(written + " @plumbline", "plumbline")
        return time.perf_counter() - started

    assert min(seconds(text * 4) for _ in range(3)) < 20 * min(seconds(text) for _ in range(3)) + 0.01


@pytest.mark.skipif(not EXAMPLES.exists(), reason="GitHub's examples are not on this machine")
def test_every_example_of_github_is_routed_or_left():
    kinds = set()
    for entry in json.loads(EXAMPLES.read_text()):
        for example in entry["examples"]:
            body = json.dumps(example | {"installation": {"id": 7}}).encode()
            order = route(entry["name"], parse(entry["name"], body), handle="plumbline")
            kinds |= {order.kind} if order else set()
    assert kinds == {"thread", "installation", "index"}
