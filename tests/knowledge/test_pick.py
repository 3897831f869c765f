"""Which pieces of a page are quoted: what says most to the thread, shows without a click, and is shown once."""

import pytest

from app.domain.snapshot import Passage
from app.knowledge.extract import extract_answer
from app.knowledge.question import read_question

QUESTION = "How do I open a lane twice?"


def said(*texts: str, title: str = QUESTION, body: str = "") -> list[str]:
    """The claims of a page that answers for sure, whose passages hold these texts."""
    page = [
        Passage(path="docs/a.md", heading="Lanes", start=place, end=place, commit="c", text=text, url="u", score=3.0)
        for place, text in enumerate(texts, start=1)
    ]
    question = read_question(title, body, addressed=False)
    return [claim.text for claim in extract_answer(question, page, similarity=[0.5] * len(page)).claims]


def test_a_remark_is_left_for_what_can_be_used():
    remark = "Some want to open a lane twice."
    assert said(f"- {remark}\n\n## Lanes\n\nRun `lane twice` to open one.")[0] == "Run `lane twice` to open one."
    assert said(remark) == [remark]


@pytest.mark.parametrize(
    ("name", "first"),
    [("`lane_timeout`", "waits"), ("lane_timeout", "waits"), ("`timeout`", "`yard`"), ("a lane timeout", "`yard`")],
)
def test_a_remark_about_an_identifier_of_the_thread_is_none(name, first):
    text = "## Lanes\n\nA lane waits for the open lane_timeout_s.\n\n## Yards\n\nOpen a lane with `yard` in hand."
    assert first in said(text, title="Open a lane", body=f"How do I open a lane? We use {name} here.")[0]


def test_what_else_the_thread_says_decides_among_equals():
    text = "## Lanes\n\nOpen a lane by `hand`.\n\n## Lanes\n\nOpen a lane by `crane`."
    assert said(text, title="How to open a lane?")[0].endswith("`hand`.")
    assert said(text, title="How to open a lane?", body="Our crane is blue.")[0].endswith("`crane`.")


def test_what_fewer_pieces_say_tells_more():
    pieces = [f"## Lanes\n\nOpen a lane by `{way}`." for way in ("blue hand", "blue hook", "red crane", "old crane")]
    body = "Ours is blue. It has a crane."
    assert "crane" in said("\n\n".join(pieces[:3]), title="How to open a lane?", body=body)[0]
    assert "hand" in said("\n\n".join(pieces), title="How to open a lane?", body=body)[0]


def test_what_shows_above_the_fold_goes_first():
    code = "\n".join(f"lane open twice {number}" for number in range(40))
    assert said(f"Open a lane twice:\n\n```\n{code}\n```\n\nOpen a lane `twice` by hand.")[0].startswith(
        "Open a lane `"
    )


LISTING = "```sh\nlane open one\nlane open two\nlane close\n```"


def test_an_example_is_shown_once():
    first = f"Open a lane twice in the yard, as in:\n\n{LISTING}"
    again = f"Open a lane twice with a crane, as in:\n\n{LISTING}"
    other = "Open a lane twice with a crane, as in:\n\n```sh\ncrane open\n```"
    asked = "How do I open a lane twice by crane or yard?"
    assert len(said(first, other, title=asked)) == 2
    assert len(said(first, again, title=asked)) == 1
