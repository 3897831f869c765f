import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.sentiment.said import LONGEST, said


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ""),
        ("Works.\r\n\r\n```py\nraise Useless\n```\r\nThanks!", "Works.\n\nThanks!"),
        ("```\nan open fence of garbage", ""),
        ("> this is wrong\nNo, it is right.", "No, it is right."),
        ("   > quoted with a margin\nmine", "mine"),
        ("`wrong_label` is fine", "code is fine"),
        ("see https://example.org/useless?x=1 and [the docs](https://example.org/bad)", "see link and the docs"),
        ("<!-- stupid bot --><details>fine</details>", "fine"),
        ("Thanks.\n\nOn Mon, 2 Mar 2026 at 10:00, Plumbline wrote:\nsomething terrible", "Thanks."),
        ("Log:\n\n    error: wrong\n    error: useless\n\nAny idea?", "Log:\n\nAny idea?"),
    ],
)
def test_only_what_the_speaker_said_is_left(text, left):
    assert said(text) == left


@given(st.text(max_size=300))
def test_whatever_comes_it_is_cut(text):
    once = said(text * 30)
    assert len(once) <= LONGEST


def test_a_large_log_is_no_obstacle():
    assert said("```\n" + "x" * 1_000_000) == ""
    assert said("<" * 50_000 + "`" * 50_000 + "[" * 50_000)
