"""Said: the speaker's own words in a comment. Code, logs, quotations and addresses are somebody else's or nobody's."""

import re

LONGEST = 1_000
"""Characters of a comment that are read: what somebody thinks of us stands near its beginning."""

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|</?[a-zA-Z][^>\n]{0,300}>", re.DOTALL)
_QUOTED = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_MAILED = re.compile(r"^On .{5,120} wrote:\s*$.*\Z", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:\A|\n[ \t]*\n)(?:(?: {4}|\t)[^\n]*(?:\n|\Z))+")
_CODE = re.compile(r"(`{1,3})[^`\n]{1,500}\1")
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\n]{0,500}\)")
_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']+", re.IGNORECASE)
_BLANK = re.compile(r"[ \t\r\f\v]+")
_GAP = re.compile(r"\s*\n\s*\n\s*")


def said(text: str) -> str:
    """At most `LONGEST` characters. Code in a sentence becomes the word `code`, an address the word `link`: that one
    was named may matter, what it was does not.
    """
    text = _MAILED.sub("", text[: 4 * LONGEST].replace("\r\n", "\n"))
    text = _INDENTED.sub("\n\n", _QUOTED.sub(" ", _FENCE.sub("\n", _HIDDEN.sub(" ", text))))
    text = _URL.sub(" link ", _LINK.sub(r"\1", _CODE.sub(" code ", text)))
    return _GAP.sub("\n\n", _BLANK.sub(" ", text)).strip()[:LONGEST]
