"""Reviewers: who could look at a change, by CODEOWNERS and by who reviewed or wrote what was merged near it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.knowledge.changes import PastPull, folders, is_bot
from app.knowledge.codeowners import Ownership, owners_of

MOST = 3
HALF_LIFE_DAYS = 180
"""A review counts half as much when it is so much older than the newest merge: people move on."""
WRITING = 0.5
"""Who wrote near a file knows it, but who reviewed there has shown that they review."""
MOST_PATHS = 300
"""Of a huge change the first ones are looked at."""
AT_LEAST = 2
"""Merged pull requests; one may have been chance."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """`name` without `@`: a login, or `org/team`."""

    name: str
    why: str


@dataclass(slots=True)
class _Standing:
    owned: int = 0
    score: float = 0.0
    reviewed: set[int] = field(default_factory=set)
    wrote: set[int] = field(default_factory=set)


def likely_reviewers(
    paths: Sequence[str], *, author: str, history: Sequence[PastPull], owners: tuple[Ownership, ...] = ()
) -> tuple[Reviewer, ...]:
    """At most three, likeliest first: owners before others, by how many of the files. Never the author, never a bot.

    Half of what a review says comes from the files somebody spoke about, half from the whole change before them.
    """
    paths = paths[:MOST_PATHS]
    people: dict[str, _Standing] = {}
    for path in paths:
        for name in owners_of(path, owners):
            people.setdefault(name, _Standing()).owned += 1
    newest = max((pull.merged_at for pull in history), default=None)
    for pull in history:
        near = _nearness(paths, pull.paths)
        if not near or newest is None:
            continue
        weight = 0.5 ** ((newest - pull.merged_at).days / HALF_LIFE_DAYS)
        for name in pull.reviewers.keys() - {pull.author}:
            person = people.setdefault(name, _Standing())
            person.reviewed.add(pull.number)
            person.score += weight * (near + _nearness(paths, pull.reviewers[name])) / 2
        person = people.setdefault(pull.author, _Standing())
        person.wrote.add(pull.number)
        person.score += WRITING * weight * near
    able = {
        name: one
        for name, one in people.items()
        if name.lower() != author.lower() and not is_bot(name) and "@" not in name
        if one.owned or len(one.reviewed | one.wrote) >= AT_LEAST
    }
    best = sorted(able, key=lambda name: (-able[name].owned, -able[name].score, name))[:MOST]
    return tuple(Reviewer(name, _why(able[name], len(paths))) for name in best)


def _nearness(paths: Sequence[str], others: Sequence[str]) -> float:
    """0..1, the mean over `paths`: 1 for a file both changed, half for the same folder, a fifth for the one above."""
    changed = set(others)
    inner = {folders(path)[0] for path in others if "/" in path}
    outer = {above for path in others for above in folders(path)[1:2]}
    found = 0.0
    for path in paths:
        around = folders(path)
        if path in changed:
            found += 1.0
        elif around and around[0] in inner:
            found += 0.5
        elif around and not {around[0], *around[1:2]}.isdisjoint(inner | outer):
            found += 0.2
    return found / len(paths) if paths else 0.0


def _why(one: _Standing, files: int) -> str:
    said = [
        f"owns {one.owned} of {files} changed files (CODEOWNERS)" if one.owned else "",
        f"reviewed {len(one.reviewed)}" if one.reviewed else "",
        f"wrote {len(one.wrote)}" if one.wrote else "",
    ]
    near = " and ".join(filter(None, said[1:]))
    return ", ".join(filter(None, (said[0], f"{near} of the merged pull requests near these files" if near else "")))
