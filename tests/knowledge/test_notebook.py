"""Notebooks: cells in order, each line known by where it stands in the file."""

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.notebook import Notebook, read_notebook


def notebook(cells: Sequence[tuple[str, str | list[str]]], indent: int | None = 1) -> str:
    made = [{"cell_type": kind, "metadata": {"source": ["not this"]}, "source": source} for kind, source in cells]
    return json.dumps({"metadata": {"cells": [{"source": "nor this"}]}, "cells": made}, indent=indent)


def read(text: str) -> Notebook:
    found = read_notebook(text)
    assert found
    return found


def test_cells_in_order_without_outputs_and_metadata():
    text = notebook([("markdown", ["# A\n", "b"]), ("code", ["x = 1\n", "\n", "y"]), ("raw", [])])
    found = read(text)
    assert found.lines == ("# A", "b", "", "x = 1", "", "y", "")
    assert found.code == {4, 5, 6}
    file = text.split("\n")
    for line, number in zip(found.lines, found.numbers, strict=True):
        assert json.dumps(line)[1:-1] in file[number - 1]


def test_a_cell_in_one_string_stands_on_one_line():
    found = read(notebook([("code", "a\nb")]))
    assert found.lines == ("a", "b", "")
    assert len(set(found.numbers)) == 1


def test_strings_are_joined_as_they_are_even_without_line_ends():
    assert read(notebook([("code", ["a", "b\n", "c"])])).lines == ("ab", "c", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"cells": 3}',
        '{"cells": [3]}',
        '{"cells": [{}]}',
        "[" * 100_000,
        "null",
        '{"cells": {"a": 1}}',
    ],
)
def test_what_is_no_notebook(text):
    assert read_notebook(text) is None


SOURCES = st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n"), max_size=12), max_size=6).map("\n".join)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["code", "markdown"]), SOURCES, st.booleans())), st.sampled_from([None, 0, 1])
)
def test_every_line_of_every_cell_is_found_where_it_stands(cells, indent):
    made = [(kind, re.findall(r"[^\n]*\n|[^\n]+", source) if split else source) for kind, source, split in cells]
    text = notebook(made, indent)
    found = read(text)
    file = text.split("\n")
    expected = [line for _, source, split in cells if source or not split for line in (*source.split("\n"), "")]
    assert list(found.lines) == expected
    assert list(found.numbers) == sorted(found.numbers)
    for line, number in zip(found.lines, found.numbers, strict=True):
        assert json.dumps(line)[1:-1] in file[number - 1]
