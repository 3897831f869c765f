"""Sections: what a file is made of, as line ranges. The common ground of all readers and of the chunker.

Line numbers are 1-based and inclusive, as in permalinks.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: a paragraph, a list, a table, a fence, a definition."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks in order under one heading; `trail` holds the headings from the outermost to its own."""

    trail: tuple[str, ...]
    blocks: tuple[Block, ...]


def blank_line_blocks(lines: Sequence[str], start: int, end: int) -> tuple[Block, ...]:
    """The runs of lines between blank ones."""
    blocks: list[Block] = []
    first = 0
    for number in range(start, end + 2):
        blank = number > end or not lines[number - 1].strip()
        if not blank and not first:
            first = number
        elif blank and first:
            blocks.append(Block(first, number - 1))
            first = 0
    return tuple(blocks)
