"""Ideas: what label names have in common, as columns the classifier learns.

`bug`, `type: bug` and `kind/defect` are one idea, learnt from all repositories at once. A label of a repository's
own (`area: parser`) is an idea of that repository alone. The kinds of a thread exclude one another and are judged
together with "none of these"; every other idea is judged alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.thread import Label
from app.knowledge.labelling.examples import NONE, PRIOR, Example
from app.knowledge.labels import EXCLUSIVE, canonical, understand

ENOUGH = 5
"""Threads of history from which an idea that is judged alone can be learnt; our own examples are too few for that."""


@dataclass(frozen=True, slots=True)
class Task:
    """Ideas that are learnt from the same rows. `targets` (rows, ideas) are -1 and 1."""

    ideas: tuple[str, ...]
    rows: NDArray[np.intp]
    targets: NDArray[np.float64]
    exclusive: bool


def ideas_of(names: Iterable[str], kinds: Sequence[str]) -> dict[str, str]:
    """The idea behind each label name that a thread's content can call for; process labels are left out."""
    known = understand([Label(name=name) for name in names], kinds)
    return {label.name: canonical(label.kind) if label.kind else label.name for label in known}


def tasks(examples: Sequence[Example], wanted: Iterable[str], ideas: dict[str, str]) -> list[Task]:
    """What can be learnt of the ideas `wanted`; `ideas` says which idea each label of the examples stands for.

    A thread without a kind may still be a bug nobody labelled, and a repository that never used a label has no
    opinion about it: such rows teach nothing, and are no negative examples.
    """
    held = [frozenset(ideas[name] for name in example.labels if name in ideas) for example in examples]
    used: dict[str, set[str]] = {}
    for example, own in zip(examples, held, strict=True):
        for idea in own:
            used.setdefault(idea, set()).add(example.repository)
    names = list(dict.fromkeys(wanted))
    found: list[Task] = []
    if EXCLUSIVE & set(names):
        exclusive = (*sorted(EXCLUSIVE), NONE)
        rows = [row for row, own in enumerate(held) if own & set(exclusive)]
        found.append(_task(exclusive, rows, held, exclusive=True))
    alone: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        users = used.get(name, set())
        rows = [row for row, example in enumerate(examples) if example.repository in users and held[row]]
        if (
            name not in EXCLUSIVE
            and sum(name in held[row] and examples[row].repository != PRIOR for row in rows) >= ENOUGH
        ):
            alone.setdefault(tuple(rows), []).append(name)
    return found + [_task(tuple(group), rows, held, exclusive=False) for rows, group in alone.items()]


def _task(ideas: tuple[str, ...], rows: Sequence[int], held: Sequence[frozenset[str]], *, exclusive: bool) -> Task:
    targets = np.array([[1.0 if idea in held[row] else -1.0 for idea in ideas] for row in rows])
    return Task(ideas, np.array(rows, dtype=np.intp), targets.reshape(len(rows), len(ideas)), exclusive)
