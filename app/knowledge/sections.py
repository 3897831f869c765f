"""Sections: what a file is made of, as line ranges. The common ground of all readers and of the chunker.

Line numbers are 1-based and inclusive, as in permalinks.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

LONGEST_TITLE = 300
"""Characters; a longer line is no heading (and patterns never see one that could keep them busy)."""

_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)]|#\.)\s+\S")
_LEADS_ON = re.compile(r"::\s*(\S+\s*)?$|^\s*\.\. ")
"""reStructuredText: what follows indented belongs to this line."""
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_ROLE = re.compile(r":[\w:+.-]+:`~?([^`<]*?)\s*(?:<[^`]*>)?`")
_ANCHOR = re.compile(r"\s*\{\s*[:#.][^}]*\}\s*$")
_TAG = re.compile(r"<[^>\n]*>")


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
    signature: str = ""
    """Of a definition: how it is declared, on one line."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a section starts and what it is called. Without a title it leads back to the level above its own."""

    level: int
    title: str
    first: int
    """Where its section starts, an overline included."""
    last: int
    """The last line of the heading itself; before `first` where no line is part of it."""


def plain_title(text: str) -> str:
    """A heading without markup: links as their text, roles as their target, no anchors or tags."""
    text = plain_roles(_LINK.sub(r"\1", _ANCHOR.sub("", text[:LONGEST_TITLE])))
    return " ".join(_TAG.sub("", text).replace("`", "").replace("**", "").split())


def plain_roles(text: str) -> str:
    """Interpreted text of reStructuredText, such as ``:ref:`label <target>` ``, as the words it shows."""
    return _ROLE.sub(r"\1", text)


def is_item(line: str) -> bool:
    """Whether an item of a list starts on the line."""
    return bool(_ITEM.match(line))


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


def cut_at(
    headings: Sequence[Heading],
    lines: Sequence[str],
    *,
    body: int = 1,
    root: tuple[str, ...] = (),
    fenced: Collection[int] = (),
) -> list[Section]:
    """The sections from line `body` on. A heading's own lines open its section, so that a quote can show them.

    `fenced` numbers the lines that a fence holds together.
    """
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    first_heading = headings[0].first if headings else len(lines) + 1
    if blocks := _whole(lines, blank_line_blocks(lines, body, first_heading - 1), fenced):
        sections.append(Section(root, blocks))
    for position, heading in enumerate(headings):
        end = headings[position + 1].first - 1 if position + 1 < len(headings) else len(lines)
        while path and path[-1][0] >= heading.level:
            path.pop()
        path.append((heading.level, heading.title))
        own = (Block(heading.first, heading.last),) if heading.last >= heading.first else ()
        if blocks := (*own, *_whole(lines, blank_line_blocks(lines, heading.last + 1, end), fenced)):
            sections.append(Section(root + tuple(title for _, title in path if title), blocks))
    return sections


def _whole(lines: Sequence[str], blocks: Sequence[Block], fenced: Collection[int]) -> tuple[Block, ...]:
    """Put back together what blank lines took apart: fences, items of a list, indented continuations."""
    whole: list[Block] = []
    for block in blocks:
        before = whole[-1] if whole else None
        if before and _continues(lines, before, block, fenced):
            whole[-1] = Block(before.start, block.end)
        else:
            whole.append(block)
    return tuple(whole)


def _continues(lines: Sequence[str], before: Block, block: Block, fenced: Collection[int]) -> bool:
    first, opener = lines[block.start - 1], lines[before.start - 1]
    if block.start in fenced and block.start - 1 in fenced:
        return True
    indented = first[0].isspace()
    if is_item(opener) and (indented or is_item(first)):
        return True
    return indented and bool(
        _LEADS_ON.search(lines[before.end - 1][-200:])
        or _LEADS_ON.search(opener[-200:])
        or opener.startswith(("!!!", "???", "==="))
    )
