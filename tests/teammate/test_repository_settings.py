"""The settings file: whatever it holds, settings come out, and a mistake never makes the teammate bolder."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.repository_settings import LabelSettings, RepositorySettings
from app.teammate.repository_settings import MAX_PROBLEMS, parse_settings

DEFAULT = RepositorySettings()


def test_nothing_is_needed():
    for text in ("", "\n", "# only a comment\n", "---\n", "labels:\nanswers: {}\n"):
        assert parse_settings(text) == (DEFAULT, ())


def test_everything_that_can_be_said():
    text = """
mode: auto
labels:
  mode: mention
  allow: ["bug", "area:*"]
  deny: [on, no]
  max: 2
  min_confidence: .8
answers: {mode: off}
"""
    parsed, problems = parse_settings(text)
    assert problems == ()
    assert parsed.mode == "auto"
    assert parsed.labels == LabelSettings(
        mode="mention", allow=("bug", "area:*"), deny=("on", "no"), max=2, min_confidence=0.8
    )
    assert parsed.answers.mode == "off"


def test_off_is_a_word():
    assert parse_settings("mode: off")[0].mode == "off"
    assert parse_settings('mode: "off"')[0].mode == "off"


def test_unknown_keys_are_told_by_name_and_line_and_change_nothing():
    parsed, problems = parse_settings("mode: auto\nlabells: {max: 1}\nanswers:\n  mode: auto\n  tone: dry\n")
    assert parsed.mode == parsed.answers.mode == "auto"
    assert problems == (
        "line 2: unknown key `labells`; did you mean `labels`?",
        "line 5: unknown key `answers.tone`",
    )


def test_a_bad_section_falls_back_alone_and_writes_nothing():
    parsed, problems = parse_settings("mode: auto\nlabels:\n  deny: 5\n  max: 9\nanswers:\n  mode: auto\n")
    assert parsed.labels == LabelSettings(mode="draft")
    assert parsed.mode_of("answer") == "auto"
    assert problems == (
        "line 3: `labels.deny` is 5; expected a list of label names or patterns",
        "line 4: `labels.max` is 9; expected a whole number from 0 to 3",
    )


def test_what_was_switched_off_stays_off():
    assert parse_settings("mode: auto\nlabels: {mode: off, max: 9}")[0].mode_of("triage") == "off"


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("mode: yes", 1, "one of off, mention, draft, auto"),
        ("\nmode: [auto]", 2, "one of off, mention, draft, auto"),
        ("labels: 7", 1, "expects keys"),
        ("labels: [bug]", 1, "expects keys"),
        ("labels:\n  min_confidence: high", 2, "a number from 0 to 1"),
        ("labels:\n  min_confidence: 2", 2, "a number from 0 to 1"),
        ("labels: {allow: bug}", 1, "a list of label names"),
        ("labels: {max: true}", 1, "a whole number from 0 to 3"),
        ("- mode", 1, "expected keys"),
        ("mode: auto\nmode: off", 2, "set twice"),
    ],
)
def test_a_mistake_names_its_line_and_what_is_expected(text, line, expected):
    parsed, (problem,) = parse_settings(text)
    assert problem.startswith(f"line {line}: ")
    assert expected in problem
    assert parsed.mode in (None, "auto")
    assert parsed.labels.mode in (None, "draft")


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1, 1]\nb: [*x, *x]",
        "mode: *nothing",
        "[" * 3_000,
        "{a: " * 3_000,
        "- " * 3_000 + "x",
        "x: [" + "1," * 6_000 + "]",
        "x: " + "y" * 70_000,
        "é" * 40_000,
        "mode: [",
        "mode: auto\n---\nmode: off",
        "%YAML 9.9\n---\nmode: auto",
        "\tmode: auto",
        "mode: a\x00b",
        "!!python/object/apply:os.system ['true']: 1\n? ",
    ],
)
def test_what_cannot_be_read_is_ignored_with_one_sentence(text):
    started = time.perf_counter()
    parsed, problems = parse_settings(text)
    assert time.perf_counter() - started < 0.5
    assert parsed == DEFAULT
    assert len(problems) >= 1


def test_a_tag_makes_nothing_happen():
    parsed, (problem,) = parse_settings("mode: !!python/object/apply:os.getcwd []")
    assert parsed == DEFAULT
    assert "expected one of" in problem


def test_problems_are_few_and_short():
    text = "\n".join(f"unknown_{number}_{'x' * 500}: 1" for number in range(60))
    _, problems = parse_settings(text)
    assert len(problems) == MAX_PROBLEMS
    assert all(len(problem) < 120 for problem in problems)


WORDS = ["mode", "labels", "answers", "max", "off", "auto", "0.5", "null", "&a ", "*a", "!!str "]
MARKS = [": ", ":\n  ", "\n", "- ", "{", "}", "[", "]", ",", "'", '"', "|\n", "#", "? ", "\ud800", "\x00", "\t"]
YAML = st.lists(st.sampled_from(WORDS + MARKS)).map("".join)


@given(YAML | st.text())
def test_any_text_gives_settings(text):
    parsed, problems = parse_settings(text)
    assert isinstance(parsed, RepositorySettings)
    assert all("\n" not in problem and len(problem) < 200 for problem in problems)
