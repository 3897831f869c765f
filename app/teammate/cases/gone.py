"""Gone: what is left of a snapshot when somebody's words are to be forgotten. The rest of it stays as it was."""

import re
from collections.abc import Mapping
from typing import Any

ERASED = "[erased]"
GHOST = "ghost"
"""Who GitHub shows where an account is no more."""


def without_words(snapshot: Mapping[str, Any], login: str) -> dict[str, Any]:
    """The same with nothing in it that `login` wrote."""

    def is_theirs(name: Any) -> bool:
        return isinstance(name, str) and name.casefold() == login.casefold()

    left = dict(snapshot)
    if is_theirs(left.get("author")):
        left |= {"title": ERASED, "body": ERASED}
        if left.get("pull"):
            left["pull"] = {**left["pull"], "patch": ERASED, "remarks": []}
    if is_theirs(left.get("asked_by")) or left.get("title") == ERASED:
        left["question"] = ERASED
    left["conversation"] = [
        {**said, "text": ERASED} if is_theirs(said.get("author")) else said for said in left.get("conversation", [])
    ]
    left["neighbours"] = [
        {**near, "thread": {**near["thread"], "title": ERASED, "body": ERASED}}
        if is_theirs(near["thread"].get("author"))
        else near
        for near in left.get("neighbours", [])
    ]
    return left


def without_person(value: Any, login: str) -> Any:
    """A JSON value in which nobody is named `login`."""
    return _renamed(value, re.compile(rf"(?i)(?<![a-z0-9-]){re.escape(login)}(?![a-z0-9-])"))


def _renamed(value: Any, name: re.Pattern[str]) -> Any:
    match value:
        case str():
            return name.sub(GHOST, value)
        case Mapping():
            return {key: _renamed(item, name) for key, item in value.items()}
        case list():
            return [_renamed(item, name) for item in value]
    return value
