"""The sentences people read: plain, complete, and the same document in every renderer."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.snapshot import Passage
from app.teammate.wording import Statement, answer_comment, escape, notice, source_link
from tests.fakes.snapshots import PASSAGE
from tests.teammate.guard.attacks import rendered

NOTICE = notice(PASSAGE.commit, "plumbline")


def passage(path: str = "docs/webhooks.md", heading: str = "Webhooks > Rotate the secret", start: int = 12) -> Passage:
    url = f"https://github.com/ada/engine/blob/{PASSAGE.commit}/docs/webhooks.md#L{start}"
    return PASSAGE.model_copy(update={"path": path, "heading": heading, "start": start, "url": url})


def visible(markdown: str) -> str:
    """What a reader sees of one paragraph."""
    return unescape(re.sub(r"<[^>]*>", "", rendered(markdown))).strip()


def test_an_answer_without_statements_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="at least one statement"):
        answer_comment([], handle="plumbline")


def test_each_statement_is_followed_by_its_source_and_the_notice_comes_last():
    one, two = passage(), passage(heading="", start=30)
    body = answer_comment([Statement("  First.\n", one), Statement("Second.", two)], handle="plumbline")
    assert body.split("\n\n") == ["First.", f"— {source_link(one)}", "Second.", f"— {source_link(two)}", NOTICE]


def test_neighbours_from_one_passage_share_its_link():
    one, two = passage(), passage(start=30)
    said = [Statement("A.", one), Statement("B.", one), Statement("C.", two), Statement("D.", one)]
    body = answer_comment(said, handle="plumbline")
    assert body.split("\n\n") == [
        *("A.", "B.", f"— {source_link(one)}"),
        *("C.", f"— {source_link(two)}"),
        *("D.", f"— {source_link(one)}"),
        NOTICE,
    ]


@pytest.mark.parametrize(
    "block",
    [
        "- one\n- two",
        "1. one\n2. two",
        "> quoted",
        "```py\ncode\n```",
        "a\\\nb",
        "**bold**",
        "- one\n\n  ```\n  x\n  ```",
    ],
)
def test_no_block_swallows_what_follows_it(block: str):
    """The source and the notice stay paragraphs of their own, whatever shape the statement has."""
    html = rendered(answer_comment([Statement(block, passage()), Statement("Last.", passage(start=1))], handle="p"))
    assert len(re.findall(r"^<p>— <a ", html, re.MULTILINE)) == 2
    assert len(re.findall(r"^<p><em>Automated answer by p ", html, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("path", "heading", "label"),
    [
        ("docs/a.md", "", "docs/a.md"),
        ("docs/a.md", "Guide", "docs/a.md › Guide"),
        ("docs/a.md", "Guide > Set up > On Linux", "docs/a.md › On Linux"),
        ("docs/a.md", "Use max_tokens & more (v1.2)!", "docs/a.md › Use max_tokens & more (v1.2)!"),
        ("docs/a.md", "`code` and **bold**", "docs/a.md › 'code' and ∗∗bold∗∗"),
        ("docs/a.md", "[x](https://evil.example)", "docs/a.md › (x)(evil.example)"),
        ("docs/a]b.md", "", "docs/a)b.md"),
        (".github/__init__.py", "", ".github/__init__.py"),
        ("docs/a.md", "word " * 100, "docs/a.md › " + "word " * 19 + "word…"),
    ],
)
def test_a_source_is_named_by_its_file_and_its_innermost_heading(path: str, heading: str, label: str):
    shown = passage(path, heading)
    link = source_link(shown)
    assert link.endswith(f"]({shown.url})")
    assert re.findall(r"<(?!/)[^>]*>", rendered(link)) == ["<p>", f'<a href="{shown.url}">']
    assert visible(link) == label


@pytest.mark.parametrize("handle", ["plumbline", "my_bot_", "a*b*", "acme-[x]"])
def test_the_notice_names_us_the_commit_and_what_to_do(handle: str):
    html = rendered(notice("abcdef1234567890", handle))
    assert html.startswith("<p><em>Automated answer by ")
    assert html.count("<em>") == 1
    assert "<code>abcdef1</code>" in html
    assert visible(notice("abcdef1234567890", handle)) == (
        f"Automated answer by {handle} from this repository's files at abcdef1; react with 👎 if it is wrong."
    )


@given(st.text(alphabet=r"""\`*_{}[]()<>#+-.!|~@&$:/"' aZ1é…""", min_size=1, max_size=40))
def test_escaped_text_reads_as_it_was(text: str):
    """Inside a line, as it is used: no mark opens anything, nothing is lost."""
    text = " ".join(f"see {text} there".split())
    assert visible(escape(text)) == text
    assert not re.search(r"<(?!/?p>)", re.sub(r"&\w+;", "", rendered(escape(text))))


def test_escaping_leaves_words_alone():
    assert escape("docs/webhooks.md › Rotate") == "docs/webhooks.md › Rotate"
    assert escape("a_b [c]") == r"a\_b \[c\]"
