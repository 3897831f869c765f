"""Query: what of an issue is about its subject.

Most of it is not: form headings, tick boxes, logs, stack traces, environment listings. `prose` leaves the sentences,
the error messages and the names.
"""

import re

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


def prose(body: str) -> str:
    """What a person said: no form skeleton, logs, code or addresses, but the error messages found in those."""
    text = _HTML.sub(" ", body[: 4 * PROSE_LIMIT])
    errors: list[str] = []
    for match in _FENCE.finditer(text):
        errors += [line[:200] for line in match.group(2).splitlines() if _ERROR.search(line[:200])][-2:]
    text = _URL.sub(" ", _LINK.sub(r"\1", _FENCE.sub("\n", text)))
    kept = [line for line in text.splitlines() if not _NOISE.match(line)]
    return "\n".join([*kept, *errors])[:PROSE_LIMIT].strip()
