import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.teammate.guard import LinkPolicy, inspect_rendered, one_line
from tests.teammate.guard.attacks import ATTACKS, BLOBS, REPOSITORY, SECRET, alive

POLICY = LinkPolicy(repository=REPOSITORY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It mentions a crash in max_tokens handling.", "It mentions a crash in max_tokens handling."),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("a/b, 3/4, v1.2.3, 2 > 1 (R&D): 50%!", "a/b, 3/4, v1.2.3, 2 › 1 (R&D): 50%!"),
        ("see `x` and **y**", "see 'x' and ∗∗y∗∗"),
        ("ask @user or me@example.com", "ask user or me at example.com"),
        ("fixes #12, GH-3", "fixes 12, GH 3"),
        ("see https://evil.example/x", "see evil.example/x"),
        ("/close", "close"),
        ("LGTM", "“LGTM”"),
        ("1. first", "1: first"),
        ("- item", "item"),
        ("&#64;user", "user"),
        ("a <!-- b --> c", "a c"),
        (SECRET, "(redacted)"),
        ("", ""),
    ],
)
def test_what_each_thing_becomes(text: str, expected: str):
    assert one_line(text) == expected


def test_it_is_cut_with_an_ellipsis():
    assert one_line("word " * 100, 20) == "word word word word…"
    assert len(one_line("x" * 5_000)) == 280


def assert_plain(text: str) -> None:
    line = one_line(text)
    assert "\n" not in line
    assert len(line) <= 280
    assert one_line(line) == line
    assert inspect_rendered(line, POLICY) == ()
    assert alive(line) == []


def test_no_attack_survives_in_a_line():
    for text in (*ATTACKS, *BLOBS):
        assert_plain(text)


@given(st.text(alphabet="@#*_~`[]()<>!|\\/&;:.-+=$ \n\t\u200b\u202eaAg1é漢", max_size=80))
def test_any_text_becomes_plain(text: str):
    assert_plain(text)
