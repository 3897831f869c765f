"""Plain one-line text: a rationale or a title with no Markdown alive in it, the same on a page and in a comment.

A backslash would show on a page, so nothing is escaped here: characters that act are replaced by look-alikes or left
out.
"""

import re
from collections.abc import Sequence
from html import unescape

from app.teammate.guard.bots import ANYWHERE, LINE_START
from app.teammate.guard.hidden import strip_hidden
from app.teammate.redact import redact

_CAP = 4_000
_LOOKALIKES = str.maketrans(
    {"`": "'", "*": "∗", "[": "(", "]": ")", "<": "‹", ">": "›", "|": "¦", "~": "∼", "\\": "∖", "$": "＄"}
)
_UNSAID = str.maketrans({"+": " plus", "?": " query", " ": "-", "\t": "-", "=": " "})
_RULES = tuple(
    (re.compile(pattern), into)
    for pattern, into in (
        (r"(?is)<!--.*?(?:-->|$)", " "),
        (r"(?i)[a-z][a-z0-9+.-]{0,14}://", ""),
        (r"(?i)(?<![a-z0-9])www\.(?=\w)", ""),
        (r"(?i)\b(mailto|xmpp):", r"\1 "),
        (r"(?<=\w)[@＠﹫](?=\w)", " at "),
        (r"[@＠﹫]", ""),
        (r"[#＃](?=\w)", ""),
        (r"(?i)\bgh-(?=\d)", "GH "),
        (r"(?i)\b(issues|pull|discussions|commit)/(?=\w)", r"\1 "),
        (r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])([0-9a-f]{6})[0-9a-f]{1,34}\b", r"\1…"),
        (r"&(?=#?\w{1,40};)", ""),
        (r"\s+", " "),
    )
)
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_OPENING = re.compile(r"^[\s/!∖%.#+=:›∼^?,;-]+")
_NUMBER = re.compile(r"^(\d{1,9})[.)](?=\s|$)")


def one_line(text: str, limit: int = 280, *, underscores: bool = False) -> str:
    """`text` as one plain line of at most `limit` characters. Idempotent, never raises.

    Where they are escaped afterwards, `underscores` may stay: `__init__` without them is another name.
    """
    line = text[:_CAP]
    for _ in range(8):
        following = _calmed(line, limit, underscores=underscores)
        if following == line:
            return line
        line = following
    return ""  # what does not settle is not shown


def excerpt(text: str, literals: Sequence[str] = ()) -> str:
    """A short inert excerpt for a trace or a list of reasons."""
    return one_line(redact(text[:400], literals), 80)


def _calmed(line: str, limit: int, *, underscores: bool) -> str:
    line = redact(unescape(strip_hidden(line)[0]))
    if not underscores:
        line = _EMPHASIS.sub("", line)
    for pattern, into in _RULES:
        line = pattern.sub(into, line)
    line = _NUMBER.sub(r"\1:", _OPENING.sub("", line.translate(_LOOKALIKES))).strip()
    line = ANYWHERE.sub(lambda match: match[0].lstrip("/").translate(_UNSAID), line)
    if LINE_START.match(line):
        line = f"“{line}”" if not line.startswith("“") else line
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
