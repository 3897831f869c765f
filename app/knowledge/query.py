"""Query: what to search for, given what a person wrote.

An issue is mostly not words about its subject: form headings, tick boxes, logs, stack traces, environment
listings. `prose` leaves the sentences, the error messages and the names; `build_query` picks the words that
carry the subject, most telling first, because a search may use only the first few.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from app.knowledge.words import spellings, stem, tokens

QUERY_WORDS = 24
PROSE_LIMIT = 6_000

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HTML = re.compile(r"<!--.*?(?:-->|\Z)|</?[a-zA-Z][^>\n]{0,300}>", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\n]{0,500}\)")
_URL = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_ERROR = re.compile(r"(?:Error|Exception|Warning|\b(?:error|fatal|panic(?:ked)?|[A-Z][a-z]+[A-Z]\w*))\b\s*[:\[(]")
_NOISE = re.compile(
    r"^\s*(?:"
    r"#{1,6}\s.*|[-*]\s*\[[ xX]\].*|>.*|\*\*[^*\n]{1,120}\*\*.{0,3}"  # form headings, tick boxes, quotes
    r"|_?no response_?|n/?a|none|v?\d[\w.+-]*"
    r"|.*\b(?:request a \W*feature\W* or report|if (?:the current behaviou?r|this) is a bug|issue tracker is"
    r"|before (?:submitting|opening|filing)|please (?:fill|make sure|read|search|follow|complete)"
    r"|feature requests? should|i have (?:searched|read|checked))\b.*"  # what the form itself says
    r"|at\s+\S+.*|File \".*|Traceback .*|\.{3}|\d+:\s.*|[|+][-|+= ]+.*"  # stack frames, tables
    r"|\[?\d{4}-\d\d-\d\d[T ]?.*|\[?\d\d:\d\d:\d\d.*|(?:INFO|DEBUG|WARN(?:ING)?|ERROR|TRACE)\b.*"  # logs
    r"|[$>#%]\s.*|[\w ./()-]{1,40}[:=]\s*v?\d[\w.+-]*\s*"  # shells, "Python version: 3.12.1"
    r")$",
    re.IGNORECASE,
)  # fmt: skip
_GENERIC = frozenset(
    {"version", "versions", "issue", "issues", "problem", "bug", "question", "help", "docs", "documentation", "code"}
)
"""Words of nearly every issue: searched for, but after all others."""


def prose(body: str) -> str:
    """What a person said: no form skeleton, logs, code or addresses, but the error messages found in those."""
    text = _HTML.sub(" ", body[: 4 * PROSE_LIMIT])
    errors: list[str] = []
    for match in _FENCE.finditer(text):
        errors += [line[:200] for line in match.group(2).splitlines() if _ERROR.search(line[:200])][-2:]
    text = _URL.sub(" ", _LINK.sub(r"\1", _FENCE.sub("\n", text)))
    kept = [line for line in text.splitlines() if not _NOISE.match(line)]
    return "\n".join([*kept, *errors])[:PROSE_LIMIT].strip()


@dataclass(frozen=True, slots=True)
class Query:
    """`words` for a full-text search, most telling first; `weights` of the same words stemmed, for ranking."""

    words: tuple[str, ...]
    weights: Mapping[str, float]


def build_query(subject: str, context: str = "", *, limit: int = QUERY_WORDS) -> Query:
    """At most `limit` words: `subject` is the title or the comment that asks, `context` what surrounds it."""
    weights: dict[str, float] = {}
    spelled: dict[str, str] = {}
    for text, weight in ((prose(subject) or subject, 3.0), (prose(context), 1.0)):
        said = Counter(word for token in tokens(text) for word in spellings(token))
        for word, count in said.items():
            if word.replace(".", "").isdigit():
                continue  # a number alone says nothing about a subject
            key = stem(word)
            spelled.setdefault(key, word)
            weights[key] = weights.get(key, 0.0) + weight * min(count, 3) * (0.3 if word in _GENERIC else 1.0)
    chosen = dict(sorted(weights.items(), key=lambda pair: -pair[1])[:limit])
    return Query(tuple(spelled[key] for key in chosen), chosen)
