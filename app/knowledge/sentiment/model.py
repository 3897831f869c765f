"""Model: how a text feels, and whether it is uncivil, by a linear model over `features`.

Its weights ship beside this file: numbers only, in 8 bits, for what was hashed; `plumbline bench sentiment
--write-weights` makes them.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from app.domain.signal import Sentiment
from app.knowledge.sentiment.features import BUCKETS, WIDTH, Row, row_of

LABELS: tuple[Sentiment, ...] = get_args(Sentiment)
COLUMNS = (*LABELS, "uncivil")
WEIGHTS = Path(__file__).with_name("weights.npz")

Numbers = NDArray[np.float64]
_STEPS = 127


@dataclass(frozen=True, slots=True)
class Feeling:
    """Probabilities: of each of `LABELS`, which add up to 1, and of being uncivil."""

    sentiment: Numbers
    uncivil: float


@dataclass(frozen=True, slots=True)
class LinearModel:
    """`weights` (WIDTH, columns) and `bias` (columns,), in log-odds; columns are `COLUMNS`."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def feel(self, row: Row) -> Feeling:
        scores = self.bias + row.values @ self.weights[row.places]
        return Feeling(softmax(scores[:3].astype(np.float64)), float(1 / (1 + np.exp(-np.clip(scores[3], -30, 30)))))

    def save(self, path: Path) -> None:
        hashed, signs = self.weights[: 2 * BUCKETS], self.weights[2 * BUCKETS :]
        step = np.maximum(np.abs(hashed).max(axis=0), 1e-6) / _STEPS
        small = np.round(hashed / step).astype(np.int8)
        np.savez_compressed(path, hashed=small, step=step.astype(np.float32), signs=signs, bias=self.bias)


def load(path: Path = WEIGHTS) -> LinearModel:
    """What `save` wrote. ValueError where it belongs to other features than these."""
    with np.load(path, allow_pickle=False) as found:
        weights = np.concatenate([found["hashed"].astype(np.float32) * found["step"], found["signs"]])
        bias = found["bias"]
    if weights.shape != (WIDTH, len(COLUMNS)) or bias.shape != (len(COLUMNS),):
        raise ValueError(f"{path.name} has weights of shape {weights.shape}, not {(WIDTH, len(COLUMNS))}: make it anew")
    return LinearModel(weights, bias)


@cache
def shipped() -> LinearModel:
    """Read once, when it is first needed."""
    return load()


def feel(text: str) -> Feeling:
    """Of what somebody said (`said`)."""
    return shipped().feel(row_of(text))


def softmax(scores: Numbers) -> Numbers:
    """Over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
