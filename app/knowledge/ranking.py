"""Ranking: from what was found by words and by meaning to the passages worth showing.

How near a passage is in meaning counts most, and the words it shares decide among the near ones. A page that says
several things about a question answers it likelier than one that happens to say one, so passages come page by page.
The figures behind the constants are in docs/design/011-search.md.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.knowledge.paths import is_documentation

WORDS = 0.15
"""What the best match of words is worth beside a cosine."""
NEXT, COUNTED = 0.7, 5
"""What a page's next best passage counts beside the one before it, and how many count."""
USUAL = 4
"""One in so many of what was found is no nearer than anything: passages count by how far they are above that."""
SCALE = 1.5
"""Divides a page's value. It says nothing about the order: the thresholds of answers are fitted to it."""
SOURCE = 0.85
"""Documentation comes before source that says the same."""
PAGES = 5
"""So many pages are heard before a second passage of any."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found: `words` is BM25, None where it has none of them; `cosine` None without a vector."""

    id: int
    path: str
    words: float | None
    cosine: float | None


def ranked(found: Sequence[Found], limit: int) -> list[tuple[int, float]]:
    """Ids and scores of the `limit` best, best page first and its best passage first."""
    if not found:
        return []
    worth = _worth(found)
    floor = sorted(worth.values())[len(worth) // USUAL]
    pages: dict[str, list[Found]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (-worth[one.id], one.id)):
        pages[one.path].append(one)
    value = {path: _value([worth[one.id] for one in held], floor) for path, held in pages.items()}
    order = sorted(pages, key=lambda path: (-value[path], -worth[pages[path][0].id], path))
    heard = [pages[path][0] for path in order[:PAGES]]
    others = [one for path in order for one in (pages[path][1:] if path in order[:PAGES] else pages[path])]
    others.sort(key=lambda one: -(value[one.path] + worth[one.id]))
    chosen = [*heard, *others][:limit]
    scores = {one.id: round(value[one.path] + worth[one.id] / 1_000, 6) for one in chosen}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def _value(worths: Sequence[float], floor: float) -> float:
    """What a page has to say. A short page lacks nothing: what it does not have counts like what says nothing."""
    lacking = [floor] * (COUNTED - len(worths))
    counted = [max(worth, floor) for worth in worths[:COUNTED]] + lacking
    return sum(worth * NEXT**place for place, worth in enumerate(counted)) / SCALE


def _worth(found: Sequence[Found]) -> dict[int, float]:
    """0 to 1 or a little more. What has no vector yet counts as far away as the farthest that was found."""
    most = max((one.words or 0.0 for one in found), default=0.0) or 1.0
    cosines = [one.cosine for one in found if one.cosine is not None]
    least = min(cosines, default=0.0)
    share = WORDS if cosines else 1.0
    counts = {path: 1.0 if is_documentation(path) else SOURCE for path in {one.path for one in found}}
    return {
        one.id: counts[one.path]
        * (max(least if one.cosine is None else one.cosine, 0.0) + share * (one.words or 0.0) / most)
        for one in found
    }
