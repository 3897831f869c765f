"""Keep out: what a repository's settings say about whether a thread is to be looked at at all. Pure.

It is asked before anything costs money, and again for past threads when somebody proposes other settings.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from app.domain.repository_settings import RepositorySettings
from app.domain.thread import ThreadKind
from app.teammate.title_patterns import title_pattern


def kept_out(
    settings: RepositorySettings, *, kind: ThreadKind, authors: Sequence[str], labels: Sequence[str], title: str
) -> str:
    """Why the settings keep the teammate out; empty where they do not. `authors` wrote the thread and asked in it."""
    ignored = settings.ignore
    if settings.mode == "off":
        return "switched off"
    if settings.ai_policy == "none":
        return "`ai_policy` is none"
    if kind == "discussion" and settings.discussions.mode == "off":
        return "`discussions` is off"
    if any(_named(author, ignored.authors) for author in authors):
        return "`ignore.authors` names who wrote this"
    if any(_named(label, ignored.labels) for label in labels):
        return "`ignore.labels` names a label of it"
    return "`ignore.titles` matches its title" if _titled(title, ignored.titles) else ""


def _named(name: str, patterns: Sequence[str]) -> bool:
    """Upper or lower case, and only `*` is special: `[bot]` is a part of names."""
    return any(_matches(name.casefold(), pattern.casefold()) for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or ("*" in pattern and fnmatchcase(name, re.sub(r"([\[?])", r"[\1]", pattern)))


def _titled(title: str, sources: Sequence[str]) -> bool:
    for source in sources:
        with suppress(ValueError):  # settings of an old snapshot may hold what would be refused today
            if title_pattern(source).found_in(title):
                return True
    return False
