"""Characters that a person cannot see: found, counted by class, and taken out.

Text on GitHub can carry a second text for machines: tag characters, bidirectional controls, zero-width marks, stray
variation selectors. Both directions use this module: what a model reads (`app.teammate.sanitize`) and what a model
wrote (`app.teammate.guard.markdown`). What people need stays: emoji with their selector and joiners, the three flags
that are spelled with tag characters, keycaps, and the joiners that Persian and the Indic scripts are written with.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Removal:
    """`count` things of one `kind` were removed or made visible."""

    kind: str
    count: int


_EMOJI = r"\u203c\u2049\u00a9\u00ae\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINED_SCRIPTS = (
    r"\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u1807-\u18aa"
    r"\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
)
_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)

# The order matters: what each rule looks at (its neighbours) has been settled by the rules before it. What a rule puts
# back (`\1`) is what people need.
_RULES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (kind, re.compile(pattern), into)
    for kind, pattern, into in (
        ("control", r"(?:\x1b\[|\x9b)[0-9;?]{0,20}[ -/]{0,4}[@-~]", ""),
        ("line separator", r"\r(?!\n)|[\x0b\x0c\x85\u2028\u2029]", "\n"),
        ("control", r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufff0-\ufffc]", ""),
        ("surrogate", r"[\ud800-\udfff]", ""),
        (
            "noncharacter",
            "[\\ufdd0-\\ufdef" + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(15)) + "]",
            "",
        ),
        ("bidirectional", r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", ""),
        (
            "zero width",
            r"[\u034f\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\ufeff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]",
            "",
        ),
        ("filler", r"[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159]", ""),
        ("soft hyphen", r"\u00ad", ""),
        ("private use", r"[\ue000-\uf8ff\U000f0000-\U0010ffff]", ""),
        ("tag", rf"({_FLAGS})|[\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]", r"\1"),
        (
            "variation selector",
            (
                rf"((?<=[{_EMOJI}])[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3))"
                r"|[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
            ),
            r"\1",
        ),
        (
            "joiner",
            (
                rf"((?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])|(?<=[{_JOINED_SCRIPTS}])[\u200c\u200d](?=[{_JOINED_SCRIPTS}]))"
                r"|[\u200c\u200d]"
            ),
            r"\1",
        ),
    )
)
_SUSPECT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U0001fffe\U0001ffff\U0002fffe-\U0002ffff"
    r"\U0003fffe-\U0010ffff]"
)


def strip_hidden(text: str) -> tuple[str, tuple[Removal, ...]]:
    """`text` without hidden characters, and how many of each class went. Idempotent; ordinary text comes back as is."""
    if not _SUSPECT.search(text):
        return text, ()
    counts: dict[str, int] = {}
    for kind, pattern, into in _RULES:
        before = len(text)
        text, hits = pattern.subn(into, text)
        # What is put back counts as a hit too; each character that is not was removed.
        removed = hits if into != r"\1" else before - len(text)
        if removed:
            counts[kind] = counts.get(kind, 0) + removed
    return text, tuple(Removal(kind, count) for kind, count in counts.items())
