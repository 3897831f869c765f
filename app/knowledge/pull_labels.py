"""Pull labels: which labels the changed paths speak for, by the repository's rules, its history and its label names."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.thread import Label
from app.knowledge.changes import Part, PastPull, Rate, folders, part_of, parts_of
from app.knowledge.words import words_of

ENOUGH = 0.5
"""What history must surely say before a label is worth proposing; the guard asks for more where settings do."""
BY_RULE = 0.99
MOST_PATHS = 300
"""Of a huge change the first ones are looked at."""
_NAMED = 6
"""A name that fits counts like so many past pull requests that all agree: alone just above the usual threshold,
and soon outweighed by a history that says otherwise."""

_PREFIX = re.compile(
    r"^(?:a|area|c|comp|component|crate|lang|language|mod|module|package|pkg|plugin|scope|subsystem|topic)\s*[:/-]\s*",
    re.IGNORECASE,
)
_PART_NAMES: dict[Part, frozenset[str]] = {
    "docs": frozenset(words_of("doc docs documentation")),
    "tests": frozenset(words_of("test tests testing")),
    "ci": frozenset(words_of("build/ci ci ci/cd github-actions github_actions workflows")),
    "dependencies": frozenset(words_of("dependencies dependency deps")),
}


@dataclass(frozen=True, slots=True)
class PathLabel:
    """`confidence` is what history surely says (see `Rate.surely`); `why` is the evidence, in a sentence."""

    name: str
    confidence: float
    why: str


def labels_by_paths(
    paths: Sequence[str], *, labels: Sequence[Label], history: Sequence[PastPull], ruled: Collection[str] = ()
) -> tuple[PathLabel, ...]:
    """The repository's labels that fit, surest first. `ruled` are those that its own labeler file gives.

    A label that stands on nearly every pull request is no answer to which paths were changed.
    """
    paths = paths[:MOST_PATHS]
    seen = _seen(set(_traits(paths)), history)
    names = _names(paths)
    usual = Counter(label for pull in history for label in set(pull.labels))
    found: list[PathLabel] = []
    for name in dict.fromkeys(label.name for label in labels):
        if name in ruled:
            found.append(PathLabel(name, BY_RULE, "The repository's labeler file gives it to these paths."))
            continue
        best = max(_judged(name, seen, _named(name, names)), key=lambda one: one.confidence, default=None)
        if best and best.confidence >= max(ENOUGH, usual[name] / max(len(history), 1)):
            found.append(best)
    return tuple(sorted(found, key=lambda one: (-one.confidence, one.name)))


def _seen(traits: Collection[str], history: Sequence[PastPull]) -> dict[str, list[frozenset[str]]]:
    """For each trait the labels of every past pull request that had it."""
    seen: dict[str, list[frozenset[str]]] = {trait: [] for trait in sorted(traits)}
    for pull in history:
        for trait in seen.keys() & set(_traits(pull.paths)):
            seen[trait].append(frozenset(pull.labels))
    return seen


def _judged(label: str, seen: Mapping[str, Sequence[frozenset[str]]], named: str) -> Iterator[PathLabel]:
    """The label by each trait of the change; `named` is the one that its name speaks of."""
    for trait, alike in seen.items():
        hits = sum(label in labels for labels in alike)
        by_name = _NAMED if trait == named else 0
        if not hits and not by_name:
            continue
        surely = Rate(hits + by_name, len(alike) + by_name).surely
        counted = f"{hits} of {len(alike)} merged pull requests that {_past(trait)} carry it" if alike else ""
        why = "; ".join(filter(None, (counted, "its name says so" if by_name else "")))
        yield PathLabel(label, round(surely, 3), f"This change {trait}: {why}.")


def _traits(paths: Sequence[str]) -> Iterator[str]:
    """What is said of a change, each as a sentence's end: what all of it is, which folders and endings it touches."""
    parts = parts_of(paths)
    if len(parts) == 1:
        yield f"is all {next(iter(parts))}"
    seen = {folder for path in paths for folder in folders(path)}
    yield from (f"touches `{folder}`" for folder in sorted(seen))
    yield from (f"touches `*{ending}`" for ending in sorted({_ending(path) for path in paths} - {""}))


def _past(trait: str) -> str:
    return trait.replace("touches", "touched", 1).replace("is all", "were all", 1)


def _ending(path: str) -> str:
    name = path.rsplit("/", 1)[-1].lower()
    return f".{name.rsplit('.', 1)[1]}" if "." in name[1:] else ""


def _names(paths: Sequence[str]) -> dict[str, str]:
    """What a label may be called, and the trait that it then speaks of; folders of most files come with a prefix."""
    parts = parts_of(paths)
    only = next(iter(parts)) if len(parts) == 1 else None
    found = dict.fromkeys(_PART_NAMES.get(only, ()), f"is all {only}") if only else {}
    touched = [path for path in paths if part_of(path) not in ("generated", "dependencies")] or paths
    counts = Counter(folder for path in touched for folder in folders(path))
    for folder in sorted(counts, key=len):
        if 2 * counts[folder] > len(touched):
            found[f":{folder.lower().rstrip('/').rsplit('/', 1)[-1]}"] = f"touches `{folder}`"
    return found


def _named(label: str, names: Mapping[str, str]) -> str:
    """The trait that the label's name speaks of; only a prefix such as `area:` tells a folder from a plain word."""
    tail = _PREFIX.sub("", label.lower()).strip()
    prefixed = bool(_PREFIX.match(label))
    return names.get(tail, "") or (names.get(f":{tail}", "") if prefixed else "")
