"""Features: readings as numbers, in the three kinds that a model keeps apart: terms, signs and vectors.

Each kind has its share of the kernel. Half of what is usual in a repository (its form, its tone) is taken off its
signs and vectors, so that "unusually many questions for this project" counts and not "a project with a chatty form";
that is learnt from threads without labels too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.knowledge.labelling.reading import VIEWS, Reading, signs, view_terms
from app.knowledge.labelling.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Dense = NDArray[np.float32]

_SIGNS, _VECTORS = 0.3, 0.5
"""Weight of each in the kernel, beside terms, which count 1."""
_CENTRED, _SHY = 0.5, 20.0
"""The part of a repository's mean that is taken off, and the number of threads at which half of it is."""
_CLIP = 3.0
TERMS = np.float32(1 / np.sqrt(len(VIEWS)))
"""Factor of the values of each view, so that all views together weigh 1."""


@dataclass(frozen=True, slots=True)
class Features:
    """How readings become numbers; `means` are those of repositories, after scaling."""

    vocabularies: tuple[Vocabulary, ...]
    centre: Dense
    scale: Dense
    means: dict[str, Dense]

    def dense(self, readings: Sequence[Reading], vectors: Dense | None, repository: str) -> Dense:
        """Signs and vectors of threads of one repository, scaled: (n, width). No vectors count as average ones."""
        values = self.scaled(_counted(readings), vectors)
        mean = self.means.get(repository)
        return values if mean is None else values - mean

    def scaled(self, counted: Dense, vectors: Dense | None) -> Dense:
        values = np.zeros((len(counted), len(self.centre)), np.float32)
        split = counted.shape[1]
        values[:, :split] = np.clip((counted - self.centre[:split]) * self.scale[:split], -_CLIP, _CLIP)
        values[:, :split] *= np.float32(np.sqrt(_SIGNS / split))
        if vectors is not None and len(self.centre) > split:
            if vectors.shape[1] != len(self.centre) - split:
                raise ValueError(f"the model was fitted on vectors of width {len(self.centre) - split}: refit it")
            values[:, split:] = (vectors - self.centre[split:]) * self.scale[split:]
        return values


def fit_features(
    readings: Sequence[Reading], repositories: Sequence[str], vectors: Dense | None
) -> tuple[Features, Dense, list["csr_matrix"]]:
    """Features of these readings, their dense part, and their terms, one matrix for each view.

    Rows of `vectors` (n, width) may be all zero: none is known.
    """
    texts = [[view_terms(one, view) for one in readings] for view in VIEWS]
    vocabularies = tuple(Vocabulary.of(of_view) for of_view in texts)
    terms = [vocabulary.rows(of_view) * TERMS for vocabulary, of_view in zip(vocabularies, texts, strict=True)]
    counted = _counted(readings)
    centre, scale = [counted.mean(axis=0)], [1 / (counted.std(axis=0) + 0.1)]
    known = np.zeros(len(readings), bool) if vectors is None else vectors.any(axis=1)
    if vectors is not None and known.any():
        mean = vectors[known].mean(axis=0)
        spread = float(((vectors[known] - mean) ** 2).sum(axis=1).mean())
        centre.append(mean)
        scale.append(np.full(vectors.shape[1], np.sqrt(_VECTORS / max(spread, 1e-6))))
    both = np.concatenate(centre).astype(np.float32), np.concatenate(scale).astype(np.float32)
    features = Features(vocabularies, *both, {})
    values = features.scaled(counted, vectors)
    values[~known, counted.shape[1] :] = 0
    names = np.array(repositories)
    for name in sorted(set(repositories)):
        rows = names == name
        mean = values[rows].mean(axis=0) * np.float32(_CENTRED * rows.sum() / (rows.sum() + _SHY))
        features.means[name] = mean
        values[rows] -= mean
    return features, values, terms


def _counted(readings: Sequence[Reading]) -> Dense:
    return np.array([signs(one) for one in readings], dtype=np.float32)
