"""Labeler: the rules of `.github/labeler.yml`, by which a repository itself says which paths mean which label.

Both formats of the labeler action are read: of version 4 lists of globs (or `any` and `all` of them), of version 5
match objects with `changed-files`, `base-branch` and `head-branch`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml

from app.knowledge.globs import matches_glob

PLACE = ".github/labeler.yml"
MOST_CHARACTERS = 64 * 1024
MOST_LABELS = 200
MOST_GLOBS = 200
"""Of one label; YAML's aliases can make a short file say a lot."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the rules are asked about."""

    paths: tuple[str, ...]
    base: str
    head: str


def labels_by_rule(text: str, change: Change) -> tuple[str, ...]:
    """The labels that the file gives this change; none where it cannot be read, or nothing was changed."""
    try:
        rules = yaml.safe_load(text) if len(text) <= MOST_CHARACTERS else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return ()
    if not isinstance(rules, dict) or not change.paths:
        return ()
    entries = islice(rules.items(), MOST_LABELS)
    return tuple(str(label) for label, rule in entries if _applies(_listed(rule), change))


def _applies(rule: Sequence[Any], change: Change) -> bool:
    if any(_is_glob_entry(entry) for entry in rule):
        return any(_applies_as_globs(entry, change) for entry in rule)
    groups = [list(islice(_conditions(entries, change), MOST_GLOBS)) for entries in _groups(rule, "all")]
    chosen = [list(islice(_conditions(entries, change), MOST_GLOBS)) for entries in _groups(rule, "any")]
    return bool(groups or chosen) and all(held and all(held) for held in groups) and all(any(held) for held in chosen)


def _groups(rule: Sequence[Any], key: str) -> list[list[Any]]:
    """What stands below each `any` or `all`; conditions outside them belong to the first `any`."""
    groups: list[list[Any]] = []
    for entry in rule:
        if not isinstance(entry, dict):
            continue
        if key in entry:
            groups.append(_listed(entry[key]))
        elif key == "any" and "all" not in entry:
            groups = [[*groups[0], entry], *groups[1:]] if groups else [[entry]]
    return groups


def _is_glob_entry(entry: Any) -> bool:
    parts = [*_listed(entry.get("any")), *_listed(entry.get("all"))] if isinstance(entry, dict) else [entry]
    return bool(parts) and all(isinstance(part, str) for part in parts)


def _applies_as_globs(entry: Any, change: Change) -> bool:
    """Version 4: below `any` some file, and below `all` every file, must match all the globs."""
    if isinstance(entry, str):
        return _changed("any-glob-to-any-file", entry, change)
    if not isinstance(entry, dict) or not entry.keys() & {"any", "all"}:
        return False
    of_any, of_all = entry.get("any"), entry.get("all")
    return (of_any is None or _changed("all-globs-to-any-file", of_any, change)) and (
        of_all is None or _changed("all-globs-to-all-files", of_all, change)
    )


def _conditions(entries: Sequence[Any], change: Change) -> Iterator[bool]:
    """Whether each single condition holds; what is not understood does not."""
    for entry in islice(entries, MOST_GLOBS):
        for key, value in _items(entry):
            if key == "changed-files":
                for option in _listed(value):
                    globs = {"any-glob-to-any-file": option} if isinstance(option, str) else option
                    yield from (_changed(name, held, change) for name, held in _items(globs))
            elif key in ("base-branch", "head-branch"):
                branch = change.base if key == "base-branch" else change.head
                yield from (_branch(pattern, branch) for pattern in _globs(value))
            else:
                yield False


def _changed(option: str, value: Any, change: Change) -> bool:
    globs, paths = _globs(value), change.paths
    match option:
        case "any-glob-to-any-file":
            return any(matches_glob(glob, path) for glob in globs for path in paths)
        case "any-glob-to-all-files":
            return any(all(matches_glob(glob, path) for path in paths) for glob in globs)
        case "all-globs-to-any-file":
            return bool(globs) and any(all(matches_glob(glob, path) for glob in globs) for path in paths)
        case "all-globs-to-all-files":
            return bool(globs) and all(matches_glob(glob, path) for glob in globs for path in paths)
        case _:
            return False


def _branch(pattern: str, branch: str) -> bool:
    """Only what a plain name or a prefix says: other regular expressions could be made to run for hours."""
    plain = pattern.removeprefix("^").removesuffix("$").removesuffix(".*").replace("\\", "")
    if not re.fullmatch(r"[\w./#-]*", plain):
        return False
    begins = branch.startswith(plain) if pattern.startswith("^") else plain in branch
    return begins and (not pattern.endswith("$") or branch.endswith(plain))


def _globs(value: Any) -> list[str]:
    return [glob for glob in islice(_listed(value), MOST_GLOBS) if isinstance(glob, str)]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _items(value: Any) -> list[tuple[str, Any]]:
    return [(str(key), held) for key, held in value.items()] if isinstance(value, dict) else []
