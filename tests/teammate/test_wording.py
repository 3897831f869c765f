"""The sentences people read: plain, complete, and the same document in every renderer."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.snapshot import Passage
from app.knowledge.contradictions import Conflict
from app.teammate.guard import inspect_rendered
from app.teammate.wording import (
    ABOVE_THE_FOLD,
    DISAGREE,
    MORE,
    Statement,
    answer_comment,
    disagreement,
    escape,
    notice,
    source_link,
    words,
)
from tests.fakes.snapshots import PASSAGE
from tests.teammate.guard.attacks import alive, rendered
from tests.teammate.guard.verdicts import POLICY, WEB

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


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("v1.4.2", "v1.4.2"),
        ("@acme/pkg@1.4.2", "acme/pkg at 1.4.2"),
        ("a`b*c*_1.0", "a'b∗c∗1.0"),
        ("v" * 300, "v" * 59 + "…"),
    ],
)
def test_an_older_version_is_named_once_and_inertly(tag: str, said: str):
    body = answer_comment([Statement("A.", passage())], handle="plumbline", tag=tag)
    last = body.split("\n\n")[-1]
    assert last == notice(PASSAGE.commit, "plumbline", tag)
    assert visible(last) == (
        f"Automated answer by plumbline from the files of {said} at 0000000; react with 👎 if it is wrong."
    )
    assert not [one for one in inspect_rendered(last, POLICY) if not one.startswith("link")]


@given(st.text(alphabet=r"""\`*_{}[]()<>#+-.!|~@&$:/"' aZ1é…""", min_size=1, max_size=40))
def test_escaped_text_reads_as_it_was(text: str):
    """Inside a line, as it is used: no mark opens anything, nothing is lost."""
    text = " ".join(f"see {text} there".split())
    assert visible(escape(text)) == text
    assert not re.search(r"<(?!/?p>)", re.sub(r"&\w+;", "", rendered(escape(text))))


def test_escaping_leaves_words_alone():
    assert escape("docs/webhooks.md › Rotate") == "docs/webhooks.md › Rotate"
    assert escape("a_b [c]") == r"a\_b \[c\]"


# --- the fold --------------------------------------------------------------------------------------------

URL = f"{WEB}/blob/{PASSAGE.commit}/docs/webhooks.md#L12"


def said(count: int, line: int = 12) -> Statement:
    return Statement("word " * count, passage(start=line).model_copy(update={"url": f"{URL}{line}"}))


def shown(body: str) -> str:
    return re.sub(r"<details>.*</details>", "", body, flags=re.DOTALL)


def test_an_answer_that_fits_is_not_folded():
    body = answer_comment([said(50), said(50, 13)], handle="plumbline")
    assert "<details>" not in body
    assert words(body) <= ABOVE_THE_FOLD


def test_what_does_not_fit_is_folded_with_its_sources_and_the_notice_stays():
    body = answer_comment([said(60), said(60, 13), said(60, 14)], handle="plumbline")
    assert words(shown(body)) <= ABOVE_THE_FOLD
    assert URL + "12" in shown(body)
    assert URL + "14" not in shown(body)
    assert URL + "14" in body
    assert body.endswith(NOTICE)
    html = rendered(body)
    assert html.count("<details>") == html.count("</details>") == 1
    assert len(re.findall(r"^<p>— <a ", html, re.MULTILINE)) == 3


def test_a_statement_that_is_too_long_alone_shows_its_source():
    body = answer_comment([said(200)], handle="plumbline")
    assert shown(body).startswith("— [docs/webhooks.md")
    assert body.count("word ") >= 199


def test_addresses_are_no_words_and_each_character_of_chinese_is_one():
    assert words("see [the docs](https://a.example/b/c) now") == 4
    assert words("设置端口 PORT") == 5


@pytest.mark.parametrize("block", ["- one\n- two", "1. one", "> quoted", "```py\n<details>\n```", "**bold**"])
@pytest.mark.parametrize("language", ["", "en", "de-AT", "zh", "xx", *MORE])
def test_the_fold_is_the_only_markup_of_ours_and_passes_the_inspection(block: str, language: str):
    statements = [said(100), Statement(block, said(1, 13).passage), said(100, 14)]
    body = answer_comment(statements, handle="plumbline", language=language)
    assert inspect_rendered(body, POLICY) == ()
    assert alive(body) == []


@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_never_more_than_the_promised_words_show(counts: list[int]):
    body = answer_comment([said(count, line) for line, count in enumerate(counts, start=10)], handle="plumbline")
    assert words(shown(body)) <= ABOVE_THE_FOLD
    assert body.count(URL) == len(counts)


# --- disagreement ----------------------------------------------------------------------------------------

DOCS = passage().model_copy(update={"url": f"{URL}12"})
CODE = passage("app/settings.py", "Settings").model_copy(
    update={"url": f"{WEB}/blob/{PASSAGE.commit}/app/settings.py#L3"}
)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "zh", "ja"])
def test_a_disagreement_names_both_values_and_links_both_places(language: str):
    line = disagreement(Conflict("PORT", 0, 1, "8000", "8080"), [DOCS, CODE], language)
    for part in ("`PORT`", "`8000`", "`8080`", f"]({DOCS.url})", f"]({CODE.url})"):
        assert part in line
    body = answer_comment([Statement("Set it.", DOCS, line)], handle="plumbline", language=language)
    assert inspect_rendered(body, POLICY) == ()
    assert "\n" not in line


def test_a_disagreement_is_a_sentence():
    conflict = Conflict("PORT", 0, 1, "8000", "8080")
    assert visible(disagreement(conflict, [DOCS, CODE])) == (
        "The documentation says that PORT is 8000; the source says 8080."
    )
    assert visible(disagreement(conflict, [DOCS, DOCS])) == (
        "The documentation says that PORT is 8000; another page says 8080."
    )
    assert disagreement(conflict, [DOCS, CODE], "tlh") == disagreement(conflict, [DOCS, CODE], "en")


def test_statements_of_one_passage_share_their_disagreement():
    line = disagreement(Conflict("PORT", 0, 1, "8000", "8080"), [DOCS, CODE])
    body = answer_comment([Statement("A.", DOCS, line), Statement("B.", DOCS, line)], handle="plumbline")
    assert body.count(line) == 1
    assert DISAGREE.keys() == MORE.keys()
