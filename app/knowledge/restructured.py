"""reStructuredText as sections: by underlined titles, and by the directives that document one thing each.

Line-based, for the reasons given in `markup`. What `.. function::`, `.. option::`, `.. envvar::` and their like
describe is a section of its own that ends where its indented body does: API pages have no other headings.
"""

import re
from collections.abc import Iterator, Sequence

from app.knowledge.sections import LONGEST_TITLE, Heading, Section, cut_at, plain_title
from app.knowledge.words import words_of

_LINE = re.compile(r"^([!-/:-@\[-`{-~])\1{2,}\s*$")
_DIRECTIVE = re.compile(r"^\.\. (?:[a-z]{1,8}:)?([a-z-]+)::\s+(\S.*)$")
_KEYWORD = re.compile(r"^(?:(?:abstract|async|class|exception|final|static|type)\s+)+(?=\w)")
_DESCRIBES = frozenset(
    words_of("""
        attribute autoattribute autoclass autodata autodecorator autoexception autofunction automethod automodule
        autoproperty class classmethod cmdoption concept command confval cfunction data decorator decoratormethod
        describe directive django-admin django-admin-option enum envvar exception fixture function macro member method
        module object option property role setting signal staticmethod struct type union var variable
    """)
)
_SPELLED_OUT = frozenset(words_of("cmdoption command confval describe django-admin django-admin-option envvar option"))
"""Named by all of their argument; the others by what stands before the parameters."""
_BELOW_TITLES = 100
_MARK = re.compile(r"^\.\. (?:_\S|[a-z:-]+::)", re.MULTILINE)


def rst_sections(lines: Sequence[str]) -> list[Section]:
    titles = list(_titles(lines))
    taken = {number for title in titles for number in range(title.first, title.last + 1)}
    described = [heading for heading in _described(lines) if heading.first not in taken]
    return cut_at(sorted([*titles, *described], key=lambda heading: heading.first), lines)


def looks_restructured(text: str) -> bool:
    """Some projects, Django among them, keep reStructuredText in `.txt` files."""
    return bool(_MARK.search(text))


def _titles(lines: Sequence[str]) -> Iterator[Heading]:
    """Titles with an underline (and perhaps an overline); a style's level is the order it first appears in."""
    styles: list[tuple[str, bool]] = []
    for number in range(2, len(lines) + 1):
        under, title = lines[number - 1], lines[number - 2]
        if not _LINE.match(under) or not title.strip() or _LINE.match(title) or len(title) > LONGEST_TITLE:
            continue
        over = number > 2 and lines[number - 3].rstrip() == under.rstrip()
        alone = over or number == 2 or not lines[number - 3].strip()
        if not alone or (title[0].isspace() and not over) or len(under.rstrip()) < min(len(title.rstrip()), 4):
            continue
        style = (under[0], over)
        if style not in styles:
            styles.append(style)
        yield Heading(styles.index(style) + 1, plain_title(title), number - 2 if over else number - 1, number)


def _described(lines: Sequence[str]) -> Iterator[Heading]:
    """A heading for each directive that describes something below it, and one without a title where that ends."""
    opened: list[int] = []
    literal: int | None = None
    """The indentation of what a literal block belongs to: lines further in are no markup."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        indent = len(line) - len(line.lstrip())
        if literal is not None and indent > literal:
            continue
        left = [level for level in opened if indent <= level]
        opened = [level for level in opened if indent > level]
        named = _name(text) if _has_body(lines, number, indent) else ""
        literal = indent if text.endswith("::") or (text.startswith(".. ") and not named) else None
        if named:
            opened.append(indent)
            yield Heading(_BELOW_TITLES + indent, named, number, number)
        elif left:
            yield Heading(_BELOW_TITLES + min(left), "", number, number - 1)


def _name(text: str) -> str:
    match = _DIRECTIVE.match(text) if text.startswith(".. ") and len(text) <= LONGEST_TITLE else None
    if match is None or match.group(1) not in _DESCRIBES:
        return ""
    argument = " ".join(match.group(2).split())
    return argument if match.group(1) in _SPELLED_OUT else _KEYWORD.sub("", argument).partition("(")[0].strip()


def _has_body(lines: Sequence[str], number: int, indent: int) -> bool:
    following = next((line for line in lines[number : number + 4] if line.strip()), "")
    return len(following) - len(following.lstrip()) > indent
