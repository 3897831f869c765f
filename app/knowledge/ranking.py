"""Ranking: from what was found by words and by meaning to the passages worth showing.

How near a passage is in meaning counts most, and the words it shares decide among the near ones. A page that says
several things about a question answers it likelier than one that happens to say one, so passages come page by page.
The figures behind the constants are in docs/design/011-search.md.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.knowledge.paths import is_documentation

WORDS = 0.1
"""What the best match of words is worth beside a cosine."""
NEXT, COUNTED = 0.5, 5
"""What a page's next best passage counts beside the one before it, and how many count."""
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
    worth = _worth(found)
    pages: dict[str, list[Found]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (-worth[one.id], one.id)):
        pages[one.path].append(one)
    value = {
        path: (1.0 if is_documentation(path) else SOURCE)
        * sum(worth[one.id] * NEXT**place for place, one in enumerate(held[:COUNTED]))
        for path, held in pages.items()
    }
    order = sorted(pages, key=lambda path: (-value[path], path))
    heard = [pages[path][0] for path in order[:PAGES]]
    others = [one for path in order for one in (pages[path][1:] if path in order[:PAGES] else pages[path])]
    others.sort(key=lambda one: -(value[one.path] + worth[one.id]))
    chosen = [*heard, *others][:limit]
    scores = {one.id: round(value[one.path] + worth[one.id] / 1_000, 6) for one in chosen}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def _worth(found: Sequence[Found]) -> dict[int, float]:
    """0 to 1 or a little more. What has no vector yet counts as far away as the farthest that was found."""
    most = max((one.words or 0.0 for one in found), default=0.0) or 1.0
    cosines = [one.cosine for one in found if one.cosine is not None]
    if not cosines:
        return {one.id: (one.words or 0.0) / most for one in found}
    least = min(cosines)
    return {one.id: (least if one.cosine is None else one.cosine) + WORDS * (one.words or 0.0) / most for one in found}
