from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.domain.effect import CommentPayload, Effect
from app.domain.thread import Comment, RepositoryRef, ThreadRef
from app.teammate.marker import COMMENT_LIMIT, find, is_as_written, sign, with_marker

KEY = b"k" * 32
BOT = "plumbline[bot]"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def effect(intent="840#12:body", node="I_12", installation=5) -> Effect:
    return Effect(
        id=1,
        run_id=1,
        intent=intent,
        thread=ThreadRef(RepositoryRef(installation, 840, "o/r"), "issue", 12),
        node_id=node,
        payload=CommentPayload(body="Hello"),
        state="sending",
        token=UUID(int=1),
        lease_until=NOW,
        attempts=1,
        sent_at=None,
        remote_id=None,
        revision=1,
        sent_revision=0,
        created_at=NOW,
    )


def comment(body: str, author: str = BOT, number: int = 1, after: float = 0) -> Comment:
    at = NOW + timedelta(seconds=after)
    return Comment(
        id=str(number),
        author=author,
        author_is_bot=True,
        association="NONE",
        body=body,
        created_at=at,
        updated_at=at,
    )


MARKER = sign(KEY, effect())


def sealed(body: str) -> str:
    return with_marker(body, MARKER).rpartition("\n")[2]


def test_it_is_invisible_and_the_same_every_time():
    assert sign(KEY, effect()) == MARKER
    html = MarkdownIt("gfm-like").render(with_marker("Hello", MARKER))
    assert html == f"<p>Hello</p>\n{sealed('Hello')}"


@pytest.mark.parametrize(
    "other",
    [effect(intent="840#12:comment:1"), effect(node="I_13"), effect(installation=6)],
    ids=["another intent", "another thread", "another installation"],
)
def test_it_says_where_and_why(other):
    assert sign(KEY, other) != MARKER
    assert sign(b"another key", effect()) != MARKER


def test_parts_cannot_run_into_each_other():
    assert sign(KEY, effect(node="I_1", intent="2:x")) != sign(KEY, effect(node="I_12", intent=":x"))


@pytest.mark.parametrize(
    "body",
    [
        with_marker("Hello", MARKER),
        with_marker("Hello", MARKER) + "\n",
        with_marker("a\nb", MARKER).replace("\n", "\r\n"),
        with_marker("", MARKER),
        with_marker("Grüße 🚀", MARKER),
    ],
)
def test_our_own_is_found(body):
    assert [found.id for found in find(MARKER, [comment(body)], BOT)] == ["1"]


@pytest.mark.parametrize(
    "forged",
    [
        comment(with_marker("Hello", MARKER), author="mallory"),
        comment(with_marker("Hello", MARKER), author="plumbline"),
        comment(with_marker("Hello", MARKER), author="Plumbline[bot]"),
        comment(with_marker("Hello", sign(b"another key", effect()))),
        comment(with_marker("Hello", MARKER[:-5] + "0 -->")),
        comment(f"{MARKER}\n\nHello"),
        comment(f"> {MARKER}"),
        comment(f"    {MARKER}"),
        comment(f"```\n{MARKER}\n```"),
        comment(f"Hello {MARKER}"),
        comment(""),
        comment("\udcff"),
    ],
)
def test_anything_else_is_not(forged):
    assert find(MARKER, [forged], BOT) == []


def test_oldest_first_even_within_one_second():
    body = with_marker("Hello", MARKER)
    listed = [comment(body, number=1000), comment(body, number=999), comment(body, number=5, after=-1)]
    assert [found.id for found in find(MARKER, listed, BOT)] == ["5", "999", "1000"]


@pytest.mark.parametrize("length", [0, 1, 65_455, 65_456, 65_457, 65_458, 65_535, 65_536, 65_537, 1_000_000])
@pytest.mark.parametrize("text", ["x", "é", "word\n"])
def test_it_always_fits(length, text):
    body = (text * length)[:length]
    sent = with_marker(body, MARKER)
    assert len(sent) <= COMMENT_LIMIT
    assert find(MARKER, [comment(sent)], BOT)
    assert ("cut here" in sent) == (len(body.rstrip()) + 2 + len(sealed(body)) > COMMENT_LIMIT)


@pytest.mark.parametrize("fence", ["```python\n", "~~~~\n", "  ```\n", "`````\n```\n"])
def test_a_cut_inside_code_leaves_no_open_fence(fence):
    sent = with_marker("Before\n\n```\nshort\n```\n\n" + fence + "line\n" * 20_000, MARKER)
    tokens = MarkdownIt("gfm-like").parse(sent)
    assert (tokens[-1].type, tokens[-1].content.strip()) == ("html_block", sent.rpartition("\n")[2])
    assert "short" in sent
    assert "line\n" not in sent


@given(st.text(), st.text())
def test_only_the_same_intent_matches(one, other):
    signed = sign(KEY, effect(intent=one))
    found = find(sign(KEY, effect(intent=other)), [comment(with_marker("x", signed))], BOT)
    assert bool(found) == (one == other)


@given(st.lists(st.sampled_from(["```", "~~~", "````", "text", "", "  ```py", "~~~~ `x`"]), max_size=12))
def test_cutting_never_grows_and_never_hides_the_marker(lines):
    body = "\n".join(lines) + "\n" + "word " * 14_000
    sent = with_marker(body, MARKER)
    assert len(sent) <= COMMENT_LIMIT
    assert MarkdownIt("gfm-like").parse(sent)[-1].content.strip() == sent.rpartition("\n")[2]
    assert is_as_written(sent)


def test_a_comment_of_before_there_were_seals_is_found():
    old = comment(f"Hello\n\n{MARKER}")
    assert find(MARKER, [old], BOT) == [old]
    assert not is_as_written(old.body)


SENT = with_marker("Set both.\n\n- one\n- two", MARKER)


@pytest.mark.parametrize(
    "shown", [SENT, SENT.replace("\n", "\r\n"), SENT + "\n", "\n" + SENT, with_marker("lone \udcff", MARKER)]
)
def test_what_github_does_to_a_text_is_no_edit(shown):
    assert is_as_written(shown)


def test_a_lone_surrogate_leaves_as_a_question_mark():
    assert is_as_written(with_marker("lone \udcff", MARKER).encode(errors="replace").decode())


@pytest.mark.parametrize(
    "shown",
    [
        *("", "Mine now", SENT.partition("<!--")[0], SENT.rpartition("\n")[2], SENT + "\n\nEdit: done"),
        *(SENT.replace("both", "all"), SENT.replace("- two", "- two\n- three"), SENT.replace("- one\n", "")),
    ],
)
def test_an_edit_by_a_person_is_seen(shown):
    assert not is_as_written(shown)
