"""Things to read in tests: the handbook of an invented product, this project's own pages, and prompts."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from app.domain.snapshot import Passage
from app.knowledge.chunking import chunk
from app.knowledge.words import terms
from tests.knowledge.counting import build_query, rerank

COMMIT = "c0ffee" * 6 + "abcd"
WEB = "https://github.com/ada/signalbox"
HANDBOOK = Path(__file__).parent / "handbook"
PROJECT = Path(__file__).parents[2]


def read(root: Path, *patterns: str) -> dict[str, str]:
    """Path -> text of the files below `root`, as an archive of a repository gives them."""
    found = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    return {path.relative_to(root).as_posix(): path.read_text() for path in found}


def handbook() -> dict[str, str]:
    return read(HANDBOOK, "**/*.md", "**/*.py")


def passages(files: Mapping[str, str]) -> list[Passage]:
    return [one for path, text in files.items() for one in chunk(path, text, commit=COMMIT, web_url=WEB)]


def nearest(title: str, body: str, shelf: Iterable[Passage], limit: int = 8) -> list[Passage]:
    """What a snapshot of this thread would hold, from a library that counts words."""
    query = build_query(title, body)
    asked = set(query.weights)
    found = [(len(asked & set(terms(f"{one.heading} {one.text}"))), one) for one in shelf]
    ordered = sorted((pair for pair in found if pair[0]), key=lambda pair: -pair[0])
    return rerank(query, [one for _, one in ordered[:80]], limit)
