import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.backtest.history import as_opened, blocks, by_repository, from_past, in_order, record
from tests.evals.backtest.pasts import day, past, told


def test_a_label_is_known_from_the_moment_it_was_given_until_it_was_taken():
    found = told(1, (3, "bug", True), (5, "triage", True), (6, "triage", False), labels=("bug",))
    assert found.labels_at(day(2.9)) == set()
    assert found.labels_at(day(3)) == {"bug"}
    assert found.labels_at(day(5.5)) == {"bug", "triage"}
    assert found.labels_at(day(9)) == {"bug"}
    assert found.ever_had() == {"bug", "triage"}


def test_without_times_a_label_is_known_after_a_week():
    found = told(1, labels=("bug",))
    assert found.labels_at(day(7.9)) == set()
    assert found.labels_at(day(8)) == {"bug"}


def test_labels_are_spelled_as_they_are_now_and_old_names_say_nothing():
    found = told(1, (2, "bug", True), (2, "gui", True), labels=("Bug", "area: gui"))
    assert found.labels_at(day(3)) == {"Bug"}
    assert found.labels_at(day(30)) == {"Bug", "area: gui"}


def test_the_fate_of_a_thread_is_not_known_before_it_met_it():
    found = told(
        1,
        duplicate_known_at=4,
        state="closed",
        state_reason="not_planned",
        closed_at=day(9),
        duplicate_of=7,
        stale=True,
    )
    young = found.as_of(day(3))
    assert (young.state, young.state_reason, young.closed_at, young.duplicate_of) == ("open", "", None, None)
    assert not young.stale
    assert young.updated_at == day(3)
    assert found.as_of(day(4)).duplicate_of == 7
    old = found.as_of(day(9))
    assert (old.state, old.state_reason, old.closed_at, old.stale) == ("closed", "not_planned", day(9), True)


def test_a_duplicate_of_unknown_date_is_known_when_it_was_closed():
    found = told(1, state="closed", closed_at=day(9), duplicate_of=7)
    assert found.as_of(day(8)).duplicate_of is None
    assert found.as_of(day(9)).duplicate_of == 7


def test_a_history_holds_each_thread_once_and_issues_alone():
    listed = [past(2), past(1), past(2, "A better title"), past(3, kind="pull_request")]
    found = by_repository(from_past("acme/widgets", listed))
    assert [one.thread.title for one in found["acme/widgets"]] == ["A title", "A better title"]


def test_repositories_are_apart_and_the_longest_is_first():
    found = by_repository([record("b/b", past(1)), record("a/a", past(2)), record("a/a", past(3))])
    assert {name: len(records) for name, records in found.items()} == {"a/a": 2, "b/b": 1}
    assert list(found) == ["a/a", "b/b"]


def test_threads_of_one_moment_are_ordered_by_number():
    found = in_order([told(9, opened=1), told(4, opened=1), told(7, opened=0)])
    assert [one.thread.number for one in found] == [7, 4, 9]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5_000))
def test_blocks_cover_what_is_left_once_and_in_order(count):
    learnt = count // 5
    found = blocks(count, learnt)
    assert [place for block in found for place in block] == list(range(learnt, count))
    assert all(len(block) == max(25, count // 20) for block in found[:-1])


@pytest.mark.parametrize(
    "later",
    [
        "Edit: it was the proxy",
        "EDIT 2: it was the proxy",
        "**Edit:** it was the proxy",
        "*Update (2024-03-01):* it was the proxy",
        "### Update\nit was the proxy",
        "[EDIT] it was the proxy",
        "UPDATE - it was the proxy",
        "Solved: it was the proxy",
        "PS: it was the proxy",
        "> Edit: it was the proxy",
        "Edit: one\n\nit was the proxy",
    ],
)
def test_what_was_added_later_is_not_read(later):
    assert as_opened("Title", f"It hangs.\n\n{later}") == ("Title", "It hangs.")


@pytest.mark.parametrize(
    "ending",
    [
        "Fixed by #12",
        "This was resolved in 0a1b2c3d4e",
        "closing as a duplicate",
        "Duplicate of #7",
        "It has been addressed via https://example.org/acme/widgets/pull/9",
    ],
)
def test_how_it_ended_is_not_read(ending):
    assert as_opened("Title", f"It hangs.\n{ending}\nAlways.") == ("Title", "It hangs.\nAlways.")


@pytest.mark.parametrize(
    "body",
    [
        "Update the docs, please.",
        "Edit the file and save it twice.",
        "The window cannot be closed in version 2.1.",
        "Fixed width columns overflow.",
        "The editor: it hangs.",
        "I followed #12 and it did not help.",
    ],
)
def test_what_was_written_first_is_kept(body):
    assert as_opened("Title", f"It hangs.\n{body}") == ("Title", f"It hangs.\n{body}")


def test_a_note_above_everything_goes_with_its_own_paragraph():
    assert as_opened("", "Update: see below\nit is fixed\n\nIt hangs.") == ("", "It hangs.")


@pytest.mark.parametrize(
    "title", ["[SOLVED] It hangs", "It hangs (fixed in 2.0)", "Solved: It hangs", "It hangs [duplicate]"]
)
def test_a_title_loses_the_mark_of_its_end(title):
    assert as_opened(title, "")[0] == "It hangs"


@settings(max_examples=100, deadline=None)
@given(st.text(), st.text())
def test_reading_as_opened_only_leaves_out_and_is_done_once(title, body):
    once = as_opened(title, body)
    assert as_opened(*once) == once
    assert set(once[1].splitlines()) <= {line for text in body.splitlines() for line in (text, text.strip())}
