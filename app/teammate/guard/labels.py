"""Which proposed labels may be applied: only ones the repository has, spelled as it spells them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from unicodedata import normalize

from app.teammate.guard.plain import one_line


@dataclass(frozen=True)
class RefusedLabel:
    """A proposed label that is not applied, and why (both fit on a page as they are)."""

    name: str
    reason: str


def allowed_labels(
    proposed: Sequence[str],
    repository_labels: Sequence[str],
    *,
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
    maximum: int = 3,
) -> tuple[tuple[str, ...], tuple[RefusedLabel, ...]]:
    """The labels to apply, in the order proposed, and the refused ones.

    Names are compared without regard to case, after NFC. `allow` and `deny` hold names or patterns (`area/*`); an empty
    `allow` allows all, `deny` wins. A name the repository does not have is refused: labels are never created.
    """
    spelled = {_key(name): name for name in repository_labels}
    kept: list[str] = []
    refused: list[RefusedLabel] = []
    for name in proposed:
        own = spelled.get(_key(name))
        if own is None:
            reason = "the repository has no such label"
        elif own in kept:
            continue
        elif _matches(own, deny):
            reason = "denied by the settings"
        elif allow and not _matches(own, allow):
            reason = "not among the allowed labels"
        elif len(kept) >= maximum:
            reason = f"more than {maximum} labels"
        else:
            kept.append(own)
            continue
        refused.append(RefusedLabel(one_line(name, 100), reason))
    return tuple(kept), tuple(refused)


def _key(name: str) -> str:
    return normalize("NFC", name).casefold()


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(_key(name) == _key(pattern) or fnmatchcase(_key(name), _key(pattern)) for pattern in patterns)
