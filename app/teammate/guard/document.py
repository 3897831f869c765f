"""The few shapes a published answer may have, and the reading of hostile Markdown into them.

Everything that is no paragraph, quote, list or code block, and inside them no text, code, link or line break, loses
its markup here: headings become bold paragraphs, tables become lists, images their description, raw HTML plain text.
What follows (`prose`, `write`) then only has to be right about these shapes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.teammate.guard.hidden import strip_hidden

Style = Literal["", "*", "**", "~~"]
_DEEPEST = 4


@dataclass(frozen=True)
class Text:
    text: str
    style: Style = ""


@dataclass(frozen=True)
class Code:
    text: str
    style: Style = ""


@dataclass(frozen=True)
class Break:
    style: Style = ""


@dataclass(frozen=True)
class Link:
    label: "tuple[Text | Code, ...]"
    url: str
    style: Style = ""


Inline = Text | Code | Break | Link


@dataclass(frozen=True)
class Paragraph:
    inlines: tuple[Inline, ...]


@dataclass(frozen=True)
class Fence:
    code: str
    language: str = ""


@dataclass(frozen=True)
class Quote:
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True)
class Bullets:
    """A list; `start` is None for bullets, else the first number."""

    items: "tuple[tuple[Block, ...], ...]"
    start: int | None = None


Block = Paragraph | Fence | Quote | Bullets


def _engine() -> MarkdownIt:
    engine = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # Every destination is read as a link, whatever its scheme, so that it can be refused as one.
    engine.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    engine.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return engine


_ENGINE = _engine()


def read(markdown: str) -> tuple[Block, ...]:
    """Parse Markdown. Never raises; takes about 10 microseconds a character on the worst input."""
    return tuple(_blocks(iter(_ENGINE.parse(markdown)), 0))


def _blocks(tokens: Iterator[Token], depth: int) -> list[Block]:
    """The blocks up to the closing token of the block that contains them."""
    blocks: list[Block] = []
    for token in tokens:
        if token.nesting < 0:
            break
        _append(blocks, _one(token, tokens, depth))
    return blocks


def _one(token: Token, tokens: Iterator[Token], depth: int) -> list[Block]:
    match token.type:
        case "inline":
            return [Paragraph(tuple(_inlines(token.children or [])))]
        case "fence" | "code_block":
            return [Fence(token.content, token.info.split(" ", 1)[0] if token.type == "fence" else "")]
        case "heading_open":
            return [_bold(block) for block in _blocks(tokens, depth)]
        case "blockquote_open":
            inner = _blocks(tokens, depth + 1)
            return [Quote(tuple(inner))] if inner and depth < _DEEPEST else inner
        case "bullet_list_open" | "ordered_list_open":
            start = None if token.type.startswith("bullet") else int(token.attrs.get("start", 1))
            return _list(_items(tokens, depth + 1), start, depth)
        case "table_open":
            return _list([(_row(row),) for row in _rows(tokens)], None, depth)
        case _ if token.nesting > 0:  # paragraphs, and whatever container we do not know: its content alone
            return _blocks(tokens, depth)
        case _:
            return []


def _append(blocks: list[Block], more: list[Block]) -> None:
    """Adjacent lists of one kind are one list, as they would be when read again."""
    for block in more:
        last = blocks[-1] if blocks else None
        if isinstance(block, Bullets) and isinstance(last, Bullets) and (block.start is None) == (last.start is None):
            blocks[-1] = Bullets(last.items + block.items, last.start)
        else:
            blocks.append(block)


def _items(tokens: Iterator[Token], depth: int) -> list[tuple[Block, ...]]:
    items = []
    for token in tokens:
        if token.nesting < 0:
            break
        items.append(tuple(_blocks(tokens, depth)))
    return items


def _list(items: list[tuple[Block, ...]], start: int | None, depth: int) -> list[Block]:
    kept = tuple(item for item in items if item)
    if depth >= _DEEPEST:
        return [block for item in kept for block in item]
    return [Bullets(kept, start)] if kept else []


def _rows(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    row: list[Token] = []
    for token in tokens:
        match token.type:
            case "inline":
                row.append(token)
            case "tr_close":
                yield row
                row = []
            case "table_close":
                return
            case _:
                pass


def _row(cells: list[Token]) -> Paragraph:
    inlines: list[Inline] = []
    for cell in cells:
        if cell.content:
            inlines += [Text(" · ")] * bool(inlines) + list(_inlines(cell.children or []))
    return Paragraph(tuple(inlines))


def _bold(block: Block) -> Block:
    if not isinstance(block, Paragraph):
        return block
    return Paragraph(
        tuple(
            Text(node.text, "**")
            if isinstance(node, Text)
            else Code(node.text, "**")
            if isinstance(node, Code)
            else node
            for node in block.inlines
        )
    )


def _inlines(tokens: list[Token]) -> list[Inline]:
    nodes: list[Inline] = []
    open_marks = {"strong": 0, "em": 0, "s": 0}
    link: tuple[str, int] | None = None
    for token in tokens:
        style: Style = "**" if open_marks["strong"] else "*" if open_marks["em"] else "~~" if open_marks["s"] else ""
        match token.type:
            case "text" | "html_inline":
                nodes.append(Text(token.content, style))
            case "code_inline":
                nodes.append(Code(token.content, style))
            case "image":
                nodes.append(Link((Text(_plain(token.children or [])),), "", style))
            case "softbreak":
                # GitHub renders a soft break in a comment as a line break; a space cannot open a line with a command.
                nodes.append(Text(" ", style))
            case "hardbreak":
                nodes.append(Break(style))
            case "link_open":
                link = (str(token.attrs.get("href", "")), len(nodes))
            case "link_close" if link:
                url, first = link
                label = tuple(node for node in nodes[first:] if isinstance(node, Text | Code))
                nodes[first:] = [Link(label, url, style)]
                link = None
            case _ if (name := token.type.rpartition("_")[0]) in open_marks:
                open_marks[name] += token.nesting
            case _:
                pass
    return nodes


def _plain(tokens: list[Token]) -> str:
    return "".join(_plain(token.children) if token.children else token.content or " " for token in tokens)


def as_shown(markdown: str) -> str:
    """The words as a reader sees them: no escapes, entities, emphasis or addresses; code keeps its marks."""
    return "\n\n".join(_words(block) for block in read(strip_hidden(markdown)[0]))


def _words(block: Block) -> str:
    match block:
        case Paragraph():
            return "".join(map(_word, block.inlines))
        case Fence():
            return f"```{block.language}\n{block.code}\n```"
        case Quote():
            return "\n\n".join(map(_words, block.blocks))
        case Bullets():
            return "\n\n".join(_words(inner) for item in block.items for inner in item)
        case _:
            assert_never(block)


def _word(inline: Inline) -> str:
    match inline:
        case Text():
            return inline.text
        case Code():
            return f"`{inline.text}`"
        case Break():
            return "\n"
        case Link():
            return "".join(map(_word, inline.label))
        case _:
            assert_never(inline)
