import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.past import PastThread
from app.knowledge.duplicates.findings import ALIKE, SAME
from app.knowledge.duplicates.likeness import SHARED, neighbours_of
from app.teammate.past import as_kept
from tests.knowledge.duplicates.past import candidate, near, past

OTHERS = [
    past(index, f"{what} {how}", f"It happens with the {what.lower()} since the last release.", days_ago=40)
    for index, (what, how) in enumerate(
        itertools.product(
            ["Sidebar", "Printer", "Login", "Toolbar", "Search", "Keyboard"],
            ["flickers", "is slow", "forgets my choice"],
        ),
        start=100,
    )
]
FORM = """### Describe the bug
{}
### Steps to reproduce
_No response_
### What browser are you using?
{}
### Checklist
- [x] I have searched the existing issues
- [ ] I would like to work on this
"""


def likeliest(thread: PastThread, *others: PastThread) -> list[int]:
    found = neighbours_of(thread, [candidate(one) for one in (*others, *OTHERS)], None, limit=50)
    return [one.thread.number for one in found]


def score(thread: PastThread, other: PastThread) -> float:
    found = neighbours_of(thread, [candidate(one) for one in (other, *OTHERS)], None, limit=50)
    return next(one.score for one in found if one.thread.number == other.number)


def test_the_same_report_in_other_words_is_the_likeliest():
    same = past(1, "Attachments get lost when a draft is saved twice", "Save a draft two times: attachment gone.")
    thread = past(9, "Lost attachment after saving my draft again", "I saved the draft, then once more.")
    assert likeliest(thread, same)[0] == 1


def test_a_report_nobody_made_before_resembles_nothing():
    thread = past(9, "Voice input hears nothing on tablets", "The microphone symbol stays grey.")
    assert max(score(thread, other) for other in OTHERS) < ALIKE


def test_a_copy_among_others_is_called_the_same():
    words = "Attachments get lost when a draft is saved twice", "Save a draft two times: the attachment is gone."
    assert score(past(9, *words), past(1, *words)) > SAME


def test_a_word_of_every_thread_says_nothing():
    thread = past(9, "Release notes are empty", "Since the last release.")
    rare = past(1, "Empty notes", "")
    common = past(2, "It happens with the release", "since the last release the release")
    assert likeliest(thread, common, rare)[0] == 1


def test_a_title_that_the_other_body_mentions_counts_in_both_directions():
    title, mention = past(9, "Frobnicator overheats"), past(1, "Smoke", "I think the frobnicator overheats.")
    assert likeliest(title, mention)[0] == 1
    assert likeliest(mention, title)[0] == 9


def test_unfilled_forms_are_not_alike():
    ours = past(9, "Crash", FORM.format("_No response_", "_No response_"))
    theirs = as_kept(past(1, "Typo", FORM.format("_No response_", "_No response_")))
    assert score(ours, theirs) < ALIKE


def test_what_was_written_into_a_form_is_compared_and_the_form_is_not():
    ours = past(9, "Help", FORM.format("The exporter dies on umlauts.", "Firefox"))
    same = as_kept(past(1, "Crash", FORM.format("Umlauts kill the exporter.", "Safari")))
    form = as_kept(past(2, "Question", FORM.format("See title.", "Firefox")))
    assert likeliest(ours, same, form)[0] == 1


def test_among_equal_words_the_closer_meaning_wins():
    thread = past(9, "It fails")
    far, close = candidate(past(1, "It fails"), [0, 1, 0]), candidate(past(2, "It fails"), [1, 0.2, 0])
    assert neighbours_of(thread, [far, close], near([1, 0, 0]), limit=1)[0].thread.number == 2


def test_a_text_close_to_everything_is_close_by_chance():
    crowd = [candidate(past(number, "Other"), [1, number / 1000, 0]) for number in range(20, 32)]
    hub, own = candidate(past(1, "It fails"), [1, 0.5, 0]), candidate(past(2, "It fails"), [1, 0, 0.6])
    found = neighbours_of(past(9, "It fails"), [hub, own, *crowd], near([1, 0.25, 0.3]), limit=1)
    assert found[0].thread.number == 2


def test_among_equal_reports_the_one_of_the_same_week_wins():
    assert likeliest(past(9, "It fails"), past(1, "It fails", days_ago=300), past(2, "It fails", days_ago=3))[0] == 2
    assert likeliest(past(9, "It fails", days_ago=300), past(1, "It fails"), past(2, "It fails", days_ago=290))[0] == 2


def test_a_candidate_that_has_no_vector_yet_is_neither_lost_nor_first_for_that():
    thread = past(9, "Exporter dies on umlauts")
    known, other = (
        candidate(past(1, "Exporter dies on umlauts"), [1, 0]),
        candidate(past(2, "Printing is slow"), [0, 1]),
    )
    waiting = candidate(past(3, "Search is slow"))
    found = neighbours_of(thread, [waiting, other, known], near([1, 0]), limit=9)
    assert found[0].thread.number == 1
    assert len(found) == 3


def test_shared_are_error_lines_first_then_names_then_telling_words():
    body = "The exporter dies in `write_rows`:\n\nUnicodeEncodeError: 'ascii' codec can't encode character"
    (found, *_) = neighbours_of(
        past(9, "Exporter and umlauts", body),
        [candidate(one) for one in (past(1, "Umlauts", body), *OTHERS)],
        None,
        limit=1,
    )
    assert found.shared[0].startswith("UnicodeEncodeError")
    assert "write_rows" in found.shared
    assert {"exporter", "umlauts"} <= {word.lower() for word in found.shared}
    assert len(found.shared) <= SHARED


def test_nothing_to_compare_with():
    assert neighbours_of(past(9, "It fails"), [], near([1, 0]), limit=5) == ()


@pytest.mark.parametrize(
    "words", [("", ""), ("", "x"), ("🦊", "🦊🦊"), ("保存できない", "下書きが消えます"), ("\x00", "\ud800")]
)
def test_texts_of_every_kind(words: tuple[str, str]):
    found = neighbours_of(past(9, *words), [candidate(past(1, *words)), candidate(past(2))], near([1, 0]), limit=5)
    assert {one.thread.number for one in found} == {1, 2}


def test_reports_in_another_script_are_compared_too():
    same = past(1, "保存できない", "下書き が 消えます")
    assert likeliest(past(9, "保存できない", "また 下書き が 消えます"), same)[0] == 1


def test_ten_megabytes_of_log_do_not_hide_what_was_said():
    log = f"2026-05-04 10:00:00 INFO request {'a' * 40} {'b' * 900}\n" * 10_000
    thread = past(9, "Attachments get lost", f"Saving a draft twice loses them.\n{log}")
    assert likeliest(thread, past(1, "Draft loses attachments", "After saving twice."))[0] == 1


_texts = st.text(st.characters(codec="utf-8"), max_size=60)
_threads = st.lists(st.tuples(_texts, _texts, st.integers(0, 900)), min_size=1, max_size=8)


@given(_texts, _texts, _threads, st.integers(1, 9))
def test_scores_are_probabilities_that_fall_and_the_order_of_candidates_does_not_matter(title, body, others, limit):
    candidates = [candidate(past(n, *text, days_ago=days), [n, 1]) for n, (*text, days) in enumerate(others, start=1)]
    found = neighbours_of(past(99, title, body), candidates, near([1, 1]), limit=limit)
    scores = [one.score for one in found]
    assert len(found) == min(limit, len(candidates))
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= one <= 1 for one in scores)
    turned = neighbours_of(past(99, title, body), candidates[::-1], near([1, 1]), limit=limit)
    assert [one.score for one in turned] == pytest.approx(scores)
