"""Who and what a text mentions, read from the rendered document as GitHub does: not in code, not inside links.

The playground is the oracle for "nobody was notified who should not be", so entities and escapes
count (`&#64;ada` notifies ada on GitHub) while code spans and fences do not.
"""

import re
from html import unescape

from markdown_it import MarkdownIt

_MENTION = re.compile(r"(?<![\w`/@.-])@([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))(?![\w/])")
_REFERENCE = re.compile(r"(?<![\w/&])(?:([\w.-]+/[\w.-]+))?#(\d+)\b")
_TAG = re.compile(r"<(code|pre|a|script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def mentions(text: str) -> set[str]:
    """Logins that GitHub would notify, in lower case."""
    if "@" not in text and "&" not in text:
        return set()
    return {login.lower() for login in _MENTION.findall(_visible(text))}


def references(text: str) -> set[tuple[str | None, int]]:
    """Threads that the text cross-references: (full name of the repository or None for its own, number)."""
    if "#" not in text:
        return set()
    return {(name or None, int(number[:18])) for name, number in _REFERENCE.findall(_visible(text))}


def _visible(text: str) -> str:
    pieces: list[str] = []
    for token in _MARKDOWN.parse(text):
        if token.type == "html_block":
            pieces.append(unescape(_TAG.sub(" ", token.content)))
        depth = 0
        for child in token.children or []:
            depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type in ("softbreak", "hardbreak"):
                pieces.append("\n")
            elif child.type == "text" and depth == 0:
                pieces.append(child.content)
            elif child.type == "code_inline":
                pieces.append("`")
        pieces.append("\n")
    return "".join(pieces)
