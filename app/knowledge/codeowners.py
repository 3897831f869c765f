"""CODEOWNERS: who answers for a path (docs.github.com: "About code owners").

The last line that matches wins, also where it names nobody. Lines that GitHub would skip are skipped: those with
`!`, with a range in brackets, with an escaped `#`, or with an owner that is no `@name`, `@org/team` or address.
"""

import re
from dataclasses import dataclass

from app.knowledge.globs import LONGEST_PATTERN, matches

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks; the first file that exists is the one."""
MOST_CHARACTERS = 3_000_000
"""GitHub does not read a longer file."""

_WORD = re.compile(r"(?:\\.|\S)+")
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Ownership:
    """One line: the pattern, cut at its slashes, and the owners' names without `@`."""

    pattern: tuple[str, ...]
    owners: tuple[str, ...]


def parse_codeowners(text: str) -> tuple[Ownership, ...]:
    if len(text) > MOST_CHARACTERS:
        return ()
    return tuple(line for line in map(_line, text.split("\n")) if line)


def owners_of(path: str, rules: tuple[Ownership, ...]) -> tuple[str, ...]:
    """Names of people, `org/team`s and addresses; none where nobody owns it."""
    parts = path.split("/")
    return next((rule.owners for rule in reversed(rules) if matches(rule.pattern, parts)), ())


def _line(line: str) -> Ownership | None:
    words = []
    for word in _WORD.findall(line):
        if word.startswith("#"):
            break
        words.append(word)
    if not words or len(words[0]) > LONGEST_PATTERN or not all(map(_OWNER.fullmatch, words[1:])):
        return None
    pattern = words[0].replace("\\ ", " ")
    if pattern.startswith(("!", "\\#")) or "[" in pattern or not pattern.strip("/"):
        return None
    return Ownership(_segments(pattern), tuple(owner.removeprefix("@") for owner in words[1:]))


def _segments(pattern: str) -> tuple[str, ...]:
    """Anchored where a slash stands at its start or in its middle; a name alone is met in any folder.

    What names a folder means all that is in it, but `folder/*` means its own files only.
    """
    anchored = "/" in pattern.rstrip("/")
    parts = [*([] if anchored else ["**"]), *pattern.strip("/").split("/")]
    if pattern.endswith("/"):
        parts += ["*", "**"]
    elif parts[-1] != "*" or not anchored:
        parts.append("**")
    return tuple(parts)
