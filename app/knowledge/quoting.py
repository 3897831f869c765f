"""Quoting: what of a passage can be said on its own, verbatim.

A quote is a contiguous piece of the passage's text: a paragraph with the code, list or table it announces, an
item of a long list, a row of a table or all of it, a few sentences of a long paragraph, the head of a definition.
A table answers only who asks for something in it, so it is never taken along by what merely stands above it.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.snapshot import Passage
from app.knowledge.markup import asciidoc_sections, markdown_sections
from app.knowledge.paths import is_documentation, kind_of
from app.knowledge.restructured import looks_restructured, rst_sections
from app.knowledge.sections import Block, Section, plain_roles

LENGTH = 700
"""Characters up to which following blocks are taken along, and above which a block is cut."""

_CELL_RULE = re.compile(r"[\s:|+=-]+")
_ITEM = re.compile(r"^(?:[-*+]|\d{1,3}[.)])\s+", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'*\[])")
_ADMONITION = re.compile(
    r"^\s*(?:(?:!!!|\?\?\?\+?|===|:::).*|\.\. (?:note|tip|hint|important|warning|seealso)::)\s*$", re.MULTILINE
)
_CODE_DIRECTIVE = re.compile(
    r"^\.\. (?:code-block|code|sourcecode)::[ \t]*(\S*)[ \t]*\n+((?:[ \t]+\S.*(?:\n|\Z)|\n)+)", re.MULTILINE
)
_INCLUDED = re.compile(
    r"^[ \t]*\{[*!%][^\n]*[*!%]\}[ \t]*$|^\.\. _[^\n]*:[^\n]*$|\{\{[%<][^\n]*?[%>]\}\}", re.MULTILINE
)
"""What a site builder puts in here (a file, a short code), and the targets of references: nothing that is said."""
_SHORT_LINK = re.compile(
    r"\[([^\]\n]{1,200})\]\(\{\{[^\n]*?\}\}[^)\n]*\)|`([^`<\n]{1,200}?)(?:\s*<[^`\n]*>)?`__?(?!\w)"
)
_FOLLOWS = re.compile(r"(?:[-*+]\s|\d{1,3}[.)]\s|```|~~~|\.\. |\s{2,}\S)")
_TABLE = re.compile(r"\s*\|")
_ANNOUNCES_TABLE = re.compile(r"((?:(?!```|~~~).)*?):[ \t]*\n\s*\n(?=\s*\|)", re.DOTALL)
_NOTHING_SAID = re.compile(r"\.\. _|\[[^\]]+\]:\s|<!--|:::|\.\. (?:toctree|contents|meta|index)::|!\[|\[hidden ")


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
            if not _NOTHING_SAID.match(text.lstrip()):
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


def _block_text(lines: Sequence[str], blocks: Sequence[Block], position: int) -> str:
    """The block, with the code or list that directly follows it, or the table it announces, as far as that fits."""
    first = blocks[position]
    end = first.end
    if _TABLE.match(lines[first.start - 1]):
        return "\n".join(lines[first.start - 1 : end])
    for following in blocks[position + 1 : position + 4]:
        longer = "\n".join(lines[first.start - 1 : following.end])
        announced = lines[end - 1].rstrip().endswith(":")
        if len(longer) > LENGTH * (1.5 if announced else 1) or not (
            announced or _FOLLOWS.match(lines[following.start - 1])
        ):
            break
        end = following.end
    return "\n".join(lines[first.start - 1 : end])


def _cut(text: str, heading: str) -> Iterator[tuple[str, str, str]]:
    """(quote, wording, what must be met) of one block: of its table, of pieces of an oversized block, or of all.

    `heading` is the one right above the block, if there is one.
    """
    if _TABLE.match(text):
        yield from _rows(text, heading)
    elif len(text) <= LENGTH * 1.5:
        joint = _ANNOUNCES_TABLE.match(text)
        yield from _announced(text, joint.end(1)) if joint else [(text, _wording(text), "")]
    else:
        cuts = [match.start() for match in _ITEM.finditer(text)]
        if len(cuts) < 2:
            cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
        yield from ((part, _wording(part), "") for part in _windows(text, cuts))


def _rows(table: str, heading: str) -> Iterator[tuple[str, str, str]]:
    """A row says its cells. The header says nothing by itself: who names it is shown the table, unless too long."""
    lines = table.split("\n")
    headed = len(lines) > 1 and "-" in lines[1] and bool(_CELL_RULE.fullmatch(lines[1]))
    rows = [row for row in (lines[2:] if headed else lines) if not _CELL_RULE.fullmatch(row)]
    if headed and rows and len(table) <= LENGTH * 1.5:
        yield table, _wording(table), f"{heading}\n{lines[0]}"
    for row in rows:
        cells = [cell.strip() for cell in row.strip().strip("|").split("|") if cell.strip()]
        yield row.strip(), " — ".join(cells), row


def _announced(text: str, colon: int) -> Iterator[tuple[str, str, str]]:
    """What is said before the sentence that announces a table stands alone; the announcement never does."""
    before = max((match.end() for match in _SENTENCE_END.finditer(text, 0, colon)), default=0)
    if alone := text[:before].rstrip():
        yield alone, _wording(alone), ""
    yield text, _wording(text), text[before:] if alone else ""


def _windows(text: str, cuts: Sequence[int]) -> Iterator[str]:
    """From each cut as many whole pieces as fit in half a quote; a piece that never fits is cut hard."""
    ends = [*cuts[1:], len(text)]
    for start, first_end in zip(cuts, ends, strict=True):
        fitting = [end for end in ends if start < end <= start + LENGTH // 2]
        yield text[start : min(fitting[-1] if fitting else first_end, start + LENGTH)].rstrip()


def _wording(text: str) -> str:
    """The quote as Markdown that can stand alone: no admonition marks, short codes or roles; directives as fences."""
    said = _SHORT_LINK.sub(_label, _ADMONITION.sub("", text))
    plain = textwrap.dedent(_INCLUDED.sub("", said)).strip()
    fenced = _CODE_DIRECTIVE.sub(
        lambda match: f"```{match.group(1)}\n{textwrap.dedent(match.group(2)).strip()}\n```\n", plain
    )
    return plain_roles(fenced).strip()


def _label(link: re.Match[str]) -> str:
    """What a link shows; a name stays code."""
    return link[1] or (link[2] if " " in link[2] else f"`{link[2]}`")
