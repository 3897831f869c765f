"""Notebook: the cells of a Jupyter notebook, in order, each line with the line of the file that holds it.

Outputs, metadata and attachments are left out. A permalink into an `.ipynb` file counts the lines of its JSON, where
each line of a cell is a string on a line of its own (or all of a cell is one string on one line).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,]|\n', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Notebook:
    """`numbers` holds the 1-based line of the file for each of `lines`; `code` the 1-based positions of code."""

    lines: tuple[str, ...]
    numbers: tuple[int, ...]
    code: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Source:
    cell: int
    text: str
    number: int


def read_notebook(text: str) -> Notebook | None:
    """None where the text is no notebook: not JSON, or without cells."""
    try:
        data = json.loads(text)
        kinds = [cell["cell_type"] for cell in data["cells"]]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    lines: list[str] = []
    numbers: list[int] = []
    code: set[int] = set()
    for cell, sources in groupby(_sources(text), key=lambda source: source.cell):
        held = list(sources)
        cell_lines = _cell_lines(held)
        if kinds[cell] == "code":
            code.update(range(len(lines) + 1, len(lines) + len(cell_lines) + 1))
        lines += [line for line, _ in cell_lines] + [""]
        numbers += [number for _, number in cell_lines] + [held[-1].number]
    return Notebook(tuple(lines), tuple(numbers), frozenset(code))


def _cell_lines(sources: list[_Source]) -> list[tuple[str, int]]:
    """The strings of one cell joined, then cut into lines, each with where it starts in the file."""
    found: list[tuple[str, int]] = []
    open_line = False
    for source in sources:
        for position, line in enumerate(source.text.replace("\r\n", "\n").split("\n")):
            if position == 0 and open_line:
                begun, number = found[-1]
                found[-1] = (begun + line, number if begun else source.number)
            else:
                found.append((line, source.number))
        open_line = True
    return found


def _sources(text: str) -> Iterator[_Source]:
    """The strings at `cells[i].source` and `cells[i].source[j]` of valid JSON, with their lines."""
    path: list[str | int] = []
    number, expects_key = 1, False
    for match in _TOKEN.finditer(text):
        piece = match[0]
        if piece == "\n":
            number += 1
        elif piece in "{[":
            path.append("" if piece == "{" else 0)
            expects_key = piece == "{"
        elif piece in "}]":
            path.pop()
        elif piece == ":":
            expects_key = False
        elif piece == ",":
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else ""
            expects_key = not isinstance(last, int)
        elif expects_key:
            path[-1] = json.loads(piece)
        elif len(path) in (3, 4) and path[0] == "cells" and path[2] == "source" and isinstance(path[1], int):
            yield _Source(path[1], json.loads(piece, strict=False), number)
