import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.labelling.reading import VIEWS, read, signs, view_terms

WIDTH = len(signs(read("", "")))


@given(st.text(), st.text())
def test_any_thread_has_the_same_number_of_signs(title, body):
    values = signs(read(title, body))
    assert len(values) == WIDTH
    assert all(0 <= value < 20 for value in values)


def test_a_title_is_read_with_its_ends_and_in_runs():
    terms = view_terms(read("Not working?", ""), "title")
    assert {"^ not", "working ? $", "not working ?"} <= set(terms)


def test_the_form_is_filed_but_not_said():
    reading = read("t", "### Steps to reproduce\n\nClick twice\n")
    assert "steps to" in view_terms(reading, "filed")
    assert "steps to" not in view_terms(reading, "said")
    assert "click twice" in view_terms(reading, "said")


@pytest.mark.parametrize("wish", ["Please add the bug label.", "Put a security label on it!", "give it labels: bug"])
def test_a_wish_for_a_label_is_not_read(wish):
    reading = read(wish, f"The pump stops. {wish}")
    assert reading.title.strip() == ""
    assert "label" not in reading.body
    assert "pump stops" in reading.body


def test_bulk_takes_no_time():
    started = time.thread_time()
    for body in ("a " * 50_000, "at " + "(" * 50_000, "\n" * 50_000, "x" * 50_000, "- [ ]" * 9_000, "**" * 20_000):
        reading = read(body, body)
        signs(reading)
        for view in VIEWS:
            view_terms(reading, view)
    assert time.thread_time() - started < 2
