"""Scrub: what may stay of a snapshot in an exam question. No secrets, and nobody's name or address.

A login becomes `person-1`, `person-2` and so on, the same one throughout a case, so that who answered whom can still be
read. Owners in names of repositories and in links to them stay: they say where a case comes from. What nobody can tell
from other words, such as a first name in a sentence, is not found; `data.learn` is what allows keeping it.
"""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from app.teammate.redact import redact_tree

EMAIL, ADDRESS, PERSON = "[e-mail]", "[address]", "[person]"
HASH_HEX = 32
SHORTEST_WORD = 3
"""A login of fewer characters is replaced only where it is mentioned: it is a part of ordinary words."""

_NAMED = frozenset({"author", "asked_by"})
"""Keys of a snapshot that hold a login; `reviewers` holds several."""
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_TRAILER = re.compile(r"(?im)^((?:signed-off|co-authored|reviewed|reported|tested|acked)-by:[ \t]*)[^\n]+")
_HOME = re.compile(r"(?i)((?:/home/|/users/|\\users\\{1,2}))[^/\\\s:\"'<>|]{1,64}")
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_VERSIONED = re.compile(r"(?i)(?:version|\bv|==|>=|<=|~=|@)\s?$")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
# Not a scope of packages (`@types/node`), a team, or a decorator that is called or has parts.
_MENTION = re.compile(r"(?<![\w@./`-])@([A-Za-z\d](?:[A-Za-z\d-]{0,37}[A-Za-z\d])?)(?![\w-]*(?:/|\(|\.\w))")


def hashed(login: str, key: bytes) -> str:
    """By which a person is found again in what was kept without their name; nobody without the key can tell whose."""
    return hmac.new(key, b"person:" + login.casefold().encode(), sha256).hexdigest()[:HASH_HEX]


@dataclass(frozen=True, slots=True)
class Scrubber:
    """`people` maps logins in lower case to what stands for them. `mentioned` are those who are only ever mentioned: as
    bare words theirs may be anything. `repository` is `owner/name`.
    """

    people: Mapping[str, str]
    mentioned: frozenset[str]
    repository: str
    secrets: Sequence[str] = ()

    def tree(self, value: Any) -> Any:
        """A copy of a JSON value without secrets and personal data."""
        return self._tree(redact_tree(value, self.secrets))

    def text(self, text: str) -> str:
        found: str = self.tree(text)
        return found

    def _tree(self, value: Any) -> Any:
        match value:
            case str():
                return self._text(value)
            case Mapping():
                return {key: self._tree(item) for key, item in value.items()}
            case list():
                return [self._tree(item) for item in value]
        return value

    def _text(self, text: str) -> str:
        text = _TRAILER.sub(rf"\1{PERSON}", text)
        text = _HOME.sub(r"\1user", _EMAIL.sub(EMAIL, text))
        text = _IPV4.sub(_address, text)
        return self._names.sub(self._name, text) if self.people else text

    @property
    def _names(self) -> re.Pattern[str]:
        def any_of(logins: Iterable[str]) -> str:
            return "|".join(re.escape(one) for one in sorted(logins, key=lambda one: (-len(one), one))) or "(?!)"

        words = [one for one in self.people if one not in self.mentioned and len(one) >= SHORTEST_WORD]
        edge = r"(?![A-Za-z0-9-])"
        return re.compile(
            rf"(?i){re.escape(self.repository)}{edge}|(?<![A-Za-z0-9])@(?P<at>{any_of(self.people)}){edge}"
            rf"|(?<![A-Za-z0-9@-])(?P<word>{any_of(words)}){edge}|^(?P<all>{any_of(self.people)})$"
        )

    def _name(self, found: re.Match[str]) -> str:
        at, word = found["at"], found["word"] or found["all"]
        if at or word:
            return f"@{self.people[at.casefold()]}" if at else self.people[word.casefold()]
        return found[0]


def scrubber(
    snapshot: Mapping[str, Any],
    *,
    others: Iterable[str] = (),
    ours: Iterable[str] = (),
    secrets: Sequence[str] = (),
) -> Scrubber:
    """For a snapshot and what belongs to it. `others` are logins of people who judged it, `ours` are no people."""
    kept = {one.casefold() for one in ours}
    named = dict.fromkeys(one.casefold() for one in (*_logins(snapshot), *others) if one)
    mentioned = dict.fromkeys(one.casefold() for text in _texts(snapshot) for one in _mentions(text))
    logins = [one for one in (*named, *mentioned) if one not in kept and not one.endswith("[bot]")]
    people = {one: f"person-{place}" for place, one in enumerate(dict.fromkeys(logins), 1)}
    return Scrubber(people, frozenset(mentioned.keys() - named.keys()), str(snapshot.get("repository", "")), secrets)


def _address(found: re.Match[str]) -> str:
    """An address of a machine on the internet; those of one's own network, and versions, say nothing of anybody."""
    before = found.string[max(0, found.start() - 10) : found.start()]
    try:
        public = ip_address(found[0]).is_global
    except ValueError:
        return found[0]
    return ADDRESS if public and not _VERSIONED.search(before) else found[0]


def _logins(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in _NAMED and isinstance(item, str):
                yield item
            elif key == "reviewers" and isinstance(item, list):
                yield from map(str, item)
            else:
                yield from _logins(item)
    elif isinstance(value, list):
        for item in value:
            yield from _logins(item)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)


def _mentions(text: str) -> Iterable[str]:
    if "@" in text:
        yield from _MENTION.findall(_CODE.sub(" ", text))
