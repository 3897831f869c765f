"""Title patterns: they find what Python's own matcher finds, and no pattern takes long."""

import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.teammate.title_patterns import LONGEST_TITLE, title_pattern

PIECES = ["a", "b", "ab", ".", "\\d", "[ab]", "[^a]", "^", "x|y", "\\.", " ", "-"]


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = inner.map(lambda text: f"(?:{text})") | inner.map(lambda text: f"({text})")
    repeat = st.sampled_from(["", "*", "+", "?", "*?", "{2}", "{1,3}", "{2,}"])
    return st.lists(st.tuples(group, repeat).map("".join), min_size=1, max_size=3).map("".join)


PATTERNS = st.recursive(st.sampled_from(PIECES), _grown, max_leaves=4)


@given(PATTERNS, st.text(alphabet="abxy1.- ", max_size=12))
def test_it_finds_what_python_finds(source, title):
    try:
        pattern = title_pattern(source)
    except ValueError:
        assume(False)
    assert pattern.found_in(title) == bool(re.search(source, title, re.IGNORECASE | re.DOTALL))


@pytest.mark.parametrize(
    ("source", "title", "found"),
    [
        ("^WIP", "wip: new parser", True),
        ("^WIP", "no wip here", False),
        (r"^\[draft\]", "[Draft] new parser", True),
        (r"^(build|chore)\(deps.*\): bump .* from .* to", "chore(deps-dev): bump ruff from 1 to 2", True),
        (r"\bspam\b", "spammer", False),
        ("a{2}b", "aab", True),
        ("", "anything", True),
        ("a$", "a\n", False),
        ("é", "É", True),
    ],
)
def test_examples(source, title, found):
    assert title_pattern(source).found_in(title) == found


@pytest.mark.parametrize(
    "source",
    ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){20}", ".*.*.*.*.*.*x", "(a?){50}a{50}", "(.*?,){13}P", "(x+x+)+y"],
)
def test_no_pattern_takes_long(source):
    started = time.thread_time()
    title_pattern(source).found_in("a" * 10_000)
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    "source",
    ["(", "[", "*", "(?=a)", "(?P=n)", r"(a)\1", "a{1,9999}", "((a{50}){50}){50}", "a" * 201, "(" * 150],
)
def test_what_cannot_be_matched_in_linear_time_is_refused_in_a_sentence(source):
    with pytest.raises(ValueError, match=r".{10,}"):
        title_pattern(source)


def refusal(source: str) -> str:
    try:
        title_pattern(source).found_in("some title")
    except ValueError as error:
        return str(error)
    return ""


@given(st.text(max_size=40))
def test_any_text_is_a_pattern_or_refused_in_one_line(source):
    assert "\n" not in refusal(source)


def test_only_the_beginning_of_an_endless_title_counts():
    assert not title_pattern("b").found_in("a" * LONGEST_TITLE + "b")
