"""An answer as GitHub shows it, looked at from outside: does each link open what it promises, does each name exist?

The oracle for what may be said. It shares no code with what allows it, and trusts nothing but the repository's files,
the thread, and the comment itself. It is stricter: even a name that only the answer's own code defines is invented.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PERMALINK = re.compile(r"(.+)/blob/([0-9a-f]{40})/([^#?]+)#L(\d+)(?:-L(\d+))?")
_ADDRESS = r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>()`\"'\[\]]*[\w/]|\bwww\.[\w./-]*\w"
_FLAG = r"(?<![\w-])--?[A-Za-z][\w-]*"
_IN_CODE = re.compile(rf"{_ADDRESS}|{_FLAG}|[\w@$~./:-]*\w")
_IN_PROSE = re.compile(
    rf"""{_ADDRESS}|(?<![\w-])--[A-Za-z][\w-]*|(?<!\S)-[A-Za-z](?![\w-])
    |(?<![\w/.])[\w.-]*/[\w./-]*\.[A-Za-z]\w*|[A-Za-z_][\w.]*(?=\(\))|(?<![\w.])v?\d+(?:\.\d+)+\w*
    |(?<![\w.])[A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+|\w*[A-Za-z0-9]_\w+|\b(?:[a-z]+|[A-Z][a-z0-9]+)[A-Z]\w*""",
    re.VERBOSE,
)
_IDEOGRAPH = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_IDEOGRAPH}]|[^\s{_IDEOGRAPH}]*\w[^\s{_IDEOGRAPH}]*")
# GitHub makes links of addresses, but none of a bare `README.md`.
_MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
_BARE = re.compile(_ADDRESS)


@dataclass(frozen=True)
class Ground:
    """What a comment may stand on. `address` is the repository's page; `commits` holds path -> text by commit;
    `quotes` are what is claimed to stand behind an address.
    """

    address: str
    commits: Mapping[str, Mapping[str, str]]
    thread: str
    quotes: Mapping[str, Sequence[str]]

    @cached_property
    def text(self) -> str:
        held = [part for files in self.commits.values() for file in files.items() for part in file]
        whole = "\n".join((*held, self.thread))
        return f"{whole}\n{whole.replace(chr(92), '')}"  # a page may escape what is shown plain


@dataclass(frozen=True, slots=True)
class Audit:
    """`cited` are the paths that resolved, in order; `unresolved` says of each other link what is wrong with it.
    `names` are all code-like names, `invented` those that stand nowhere. `shown` counts the words above the fold.
    """

    cited: tuple[str, ...]
    unresolved: tuple[str, ...]
    names: tuple[str, ...]
    invented: tuple[str, ...]
    shown: int


def audit(comment: str, ground: Ground) -> Audit:
    tokens = _MARKDOWN.parse(comment)
    links = list(_links(tokens))
    found = [(link, _resolved(link, said, ground)) for link, said in links]
    names = tuple(dict.fromkeys(_names(tokens)))
    return Audit(
        cited=tuple(path for _, (path, wrong) in found if not wrong),
        unresolved=tuple(f"{link}: {wrong}" for link, (_, wrong) in found if wrong),
        names=names,
        invented=tuple(name for name in names if not _exists(name, ground)),
        shown=len(_WORD.findall(" ".join(_shown(tokens)))),
    )


def _links(tokens: Sequence[Token]) -> Iterator[tuple[str, list[str]]]:
    """Each address that the comment leads to, with what is set in code beside it; bare ones and raw HTML count."""
    for token in tokens:
        children = token.children or ()
        code = [child.content for child in children if child.type == "code_inline"]
        found: dict[str, None] = {}  # an address between angle brackets is the text of its link, too
        for one in (token, *children):
            if one.type in {"link_open", "image"}:
                found[str(one.attrs.get("href") or one.attrs.get("src"))] = None
            elif one.type in {"html_block", "html_inline", "text"}:
                found |= dict.fromkeys(_BARE.findall(one.content))
        yield from ((link, code) for link in found)


def _resolved(link: str, code: Sequence[str], ground: Ground) -> tuple[str, str]:
    """The path that a link opens, and what is wrong with it, if anything is."""
    match = _PERMALINK.fullmatch(link)
    if not match or match[1] != ground.address:
        return "", "no permalink of this repository"
    path, first, last = match[3], int(match[4]), int(match[5] or match[4])
    text = ground.commits.get(match[2], {}).get(path)
    if text is None:
        return path, "no such file at that commit"
    lines = text.removesuffix("\n").split("\n")
    if not 1 <= first <= last <= len(lines):
        return path, f"the file has {len(lines)} lines"
    opened = "\n".join(lines[first - 1 : last])
    if link not in ground.quotes:  # a link that two sources disagree; they say what is set in code beside it
        return path, "" if any(_stands(one, opened) for one in code) else "nothing was quoted for it"
    missing = [quote for quote in ground.quotes[link] if _plain(quote) not in _plain(opened)]
    return path, f"{missing[0]!r:.80} does not stand there" if missing else ""


def _names(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            yield from _IN_CODE.findall(token.content)
        for child in token.children or ():
            if child.type == "code_inline":
                yield from _IN_CODE.findall(child.content)
        yield from _IN_PROSE.findall("".join(_prose(token.children or ())))


def _prose(children: Sequence[Token]) -> Iterator[str]:
    for child in children:
        if child.type == "text":
            yield child.content
        elif child.type in {"code_inline", "softbreak", "hardbreak"}:
            yield " "


def _shown(tokens: Sequence[Token]) -> Iterator[str]:
    """What is read without a click."""
    folded = False
    for token in tokens:
        if token.type == "html_block":
            folded = (folded or "<details" in token.content) and "</details" not in token.content
        elif not folded:
            yield token.content if token.type in {"fence", "code_block"} else ""
            yield "".join(child.content or " " for child in token.children or () if child.type != "html_inline")


def _exists(name: str, ground: Ground) -> bool:
    return _stands(name, ground.text) or any(commit.startswith(name) and len(name) > 6 for commit in ground.commits)


def _stands(name: str, text: str) -> bool:
    """Whether a name stands in a text whole: no part of a longer word, flag or version."""
    before = r"(?<![\w-])" if name[0] == "-" else r"(?<!\w)(?<!\d\.)" if name[0].isdigit() else r"(?<!\w)"
    after = r"(?!\w|-\w)" if name[0] == "-" else r"(?!\w|\.\d)" if name[-1].isdigit() else r"(?!\w)"
    return name in text and bool(re.search(before + re.escape(name) + after, text))


def _plain(text: str) -> str:
    return " ".join(text.split())
