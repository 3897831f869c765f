"""What the inverse says of rows left out must be what fitting without them says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from app.knowledge.labelling.ridge import PENALTY, Matrix, fit_ridge, shared_kernel

RNG = np.random.default_rng(5)
ROWS, GROUPS = RNG.normal(size=(24, 7)), np.repeat([0, 1, 2], 8)
TARGETS = np.sign(RNG.normal(size=(24, 3)))
KERNEL = ROWS @ ROWS.T / 7


def without(left_out: NDArray[np.intp]) -> Matrix:
    """Scores of rows by a fit on all others."""
    fitted = fit_ridge(KERNEL, GROUPS, TARGETS)
    mixed = shared_kernel(KERNEL, GROUPS[:, None] == GROUPS[None])
    kept = np.setdiff1d(np.arange(24), left_out)
    weights = np.linalg.solve(mixed[np.ix_(kept, kept)] + PENALTY * np.eye(len(kept)), TARGETS[kept] - fitted.bias)
    return mixed[np.ix_(left_out, kept)] @ weights + fitted.bias


@pytest.mark.parametrize("row", [0, 11, 23])
def test_one_left_out(row):
    assert fit_ridge(KERNEL, GROUPS, TARGETS).alone[row] == pytest.approx(without(np.array([row]))[0])


@pytest.mark.parametrize("group", [0, 1, 2])
def test_a_repository_left_out(group):
    rows = np.flatnonzero(group == GROUPS)
    assert fit_ridge(KERNEL, GROUPS, TARGETS).apart[rows] == pytest.approx(without(rows))
