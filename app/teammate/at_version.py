"""At version: what the pages that may answer said in the version which the thread names.

An answer from today's documentation is wrong for who runs last year's release. The search knows today's files only, so
it says which pages to look at and what each is worth; those are read at the version's tag and searched once more.
Whoever names no version costs GitHub no request.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from app.domain.snapshot import Passage
from app.errors import EmbeddingError, GitHubError
from app.knowledge.chunking import chunk
from app.knowledge.ranking import PAGES, Found, ranked
from app.knowledge.thread_text import substance
from app.knowledge.versions import reported_version, tag_for
from app.knowledge.windows import windows
from app.knowledge.words import terms
from app.teammate.clean import Clean
from app.teammate.find import PASSAGES, place
from app.teammate.parts import Parts
from app.teammate.sanitize import sanitize
from app.teammate.subject import Subject

log = structlog.get_logger("teammate.at_version")

LIKELY = 16
"""Passages of those pages that are compared by meaning, the likeliest by their words."""
SATURATION, LENGTH, HEADING = 1.2, 0.5, 2
"""As in the index: BM25's constants, and what a word of the heading counts, in occurrences."""
_READ, _NAME = 20_000, 100

Weighed = tuple[Passage, float]
"""A passage with how much its words say of the question."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """Passages that may answer, best first; `tag` is whose files they are of, empty for the newest commit."""

    passages: tuple[Passage, ...] = ()
    tag: str = ""


async def at_version(parts: Parts, subject: Subject, found: Sequence[Passage], clean: Clean) -> Recalled:
    """The passages of the tag, of the pages that `found` are of; `found` itself where no older version is named.

    What is not there at the tag, and a tag that is not there or cannot be read, is stated in `clean`.
    """
    version = _reported(subject) if found else None
    if version is None:
        return Recalled(tuple(found))
    repository = subject.ref.repository
    try:
        tags = await parts.reader.tags(repository)
        tag = tag_for(version, list(tags), project=_project(subject))
        if tag is None:
            clean.removed.append(f"passages: version {version} has no tag; these are today's")
        if tag is None or tags[tag] == found[0].commit:
            return Recalled(tuple(found))
        paths = list(dict.fromkeys(one.path for one in found))[:PAGES]
        texts = await asyncio.gather(*(parts.reader.file(repository, path, commit=tags[tag]) for path in paths))
    except GitHubError as error:
        clean.removed.append(f"passages: those of version {version} could not be read ({error}); these are today's")
        return Recalled(tuple(found))
    shown = sanitize(tag, limit=_NAME).text
    there = {path: text for path, text in zip(paths, texts, strict=True) if text is not None}
    clean.removed += [
        f"passages: {sanitize(path, limit=_NAME).text} is left out, because it is not in {shown}"
        for path in paths
        if path not in there
    ]
    question = f"{subject.text}\n{substance(subject.context)}"
    held = await asyncio.to_thread(_passages, there, tags[tag], subject.repository.web_url)
    words = await asyncio.to_thread(_words, question, [*held, *found])
    then = sorted(zip(held, words, strict=False), key=lambda pair: -pair[1])[:LIKELY]
    today = list(zip(found, words[len(held) :], strict=True))
    cosines: Sequence[float | None] = [None] * len(then)
    if all(one.near is not None for one in found):  # where the search went by words, so does this: the scales differ
        cosines = await _cosines(parts, subject, [passage for passage, _ in then])
    return Recalled(_best(then, today, cosines), shown)


def _reported(subject: Subject) -> str | None:
    """The version of the question itself, else of the thread in which it is asked."""
    asked = f"{subject.text}\n\n{subject.context}"
    opened = f"{subject.thread.title}\n\n{sanitize(subject.thread.body, limit=_READ).text}"
    project = _project(subject)
    return reported_version(asked, project=project) or reported_version(opened, project=project)


def _project(subject: Subject) -> str:
    return subject.repository.name.rpartition("/")[2]


def _passages(files: Mapping[str, str], commit: str, web_url: str) -> list[Passage]:
    return [one for path, text in files.items() for one in chunk(path, text, commit=commit, web_url=web_url)]


def _words(question: str, held: Sequence[Passage]) -> list[float]:
    """How much each passage says of the question: its words, the rarer among the passages the more (BM25)."""
    bags = [Counter(terms(" ".join([one.path, *[one.heading] * HEADING, one.text]))) for one in held]
    lengths = [bag.total() for bag in bags]
    usual = max(sum(lengths) / len(bags), 1.0)
    words = [0.0] * len(bags)
    for term in set(terms(question)):
        holding = sum(term in bag for bag in bags)
        rarity = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
        for index, bag in enumerate(bags):
            damped = bag[term] + SATURATION * (1 - LENGTH + LENGTH * lengths[index] / usual)
            words[index] += rarity * bag[term] * (SATURATION + 1) / damped
    return words


def _best(then: Sequence[Weighed], today: Sequence[Weighed], cosines: Sequence[float | None]) -> tuple[Passage, ...]:
    """Passages of `then`, page by page: a page is worth what it is worth today, as far as it said so then.

    How far is told by the best passage of either day: by meaning, or by words where a cosine is unknown.
    """
    found = [
        Found(id_, passage.path, words or None, cosine)
        for id_, ((passage, words), cosine) in enumerate(zip(then, cosines, strict=True))
        if words or cosine is not None
    ]
    by_meaning = None not in cosines
    said = _peaks((one.path, one.cosine if by_meaning else one.words) for one in found)
    says = _peaks((passage.path, passage.near if by_meaning else words) for passage, words in today)
    worth = _peaks((passage.path, passage.score) for passage, _ in today)
    best: list[Passage] = []
    for id_, score in ranked(found, PASSAGES):
        path = then[id_][0].path
        still = min(said[path] / says[path], 1.0) if says[path] else 1.0
        update = {"score": round(worth[path] * still + score / 1_000, 6), "near": cosines[id_]}
        best.append(then[id_][0].model_copy(update=update))
    return tuple(sorted(best, key=lambda passage: -passage.score))


def _peaks(values: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    peaks: dict[str, float] = {}
    for path, value in values:
        peaks[path] = max(value or 0.0, peaks.get(path, 0.0))
    return peaks


async def _cosines(parts: Parts, subject: Subject, passages: Sequence[Passage]) -> list[float] | list[None]:
    """How near each passage is to the question by the nearest of its windows; unknown without an embedder."""
    unknown = [None] * len(passages)
    near = await place(parts.embedder, subject.text, subject.context)
    if parts.embedder is None or near is None or not passages:
        return unknown
    cut = [windows(one.heading, one.text) for one in passages]
    try:
        vectors = await parts.embedder.embed([window for windows_of_one in cut for window in windows_of_one])
    except EmbeddingError as error:
        log.warning("not_embedded", why=str(error))
        return unknown
    similar = iter((vectors @ near.vector).tolist())
    return [max(next(similar) for _ in windows_of_one) for windows_of_one in cut]
