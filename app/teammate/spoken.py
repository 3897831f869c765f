"""What a reader of Markdown sees somebody say: without code, quotes and HTML comments. Pure.

Takes time linear in the text: anybody may write to a public repository, and this runs while GitHub waits.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")
_CLOSING_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*$")
_INDENTED = re.compile(r" {4}| {0,3}\t")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_HIDING = re.compile(r"\\[`<\\]|`+|<!--|<(?P<tag>pre|code|blockquote)\b", re.IGNORECASE)
_SHOWING = re.compile(r"-->|</(?P<tag>pre|code|blockquote)\b", re.IGNORECASE)
_HIDDEN_FROM = re.compile(r"<!--|<(?P<tag>pre|blockquote)\b", re.IGNORECASE)
_INK = re.compile(r"\S")


def mentions(text: str, handle: str) -> bool:
    """Whether Markdown speaks to @handle where a reader sees it: not in code, a quote or an HTML comment."""
    name = mention(handle)
    return bool(name.search(text) and name.search(spoken(text)))


@lru_cache(maxsize=8)
def mention(handle: str) -> re.Pattern[str]:
    """`@handle` or `@handle[bot]` that is not a part of an address, another name or a team."""
    return re.compile(rf"(?<![\w@/])@{re.escape(handle)}(?:\[bot\])?(?!\w|-+\w|/\w)", re.IGNORECASE)


def spoken(text: str) -> str:
    """`text` with blanks in place of what is not said in it: every place of the one is the same place of the other."""
    pieces: list[str] = []
    at = 0
    for start, end in _blocks(text):
        pieces += [_blank(text[at:start]), _visible(text[start:end])]
        at = end
    return "".join([*pieces, _blank(text[at:])])


def _blank(text: str) -> str:
    return _INK.sub(" ", text)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where runs of lines without fenced, indented, quoted and commented-out ones lie; no markup crosses their ends."""
    begin = end = at = 0
    fence = ""
    hidden = ""
    in_list = fence_in_list = False
    for line, whole in zip(text.splitlines(), text.splitlines(keepends=True), strict=True):
        at, here = at + len(whole), at
        start = line.lstrip()
        unindented = start == line != ""
        if fence and not (fence_in_list and unindented):
            closing = _CLOSING_FENCE.match(line)
            if closing and closing[1].startswith(fence):
                fence = ""
            continue
        fence = ""
        if hidden:
            hidden = hidden if _left(hidden, line) else ""
            continue
        item = bool(_LIST_ITEM.match(line))
        in_list = item or (in_list and (end > begin or not unindented))
        indented = not in_list and _INDENTED.match(line)
        opening = None if indented else _FENCE.match(line)
        if opening:
            fence, fence_in_list = opening[1], item or (in_list and not unindented)
        html = None if indented else _HIDDEN_FROM.match(start)
        hidden = _key(html) if html and _left(_key(html), start[2:]) else ""
        quoted = not indented and start.startswith(">")
        unheard = opening or hidden or quoted or (indented and end == begin)
        if unheard or item or not start:
            yield begin, end
            begin = end = at
        if start and not unheard:
            begin, end = (begin if end > begin else here), at
    yield begin, end


def _key(mark: re.Match[str]) -> str:
    """What hides text, and what shows it again: the name of an HTML element, or `-->` of a comment."""
    return (mark["tag"] or "-->").casefold()


def _left(hidden: str, line: str) -> bool:
    """Whether what began before this line goes on after it."""
    return all(_key(mark) != hidden for mark in _SHOWING.finditer(line))


def _visible(block: str) -> str:
    """The block with blanks in place of its code spans, HTML comments, and HTML elements of code and quotes."""
    ends: dict[str, list[int]] = defaultdict(list)
    for mark in re.finditer(r"`+", block):
        ends[mark[0]].append(mark.start())
    for mark in _SHOWING.finditer(block):
        ends[_key(mark)].append(mark.start())
    shown: list[str] = []
    at = 0
    for token in _HIDING.finditer(block):
        if token.start() < at or token[0][0] == "\\":
            continue
        span = token[0][0] == "`"
        key = token[0] if span else _key(token)
        following = bisect_left(ends[key], token.end() if span else token.start() + 2)
        if following < len(ends[key]):
            end = ends[key][following] + (len(key) if span or key == "-->" else 0)
            shown += [block[at : token.start()], _blank(block[token.start() : end])]
            at = end
    return "".join([*shown, block[at:]])
