"""Chunking: a file as passages that can be quoted and linked.

A passage is whole lines of one file at one commit, so its permalink opens exactly what is quoted; it follows
the document's own structure (headings, definitions) and carries the heading trail. Sizes are in characters.
The permalink carries no `?plain=1`: GitHub opens the source view of a Markdown file for a line anchor by
itself, and links without a query are the only ones the guard lets through.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from urllib.parse import quote

from app.domain.snapshot import Passage
from app.knowledge.markup import markdown_sections, rst_sections
from app.knowledge.paths import kind_of, looks_generated
from app.knowledge.sections import Block, Section
from app.knowledge.source import python_sections, window_sections

SMALL = 200
LARGE = 1_500


def chunk(path: str, text: str, *, commit: str, web_url: str) -> list[Passage]:
    """Passages of one file in order; none where the file is not knowledge (see `paths.kind_of`).

    `web_url` is the repository's page. Each passage's text is its lines `start`..`end`, except where a
    single line is longer than a passage: then it is a part of that line.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ends = list(accumulate((len(line) + 1 for line in lines), initial=0))
    return [
        Passage(
            path=path,
            heading=" > ".join(section.trail),
            start=block.start,
            end=block.end,
            commit=commit,
            text=part,
            url=permalink(web_url, commit, path, block.start, block.end),
        )
        for section in _merged(ends, _sections(path, text, lines))
        for block in _packed(lines, ends, section.blocks)
        for part in _parts(_text(lines, block))
    ]


def permalink(web_url: str, commit: str, path: str, start: int, end: int) -> str:
    """The page that shows these lines (docs.github.com: "Getting permanent links to files")."""
    lines = f"#L{start}" if start == end else f"#L{start}-L{end}"
    return f"{web_url}/blob/{commit}/{quote(path)}{lines}"


def _sections(path: str, text: str, lines: Sequence[str]) -> list[Section]:
    match kind_of(path):
        case "markdown":
            return markdown_sections(lines)
        case "rst":
            return rst_sections(lines)
        case "text":
            return window_sections(lines)
        case "python" if not looks_generated(text):
            return python_sections(lines) or window_sections(lines)
        case "source" if not looks_generated(text):
            return window_sections(lines)
        case _:
            return []


def _merged(ends: Sequence[int], sections: Sequence[Section]) -> Iterator[Section]:
    """Join sections too small to be evidence with the next one below the same parent."""
    held: Section | None = None
    for section in sections:
        joined = _joined(ends, held, section) if held else section
        if joined is None and held is not None:
            yield held
        held = joined or section
    if held is not None:
        yield held


def _joined(ends: Sequence[int], held: Section, section: Section) -> Section | None:
    """Both as one, or None where they should stay apart.

    A title with hardly any text of its own takes the name of the subsection it opens. Siblings are joined, and
    named by what they share, only when they are a line or so: a short answer keeps its own heading.
    """
    own = _size(ends, Block(held.blocks[0].start, held.blocks[-1].end))
    together = _size(ends, Block(held.blocks[0].start, section.blocks[-1].end))
    parent = _shared(held.trail, section.trail)
    related = len(parent) >= min(len(held.trail), len(section.trail)) - 1
    opens = parent == held.trail and together - own > own
    too_small = SMALL // 2 if section.trail else SMALL
    if own >= too_small or together > LARGE or not related:
        return None
    return Section(section.trail if opens else parent, (*held.blocks, *section.blocks))


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def _packed(lines: Sequence[str], ends: Sequence[int], blocks: Sequence[Block]) -> Iterator[Block]:
    """Whole blocks, as many as fit. A line that announces what follows ("...:") goes with what follows."""
    held: list[Block] = []
    for block in (piece for whole in blocks for piece in _split(ends, whole)):
        if held and _size(ends, Block(held[0].start, block.end)) > LARGE:
            announcing = len(held) > 1 and lines[held[-1].end - 1].rstrip().endswith(":")
            moved = [held.pop()] if announcing else []
            yield Block(held[0].start, held[-1].end)
            held = moved if moved and _size(ends, Block(moved[0].start, block.end)) <= LARGE else []
            if moved and not held:
                yield moved[0]
        held.append(block)
    if held:
        yield Block(held[0].start, held[-1].end)


def _split(ends: Sequence[int], block: Block) -> Iterator[Block]:
    """Cut an oversized block between lines, before the line that would not fit any more."""
    start = block.start
    for number in range(block.start + 1, block.end + 1):
        if _size(ends, Block(start, number)) > LARGE:
            yield Block(start, number - 1)
            start = number
    yield Block(start, block.end)


def _parts(text: str) -> Iterator[str]:
    """A single line longer than a passage is cut at the ends of sentences, or of words, or hard."""
    while len(text) > LARGE:
        cut = max(text.rfind(". ", SMALL, LARGE) + 1, 0) or max(text.rfind(" ", SMALL, LARGE), 0) or LARGE
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text.strip():
        yield text


def _text(lines: Sequence[str], block: Block) -> str:
    return "\n".join(lines[block.start - 1 : block.end])


def _size(ends: Sequence[int], block: Block) -> int:
    """Characters of a block; `ends` counts those up to the end of each line, from 0 before the first."""
    return ends[block.end] - ends[block.start - 1] - 1
