"""Every sentence of ours that people read on GitHub, in one file. No greeting, no advertisement, no promise.

Claims come in guarded; links are made here, from the passage's own permalink, never from a model's text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.snapshot import Passage
from app.teammate.guard.plain import one_line

PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]{1,160}")
MAX_COMMENT = 60_000
"""Characters; GitHub refuses bodies over 65,536 and the marker needs room."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One guarded claim and the passage that carries it."""

    markdown: str
    passage: Passage


def answer_comment(statements: Sequence[Statement], *, handle: str) -> str:
    """The answer: each statement followed by its source, and one line that says who speaks.

    Raises ValueError without statements: silence has no comment.
    """
    if not statements:
        raise ValueError("an answer needs at least one statement")
    blocks = [f"{one.markdown.strip()}\n\n— {source_link(one.passage)}" for one in _merged(statements)]
    return "\n\n".join([*blocks, notice(statements[0].passage.commit, handle)])


def _merged(statements: Sequence[Statement]) -> list[Statement]:
    """Neighbouring statements from one passage share its link."""
    merged: list[Statement] = []
    for one in statements:
        if merged and merged[-1].passage == one.passage:
            merged[-1] = Statement(f"{merged[-1].markdown.strip()}\n\n{one.markdown.strip()}", one.passage)
        else:
            merged.append(one)
    return merged


def source_link(passage: Passage) -> str:
    """`[docs/webhooks.md › Rotate the secret](permalink)`; the file's own words are escaped like any others."""
    place = passage.path if PLAIN_PATH.fullmatch(passage.path) else one_line(passage.path, 160)
    if passage.heading:
        place += " › " + one_line(passage.heading.rsplit(" > ", 1)[-1], 100)
    return f"[{escape(place)}]({passage.url})"


def notice(commit: str, handle: str) -> str:
    """The AI notice, and the one thing a reader can do about it."""
    return (
        f"_Automated answer by {escape(handle)} from this repository's files at `{commit[:7]}`; "
        "react with 👎 if it is wrong._"
    )


def escape(text: str) -> str:
    """Plain text inside Markdown: every ASCII punctuation mark that could mean something gets a backslash."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>()#+!|~@&$" else char for char in text)
