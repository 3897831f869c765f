"""Clusters: complaints that no rule names, grouped by density, each with a name to suggest to people.

Density clustering says "I do not know" of what stands alone, and needs no number of groups (HDBSCAN: Campello, Moulavi,
Sander 2013). A name is the words that are common in a cluster and rare in the others (class-based TF-IDF: Grootendorst
2022). A name is only proposed: a mode enters the catalogue by people's hands.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from app.knowledge.failures.vectors import Trace
from app.knowledge.words import spellings, stem, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 5
"""Complaints that make a group."""
NEIGHBOURS = 2
"""So many near ones make a place dense (`min_samples`)."""
SAME = 0.6
"""Cosine of the middles of two groups from which they are one complaint in two wordings."""
NAMED_BY = 3
FEW = 3
"""Members in a segment that are no accident."""
TYPICAL = 3
WEEK = timedelta(days=7)
LIFT = 1.5
"""A segment is worth naming where it is so many times commoner in a cluster than outside."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """`members` are places among the traces that were grouped, most typical first. `this_week` and `last_week` count
    them; `segments` are those in which they are unusually many, with the share of members that are in them.
    """

    name: str
    members: tuple[int, ...]
    this_week: int
    last_week: int
    segments: tuple[tuple[str, str, float], ...]

    @property
    def typical(self) -> tuple[int, ...]:
        return self.members[:TYPICAL]


def clusters_of(traces: Sequence[Trace], vectors: "NDArray[np.float64]", now: datetime) -> list[Cluster]:
    """The largest first; what stands alone is in none. The same input gives the same clusters."""
    labels = grouped(vectors)
    places = defaultdict(list)
    for place, label in enumerate(labels):
        if label >= 0:
            places[label].append(place)
    groups = [_by_typicality(members, vectors) for members in places.values()]
    names = _names(traces, groups)
    found = [_cluster(traces, members, name, now) for members, name in zip(groups, names, strict=True)]
    return sorted(found, key=lambda one: (-one.this_week, -len(one.members), one.members))


def grouped(vectors: "NDArray[np.float64]") -> list[int]:
    """A number for each row; -1 belongs nowhere."""
    if len(vectors) < 2 * FEWEST:
        return [-1] * len(vectors)
    from sklearn.cluster import HDBSCAN

    density = HDBSCAN(min_cluster_size=FEWEST, min_samples=NEIGHBOURS, copy=True)
    return _merged(density.fit_predict(vectors), vectors)


def _merged(labels: "NDArray[np.int64]", vectors: "NDArray[np.float64]") -> list[int]:
    """Where many say the same in the same words, each wording is dense by itself: the nearest groups become one."""
    labels = labels.copy()
    while len(groups := np.unique(labels[labels >= 0])) > 1:
        middles = np.array([vectors[labels == group].mean(axis=0) for group in groups])
        middles /= np.linalg.norm(middles, axis=1, keepdims=True)
        near = np.triu(middles @ middles.T, k=1)
        one, other = np.unravel_index(int(near.argmax()), near.shape)
        if near[one, other] < SAME:
            break
        labels[labels == groups[other]] = groups[one]
    return [int(label) for label in labels]


def _by_typicality(members: Sequence[int], vectors: "NDArray[np.float64]") -> tuple[int, ...]:
    inside = vectors[list(members)]
    near = inside @ inside.mean(axis=0)
    return tuple(members[place] for place in np.argsort(-near, kind="stable"))


def _cluster(traces: Sequence[Trace], members: tuple[int, ...], name: str, now: datetime) -> Cluster:
    ages = [now - traces[place].at for place in members]
    return Cluster(
        name=name,
        members=members,
        this_week=sum(age < WEEK for age in ages),
        last_week=sum(WEEK <= age < 2 * WEEK for age in ages),
        segments=_unusual(traces, members),
    )


def _unusual(traces: Sequence[Trace], members: Sequence[int]) -> tuple[tuple[str, str, float], ...]:
    everywhere = Counter(segment for one in traces for segment in one.segments)
    here = Counter(segment for place in members for segment in traces[place].segments)
    shares = {segment: number / len(members) for segment, number in here.items()}
    lifted = [
        (*segment, share)
        for segment, share in shares.items()
        if here[segment] >= FEW and share >= LIFT * everywhere[segment] / len(traces)
    ]
    return tuple(sorted(lifted, key=lambda one: (-one[2], one))[:NAMED_BY])


def _names(traces: Sequence[Trace], groups: Sequence[Sequence[int]]) -> list[str]:
    """The words of each group, as people spell them; the same word twice in one trace counts once."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    counts = [_words([traces[place] for place in members], spelled) for members in groups]
    total = sum((Counter(one) for one in counts), Counter[str]())
    average = total.total() / max(1, len(groups))

    def name(own: Counter[str]) -> str:
        weight = {word: number * math.log(1 + average / total[word]) for word, number in own.items()}
        best = sorted(weight, key=lambda word: (-weight[word], word))[:NAMED_BY]
        return " · ".join(spelled[word].most_common(1)[0][0] for word in best) or "without words"

    return [name(own) for own in counts]


def _words(members: Sequence[Trace], spelled: dict[str, Counter[str]]) -> Counter[str]:
    counted = Counter[str]()
    for one in members:
        text = one.said or one.question
        words = {(stem(word), word) for token in tokens(text) for word in spellings(token)}
        for root, word in words:
            spelled[root][word] += 1
        counted.update({root for root, _ in words})
    return counted
