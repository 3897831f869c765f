import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import HEARD, Hook, parse

EXAMPLES = Path("../shared/data/webhooks/examples.json")


def test_reads_what_an_issue_says():
    body = {
        "action": "edited",
        "installation": {"id": 7, "node_id": "x"},
        "repository": {"id": 42, "full_name": "octo/hello", "topics": ["a"]},
        "sender": {"login": "mona", "type": "User"},
        "issue": {"number": 3, "title": "It stops"},
        "changes": {"title": {"from": "It stop"}},
    }
    hook = parse("issues", json.dumps(body).encode())
    assert (hook.action, hook.installation_id, hook.thread) == ("edited", 7, ("issue", 3))
    assert hook.repository
    assert (hook.repository.id, hook.repository.full_name) == (42, "octo/hello")
    assert hook.changes
    assert hook.changes.title
    assert hook.changes.body is None


@pytest.mark.parametrize(
    ("parts", "thread"),
    [
        ({"issue": {"number": 1}}, ("issue", 1)),
        ({"issue": {"number": 1, "pull_request": {"url": "u"}}}, ("pull_request", 1)),
        ({"pull_request": {"number": 2}}, ("pull_request", 2)),
        ({"discussion": {"number": 3}, "comment": {"id": 9}}, ("discussion", 3)),
        ({}, None),
    ],
)
def test_knows_the_kind_of_thread(parts, thread):
    assert Hook.model_validate(parts).thread == thread


@pytest.mark.parametrize("event", ["issues", "weather"])
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b'{"a": ', "not JSON"),
        (b"{} trailing", "not JSON"),
        (b"[]", "should be an object"),
        (b'"text"', "should be an object"),
        (b"null", "should be an object"),
        (b'{"a": "\xff"}', "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", "nested too deeply"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
    ],
)
def test_refuses_what_is_no_webhook_with_a_sentence(event, body, why):
    with pytest.raises(ValueError, match=why) as refusal:
        parse(event, body)
    assert str(refusal.value).startswith("The body is ")


def test_refuses_a_heard_event_of_another_shape_and_names_the_place():
    with pytest.raises(ValueError, match=r"issue\.number"):
        parse("issues", b'{"issue": {"number": "three"}}')
    with pytest.raises(ValueError, match=r"repository\.id"):
        parse("issues", b'{"repository": {"id": NaN, "full_name": "a/b"}}')
    with pytest.raises(ValueError, match=r"installation\.id"):
        parse("issues", b'{"installation": {"id": %d}}' % 2**63)


def test_lets_an_unknown_event_have_any_shape():
    assert parse("weather", b'{"action": ["x"], "issue": 3}') == Hook()
    known = parse("weather", b'{"action": "rain", "issue": 3, "installation": {"id": 7}}')
    assert (known.action, known.installation_id) == ("rain", 7)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (rb'"a\ud800b"', "a?b"),
        (rb'"\udc00\ud800"', "??"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\u0000"', "\0"),
        (rb'"\u001b[1m"', "\x1b[1m"),
        ('"é"'.encode(), "é"),
    ],
)
def test_reads_text_that_others_cannot_store(raw, read):
    hook = parse("issue_comment", b'{"comment": {"id": 1, "body": ' + raw + b"}}")
    assert hook.comment
    assert hook.comment.body == read


def test_reads_past_a_byte_order_mark():
    assert parse("issues", b'\xef\xbb\xbf{"action": "opened"}').action == "opened"


def test_last_of_two_equal_keys_wins():
    assert parse("issues", b'{"action": "opened", "action": "closed"}').action == "closed"


@given(st.binary(max_size=200) | st.text().map(str.encode), st.sampled_from([*sorted(HEARD), "weather"]))
def test_answers_any_bytes_with_a_hook_or_a_sentence(body, event):
    try:
        assert isinstance(parse(event, body), Hook)
    except ValueError as error:
        assert str(error).startswith("The body is ")  # noqa: PT017


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*Hook.model_fields, "id"]), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(Hook.model_fields)), JSON), st.sampled_from(sorted(HEARD)))
def test_answers_any_object_with_a_hook_or_a_sentence(value, event):
    try:
        assert isinstance(parse(event, json.dumps(value).encode()), Hook)
    except ValueError as error:
        assert str(error).startswith("The body is ")  # noqa: PT017


@pytest.mark.skipif(not EXAMPLES.exists(), reason="GitHub's examples are not on this machine")
def test_parses_every_example_of_github():
    examples = [(entry["name"], example) for entry in json.loads(EXAMPLES.read_text()) for example in entry["examples"]]
    assert len(examples) >= 192
    for name, example in examples:
        hook = parse(name, json.dumps(example).encode())
        assert hook.action == (example.get("action") or "")
        if name in ("issues", "issue_comment", "pull_request", "discussion", "discussion_comment"):
            assert hook.thread, name
