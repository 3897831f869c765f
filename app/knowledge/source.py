"""Source: code by what it defines where there is a grammar, else by runs of lines between blank ones."""

import re
from collections.abc import Iterator, Sequence

from app.knowledge.definitions import Definition, definitions, has_grammar
from app.knowledge.sections import Block, Section, blank_line_blocks

LONGEST_LICENCE = 120
"""Lines."""

_LICENCE = re.compile(r"copyright|spdx-|licen[cs]ed? (?:under|to)|\blicense\b", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?://|#|--|;|%)")
_BELONGS = re.compile(r"\s*(?://|/?\*|@|#(?!\s*(?:include|define|undef|if|ifn?def|el|end|pragma|!|region)))")
"""Comments and attributes, but no line of the C preprocessor."""


def source_sections(suffix: str, lines: Sequence[str]) -> list[Section]:
    """`suffix` is the lower-case ending of the file's name."""
    found = definitions(suffix, "\n".join(lines)) if has_grammar(suffix) else []
    licence, body = _licence(lines)
    return [*_between(lines, (), 1, licence - 1), *_cut(lines, found, (), body, len(lines))]


def _licence(lines: Sequence[str]) -> tuple[int, int]:
    """Where the comment at the top begins to speak of a licence, and the line after that comment; else 1 and 1.

    It stands in every file and answers nothing, so it is left out.
    """
    top = next(iter(blank_line_blocks(lines, 1, min(len(lines), LONGEST_LICENCE))), Block(1, 0))
    if lines[top.start - 1].lstrip().startswith("/*"):
        ends = range(top.start, min(len(lines), top.start + LONGEST_LICENCE) + 1)
        last = next((number for number in ends if "*/" in lines[number - 1]), 0)
    else:
        last = _last_comment(lines, top)
    comment = range(top.start, last + 1)
    begins = next((number for number in comment if _LICENCE.search(lines[number - 1][:300])), 0)
    return (begins, last + 1) if begins else (1, 1)


def _last_comment(lines: Sequence[str], block: Block) -> int:
    numbers = range(block.start, block.end + 1)
    return next((number - 1 for number in numbers if not _COMMENT.match(lines[number - 1])), block.end)


def window_sections(lines: Sequence[str]) -> list[Section]:
    blocks = blank_line_blocks(lines, 1, len(lines))
    return [Section((), blocks)] if blocks else []


def _cut(
    lines: Sequence[str], found: Sequence[Definition], trail: tuple[str, ...], first: int, last: int
) -> Iterator[Section]:
    """Sections of the lines `first`..`last`: each definition, and what stands between them."""
    reached = first
    for one in found:
        start = _with_comments(lines, one.start, reached)
        if start < reached or one.end < start or one.end > last:
            continue  # two definitions share a line
        yield from _between(lines, trail, reached, start - 1)
        own = (*trail, one.name)
        if one.members:
            yield from _cut(lines, one.members, own, start, one.end)
        else:
            yield Section(own, blank_line_blocks(lines, start, one.end), one.signature)
        reached = one.end + 1
    yield from _between(lines, trail, reached, last)


def _between(lines: Sequence[str], trail: tuple[str, ...], first: int, last: int) -> Iterator[Section]:
    """What is no definition, unless it is only the brackets that close one."""
    blocks = blank_line_blocks(lines, first, last)
    if any(_says_something(lines, block) for block in blocks):
        yield Section(trail, blocks)


def _says_something(lines: Sequence[str], block: Block) -> bool:
    return any(char.isalnum() for line in lines[block.start - 1 : block.end] for char in line)


def _with_comments(lines: Sequence[str], start: int, reached: int) -> int:
    """Comments and attributes directly above a definition belong to it."""
    while start > reached and _BELONGS.match(lines[start - 2]):
        start -= 1
    return start
