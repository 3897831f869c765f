"""Calm blocks back to Markdown, in the one spelling that every renderer reads the same way.

Only what cannot be misread is written: all marks in text are escaped, emphasis appears only between a space and a
letter, fences are longer than what they hold, blocks stand apart. So reading the result again gives the same blocks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import assert_never

from app.teammate.guard.document import Block, Break, Bullets, Code, Fence, Inline, Link, Paragraph, Quote, Text

# Words after a fence that only choose colours. Anything else may run or draw something on GitHub (suggestion, mermaid,
# math, geojson, stl), so it is left out.
LANGUAGES = frozenset(
    """
    bash bat c clojure cmake console cpp cs csharp css csv dart diff docker dockerfile elixir elm erlang fish go
    graphql groovy haskell hcl html http ini java javascript js json json5 jsonc jsx julia kotlin less lua make
    makefile markdown md nginx nix ocaml perl php plaintext powershell properties proto protobuf py pycon python r
    rb rs ruby rust scala scss sh shell sql svelte swift tcl terraform text toml ts tsx txt typescript vb vim vue
    xml yaml yml zig zsh
    """.split()  # noqa: SIM905 - a list of words, not of a hundred lines
)
_MARKS = re.compile(r"[\\`*\[\]<~|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w{1,40};)")
_OPENS_BLOCK = re.compile(r"(?=[#>+=:.!/$%&,;?@^_{}-])|(\d{1,9})(?=[.)](?:\s|$))")
_LETTERED = re.compile(r"\w")


def write(blocks: Sequence[Block]) -> list[str]:
    """Each block as Markdown, without the blank lines between them."""
    return [text for block in blocks if (text := _block(block))]


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _paragraph(block.inlines)
        case Fence():
            return _fence(block)
        case Quote():
            return "\n".join(f"> {line}".rstrip() for line in _inside(block.blocks).split("\n"))
        case Bullets():
            return "\n".join(_items(block))
        case _:
            assert_never(block)


def _inside(blocks: Sequence[Block]) -> str:
    # Tabs are counted from the margin, so inside a container they would change their width each time.
    flat = [Fence(block.code.expandtabs(4), block.language) if isinstance(block, Fence) else block for block in blocks]
    return "\n\n".join(write(flat))


def _items(block: Bullets) -> Iterator[str]:
    number = block.start or 0
    number = number if number + len(block.items) < 1000 else 1
    for item in block.items:
        if text := _inside(item):
            mark = "- " if block.start is None else f"{number}. "
            indent = " " * len(mark)
            yield mark + "\n".join(f"{indent}{line}" if line else "" for line in text.split("\n")).lstrip(" ")
            number += 1


def _fence(block: Fence) -> str:
    code = block.code.rstrip().strip("\n")
    if not code.strip():
        return ""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    language = block.language.lower()
    return f"{ticks}{language if language in LANGUAGES else ''}\n{code}\n{ticks}"


def _paragraph(inlines: Sequence[Inline]) -> str:
    lines: list[list[Inline]] = [[]]
    for node in inlines:
        if isinstance(node, Break):
            lines.append([])
        else:
            lines[-1].append(node)
    return "\\\n".join(text for line in lines if (text := _line(line)))


def _line(nodes: Sequence[Inline]) -> str:
    spaced = [
        replace(node, text=f"{node.text} ")  # a link right after "!" would be an image
        if isinstance(node, Text) and node.text.endswith("!") and isinstance(after, Link)
        else node
        for node, after in zip(nodes, [*nodes, Break()][1:], strict=True)
    ]
    groups = [(style, list(group)) for style, group in groupby(spaced, lambda node: node.style)]
    out = ""
    for index, (style, group) in enumerate(groups):
        body = "".join(map(_piece, group))
        core = body.strip(" ")
        lead, trail = body[: len(body) - len(body.lstrip(" "))], body[len(body.rstrip(" ")) :]
        following = groups[index + 1] if index + 1 < len(groups) else ("", [Text(" ")])
        if style and core and _flanked(out + lead, group, trail, following[1][0], plain=following[0] == ""):
            body = f"{lead}{style}{core}{style}{trail}"
        out += body
    out = out.strip(" ")
    opening = _OPENS_BLOCK.match(out)
    return out if opening is None else f"{opening[1] or ''}\\{out[opening.end(1) if opening[1] else 0 :]}"


def _flanked(before: str, group: Sequence[Inline], trail: str, after: Inline, *, plain: bool) -> bool:
    """Whether marks around `group` would open and close in every renderer."""
    first, last = group[0], group[-1]
    if isinstance(first, Text) and not _LETTERED.match(first.text.lstrip(" ")):
        return False
    if isinstance(last, Text) and not _LETTERED.match(last.text.rstrip(" ")[-1:]):
        return False
    if before and before[-1] not in " (":
        return False
    if trail:
        return True
    return isinstance(after, Text) and (after.text.startswith(" ") or (plain and after.text[0] in ".,;:?)"))


def _piece(node: Inline) -> str:
    match node:
        case Text():
            return _MARKS.sub(r"\\\g<0>", node.text)
        case Code():
            ticks = "`" * (1 + max((len(run) for run in re.findall("`+", node.text)), default=0))
            pad = " " if node.text.startswith("`") or node.text.endswith("`") else ""
            return f"{ticks}{pad}{node.text}{pad}{ticks}"
        case Link():
            label = "".join(map(_piece, node.label))
            return f"<{node.url}>" if label == _MARKS.sub(r"\\\g<0>", node.url) else f"[{label.strip()}]({node.url})"
        case Break():
            return ""
        case _:
            assert_never(node)
