"""Examples: threads whose labels people have settled, and the few hundred of our own that stand in for them at first.

Our own (`prior.issues`) are invented: every text in it was written for this file, so that it may be shipped and a
repository without any history is not judged by keywords alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

PRIOR = ""
"""Repository of our own examples; no real one has an empty name."""
NONE = "none"
"""Label of our own examples that call for no label."""
_FILE = Path(__file__).with_name("prior.issues")
_START = "== "


@dataclass(frozen=True, slots=True)
class Example:
    """One thread of a repository with the labels that people left on it; without any, it shows how people write."""

    repository: str
    title: str
    body: str
    labels: frozenset[str]
    created_at: datetime


@cache
def prior() -> tuple[Example, ...]:
    """Our own examples, labelled with kinds. A part of the file is `== kind, kind`, a title line and a body."""
    when = datetime(2024, 1, 1, tzinfo=UTC)
    examples: list[Example] = []
    for part in f"\n{_FILE.read_text(encoding='utf-8')}".split(f"\n{_START}")[1:]:
        kinds, title, *body = part.split("\n")
        labels = frozenset(kind.strip() for kind in kinds.split(","))
        examples.append(Example(PRIOR, title, "\n".join(body).strip(), labels, when))
    return tuple(examples)
