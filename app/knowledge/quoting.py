"""Quoting: what of a passage can be said on its own, verbatim.

A quote is a contiguous piece of the passage's text: a paragraph with the code, list or table it announces, or with
what goes on from it, an item of a long list, a paragraph of a long item, a row of a table or all of it, a few sentences
of a long paragraph, the head of a definition.
A table answers only who asks for something in it, so it is never taken along by what merely stands above it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.snapshot import Passage
from app.knowledge.markup import asciidoc_sections, markdown_sections
from app.knowledge.paths import is_documentation, kind_of
from app.knowledge.restructured import looks_restructured, rst_sections
from app.knowledge.sections import Block, Section
from app.knowledge.standalone import standalone

LENGTH = 700
"""Characters up to which following blocks are taken along, and above which a block is cut."""
SHOWN = 115
"""Words of a quote that show above the fold of an answer, beside its source and the notice."""
THIN = 30
"""Words up to which a piece without code is a remark rather than an answer."""

_CELL_RULE = re.compile(r"[\s:|+=-]+")
_ITEM = re.compile(r"^(?:[-*+]|\d{1,3}[.)])\s+", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'*\[])")
_PARAGRAPH_END = re.compile(r"(?<=[.!?])[ \t]*\n(?:[ \t]*\n)+(?=[ \t]*[A-Z])")
_HOLDS_CODE = re.compile(r"```|~~~|::[ \t]*\S*[ \t]*$", re.MULTILINE)
_FOLLOWS = re.compile(r"(?:[-*+]\s|\d{1,3}[.)]\s|```|~~~|\.\. |\s{2,}\S)")
_POINTS_BACK = re.compile(
    r"\W*(?:(?:(?:to|once|if|when|in|with|for|after|note that) (?:\w+ )?)?(?:this|that|these|those|they|them|it|such"
    r"|both)|and|or|so|then|also|however|but|instead|otherwise|similarly|for (?:example|instance)"
    r"|(?:for )?the (?:same|above|former|latter|following)|(?:when|after) \w+ing:)(?!\w)",
    re.IGNORECASE,
)
_TABLE = re.compile(r"\s*\|")
_ANNOUNCES_TABLE = re.compile(r"((?:(?!```|~~~).)*?):[ \t]*\n\s*\n(?=\s*\|)", re.DOTALL)
_NOTHING_SAID = re.compile(
    r"\s*(?:\.\. (?![^\n]*::)|\[[^\]]+\]:\s|<!--|:::|\.\. (?:toctree|contents|meta|index)::|!\[|\[hidden )"
)


@dataclass(frozen=True, slots=True)
class Quote:
    """`text` is how it is said: the quote, lightly trimmed. `order` counts from the top of its section.

    `must_meet`, where there is a table, is the part of the quote that a question must name something of: the
    row, the header for the whole table (and the heading, where the table is what stands below it), or what
    announces the table and the table.
    """

    heading: str
    quote: str
    text: str
    order: int
    must_meet: str = ""


def quotes(passage: Passage) -> Iterator[Quote]:
    """Everything of the passage that could be an answer, in order."""
    lines = passage.text.split("\n")
    if not is_documentation(passage.path):
        yield _definition(passage, lines)
        return
    outer = passage.heading.rsplit(" > ", 1)[-1]
    for section in _sections(passage, lines):
        content = section.blocks[1:] if section.trail else section.blocks
        heading = section.trail[-1] if section.trail else outer
        for order, _ in enumerate(content):
            text = _block_text(lines, content, order)
            if not _NOTHING_SAID.match(text):
                cuts = _cut(text, "" if order else heading)
                said = (Quote(heading, part, text, order, meet) for part, text, meet in cuts)
                yield from (one for one in said if one.text and not one.text.endswith(":"))


def _sections(passage: Passage, lines: Sequence[str]) -> list[Section]:
    match kind_of(passage.path):
        case "asciidoc":
            return asciidoc_sections(lines)
        case "rst":
            return rst_sections(lines)
        case "text" if looks_restructured(passage.text):
            return rst_sections(lines)
        case _:
            return markdown_sections(lines)


def _definition(passage: Passage, lines: Sequence[str]) -> Quote:
    """Source is shown as code: as many whole lines from the top as fit."""
    size, kept = 0, 0
    while kept < len(lines) and (size := size + len(lines[kept]) + 1) <= LENGTH:
        kept += 1
    head = "\n".join(lines[: max(kept, 1)]).rstrip()
    language = passage.path.rsplit(".", 1)[-1] if "." in passage.path else ""
    fence = "`" * 4 if "```" in head else "`" * 3
    return Quote(passage.heading, head, f"{fence}{language}\n{head}\n{fence}", 0)


def fits(text: str) -> bool:
    """Whether all of it shows without a click."""
    return len(text.split()) <= SHOWN


def is_thin(text: str) -> bool:
    """Whether it has no code and is no longer than a sentence or two."""
    return "`" not in text and len(text.split()) <= THIN


def points_back(text: str) -> bool:
    """Whether it opens by pointing at what stands before it."""
    return bool(_POINTS_BACK.match(text))


def _block_text(lines: Sequence[str], blocks: Sequence[Block], position: int) -> str:
    """The block with the code or list that directly follows, or the table it announces, as far as that fits.

    A remark goes on until something is said, and a short paragraph with what points back at it.
    """
    first = blocks[position]
    text = "\n".join(lines[first.start - 1 : first.end])
    if _TABLE.match(text):
        return text
    for following in blocks[position + 1 : position + 5]:
        opening = lines[following.start - 1]
        longer = "\n".join(lines[first.start - 1 : following.end])
        announced = text.rstrip().endswith(":")
        goes_on = _FOLLOWS.match(opening) or _goes_on(text, opening, longer)
        belongs = announced or (goes_on and not _NOTHING_SAID.match(opening))
        if len(longer) > LENGTH * (1.5 if announced else 1) or not belongs:
            break
        text = longer
    return text


def _goes_on(text: str, opening: str, longer: str) -> bool:
    """Whether the paragraph with this opening belongs to a text that is no item, no mark and no announcement."""
    said = standalone(text)
    if not said or said.endswith((":", "```")) or _ITEM.match(said) or _TABLE.match(opening):
        return False
    return is_thin(said) or (points_back(opening) and len(longer.split()) <= 2 * THIN)


def _cut(text: str, heading: str) -> Iterator[tuple[str, str, str]]:
    """(quote, wording, what must be met) of one block: of its table, of pieces of an oversized block, or of all.

    `heading` is the one right above the block, if there is one.
    """
    if _TABLE.match(text):
        yield from _rows(text, heading)
    elif len(text) <= LENGTH * 1.5 and (fits(text) or _HOLDS_CODE.search(text)):
        joint = _ANNOUNCES_TABLE.match(text)
        yield from _announced(text, joint.end(1)) if joint else [(text, standalone(text), "")]
    else:
        ends = (match.end() for match in _PARAGRAPH_END.finditer(text))
        cuts = sorted({0, *ends, *(match.start() for match in _ITEM.finditer(text))})
        if len(cuts) < 2:
            cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
        yield from ((part, standalone(part), "") for part in _windows(text, cuts))


def _rows(table: str, heading: str) -> Iterator[tuple[str, str, str]]:
    """A row says its cells. The header says nothing by itself: who names it is shown the table, unless too long."""
    lines = table.split("\n")
    headed = len(lines) > 1 and "-" in lines[1] and bool(_CELL_RULE.fullmatch(lines[1]))
    rows = [row for row in (lines[2:] if headed else lines) if not _CELL_RULE.fullmatch(row)]
    if headed and rows and len(table) <= LENGTH * 1.5:
        yield table, standalone(table), f"{heading}\n{lines[0]}"
    for row in rows:
        cells = [cell.strip() for cell in row.strip().strip("|").split("|") if cell.strip()]
        yield row.strip(), " — ".join(cells), row


def _announced(text: str, colon: int) -> Iterator[tuple[str, str, str]]:
    """What is said before the sentence that announces a table stands alone; the announcement never does."""
    before = max((match.end() for match in _SENTENCE_END.finditer(text, 0, colon)), default=0)
    if alone := text[:before].rstrip():
        yield alone, standalone(alone), ""
    yield text, standalone(text), text[before:] if alone else ""


def _windows(text: str, cuts: Sequence[int]) -> Iterator[str]:
    """From each cut as many whole pieces as fit in half a quote; a piece that never fits is cut hard."""
    ends = [*cuts[1:], len(text)]
    for start, first_end in zip(cuts, ends, strict=True):
        fitting = [end for end in ends if start < end <= start + LENGTH // 2]
        yield text[start : min(fitting[-1] if fitting else first_end, start + LENGTH)].rstrip()
