"""Markup: Markdown and AsciiDoc as sections by heading (reStructuredText has more to tell: see `restructured`).

Line-based rather than through a parser: what is needed is which lines belong together, exactly, for any
input, including files in between dialects (MDX, MyST, admonitions) that a strict parser would misread.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from app.knowledge.sections import LONGEST_TITLE, Heading, Section, cut_at, is_item, plain_title

_FENCE = re.compile(r"^\s*(?:>\s?)*(`{3,}|~{3,}|:{3,})")
"""Of code, or of an admonition or a row of tabs in the dialects of Docusaurus, VitePress and MyST."""
_COMMENT = re.compile(r"^ {0,3}<!--")
_ATX = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_HTML = re.compile(r"^ {0,3}<h([1-6])(?:\s[^>]*)?>(.*)</h\1>\s*$", re.IGNORECASE)
_TITLE = re.compile(r"^title\s*[:=]\s*[\"']?(.+?)[\"']?\s*$")
_ASCIIDOC = re.compile(r"^(={1,6})[ \t]+(\S.*)$")
_ASCIIDOC_FENCE = re.compile(r"^(-{4,}|\.{4,}|\+{4,}|/{4,}|={4,}|\*{4,}|_{4,}|`{3,}|\|={3,})")


def markdown_sections(lines: Sequence[str], *, code: Collection[int] = ()) -> list[Section]:
    """`code` numbers lines that are known to be code although no fence says so."""
    body, title = _front_matter(lines)
    fenced = _fenced_lines(lines) | frozenset(code)
    headings = list(_markdown_headings(lines, body, fenced))
    root = (title,) if title and not any(heading.level == 1 for heading in headings) else ()
    return cut_at(headings, lines, body=body, root=root, fenced=fenced)


def asciidoc_sections(lines: Sequence[str]) -> list[Section]:
    """By titles of the one-line form (docs.asciidoctor.org: "Section Titles and Levels")."""
    fenced: set[int] = set()
    headings: list[Heading] = []
    fence = ""
    for number, line in enumerate(lines, start=1):
        mark = match.group(1) if (match := _ASCIIDOC_FENCE.match(line)) and len(line) < LONGEST_TITLE else ""
        if fence or mark:
            fenced.add(number)
            fence = "" if fence and line.rstrip() == fence else fence or line.rstrip()
        elif len(line) < LONGEST_TITLE and (title := _ASCIIDOC.match(line)):
            headings.append(Heading(len(title.group(1)), plain_title(title.group(2)), number, number))
    return cut_at(headings, lines, fenced=fenced)


def _front_matter(lines: Sequence[str]) -> tuple[int, str]:
    """The first line after a YAML or TOML header, and the title that the header gives the page."""
    rule = lines[0].strip() if lines else ""
    if rule not in ("---", "+++"):
        return 1, ""
    for number, line in enumerate(lines[1:80], start=2):
        if line.strip() == rule:
            titles = [match.group(1) for text in lines[1:number] if (match := _TITLE.match(text[:LONGEST_TITLE]))]
            return number + 1, plain_title(titles[0]) if titles else ""
    return 1, ""


def _fenced_lines(lines: Sequence[str]) -> frozenset[int]:
    """Numbers of the lines inside fences and HTML comments, their marks included; an open one runs to the end."""
    inside: set[int] = set()
    fence = ""
    for number, line in enumerate(lines, start=1):
        match = _FENCE.match(line)
        mark = match.group(1) if match else ""
        if not fence and _COMMENT.match(line):
            mark = "<!--"
        if fence or mark:
            inside.add(number)
        if not fence:
            fence = mark
        elif mark and mark[0] == fence[0] and len(mark) >= len(fence) and not line.strip("> \t\n" + mark[0]):
            fence = ""
        if fence == "<!--" and "-->" in line:
            fence = ""
    return frozenset(inside)


def _markdown_headings(lines: Sequence[str], body: int, fenced: Collection[int]) -> Iterator[Heading]:
    for number in range(body, len(lines) + 1):
        line = lines[number - 1]
        if number in fenced or len(line) > LONGEST_TITLE:
            continue
        if match := _ATX.match(line):
            yield Heading(len(match.group(1)), plain_title(match.group(2) or ""), number, number)
        elif match := _HTML.match(line):
            yield Heading(int(match.group(1)), plain_title(match.group(2)), number, number)
        elif number > body and (match := _SETEXT.match(line)):
            above = lines[number - 2]
            alone = number - 2 < body or not lines[number - 3].strip()
            if above.strip() and alone and number - 1 not in fenced and not is_item(above) and "|" not in above:
                level = 1 if match.group(1)[0] == "=" else 2
                yield Heading(level, plain_title(above), number - 1, number)
