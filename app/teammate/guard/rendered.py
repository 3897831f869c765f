"""The independent check: the comment as it will be sent, rendered, and walked for anything alive.

It shares no code path with `safe_markdown` beyond the policy and the word lists: another parser setting (raw HTML on),
its own rules, and a simpler and stricter reading. The final comment also holds sentences and links made by our code and
one marker at its end; those must pass too. A violation means: do not publish.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.teammate.guard.bots import ANYWHERE, LINE_START, commands_a_bot, without_triggers
from app.teammate.guard.hidden import strip_hidden
from app.teammate.guard.links import LinkPolicy
from app.teammate.guard.plain import excerpt
from app.teammate.redact import secret_spans

LONGEST = 65_536  # GitHub's own limit for a comment
_MARKER = re.compile(r"(?:\A|\n)<!-- plumbline(?:[ :](?:[\w:;=.,+/ ]|-(?!-)){1,400})? -->\s*\Z")
# The one fold of an answer: `wording` alone writes HTML, and only these lines, once.
_FOLD = re.compile(r"\n\n<details>\n<summary>[^\n<>&@#`\[\]]{1,40}</summary>\n\n(.*)\n\n</details>\n\n", re.DOTALL)
# Tables and indented code are left out: parsers differ on where they end, and neither we nor the guard write them.
_KNOWN = re.compile(
    r"(?:paragraph|heading|blockquote|bullet_list|ordered_list|list_item|strong|em|s|link)_(?:open|close)"
    r"|inline|text|text_special|softbreak|hardbreak|code_inline|fence|hr"
)
# Deeper than the guard nests; below the depth where the parser itself stops looking.
_DEEPEST = 14
# An opening bracket with an even number of backslashes before it.
_BARE = re.compile(r"(?<!\\)(?:\\\\)*[\[<]")
_ALIVE = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("mention or address", r"[@＠﹫]"),
        ("reference", r"[#＃]\d|(?i:\bgh-\d)|/(?:issues|pull|discussions|commit)/\d"),
        ("address", r"(?i)[a-z]://\S|(?<![a-z0-9])www\.\w"),
        ("mathematics", r"\$[^$\n]+\$"),
        ("task or alert", r"\A\s*\[(?:[ xX]\]\s|!\w)"),
    )
)
_PLAIN_INFO = re.compile(r"(?i)(?!(?:suggestion|mermaid|math|geojson|topojson|stl)\b)[\w+-]{0,20}")
_ENGINE = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_ENGINE.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
_ENGINE.normalizeLink = lambda url: url  # type: ignore[method-assign]


def inspect_rendered(markdown: str, policy: LinkPolicy, literals: Sequence[str] = ()) -> tuple[str, ...]:
    """The violations in a finished comment, empty when it may be published. Each is `kind: inert excerpt`."""
    if len(markdown) > LONGEST:
        return (f"length: {len(markdown)} characters, more than GitHub takes",)
    body = _FOLD.sub(r"\n\n\1\n\n", _MARKER.sub("", markdown), count=1)
    found = list(_violations(body, policy, literals))
    return tuple(dict.fromkeys(f"{kind}: {excerpt(detail, literals)}" for kind, detail in found))


def _violations(body: str, policy: LinkPolicy, literals: Sequence[str]) -> Iterator[tuple[str, str]]:
    definitions: dict[str, dict[str, object]] = {}
    texts = [body]
    for token in _ENGINE.parse(body, definitions):
        yield from _outside(token)
        if token.type == "inline":
            yield from _inline(token, policy)
            children = token.children or []
            # The paragraph as it can be copied: across emphasis, code and links.
            texts.append("".join("\n" if child.type.endswith("break") else child.content for child in children))
        elif token.type == "fence":
            texts.append(token.content)
            if commands_a_bot(token.content):
                yield "command", token.content
            if not _PLAIN_INFO.fullmatch(token.info.strip()):
                yield "drawing", token.info
    yield from (("link definition", name) for name in definitions.get("references", {}))
    for text in texts:
        yield from (("hidden characters", removal.kind) for removal in strip_hidden(text)[1])
        yield from (("marker", match[0]) for match in re.finditer(r"(?i)<!-*\s*plumbline[^\n]{0,40}", text))
        yield from (("secret", "") for _ in secret_spans(text, literals))


def _brackets(children: Sequence[Token]) -> int:
    """How many opening brackets the links and the code of a paragraph account for.

    Any other could be the start of something that another parser than ours reads (an image, a tag, a footnote).
    """
    links = sum(child.type == "link_open" for child in children)
    return links + sum(len(_BARE.findall(child.content)) for child in children if child.type == "code_inline")


def _outside(token: Token) -> Iterator[tuple[str, str]]:
    if not _KNOWN.fullmatch(token.type) or token.level > _DEEPEST:
        yield "markup", f"{token.type} {token.content}"
    if without_triggers(token.content) != token.content:  # some bots look for their name in code and links too
        yield "command", token.content


def _inline(token: Token, policy: LinkPolicy) -> Iterator[tuple[str, str]]:
    children = token.children or []
    for child in children:
        yield from _outside(child)
        href = str(child.attrs.get("href", ""))
        if child.type == "link_open" and (not policy.allows(href) or child.attrs.get("title")):
            yield "link", href
    if len(_BARE.findall(token.content)) > _brackets(children):
        yield "unread bracket", token.content
    if footnote := re.search(r"(?m)^\[\^[^\]\n]{1,99}\]:", token.content):
        yield "footnote", footnote[0]
    prose = _prose(children)
    for kind, pattern in (*_ALIVE, ("command", LINE_START), ("command", ANYWHERE)):
        if match := pattern.search(prose):
            yield kind, match[0]


def _prose(children: Sequence[Token]) -> str:
    """The text in which GitHub acts, as a reader sees it: across emphasis, without code and links, line by line."""
    prose, linked = "", False
    for child in children:
        if child.type in {"link_open", "link_close"}:
            linked = child.type == "link_open"
            prose += "\ufffc"
        elif child.type.endswith("break"):
            prose += "\n"
        elif child.type == "code_inline" or linked:
            prose += "\ufffc"
        else:
            prose += child.content
    return prose
