"""Fit: a label model from history, our own examples, and what labels and hints say of themselves. Cheap enough to redo.

Deterministic: no random start, no shuffling, no hashing; the same examples give the same model in every process.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate

import numpy as np

from app.domain.thread import Label
from app.knowledge.labelling.examples import NONE, PRIOR, Example, prior
from app.knowledge.labelling.features import Dense, fit_features
from app.knowledge.labelling.ideas import ideas_of, tasks
from app.knowledge.labelling.learner import Rows, learn
from app.knowledge.labelling.model import FORMAT, Judged, LabelModel, Weights
from app.knowledge.labelling.reading import read
from app.knowledge.labelling.ridge import SHARE, Matrix
from app.knowledge.labels import canonical

MOST = 2_000
"""Examples of history that are learnt from, newest first: what a repository calls a bug changes over the years."""
SETTLED = 20
"""Labelled threads from which a repository's own habits are trusted."""
_WHEN = datetime(2024, 1, 1, tzinfo=UTC)


def fit(
    examples: Sequence[Example],
    *,
    labels: Sequence[Label],
    hints: Mapping[str, str],
    vectors: Dense | None = None,
    prior_vectors: Dense | None = None,
) -> LabelModel:
    """A model for one list of labels, from the threads of one installation; none are needed.

    `hints` are the prompt's (kind to description). `vectors` and `prior_vectors` are `encode` of `examples` and of
    `prior()`, of one and the same embedder. An example without labels shows how its repository writes.
    """
    newest = sorted(range(len(examples)), key=lambda row: (examples[row].created_at, row))[-MOST:]
    ours = [*prior(), *_said(labels, hints)]
    rows = [*ours, *(examples[row] for row in newest)]
    looks = _stack(prior_vectors, len(ours), vectors, newest)
    kinds = list(dict.fromkeys([*hints, *sorted({kind for one in prior() for kind in one.labels} - {NONE})]))
    ideas = ideas_of([label.name for label in labels], kinds)
    meant = ideas_of(sorted({name for one in rows for name in one.labels}), kinds) | {NONE: NONE}
    readings = [read(one.title, one.body) for one in rows]
    features, dense, terms = fit_features(readings, [one.repository for one in rows], looks)
    kernel = dense.astype(np.float64) @ dense.T + sum((view @ view.T).toarray() for view in terms)
    size = float(kernel.diagonal().mean())
    settled = _settled(rows)
    table = _table(kernel / size, rows, settled)
    learnt = [learn(task, table) for task in tasks(rows, ideas.values(), meant)]
    alphas = np.hstack([np.zeros((len(rows), 0)), *(one.alphas for one in learnt)]) / size

    def weights(part: Matrix | float) -> Weights:
        """Of the rows, each counting `part`."""
        sums = (np.asarray(view.T @ (alphas * part), dtype=np.float16) for view in terms)
        return Weights(tuple(sums), np.asarray(dense.T @ (alphas * part), dtype=np.float32))

    names = np.array([one.repository for one in rows])
    order = [idea for one in learnt for idea in one.ideas]
    judgeable = [name for name in ideas if ideas[name] in order]
    ends = accumulate(len(one.ideas) for one in learnt)
    return LabelModel(
        version=_digest(rows, labels, looks),
        labels=tuple(judgeable),
        columns=tuple(order.index(ideas[name]) for name in judgeable),
        features=features,
        bias=np.concatenate([np.zeros(0), *(one.bias for one in learnt)]),
        shared=weights(1 - SHARE),
        own={name: weights(SHARE * (names == name)[:, None]) for name in sorted({*names} - {PRIOR})},
        judged=tuple(
            Judged(end - len(one.ideas), end, one.known, one.stranger) for one, end in zip(learnt, ends, strict=True)
        ),
        settled=settled,
    )


def _said(labels: Sequence[Label], hints: Mapping[str, str]) -> list[Example]:
    """What hints and descriptions say, as examples: people's own words for what they mean by a label."""
    said = [Example(PRIOR, canonical(kind), hint, frozenset({kind}), _WHEN) for kind, hint in hints.items()]
    described = [label for label in labels if label.description]
    return said + [Example(PRIOR, one.name, one.description, frozenset({one.name}), _WHEN) for one in described]


def _stack(first: Dense | None, before: int, vectors: Dense | None, rows: Sequence[int]) -> Dense | None:
    """The vectors of all rows, zero where there are none."""
    width = next((one.shape[1] for one in (vectors, first) if one is not None and one.size), 0)
    if not width:
        return None
    found = np.zeros((before + len(rows), width), np.float32)
    if first is not None:
        found[: len(first)] = first
    if vectors is not None and rows:
        found[before:] = vectors[list(rows)]
    return found


def _settled(rows: Sequence[Example]) -> frozenset[str]:
    counts = Counter(one.repository for one in rows if one.labels)
    return frozenset(name for name, count in counts.items() if count >= SETTLED and name != PRIOR)


def _table(kernel: Matrix, rows: Sequence[Example], settled: frozenset[str]) -> Rows:
    names = sorted({one.repository for one in rows})
    unlabelled = [row for row, one in enumerate(rows) if not one.labels and one.repository not in settled]
    return Rows(
        kernel,
        groups=np.array([names.index(one.repository) for one in rows], dtype=np.intp),
        settled=np.array([one.repository in settled for one in rows], dtype=bool),
        unlabelled=np.array(unlabelled, dtype=np.intp),
    )


def _digest(rows: Sequence[Example], labels: Sequence[Label], vectors: Dense | None) -> str:
    digest = hashlib.blake2b(f"{FORMAT}".encode(), digest_size=8)
    for label in labels:
        digest.update(f"{label.name}\0{label.description}\0".encode())
    for one in rows:
        digest.update("\0".join([one.repository, one.title, one.body, *sorted(one.labels), ""]).encode())
    if vectors is not None:
        digest.update(np.ascontiguousarray(vectors).tobytes())
    return digest.hexdigest()
