"""Answers: the right section for a question, silence for everything else."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import AnswerDecision
from app.domain.snapshot import Passage
from app.knowledge.extract import ENOUGH, extract_answer
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
    assert decision.confidence > 0.7


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
    started = time.thread_time()
    for _ in range(20):
        extract_answer(question, found)
    assert (time.thread_time() - started) / 20 < 0.03


# --- after a search by meaning -----------------------------------------------------------------------------


def page(path: str, text: str, heading: str = "Lanes") -> Passage:
    return Passage(path=path, heading=heading, start=1, end=1, commit="c", text=text, url="u")


LANES = [
    page("docs/lanes.md", "A lane is opened by its yard."),
    page("docs/yards.md", "A yard has lanes. Some say a lane may be opened twice."),
    page("docs/lanes.md", "To open a lane twice, close it in between.", "Open a lane twice"),
    page("docs/cranes.md", "Cranes lift lanes."),
]


def scored(**values: float) -> list[Passage]:
    """The pages as a search by meaning values them."""
    return [one.model_copy(update={"score": values[one.path[5:-3]]}) for one in LANES if one.path[5:-3] in values]


def about(title: str, shown: list[Passage], similarity: list[float] | None = None) -> AnswerDecision:
    near = [0.5] * len(shown) if similarity is None else similarity
    return extract_answer(read_question(title, "", addressed=False), shown, similarity=near)


QUESTION = "How do I open a lane twice?"


def test_the_page_that_is_near_and_ahead_answers_with_the_passage_that_says_it():
    near = about(QUESTION, scored(lanes=1.3, yards=0.9, cranes=0.4))
    assert [claim.passage for claim in near.claims] == [3]
    assert near.confidence > 0.7
    far = about(QUESTION, scored(lanes=0.7, yards=0.6, cranes=0.4))
    assert not far.claims
    assert "thin" in far.silence
    assert far.confidence < 0.2


def test_a_page_is_surer_the_nearer_it_is_and_the_farther_the_next():
    sure = [
        about(QUESTION, scored(**values)).confidence
        for values in (
            {"lanes": 1.4, "yards": 0.8, "cranes": 0.4},
            {"lanes": 1.3, "yards": 0.8, "cranes": 0.4},
            {"lanes": 1.3, "yards": 1.0, "cranes": 0.4},
            {"lanes": 1.3},
        )
    ]
    assert sure == sorted(sure, reverse=True)
    assert len(set(sure)) == 4


def test_source_has_to_be_surer():
    shown = scored(lanes=1.3, yards=0.9)
    code = [one.model_copy(update={"path": one.path.replace(".md", ".py")}) for one in shown]
    assert about(QUESTION, code).confidence < about(QUESTION, shown).confidence


def test_the_nearer_passage_of_a_page_is_quoted():
    shown = scored(lanes=1.3, yards=0.8)
    assert about(QUESTION, shown, [0.9, 0.5, 0.3]).claims[0].passage == 1
    assert about(QUESTION, shown, [0.5, 0.5, 0.5]).claims[0].passage == 3


def test_what_shares_no_telling_word_is_never_quoted_however_near():
    assert about("How do I bake bread?", scored(lanes=1.7, yards=0.1, cranes=0.1)).claims == ()


def test_a_quote_that_points_back_is_left_for_one_that_stands_alone():
    text = "Opening a lane twice needs a yard.\n\nThis opens the lane twice.\n\nThen open the lane twice again."
    question = read_question(QUESTION, "", addressed=False)
    assert extract_answer(question, [page("docs/a.md", text, "Open")]).claims[0].text.startswith("Opening a lane")


@given(
    st.text(alphabet="open a lane twice?\n.", max_size=60),
    st.lists(st.tuples(st.sampled_from(LANES), st.floats(-2, 2), st.floats(-1, 1)), max_size=8),
    st.booleans(),
)
def test_any_question_gets_quotes_of_one_page_or_a_reason(title, found, by_meaning):
    shown = [one.model_copy(update={"score": score}) for one, score, _ in found]
    question = read_question(title, "", addressed=False)
    decision = extract_answer(question, shown, similarity=[near for _, _, near in found] if by_meaning else None)
    assert bool(decision.claims) != bool(decision.silence)
    assert bool(decision.claims) == (decision.confidence >= ENOUGH)
    assert len({shown[claim.passage - 1].path for claim in decision.claims}) <= 1
    for claim in decision.claims:
        assert claim.quote in shown[claim.passage - 1].text


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
    assert spoken <= 2
