"""Answers: the right section for a question, silence for everything else."""

import json
import time
from pathlib import Path

import pytest

from app.domain.decision import AnswerDecision
from app.domain.snapshot import Passage
from app.knowledge.extract import extract_answer
from app.knowledge.question import read_question
from tests.knowledge.questions import ANSWERED, UNANSWERED
from tests.knowledge.shelf import handbook, nearest, passages

SHELF = passages(handbook())
DATA = Path(__file__).parents[3] / "shared" / "data" / "retrieval"


def ask(title: str, body: str = "") -> tuple[AnswerDecision, list[Passage]]:
    found = nearest(title, body, SHELF)
    return extract_answer(read_question(title, body, addressed=False), found), found


def test_questions_are_answered_from_their_section():
    right = 0
    for title, body, heading in ANSWERED:
        decision, found = ask(title, body)
        right += bool(decision.claims) and found[decision.claims[0].passage - 1].heading.endswith(heading)
    assert right >= len(ANSWERED) - 1


def test_everything_else_is_met_with_silence():
    spoken = [title for title, body in UNANSWERED if ask(title, body)[0].claims]
    assert len(spoken) <= 1, spoken


def test_a_claim_names_its_passage_from_one_and_quotes_it():
    decision, found = ask("How do I rotate the webhook secret?")
    assert 1 <= len(decision.claims) <= 2
    for claim in decision.claims:
        assert claim.quote in found[claim.passage - 1].text
    assert "1. Put the new secret in front of the old one" in decision.claims[0].text
    assert decision.confidence > 0.8


def test_silence_says_why():
    assert "thin" in ask("How do I rotate a video in ffmpeg?")[0].silence
    assert ask("hello there")[0].silence
    assert extract_answer(read_question("How do I rotate it?", "", addressed=False), []).silence


def test_a_statement_is_answered_only_by_a_section_about_just_that():
    assert ask("Rotate the webhook secret")[0].claims
    assert not ask("The webhook secret could not be rotated on Tuesday", "It said 401 for an hour.")[0].claims


def test_one_shared_word_is_no_evidence():
    text = "Plans are compared elsewhere. " * 10 + "Nobody has a database here. " + "Words follow. " * 10
    page = Passage(path="docs/a.md", heading="Plans", start=1, end=1, commit="c", text=text, url="u")
    assert not extract_answer(read_question("Which database?", "", addressed=False), [page]).claims


COMMANDS = """| to | |
|---|---|
| see what it did | `/runs`: the trace of each run |
| check the set-up | `plumbline doctor` |
| try it without writing | `plumbline replay` |
| work on what was given up | `plumbline retry work:42` |"""
USE = "Create a GitHub App and set three variables. With an API key it uses Claude; without one, a local model."


def told(question: str, text: str, *, heading: str = "Use it on GitHub") -> list[str]:
    page = Passage(path="README.md", heading=heading, start=1, end=1, commit="c", text=text, url="u")
    claims = extract_answer(read_question(question, "", addressed=False), [page]).claims
    return [claim.text for claim in claims]


@pytest.mark.parametrize("announced", ["", " More commands:"])
def test_a_table_beside_the_answer_does_not_pad_it(announced):
    text = f"## Use it on GitHub\n\n{USE}{announced}\n\n{COMMANDS}"
    assert told("Does it work without an API key?", text) == [USE]


def test_a_table_answers_who_names_something_in_it():
    text = f"## Use it on GitHub\n\n{USE}\n\n{COMMANDS}"
    assert told("How do I check the set-up on GitHub?", text) == ["check the set-up — `plumbline doctor`"]
    assert told("What are three variables on GitHub?", text) == [USE]


def test_a_table_answers_who_asks_for_it_by_the_heading_right_above_or_its_announcement():
    assert told("Which commands will I use?", f"## Commands you will use\n\n{COMMANDS}") == [COMMANDS]
    announced = f"{USE} You will need these commands:\n\n{COMMANDS}"
    assert told("Which commands do I need?", announced, heading="Commands you need") == [announced]


def test_the_same_question_is_answered_the_same_way():
    assert ask(*ANSWERED[0][:2]) == ask(*ANSWERED[0][:2])


def test_an_answer_takes_milliseconds():
    found = nearest("How do I rotate the webhook secret?", "", SHELF)
    question = read_question("How do I rotate the webhook secret?", "", addressed=False)
    started = time.perf_counter()
    for _ in range(20):
        extract_answer(question, found)
    assert (time.perf_counter() - started) / 20 < 0.03


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_real_questions_are_not_answered_from_another_project():
    """Issues of one project asked of another's documentation: hardly ever anything to say."""
    by_repo: dict[str, dict[str, str]] = {}
    for line in (DATA / "docs_corpus.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["repo"] in ("encode/httpx", "psf/black"):
            by_repo.setdefault(row["repo"], {})[row["path"]] = row["text"]
    foreign = passages(by_repo["encode/httpx"])
    issues = [json.loads(line) for line in (DATA / "issue_to_docs.jsonl").read_text().splitlines()]
    asked = [one for one in issues if one["repo"] not in by_repo]
    assert len(asked) > 50
    spoken = 0
    for one in asked[::3]:
        question = read_question(one["title"], one["body"] or "", addressed=False)
        spoken += bool(extract_answer(question, nearest(one["title"], one["body"] or "", foreign)).claims)
    assert spoken <= 1
