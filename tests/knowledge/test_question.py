import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.question import TELLING, read_question
from app.knowledge.words import stem


def subjects(title: str, text: str = "", *, addressed: bool = False) -> list[set[str]]:
    foci = read_question(title, text, addressed=addressed).foci
    return [{term for term, weight in one.weights.items() if weight >= TELLING} for one in foci]


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("How do I rotate the secret?", ""),
        ("how to rotate the secret", ""),
        ("[Question] the secret", ""),
        ("Question: rotating the secret", ""),
        ("Rotating the secret", "We use the App.\n\nIs there a way to do this without a gap? Thanks!"),
        ("Rotating the secret", "I was wondering whether the old one stays valid."),
        ("Secret rotation", "Where should I put the new one"),
    ],
)
def test_what_asks(title, body):
    assert read_question(title, body, addressed=False).asked


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Crash when the secret is empty", "It crashes. Expected: an error."),
        ("Add support for several secrets", "It would be nice."),
        ("", ""),
        ("Crash", "```\nwhy?\n```"),
    ],
)
def test_what_only_states(title, body):
    assert not read_question(title, body, addressed=False).asked


def test_what_is_said_to_us_is_asked_even_without_a_question_mark():
    assert read_question("Crash", "rotate secrets please", addressed=True).asked
    assert not read_question("Crash", "", addressed=True).asked


def test_a_question_that_names_nothing_takes_its_subject_from_the_thread():
    assert stem("secret") in set().union(*subjects("Rotating the webhook secret", "How do I do that?", addressed=False))
    (focus,) = read_question("Webhook secrets", "how can I change it?", addressed=True).foci
    assert stem("secrets") in focus.weights


def test_a_question_without_any_subject_is_no_focus():
    assert read_question("Is this a bug?", "", addressed=False).foci == ()


def test_words_of_every_question_count_when_there_are_no_others():
    assert subjects("What is the default mode?") == [{stem("default"), stem("mode")}]


def test_an_identifier_shares_its_weight_with_its_parts():
    (focus,) = read_question("What is hands_per_repository?", "", addressed=False).foci
    assert sum(focus.weights.values()) == pytest.approx(1.0, abs=0.3)


def test_each_question_of_a_title_is_a_focus_of_its_own():
    assert {stem("recover")} in subjects("Can it lose webhooks? How does it recover?")


@given(st.text(), st.text(), st.booleans())
def test_any_text_can_be_read(title, text, addressed):
    question = read_question(title, text, addressed=addressed)
    assert len(question.foci) <= 12
    assert all(sum(one.weights.values()) > 0 for one in question.foci)


def test_all_that_was_written_is_known_besides_what_is_asked():
    question = read_question("How do I open a lane?", "Our crane is blue. Is it?\n\n```\nyard\n```", addressed=False)
    assert question.about["lan"] == 1.0
    assert question.about["cran"] == 0.5
    assert "yard" not in question.about


def test_names_are_the_parts_of_compound_identifiers():
    text = "We set `visibility_timeout` in `conf` to 5, and LaneOpener fails; see yard.gate."
    assert read_question("lanes", text, addressed=False).names == {
        frozenset({"visibility", "timeout"}),
        frozenset({"lane", "opener"}),
        frozenset({"yard", "gate"}),
    }
