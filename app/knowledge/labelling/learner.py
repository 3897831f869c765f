"""Learner: one task at a time, from a kernel of all rows to weights of rows and the scaling of scores.

A repository without labels is not without use: what a model of the others makes of its threads is learnt from as if
somebody had said so, as surely as the model is (self-training with soft targets). On repositories held out this
was worth one point and a half of macro-F1.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.knowledge.labelling.calibration import Scaling, fit_scaling, usual_scaling
from app.knowledge.labelling.ideas import Task
from app.knowledge.labelling.ridge import Fitted, Matrix, fit_ridge, shared_kernel

_MEASURABLE = 50
"""Threads from which a calibration is measured rather than assumed."""


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows: their kernel (n, n), the number of each one's repository, whether that has a history of its own, and
    which rows have no label in a repository that has none.
    """

    kernel: Matrix
    groups: NDArray[np.intp]
    settled: NDArray[np.bool_]
    unlabelled: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Learnt:
    """`alphas` (all rows, ideas), `bias` (ideas,); the scaling in repositories with a history, and in others."""

    ideas: tuple[str, ...]
    alphas: Matrix
    bias: Matrix
    known: Scaling
    stranger: Scaling


def learn(task: Task, rows: Rows) -> Learnt:
    fitted = _fit(task.rows, task.targets, rows)
    known, stranger = _scalings(task, fitted, rows)
    used = task.rows
    if task.exclusive and len(rows.unlabelled):
        scores = _scores(rows.unlabelled, task.rows, fitted, rows)
        used = np.concatenate([task.rows, rows.unlabelled])
        fitted = _fit(used, np.vstack([task.targets, 2 * stranger.probabilities(scores) - 1]), rows)
        # To have learnt from its own guesses makes a model surer, not righter.
        factor = stranger.factor * _spread(scores) / _spread(fitted.alone[len(task.rows) :])
        stranger = replace(stranger, factor=factor)
    alphas = np.zeros((len(rows.kernel), len(task.ideas)))
    alphas[used] = fitted.alphas
    return Learnt(task.ideas, alphas, fitted.bias, known, stranger)


def _fit(used: NDArray[np.intp], targets: Matrix, rows: Rows) -> Fitted:
    return fit_ridge(rows.kernel[np.ix_(used, used)], rows.groups[used], targets)


def _scores(of: NDArray[np.intp], used: NDArray[np.intp], fitted: Fitted, rows: Rows) -> Matrix:
    same = rows.groups[of][:, None] == rows.groups[used][None, :]
    return shared_kernel(rows.kernel[np.ix_(of, used)], same) @ fitted.alphas + fitted.bias


def _spread(scores: Matrix) -> float:
    """How far the scores of a thread lie apart, on the whole."""
    return float(np.sqrt(((scores - scores.mean(axis=1, keepdims=True)) ** 2).mean()) + 1e-9)


def _scalings(task: Task, fitted: Fitted, rows: Rows) -> tuple[Scaling, Scaling]:
    """For threads of repositories with a history, and for those of others: measured as if theirs had none."""
    history = rows.settled[task.rows]
    targets = (task.targets[history] > 0).astype(np.float64)
    if task.exclusive:
        targets /= np.maximum(targets.sum(axis=1, keepdims=True), 1)
    usual = usual_scaling(fitted.bias, exclusive=task.exclusive)
    if len(targets) < _MEASURABLE:
        return usual, usual
    known = fit_scaling(fitted.alone[history], targets, exclusive=task.exclusive)
    if len(np.unique(rows.groups[task.rows[history]])) < 2:
        return known, usual
    return known, fit_scaling(fitted.apart[history], targets, exclusive=task.exclusive)
