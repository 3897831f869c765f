import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.playground.words import mentions, references


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("hello @Ada", {"ada"}),
        ("@ada, @grace: (@visitor)", {"ada", "grace", "visitor"}),
        ("&#64;ada and \\@grace", {"ada", "grace"}),
        ("**@ada** | > @grace", {"ada", "grace"}),
        ("> @ada said", {"ada"}),
        ("| a |\n|---|\n| @ada |", {"ada"}),
        ("<b>@ada</b>", {"ada"}),
        ("<div>\n@ada &#64;grace\n</div>", {"ada", "grace"}),
        ("`@ada` and ``@grace``", set()),
        ("```\n@ada\n```\n\n    @grace\n", set()),
        ("[@ada](https://example.org)", set()),
        ("<div><code>@ada</code><!-- @grace --></div>", set()),
        ("mail ada@example.org, scope @babel/core", set()),
        ("@", set()),
        ("", set()),
    ],
)
def test_only_those_whom_github_would_notify_are_mentioned(text: str, who: set[str]):
    assert mentions(text) == who


@pytest.mark.parametrize(
    ("text", "threads"),
    [
        ("see #12 and acme/widgets#3", {(None, 12), ("acme/widgets", 3)}),
        ("`#12`, a#1b, &#35;, #x", set()),
        ("(#7)", {(None, 7)}),
    ],
)
def test_references_name_threads(text: str, threads: set[tuple[str | None, int]]):
    assert references(text) == threads


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str):
    if not {"`", "~", "<"} & set(text):
        assert "ada" in mentions(f"{text}\n\n@ada")
    assert mentions(f"```\n{text.replace('`', '').replace('~', '')}\n@ada\n```") == set()
