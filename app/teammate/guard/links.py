"""Which links may be alive in what we publish: files of the repository itself, and hosts the operator named.

Deny by default. A link to an issue or a pull request is not navigation but an act (it writes a cross-reference into
that thread's timeline, and with a keyword it closes it), so those paths are refused like a foreign host, unless our own
code chose the number; a query string or an unusual escape could carry data out, so there is none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote

_URL = re.compile(
    r"(https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?)(/[A-Za-z0-9._~/%+-]{0,1000})?(?:#[A-Za-z0-9_-]{1,200})?"
)
# What file names on GitHub need: space, round and square brackets, plus, and letters outside ASCII.
_ESCAPES = re.compile(r"(?:%(?:20|28|29|2[Bb]|5[BbDd])|(?:%[89A-Fa-f][0-9A-Fa-f])+|[^%])*")
_THREADS = frozenset({"issues", "pull", "discussions"})
_ROOMS = frozenset({"blob", "tree", "wiki", "releases"})


@dataclass(frozen=True)
class LinkPolicy:
    """`repository` is `owner/name` on `origin`, GitHub's web address; `extra_hosts` (https) are linked at any path.

    `threads` are numbers of the repository's own threads that may be linked. Text of a model is judged without any.
    """

    origin: str = "https://github.com"
    repository: str = "owner/name"
    extra_hosts: tuple[str, ...] = ()
    threads: frozenset[int] = frozenset()

    def with_threads(self, numbers: Iterable[int]) -> "LinkPolicy":
        return replace(self, threads=frozenset(numbers))

    def allows(self, url: str) -> bool:
        """Whether `url` may be a live link. Anything that is not plainly harmless is refused."""
        match = _URL.fullmatch(url)
        if match is None:
            return False
        origin, path = match[1].lower(), match[2] or "/"
        if not _plain_path(path):
            return False
        if origin == self.origin.lower():
            return self._is_file(path)
        return origin in {f"https://{host.lower()}" for host in self.extra_hosts}

    def _is_file(self, path: str) -> bool:
        parts = path.strip("/").split("/")
        if "/".join(parts[:2]).lower() != self.repository.lower():
            return False
        rest = parts[2:]
        if len(rest) == 2 and rest[0] in _THREADS and rest[1].isdecimal():
            return int(rest[1]) in self.threads
        return not rest or (rest[0] in _ROOMS and rest[:2] != ["releases", "download"])


def _plain_path(path: str) -> bool:
    if not _ESCAPES.fullmatch(path) or "//" in path:
        return False
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError:
        return False
    if any(part in {".", ".."} for part in decoded.split("/")):
        return False
    return all(character.isascii() or character.isalnum() for character in decoded)
