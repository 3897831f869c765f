"""Claims: the names and numbers that a statement stands on, and whether they are really there.

People trust what is set in code. So each flag, name, path, address and number of a statement must stand, whole
and as it is spelled, in the passage that is quoted for it, or be known to the repository: a flag that is one
letter off, or a function of another module, costs the statement. Precise rather than generous: a good statement
lost is silence, an invented flag is an hour of somebody's evening.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.snapshot import Passage
from app.knowledge.code_names import FENCE, SPAN, imported, names_used
from app.knowledge.paths import is_documentation

ENOUGH = 5
"""Unknown tokens after which nobody needs to know more."""

_QUOTED = re.compile(r"\"([^\"\n]{1,80})\"|'([^'\n]{1,80})'|“([^”\n]{1,80})”")
_LINE_OF_CODE = re.compile(r"^(?: {4,}|\t)\s*\S.*|^\s*(?:\$ .*|[-*]?\s*[\w.-]+\s*[:=](?=\s|$))", re.MULTILINE)
_ADDRESS = r"(?P<address>[a-z][a-z0-9+.-]*://[^\s<>()`\"'\[\]]*[^\s<>()`\"'\[\].,;:!?])"
_FLAG = r"(?P<flag>(?<![\w-])--?[A-Za-z][\w-]*\b)"
_SHAPES = re.compile(
    rf"""{_ADDRESS}|(?P<long>(?<![\w-])--[A-Za-z][\w-]*\b)|(?P<short>(?<!\S)-[A-Za-z](?![\w-]))
    |(?P<path>(?<![\w/.])(?:~|\.\.?)?/(?!/)[\w.@+-]+(?:/[\w.@+-]+)*\b
        |(?<![\w/.-])[\w.-]{{1,80}}+(?:/[\w.@+-]{{1,80}}){{0,20}}?/[\w-]{{1,80}}\.\w{{1,8}}\b)
    |(?P<call>(?<![\w.])[A-Za-z_][\w.]*(?:::\w+)*\(\))
    |(?P<number>(?<![\w.,])v?\d+(?:\.\d+)+(?:[-.]?[A-Za-z]\w*)?|(?<![\w.,])\d{{1,3}}(?:,\d{{3}})+|(?<![\w.,])\d{{3,}}(?!\w))
    |(?P<dotted>(?<![\w.])[A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+(?![\w(]))
    |(?P<snake>(?<!\w)_*[A-Za-z0-9]+(?:_+[A-Za-z0-9]+)+_*(?:-\w+)*(?!\w))
    |(?P<camel>\b(?:[a-z]+|[A-Z][a-z0-9]+)[A-Z]\w*\b)""",
    re.VERBOSE | re.ASCII,
)
_ATOMS = re.compile(
    rf"{_ADDRESS}|<[^<>\n]*>|{_FLAG}|(?P<name>[\w@$~./]*[\w$](?:(?:[./:-]|::|->)+[\w$]+)*(?:\(\))?)", re.ASCII
)
_RELATIVE = re.compile(r"\]\((?![a-z][a-z0-9+.-]*:)[^()\s]*\)")
"""The address of a link within the repository: what is published has none, because it leads nowhere in a thread."""
_PLAIN = re.compile(r"[A-Za-z]?[a-z]+")
_VALUES = frozenset({"true", "false", "null", "none", "nil", "yes", "no", "on", "off"})
_PLACEHOLDER = re.compile(r"(?i)(?:your|example)(?:[-_.]\w.*)?|foo|bar|baz|\.+")
_WORDS = frozenset(
    """
    e.g i.e a.k.a etc z.B d.h u.a p.ex p.ej GitHub GitLab JavaScript TypeScript macOS iOS OpenAI LaTeX YouTube
    """.split()  # noqa: SIM905
)
"""Code-shaped in prose, and no code."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the passages say (`text`), and what of it they say as code."""

    text: str
    code: str

    def says(self, token: str) -> bool:
        """Whether the token stands in the passages; one that could be an ordinary word must stand as code."""
        bare = token.removesuffix("()")
        if token == bare and bare.lower() in _VALUES:
            return stands(bare, self.text)
        if _PLAIN.fullmatch(bare):
            return stands(bare, self.code) or stands(f"{bare}(", self.text)
        if re.fullmatch(r"[\d,]+", bare):
            return stands(bare.replace(",", ""), re.sub(r"(?<=\d),(?=\d{3})", "", self.text))
        version = bare.removeprefix("v")
        return any(
            stands(one, self.text) for one in ((bare, version, f"v{version}") if version[:1].isdigit() else (bare,))
        )


def unknown_tokens(text: str, passages: Sequence[Passage], knows: Callable[[str], bool]) -> list[str]:
    """The code-like tokens of `text` that stand in none of `passages` and that `knows` denies; at most five.

    Code-like is what is set in code, and what looks like it anywhere: `--flag`, dotted.name, snake_case, CamelCase,
    CONFIG_KEY, call(), a/file.path, addresses, versions, and numbers of three digits or more. Of a code block, the
    names it uses and does not define.
    """
    ground = _ground(passages)
    unknown: dict[str, None] = {}
    for token in _tokens(text, ground):
        if token not in unknown and not ground.says(token) and not knows(token):
            unknown[token] = None
            if len(unknown) == ENOUGH:
                break
    return list(unknown)


def code_tokens(text: str) -> frozenset[str]:
    """Every code-like token of a text, each once: what `unknown_tokens` would ask about."""
    return frozenset(_tokens(text, _Ground("", "")))


def stands(token: str, text: str) -> bool:
    """Whether `token` occurs in `text` whole: not within a longer word, flag, kebab-case name or version."""
    at = text.find(token)
    while at >= 0:
        before, after = text[max(at - 2, 0) : at], text[at + len(token) : at + len(token) + 2]
        if not _runs_on(before[::-1], token[0]) and not _runs_on(after, token[-1]):
            return True
        at = text.find(token, at + 1)
    return False


def _runs_on(beside: str, edge: str) -> bool:
    """Whether what stands `beside` (nearest first) an edge of a token belongs to the same word."""
    near, next_one = beside[:1], beside[1:2]
    if not (edge.isascii() and (edge.isalnum() or edge in "_-")):
        return False
    if near == "-":
        return edge == "-" or (next_one.isascii() and next_one.isalnum())
    if near == ".":
        return edge.isdigit() and next_one.isdigit()
    return near.isascii() and (near.isalnum() or near == "_")


def _ground(passages: Sequence[Passage]) -> _Ground:
    whole = "\n".join(part for one in passages for part in (one.path, one.heading, one.text, *_dotted(one)))
    return _Ground(whole, "\n".join(part for one in passages for part in _code(one)))


def _dotted(passage: Passage) -> Iterator[str]:
    """What the passage imports, and where it stands itself if it is a definition: `app/lanes.py`, `Lane > open`."""
    yield from imported(passage.text)
    if not is_documentation(passage.path):
        module = passage.path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")
        yield f"{module}.{passage.heading.replace(' > ', '.')}".rstrip(".")


def _code(passage: Passage) -> Iterator[str]:
    """What a passage says as code: all of a source file; fences, spans, quoted words, keys and commands elsewhere."""
    yield passage.path
    if not is_documentation(passage.path):
        yield passage.heading
        yield passage.text
        return
    for fence in FENCE.finditer(passage.text):
        yield fence["code"]
    rest = FENCE.sub("\n", passage.text)
    yield from (span[2] for span in SPAN.finditer(rest))
    yield from (word[1] or word[2] or word[3] for word in _QUOTED.finditer(rest))
    yield from (line[0] for line in _LINE_OF_CODE.finditer(rest))


def _tokens(text: str, ground: _Ground) -> Iterator[str]:
    said = " ".join(ground.text.split())
    for fence in FENCE.finditer(text):
        if " ".join(fence["code"].split()) not in said:
            used, prose = names_used(fence["code"], fence["language"])
            yield from used
            yield from _shaped(prose)
    rest = _RELATIVE.sub("]", FENCE.sub("\n", text))
    for span in SPAN.finditer(rest):
        inside = " ".join(span[2].split())
        if inside and (_PLAIN.fullmatch(inside) or not stands(inside, said)):
            yield from _atoms(inside)
    yield from _shaped(SPAN.sub(" ", rest))


def _atoms(code: str) -> Iterator[str]:
    """Each name, flag, number or address of a piece of code; `<placeholders>` are the reader's to fill."""
    for match in _ATOMS.finditer(code):
        token = match["address"] or match["flag"] or match["name"]
        if token and not _PLACEHOLDER.fullmatch(token):
            yield token


def _shaped(prose: str) -> Iterator[str]:
    """What looks like code although it is not set as code."""
    for match in _SHAPES.finditer(prose):
        if match[0] not in _WORDS:
            yield match[0]
