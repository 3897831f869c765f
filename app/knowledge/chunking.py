"""Chunking: a file as passages that can be quoted and linked.

A passage is whole lines of one file at one commit, so its permalink opens exactly what is quoted; it follows
the document's own structure (headings, definitions) and carries the heading trail. Sizes are in characters.
The permalink carries no `?plain=1`: GitHub opens the source view of a Markdown file for a line anchor by
itself, and links without a query are the only ones the guard lets through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import PurePosixPath
from urllib.parse import quote

from app.domain.snapshot import Passage
from app.knowledge.markup import asciidoc_sections, markdown_sections
from app.knowledge.notebook import read_notebook
from app.knowledge.paths import is_unreadable, kind_of, looks_generated
from app.knowledge.restructured import looks_restructured, rst_sections
from app.knowledge.sections import Block, Section
from app.knowledge.source import source_sections, window_sections

SMALL = 200
SMALL_DEFINITION = 300
LARGE = 1_500


@dataclass(frozen=True, slots=True)
class _Document:
    """Lines to cut and, for each, its number in the file: they differ where a notebook keeps its cells."""

    lines: Sequence[str]
    numbers: Sequence[int]
    sections: Sequence[Section]


def chunk(path: str, text: str, *, commit: str, web_url: str) -> list[Passage]:
    """Passages of one file in order; none where the file is not knowledge (see `paths.kind_of`).

    `web_url` is the repository's page. Each passage's text is its lines `start`..`end`, except where a
    single line is longer than a passage: then it is a part of that line. Of a notebook it is what those
    lines say once their JSON is read.
    """
    if is_unreadable(path, text):
        return []
    document = _document(path, text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    lines = document.lines
    ends = list(accumulate((len(line) + 1 for line in lines), initial=0))
    passages: list[Passage] = []
    for section in _merged(ends, document.sections):
        for order, block in enumerate(_packed(lines, ends, section.blocks)):
            start, end = document.numbers[block.start - 1], document.numbers[block.end - 1]
            passages += [
                Passage(
                    path=path,
                    heading=" > ".join(_trail(section, order)),
                    start=start,
                    end=end,
                    commit=commit,
                    text=part,
                    url=permalink(web_url, commit, path, start, end),
                )
                for part in _parts("\n".join(lines[block.start - 1 : block.end]))
            ]
    return passages


def permalink(web_url: str, commit: str, path: str, start: int, end: int) -> str:
    """The page that shows these lines (docs.github.com: "Getting permanent links to files")."""
    lines = f"#L{start}" if start == end else f"#L{start}-L{end}"
    return f"{web_url}/blob/{commit}/{quote(path)}{lines}"


def _document(path: str, text: str) -> _Document:
    if kind_of(path) == "notebook" and (notebook := read_notebook(text)):
        return _Document(notebook.lines, notebook.numbers, markdown_sections(notebook.lines, code=notebook.code))
    lines = text.split("\n")
    return _Document(lines, range(1, len(lines) + 1), _sections(path, text, lines))


def _sections(path: str, text: str, lines: Sequence[str]) -> list[Section]:
    match kind_of(path):
        case "markdown":
            return markdown_sections(lines)
        case "asciidoc":
            return asciidoc_sections(lines)
        case "rst":
            return rst_sections(lines)
        case "text":
            return rst_sections(lines) if looks_restructured(text) else window_sections(lines)
        case "source" | "notebook" if not looks_generated(text):
            return source_sections(PurePosixPath(path.lower()).suffix, lines)
        case _:
            return []


def _trail(section: Section, order: int) -> tuple[str, ...]:
    """The later parts of a long definition say how it is declared, because only the first one shows it."""
    return (*section.trail[:-1], section.signature) if order and section.signature else section.trail


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
    named by what they share, only when they are a line or so: a short answer keeps its own heading. Short
    definitions side by side are joined under all their names, and a scrap of code goes with what it follows.
    """
    own = _size(ends, Block(held.blocks[0].start, held.blocks[-1].end))
    together = _size(ends, Block(held.blocks[0].start, section.blocks[-1].end))
    parent = _shared(held.trail, section.trail)
    related = len(parent) >= min(len(held.trail), len(section.trail)) - 1
    opens = parent == held.trail and together - own > own
    defined = bool(held.signature and section.signature and held.trail[:-1] == section.trail[:-1])
    too_small = SMALL_DEFINITION if defined else SMALL // 2 if section.trail else SMALL
    blocks = (*held.blocks, *section.blocks)
    if held.signature and section.trail == held.trail[:-1] and not section.signature:
        return Section(held.trail, blocks, held.signature) if together - own < SMALL // 2 else None
    if own >= too_small or together > LARGE or not related:
        return None
    if defined:
        return Section((*held.trail[:-1], f"{held.trail[-1]}, {section.trail[-1]}"), blocks, section.signature)
    return Section(section.trail if opens else parent, blocks, section.signature if opens else "")


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def _packed(lines: Sequence[str], ends: Sequence[int], blocks: Sequence[Block]) -> Iterator[Block]:
    """Whole blocks, as many as fit. A line that announces what follows ("...:") goes with what follows.

    What takes several passages is shared out among them, so that no scrap is left for the last one.
    """
    most = _share(sum(_size(ends, block) for block in blocks))
    held: list[Block] = []
    for block in (piece for whole in blocks for piece in _split(ends, whole)):
        if held and _size(ends, Block(held[0].start, block.end)) > most:
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
    """Cut an oversized block between lines, before the line that would not fit any more, into like pieces."""
    size = _size(ends, block)
    start = block.start
    for number in range(block.start + 1, block.end + 1) if size > LARGE else ():
        if _size(ends, Block(start, number)) > _share(size):
            yield Block(start, number - 1)
            start = number
    yield Block(start, block.end)


def _share(total: int) -> int:
    """Characters of one passage, of so many as a text of this size needs, with some room for whole blocks."""
    return min(LARGE, SMALL + total // max(-(-total // LARGE), 1))


def _parts(text: str) -> Iterator[str]:
    """A single line longer than a passage is cut at the ends of sentences, or of words, or hard."""
    while len(text) > LARGE:
        cut = max(text.rfind(". ", SMALL, LARGE) + 1, 0) or max(text.rfind(" ", SMALL, LARGE), 0) or LARGE
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text.strip():
        yield text


def _size(ends: Sequence[int], block: Block) -> int:
    """Characters of a block; `ends` counts those up to the end of each line, from 0 before the first."""
    return ends[block.end] - ends[block.start - 1] - 1
