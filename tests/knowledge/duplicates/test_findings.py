from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import Finding
from app.domain.past import Neighbour, PastThread
from app.knowledge.duplicates import find, neighbours_of, original_of
from app.knowledge.duplicates.findings import ALIKE, MOST, SAME
from tests.knowledge.duplicates.past import candidate, neighbour, past
from tests.knowledge.duplicates.test_likeness import OTHERS

ERROR = "UnicodeEncodeError: 'ascii' codec can't encode character"
TITLE, BODY = "Export of umlauts dies", f"In `write_rows` of the spreadsheet backend:\n\n{ERROR} at 0x7f12 in row 12"
THREAD = past(90, TITLE, BODY)


def same(number: int = 5, score: float = 0.9, **facts: Any) -> Neighbour:
    """A neighbour with the same symptom and the same cause."""
    return neighbour(past(number, "Exporter and umlauts", BODY, **facts), score, "write_rows", "umlauts", "spreadsheet")


def only(*neighbours: Neighbour, thread: PastThread = THREAD) -> Finding:
    (found,) = find(thread, neighbours)
    return found


def test_a_duplicate_names_the_symptom_and_the_cause():
    found = only(same())
    assert (found.thread, found.relation, found.confidence) == (1, "duplicate", 0.9)
    assert "UnicodeEncodeError" in found.symptom
    assert "write_rows" in found.cause


@pytest.mark.parametrize(
    ("facts", "relation"),
    [
        ({"state": "open"}, "duplicate"),
        ({"state": "closed", "state_reason": "completed"}, "regression"),
        ({"state": "closed", "state_reason": "completed", "stale": True}, "related"),
        ({"state": "closed", "state_reason": "not_planned"}, "related"),
        ({"state": "closed", "state_reason": "duplicate"}, "related"),
        ({"state": "closed"}, "related"),
        ({"kind": "pull_request"}, "related"),
        ({"number": 91}, "related"),
    ],
)
def test_what_the_other_thread_is_decides_what_it_can_be(facts: dict[str, Any], relation: str):
    assert only(same(**facts)).relation == relation


def test_similarity_alone_is_no_finding():
    alike = neighbour(past(5, "Something else", "entirely"), 0.99)
    assert find(THREAD, [alike]) == ()


def test_a_symptom_without_a_cause_is_merely_related():
    thread = past(90, "Application crashes on start", "Help, please.")
    other = neighbour(past(5, "Application crashes on start", "Since Monday."), 0.99, "application", "crashes", "start")
    assert only(other, thread=thread).relation == "related"


def test_identical_titles_over_different_reports_are_merely_related():
    ours = past(90, "Build fails", "gcc stops:\n\nLinkerError: undefined reference to `vtable_for_exporter`")
    theirs = past(5, "Build fails", "The wheel has no metadata:\n\nMetadataError: `pyproject.toml` names no version")
    found = find(ours, neighbours_of(ours, [candidate(one) for one in (theirs, *OTHERS)], None, limit=6))
    assert all(one.relation == "related" for one in found)


def test_other_errors_are_another_problem_though_all_words_agree():
    other = BODY.replace("UnicodeEncodeError", "PermissionError")
    assert only(neighbour(past(5, TITLE, other), 0.95, "umlauts", "spreadsheet", "backend")).relation == "related"


def test_the_same_error_with_other_numbers_and_paths_is_the_same():
    body = BODY.replace("0x7f12", "0xffff").replace("row 12", "row 1044")
    assert "UnicodeEncodeError" in only(neighbour(past(5, "Umlauts", body), 0.9)).symptom


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Dead link in a_start.html", "Dead link in b_start.html"),
        ("Translate the manual into [de]", "Translate the manual into [FR]"),
        ("Upgrade zookeeper to 3.8.2", "Upgrade zookeeper to 3.9.1"),
        ("Page does not load: www.one.example", "Page does not load: www.two.example"),
    ],
)
def test_titles_of_one_pattern_are_siblings(ours: str, theirs: str):
    shared = ("dead", "link", "translate", "manual", "upgrade", "zookeeper", "page", "load", "website", "documentation")
    other = neighbour(past(5, theirs, "On the website and in the documentation."), 0.95, *shared)
    assert only(other, thread=past(90, ours, "Website, documentation.")).relation == "related"


def test_unsure_is_related_and_unlike_is_nothing():
    assert only(same(score=SAME - 0.01)).relation == "related"
    assert find(THREAD, [same(score=ALIKE - 0.01)]) == ()


def test_a_known_duplicate_stands_for_its_original():
    root, copy = same(3, 0.2), same(7, 0.9, state="closed", state_reason="duplicate", duplicate_of=3)
    found = only(copy, root)
    assert (found.thread, found.relation, found.confidence) == (2, "duplicate", 0.9)


def test_an_original_that_nobody_showed_is_not_judged():
    assert find(THREAD, [same(7, duplicate_of=3)]) == ()


def test_a_duplicate_of_the_thread_itself_is_no_news():
    assert find(THREAD, [same(7, duplicate_of=90)]) == ()


def test_at_most_three_and_duplicates_first():
    closed = same(9, 0.99, state="closed", state_reason="completed")
    found = find(THREAD, [closed, *(same(number, 0.6 + number / 100) for number in range(1, 6))])
    assert [one.relation for one in found] == ["duplicate"] * MOST
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)


def test_unfilled_forms_give_no_finding():
    empty = past(90, "", "### What happened?\n\n_No response_\n")
    assert find(empty, [neighbour(past(5, "", ""), 0.99)]) == ()


_states = st.sampled_from(
    [{"state": "open"}, {"state": "closed", "state_reason": "completed"}, {"state": "closed", "stale": True}]
)


@given(st.lists(st.tuples(st.integers(1, 8), st.floats(0, 1), st.none() | st.integers(1, 9), _states), max_size=9))
def test_links_that_findings_would_make_never_form_a_circle_and_end_at_an_older_open_thread(shown):
    neighbours = [
        same(number, score, duplicate_of=original, **state)
        for number, score, original, state in {number: (number, *rest) for number, *rest in shown}.values()
    ]
    thread = past(6, TITLE, BODY)
    declared = {one.thread.number: one.thread.duplicate_of for one in neighbours if one.thread.duplicate_of}
    found = find(thread, [one for one in neighbours if one.thread.number != thread.number])
    assert len(found) <= MOST
    for one in found:
        shown_others = [other for other in neighbours if other.thread.number != thread.number]
        original = shown_others[one.thread - 1].thread
        if one.relation != "related":
            assert original.number < thread.number
            assert not original.stale
            assert (original.state == "open") == (one.relation == "duplicate")
            linked = {**declared, thread.number: original.number}
            assert original_of(thread.number, linked) == original.number != thread.number


def test_a_copy_word_for_word_needs_no_other_cause():
    copy = neighbour(past(5, "Optimise incremental listings of folders", ""), 0.95, "incremental", "listings")
    found = only(copy, thread=past(90, "Optimise incremental listings of folders", ""))
    assert (found.relation, found.cause) == ("duplicate", "the reports are the same word for word")


def test_names_that_every_report_mentions_are_no_cause():
    agent = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/91.0"
    ours, theirs = past(90, "Menu is cut off", agent), past(5, "Menu is cut off in half", agent)
    others = [past(one.number, one.title, f"{one.body} {agent}") for one in OTHERS]
    found = find(ours, neighbours_of(ours, [candidate(one) for one in (theirs, *others)], None, limit=6))
    assert not any("Firefox" in one.cause for one in found)


def test_a_small_history_can_hold_a_duplicate_too():
    theirs = past(5, "Exporter and umlauts", BODY)
    (found,) = neighbours_of(THREAD, [candidate(theirs)], None, limit=3)
    assert {"write_rows", "umlauts"} <= set(found.shared)
