"""What a reader sees somebody say: not what stands in code, quotes and HTML comments."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.teammate.spoken import mentions, spoken


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
        "<code>x</code> @plumbline",
        "<pre>x</pre>\n\n@plumbline",
        "<codex>@plumbline",
        "a <code lonely @plumbline",
        "</code> @plumbline",
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
        "<code>@plumbline</code>",
        "so <CODE class='x'>@plumbline</code> it",
        "<pre>\n\n@plumbline\n\n</pre>",
        "<pre>@plumbline",
        "<blockquote>\n\n@plumbline\n</blockquote>",
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
        "<code>" * 10_000 + "</pre>" * 10_000,
        "<pre>\n" * 10_000,
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
        started = time.thread_time()
        mentions(written + " @plumbline", "plumbline")
        return time.thread_time() - started

    assert min(seconds(text * 4) for _ in range(3)) < 20 * min(seconds(text) for _ in range(3)) + 0.01


@given(st.lists(st.sampled_from([*PIECES, "<!--", "-->", "\r\n", "\u2028"]), max_size=12).map("".join))
@settings(max_examples=200)
def test_every_place_keeps_its_place(text):
    shown = spoken(text)
    assert len(shown) == len(text)
    assert all(new == old or (new == " " and not old.isspace()) for old, new in zip(text, shown, strict=True))
