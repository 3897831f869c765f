"""Findings: what may be said about the threads that are likely about the same.

Being alike is no finding. A duplicate shares the symptom and the cause, and both are named; reports of different
errors, and titles that differ in nothing but a name or a version, are merely related. Only an open thread is an
original; what was fixed may be back; what was closed unplanned or for silence is neither.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.decision import Finding, Relation
from app.domain.past import Neighbour, PastThread
from app.domain.thread import ThreadKind
from app.knowledge.duplicates.originals import original_of
from app.knowledge.duplicates.said import Said
from app.knowledge.thread_text import substance
from app.knowledge.words import stem, terms, tokens

MOST = 3
SAME, ALIKE = 0.5, 0.1
"""Probabilities from which a thread may be called the same, or related."""
_WORDS = 2
"""So many telling words at least name a symptom or a cause."""
_NAMED = 4
_COPY = 4
"""So many different words are not the same by chance."""
_SIBLING = 0.5
"""Titles with such a share in common are one pattern, filled in differently."""
_SHORT = 3
"""Letters of a word that could as well be a code of a language or a country."""

_ORDER: tuple[Relation, ...] = ("duplicate", "regression", "related")
_VARIABLE = re.compile(r"0x[0-9a-f]+|\d+|(?:[a-z]:)?[/\\][\w./\\-]+|\s+", re.IGNORECASE)
_JOINT = re.compile(r"[\W_]")
_EXCEPTION = re.compile(r"\b[A-Za-z_]\w*(?:Error|Exception|Failure|Fault|Panic)\b")


class Described(Protocol):
    """What findings are for: `app.domain.snapshot.Snapshot` and `app.domain.past.PastThread` are such."""

    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> ThreadKind: ...
    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str: ...


def find(thread: Described, neighbours: Sequence[Neighbour]) -> tuple[Finding, ...]:
    """At most three findings, duplicates first, each about the original of a family of known duplicates.

    `Finding.thread` is the original's place in `neighbours`, from 1. An original that is not among them is not judged.
    """
    declared = {one.thread.number: one.thread.duplicate_of for one in neighbours if one.thread.duplicate_of is not None}
    places = {one.thread.number: place for place, one in enumerate(neighbours, start=1)}
    ours = Said.of(thread.title, substance(thread.body))
    found: dict[int, Finding] = {}
    for one in sorted(neighbours, key=lambda one: -one.score):
        root = original_of(one.thread.number, declared)
        if one.score < ALIKE or root in found or root not in places or root == thread.number:
            continue
        evidence = _evidence(thread, ours, one)
        relation = _relation(thread, neighbours[places[root] - 1].thread)
        if relation != "related" and (one.score < SAME or not evidence.same):
            relation = "related"
        if evidence.symptom or evidence.cause:
            found[root] = Finding(
                thread=places[root],
                relation=relation,
                symptom=evidence.symptom,
                cause=evidence.cause,
                confidence=one.score,
            )
    return tuple(sorted(found.values(), key=lambda one: (_ORDER.index(one.relation), -one.confidence))[:MOST])


def _relation(thread: Described, original: PastThread) -> Relation:
    """What the states of both allow at most."""
    if original.kind != thread.kind or original.number >= thread.number:
        return "related"
    if original.state == "open":
        return "duplicate"
    return "regression" if original.state_reason == "completed" and not original.stale else "related"


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What both have, as phrases; empty where nothing can be named."""

    symptom: str
    cause: str
    differs: bool

    @property
    def same(self) -> bool:
        return bool(self.symptom and self.cause) and not self.differs


def _evidence(thread: Described, ours: Said, other: Neighbour) -> _Evidence:
    theirs = Said.of(other.thread.title, other.thread.body)
    known = {_constant(line) for line in theirs.errors}
    errors = [line for line in ours.errors if _constant(line) in known]
    names = [name for name in ours.names if name in other.shared and name not in "\n".join(errors)][:_NAMED]
    headline, circumstances = _words(thread, other, [*errors, *names])
    if errors:
        symptom, circumstances = f'"{errors[0]}"', [*headline, *circumstances]
    else:
        symptom = ", ".join(headline[:_NAMED]) if len(headline) >= _WORDS else ""
    if names:
        cause = f"both name {', '.join(names)}"
    elif len(ours.words) >= _COPY and ours.words.keys() == theirs.words.keys():
        cause = "the reports are the same word for word"
    else:
        cause = f"in both: {', '.join(circumstances[:_NAMED])}" if len(circumstances) >= _WORDS else ""
    differs = not errors and (_raise_others(ours, theirs) or _siblings(thread.title, other.thread.title))
    return _Evidence(symptom, cause, differs)


def _raise_others(ours: Said, theirs: Said) -> bool:
    """Whether each names exceptions, and none that the other names."""
    left, right = (set(_EXCEPTION.findall("\n".join(one.errors))) for one in (ours, theirs))
    return bool(left and right and left.isdisjoint(right))


def _constant(line: str) -> str:
    return _VARIABLE.sub(" ", line).strip().casefold()


def _words(thread: Described, other: Neighbour, taken: Sequence[str]) -> tuple[list[str], list[str]]:
    """Telling words of both: those that either title has, and those that neither has."""
    titles = set(terms(f"{thread.title} {other.thread.title}"))
    used = set(terms(" ".join(taken)))
    words = [word for word in other.shared if word.isalpha() and stem(word.lower()) not in used]
    headline = [word for word in words if stem(word.lower()) in titles]
    return headline, [word for word in words if word not in headline]


def _siblings(ours: str, theirs: str) -> bool:
    """Whether the titles are one pattern that differs in names: "Dead link in a.html" and "Dead link in b.html"."""
    left, right = ({_bare(token): token for token in tokens(title)} for title in (ours, theirs))
    only_left = [left[key] for key in left.keys() - right.keys()]
    only_right = [right[key] for key in right.keys() - left.keys()]
    alike = len(left.keys() & right.keys()) >= _SIBLING * max(len(left), len(right))
    return bool(only_left and only_right and alike and all(map(_is_name, [*only_left, *only_right])))


def _bare(token: str) -> str:
    return _JOINT.sub("", token.casefold())


def _is_name(token: str) -> bool:
    return len(token) <= _SHORT or not (token.isalpha() and token.islower())
