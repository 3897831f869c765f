"""Globs: patterns for paths, as CODEOWNERS and the labeler action write them, matched in bounded time.

Patterns come from repositories, so they are matched folder by folder and never become one regular expression with
many wildcards, which a pattern could be made to keep busy.
"""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

LONGEST_PATTERN = 400
_MOST_ALTERNATIVES = 64
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


def matches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Both cut at their slashes; `**` stands for any number of folders, also none."""
    here = there = 0
    star, resume = -1, 0
    while there < len(path):
        if here < len(pattern) and pattern[here] == "**":
            star, resume = here, there
            here += 1
        elif here < len(pattern) and fnmatchcase(path[there], pattern[here]):
            here += 1
            there += 1
        elif star >= 0:
            resume += 1
            here, there = star + 1, resume
        else:
            return False
    return all(part == "**" for part in pattern[here:])


def alternatives(pattern: str) -> Iterator[str]:
    """The patterns that `a.{js,ts}` stands for, up to a bound."""
    waiting, given = [pattern], 0
    while waiting and given < _MOST_ALTERNATIVES:
        pattern = waiting.pop()
        if match := _BRACES.search(pattern):
            options = match[1].split(",")[:_MOST_ALTERNATIVES]
            waiting += [pattern[: match.start()] + option + pattern[match.end() :] for option in options]
            del waiting[_MOST_ALTERNATIVES:]
        else:
            given += 1
            yield pattern


def matches_glob(pattern: str, path: str) -> bool:
    """As minimatch does with `dot: true`: a leading `!` turns the answer around, and `./` is the root."""
    if len(pattern) > LONGEST_PATTERN:
        return False
    if pattern.startswith("!"):
        return not matches_glob(pattern[1:], path)
    parts = path.split("/")
    return any(matches(one.removeprefix("./").split("/"), parts) for one in alternatives(pattern))
