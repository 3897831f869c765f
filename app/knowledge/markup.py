"""Markup: Markdown and reStructuredText as sections by heading.

Line-based rather than through a parser: what is needed is which lines belong together, exactly, for any
input, including files in between dialects (MDX, MyST, admonitions) that a strict parser would misread.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.knowledge.sections import Block, Section, blank_line_blocks

LONGEST_TITLE = 300
"""Characters; a longer line is no heading (and patterns never see one that could keep them busy)."""

_FENCE = re.compile(r"^\s*(?:>\s?)*(`{3,}|~{3,})")
_ATX = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)]|#\.)\s+\S")
_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$")
_RST_LINE = re.compile(r"^([!-/:-@\[-`{-~])\1{2,}\s*$")
_RST_LEADS_ON = re.compile(r"::\s*(\S+\s*)?$|^\s*\.\. ")
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_ROLE = re.compile(r":[\w:+.-]+:`~?([^`<]*?)\s*(?:<[^`]*>)?`")
_ANCHOR = re.compile(r"\s*\{\s*[:#.][^}]*\}\s*$")
_TAG = re.compile(r"<[^>\n]*>")


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    first: int
    """Where its section starts, the over- or underline included."""
    last: int


def plain_title(text: str) -> str:
    """A heading without markup: links as their text, roles as their target, no anchors or tags."""
    text = plain_roles(_LINK.sub(r"\1", _ANCHOR.sub("", text[:LONGEST_TITLE])))
    return " ".join(_TAG.sub("", text).replace("`", "").replace("**", "").split())


def plain_roles(text: str) -> str:
    """Interpreted text of reStructuredText, such as ``:ref:`label <target>` ``, as the words it shows."""
    return _ROLE.sub(r"\1", text)


def markdown_sections(lines: Sequence[str]) -> list[Section]:
    body, title = _front_matter(lines)
    fenced = _fenced_lines(lines)
    headings = list(_markdown_headings(lines, body, fenced))
    root = (title,) if title and not any(heading.level == 1 for heading in headings) else ()
    return _sections(lines, body, headings, root, fenced)


def rst_sections(lines: Sequence[str]) -> list[Section]:
    return _sections(lines, 1, list(_rst_headings(lines)), (), frozenset())


def _front_matter(lines: Sequence[str]) -> tuple[int, str]:
    """The first line after a YAML header, and the title that the header gives the page."""
    if not lines or lines[0].strip() != "---":
        return 1, ""
    for number, line in enumerate(lines[1:80], start=2):
        if line.strip() == "---":
            titles = [match.group(1) for text in lines[1:number] if (match := _TITLE.match(text))]
            return number + 1, plain_title(titles[0]) if titles else ""
    return 1, ""


def _fenced_lines(lines: Sequence[str]) -> frozenset[int]:
    """Numbers of the lines inside code fences, the fences included; an open one runs to the end."""
    inside: set[int] = set()
    fence = ""
    for number, line in enumerate(lines, start=1):
        match = _FENCE.match(line)
        mark = match.group(1) if match else ""
        if fence or mark:
            inside.add(number)
        if not fence:
            fence = mark
        elif mark and mark[0] == fence[0] and len(mark) >= len(fence) and not line.strip("> \t\n" + mark[0]):
            fence = ""
    return frozenset(inside)


def _markdown_headings(lines: Sequence[str], body: int, fenced: frozenset[int]) -> Iterator[_Heading]:
    for number in range(body, len(lines) + 1):
        if number in fenced or len(lines[number - 1]) > LONGEST_TITLE:
            continue
        if match := _ATX.match(lines[number - 1]):
            yield _Heading(len(match.group(1)), plain_title(match.group(2) or ""), number, number)
        elif number > body and (match := _SETEXT.match(lines[number - 1])):
            above = lines[number - 2]
            alone = number - 2 < body or not lines[number - 3].strip()
            if above.strip() and alone and number - 1 not in fenced and not _ITEM.match(above) and "|" not in above:
                level = 1 if match.group(1)[0] == "=" else 2
                yield _Heading(level, plain_title(above), number - 1, number)


def _rst_headings(lines: Sequence[str]) -> Iterator[_Heading]:
    """Titles with an underline (and perhaps an overline); a style's level is the order it first appears in."""
    styles: list[tuple[str, bool]] = []
    for number in range(2, len(lines) + 1):
        under, title = lines[number - 1], lines[number - 2]
        if not _RST_LINE.match(under) or not title.strip() or _RST_LINE.match(title):
            continue
        over = number > 2 and lines[number - 3].rstrip() == under.rstrip()
        alone = over or number == 2 or not lines[number - 3].strip()
        if not alone or (title[0].isspace() and not over) or len(under.rstrip()) < min(len(title.rstrip()), 4):
            continue
        style = (under[0], over)
        if style not in styles:
            styles.append(style)
        yield _Heading(styles.index(style) + 1, plain_title(title), number - 2 if over else number - 1, number)


def _sections(
    lines: Sequence[str], body: int, headings: Sequence[_Heading], root: tuple[str, ...], fenced: frozenset[int]
) -> list[Section]:
    """Cut at the headings. The heading's own lines open its section, so that a quote can show them."""
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    first_heading = headings[0].first if headings else len(lines) + 1
    if blocks := _joined(lines, blank_line_blocks(lines, body, first_heading - 1), fenced):
        sections.append(Section(root, blocks))
    for position, heading in enumerate(headings):
        end = headings[position + 1].first - 1 if position + 1 < len(headings) else len(lines)
        while path and path[-1][0] >= heading.level:
            path.pop()
        path.append((heading.level, heading.title))
        trail = root + tuple(title for _, title in path if title)
        title_block = Block(heading.first, heading.last)
        content = _joined(lines, blank_line_blocks(lines, heading.last + 1, end), fenced)
        sections.append(Section(trail, (title_block, *content)))
    return sections


def _joined(lines: Sequence[str], blocks: Sequence[Block], fenced: frozenset[int]) -> tuple[Block, ...]:
    """Put back together what blank lines took apart: fences, items of a list, indented continuations."""
    joined: list[Block] = []
    for block in blocks:
        before = joined[-1] if joined else None
        if before and _continues(lines, before, block, fenced):
            joined[-1] = Block(before.start, block.end)
        else:
            joined.append(block)
    return tuple(joined)


def _continues(lines: Sequence[str], before: Block, block: Block, fenced: frozenset[int]) -> bool:
    first, opener = lines[block.start - 1], lines[before.start - 1]
    if block.start in fenced and block.start - 1 in fenced:
        return True
    indented = first[0].isspace()
    if _ITEM.match(opener) and (indented or _ITEM.match(first)):
        return True
    return indented and bool(
        _RST_LEADS_ON.search(lines[before.end - 1][-200:])
        or _RST_LEADS_ON.search(opener[-200:])
        or opener.startswith(("!!!", "???", "==="))
    )
