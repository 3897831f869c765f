"""Near-twins are found, and others are not: on our own sentences, changed a little and a lot."""

import random

import pytest

from app.teammate.cases.twins import BANDS, NEAR, asked, bands, likeness

SUBJECTS = ("The importer", "Our scheduler", "A worker", "The command line", "This page", "The exporter", "Its cache")
VERBS = ("drops the last row", "hangs for a minute", "prints a warning", "forgets its settings", "leaks a handle")
PLACES = (
    "on Windows",
    "behind a proxy",
    "with an empty file",
    "after midnight",
    "when two start at once",
    "in a container",
)
ENDS = (
    "I expected an error.",
    "It worked in the last release.",
    "Here is what I tried:",
    "Any idea?",
    "The log is empty.",
)


def report(draw: random.Random) -> str:
    return " ".join(
        f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(PLACES)}, "
        f"line {draw.randrange(10_000)}. {draw.choice(ENDS)}"
        for _ in range(9)
    )


def changed(draw: random.Random, text: str) -> str:
    """A copy with another number, a lost word and a greeting."""
    words = text.split()
    words[draw.randrange(len(words))] = str(draw.randrange(1_000))
    del words[draw.randrange(len(words))]
    return " ".join(["Hello!", *words]) if draw.random() < 0.5 else " ".join([*words, "Thanks"])


def found(one: str, other: str) -> bool:
    """As the store finds them: a band in common, then the cosine."""
    shared = set(bands("triage", one)) & set(bands("triage", other))
    return bool(shared) and likeness(one, other) >= NEAR


def test_copies_with_small_changes_are_found_and_other_reports_are_not():
    draw = random.Random(1)
    reports = [asked({"title": "", "body": report(draw)}) for _ in range(40)]
    copies = [asked({"title": "", "body": changed(draw, one)}) for one in reports]
    hits = sum(found(one, copy) for one, copy in zip(reports, copies, strict=True))
    wrong = sum(likeness(one, copies[other]) >= NEAR for place, one in enumerate(reports) for other in range(place))
    assert hits / len(reports) >= 0.95
    assert hits / (hits + wrong) >= 0.95


def test_case_white_space_and_forms_of_letters_make_no_difference():
    plain, odd = asked({"title": "It fails", "body": "a file"}), asked({"title": "IT  ｆails\n", "body": "A\tfile"})
    assert plain == odd
    assert bands("triage", plain) == bands("triage", odd)


def test_a_question_that_is_the_thread_counts_once():
    seen = {"title": "It fails", "body": "always"}
    assert (
        asked(seen | {"question": "It fails\n\nalways"}) == asked(seen | {"question": "It fails"}) == "it fails always"
    )
    assert asked(seen | {"question": "why?"}) == "it fails always why?"


@pytest.mark.parametrize("text", ["", "a", "abcde", "x" * 50_000, "é\ud800😀"])
def test_any_text_has_bands(text: str):
    marks = bands("triage", asked({"title": text.encode("utf-8", "replace").decode(), "body": ""}))
    assert len(marks) == len(set(marks)) == BANDS + 1


def test_another_skill_shares_nothing():
    assert not set(bands("triage", "the same words")) & set(bands("answer", "the same words"))
