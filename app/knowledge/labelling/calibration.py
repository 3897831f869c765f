"""Calibration: from scores to probabilities that mean what they say, and how to check that they do.

A temperature and one offset for each label (Guo et al. 2017, "On calibration of modern neural networks": temperature
and vector scaling), fitted on scores that each example got from a model that had not seen it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_TEMPERATURE, _CAUTION = 3.5, 4.0
"""Where nothing is known: the factor of scores, and how many nats a deviation costs that doubles it."""
_OFFSET_CAUTION = 1.0
_EVEN = 0.5
"""How much of the unevenness of our own examples is taken for theirs, and not for that of threads to come."""
TUNED = 1 / 3
"""What a fine-tuned encoder's word counts beside the classifier's."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Scores times `factor` plus `offsets` are log-odds; `exclusive`: the columns share one softmax."""

    factor: float
    offsets: Matrix
    exclusive: bool

    def probabilities(self, scores: Matrix) -> Matrix:
        """(n, columns) of 0 to 1; rows add up to 1 where the columns exclude one another."""
        logits = scores * self.factor + self.offsets
        if not self.exclusive:
            return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def usual_scaling(bias: Matrix, *, exclusive: bool) -> Scaling:
    """What holds where nothing can be measured yet. `bias` (columns,) is the mean of what was learnt from."""
    offsets = _TEMPERATURE * _EVEN * (bias.mean() - bias) if exclusive else np.zeros(len(bias))
    return Scaling(_TEMPERATURE, offsets, exclusive)


def fit_scaling(scores: Matrix, targets: Matrix, *, exclusive: bool) -> Scaling:
    """`scores` (n, columns) of examples by a model that had not seen them, `targets` the same shape of 0 and 1."""
    from scipy.optimize import minimize

    columns = scores.shape[1]

    def loss(values: Matrix) -> tuple[float, Matrix]:
        scaling = Scaling(float(np.exp(values[0])), values[1:], exclusive)
        found = np.clip(scaling.probabilities(scores), 1e-9, 1 - 1e-9)
        missed = targets * np.log(found) if exclusive else targets * np.log(found) + (1 - targets) * np.log(1 - found)
        errors = found - targets
        away = values[0] - np.log(_TEMPERATURE)
        value = -missed.sum() + _CAUTION * away**2 + _OFFSET_CAUTION * float(values[1:] @ values[1:])
        steps = np.concatenate(
            [
                [float((errors * scores).sum()) * scaling.factor + 2 * _CAUTION * away],
                errors.sum(axis=0) + 2 * _OFFSET_CAUTION * values[1:],
            ]
        )
        return float(value), steps

    start = np.concatenate([[np.log(_TEMPERATURE)], np.zeros(columns)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return Scaling(float(np.exp(found[0])), found[1:], exclusive)


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar confidence: how many, how sure on average, and the share that was right."""

    count: int
    confidence: float
    right: float


def reliability(confidences: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> tuple[Bin, ...]:
    """The reliability curve over `bins` equal ranges of confidence, empty ranges left out."""
    sure, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    found = (np.flatnonzero(places == place) for place in range(bins))
    return tuple(Bin(len(rows), float(sure[rows].mean()), float(hits[rows].mean())) for rows in found if len(rows))


def calibration_error(curve: Sequence[Bin]) -> float:
    """Expected calibration error: the mean distance of confidence and truth, weighed by counts; 0 of no answers."""
    whole = sum(one.count for one in curve)
    return sum(one.count * abs(one.confidence - one.right) for one in curve) / whole if whole else 0.0


def brier_score(probabilities: Matrix, targets: Matrix) -> float:
    """Mean squared distance of each answer from the truth, 0 to 2 for labels that exclude one another."""
    return float(((probabilities - targets) ** 2).sum(axis=1).mean()) if len(targets) else 0.0


def blend(ours: Matrix, tuned: NDArray[np.float32]) -> Matrix:
    """What the classifier says (n, labels), corrected by what a fine-tuned encoder says: their log-odds, weighed.

    Each label for itself, for those that people leave on one thread seldom exclude one another.
    """
    first, second = (np.clip(one.astype(np.float64), 1e-6, 1 - 1e-6) for one in (ours, tuned))
    odds = (1 - TUNED) * np.log(first / (1 - first)) + TUNED * np.log(second / (1 - second))
    return np.asarray(1 / (1 + np.exp(-odds)))
