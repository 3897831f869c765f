"""Markdown and AsciiDoc: what is a heading, what only looks like one, and what stays together."""

import pytest

from app.knowledge.markup import asciidoc_sections, markdown_sections


def trails(text: str) -> list[tuple[str, ...]]:
    return [section.trail for section in markdown_sections(text.split("\n"))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# A\n\nx\n\n### B ###\n\ny", [("A",), ("A", "B")]),
        ("A\n=\n\nB\n-\n", [("A",)]),
        ("A\n==\n\nB\n--\n", [("A",), ("A", "B")]),
        ("<h1 align='center'>A <b>c</b></h1>\n\n<h2>B</h2>\n", [("A c",), ("A c", "B")]),
        ("---\ntitle: A\n---\n\nx\n\n## B\n\ny", [("A",), ("A", "B")]),
        ("+++\ntitle = 'A'\n+++\nx", [("A",)]),
        ("---\ntitle: A\n---\n# B\n", [("B",)]),
        ("---\nnever closed", [()]),
        ("#hashtag\n\n####### seven", [()]),
        ("# A\n\n<!--\n# B\n-->\n\n## C", [("A",), ("A", "C")]),
        ("# A\n\n<!-- one line -->\n## C", [("A",), ("A", "C")]),
        ("# A\n\n:::tip\n# B\n:::\n\n## C", [("A",), ("A", "C")]),
        ("# A\n\n::::{tab-set}\n:::{tab-item} x\n## B\n:::\n::::\n\n## C", [("A",), ("A", "C")]),
        ("# A\n\n> ```\n> # B\n> ```\n", [("A",)]),
    ],
)
def test_headings(text, found):
    assert trails(text) == found


@pytest.mark.parametrize(
    "whole",
    [
        "```\na\n\nb\n```",
        ":::note\n\na\n\nb\n\n:::",
        "<!-- a\n\nb -->",
        "!!! note\n\n    a\n\n    b",
        "- a\n\n  b\n\n- c",
    ],
)
def test_what_belongs_together_is_one_block(whole):
    lines = f"Before.\n\n{whole}\n\nAfter.".split("\n")
    blocks = markdown_sections(lines)[0].blocks
    assert [(block.start, block.end) for block in blocks] == [(1, 1), (3, len(lines) - 2), (len(lines), len(lines))]


def test_asciidoc_by_its_titles():
    text = "= Doc\n:toc:\n\nx\n\n== One\n\n----\n== code\n----\n\n|===\n== cell\n|===\n\n=== Two\n\ny\n\n== Three\n"
    assert [section.trail for section in asciidoc_sections(text.split("\n"))] == [
        ("Doc",),
        ("Doc", "One"),
        ("Doc", "One", "Two"),
        ("Doc", "Three"),
    ]
