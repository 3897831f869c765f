"""Ridge: the learner. Kernel ridge regression, because its answers about texts it has not seen come for free.

The inverse that fits the weights also gives what each example would have been judged had it been left out, alone or
with all of its repository (the leave-one-out and leave-group-out identities of linear smoothers). Calibration needs
exactly these, and needs them every time a model is refitted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

PENALTY = 1.0
"""Of weights, for a kernel whose diagonal is about 1."""
SHARE = 0.5
"""How much of a repository's judgement is its own rather than everyone's: each feature counts once for all and once for
its repository (Daumé III, "Frustratingly easy domain adaptation", 2007)."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """`alphas` (rows, columns), `bias` (columns,); `alone` and `apart`: scores of each row without itself, and without
    its whole repository.
    """

    alphas: Matrix
    bias: Matrix
    alone: Matrix
    apart: Matrix


def shared_kernel(kernel: Matrix, same: NDArray[np.bool_]) -> Matrix:
    """`kernel` as it counts where `same` says which pairs are of one repository."""
    return kernel * (1 - SHARE + SHARE * same)


def fit_ridge(kernel: Matrix, groups: NDArray[np.intp], targets: Matrix) -> Fitted:
    """`kernel` (n, n) of the rows, `groups` (n,) their repositories, `targets` (n, columns) of -1 and 1."""
    same = groups[:, None] == groups[None, :]
    inverse = np.linalg.inv(shared_kernel(kernel, same) + PENALTY * np.eye(len(kernel)))
    bias = targets.mean(axis=0)
    alphas = inverse @ (targets - bias)
    alone = targets - alphas / inverse.diagonal()[:, None]
    apart = np.empty_like(alone)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        apart[rows] = targets[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], alphas[rows])
    return Fitted(alphas, bias, alone, apart)
