"""Said: what a thread says exactly, so that two threads can be seen to say the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.knowledge.thread_text import error_lines, identifiers
from app.knowledge.words import spellings, stem, tokens

READ = 3_000
"""Characters of a body whose words are compared; what a report is about stands at its beginning."""


@dataclass(frozen=True, slots=True)
class Said:
    """Error lines and names from code, in order, and the words: their stems and how the thread spells them first."""

    errors: tuple[str, ...]
    names: tuple[str, ...]
    words: Mapping[str, str]

    @classmethod
    def of(cls, title: str, body: str) -> "Said":
        """`body` is what the person wrote, without form and log."""
        words: dict[str, str] = {}
        for token in tokens(f"{title}\n{body[:READ]}"):
            for word in spellings(token):
                words.setdefault(stem(word), word)
        text = f"{title}\n{body}"
        return cls(tuple(error_lines(text)), tuple(identifiers(text)), words)
