"""Fit: the linear model from texts that people judged. Logistic regressions over `features`; the same input, the same
weights.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.domain.signal import Sentiment
from app.knowledge.sentiment.features import WIDTH, rows
from app.knowledge.sentiment.model import LABELS, LinearModel

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEELING_C, UNCIVIL_C = 5.0, 1.0
"""Inverse strengths of the ridge, chosen by cross-validation (docs/design/020-sentiment.md)."""
_LENT = 0.3
"""Scale of the scores of feeling, which manners are learnt from besides: who is rude is seldom glad."""
_STEPS = 300


def fit(
    feelings: tuple[Sequence[str], Sequence[Sentiment]], manners: tuple[Sequence[str], Sequence[bool]] | None = None
) -> LinearModel:
    """Texts as `said` leaves them, with their sentiment, each of which must occur; and others, with whether they are
    uncivil. Without those everything counts as civil.
    """
    texts, labels = feelings
    if missing := [label for label in LABELS if label not in labels]:
        raise ValueError(f"there must be texts of every sentiment; none is {' or '.join(missing)}")
    felt = regression(rows(texts), np.array([LABELS.index(one) for one in labels]), FEELING_C)
    weights, bias = np.zeros((WIDTH, len(LABELS) + 1), np.float32), np.full(len(LABELS) + 1, -30, np.float32)
    weights[:, :-1], bias[:-1] = felt.coef_.T, felt.intercept_
    if manners:
        weights[:, -1], bias[-1] = fit_manners(rows(manners[0]), np.array(manners[1], bool), weights[:, :-1])
    return LinearModel(weights, bias)


def fit_manners(
    values: "csr_matrix", uncivil: NDArray[np.bool_], feeling: NDArray[np.float32]
) -> tuple[NDArray[np.float32], float]:
    """Weights (WIDTH,) and bias of the log-odds of being uncivil, of rows (n, WIDTH) that somebody judged; `feeling`
    (WIDTH, labels) are the weights of sentiment. What is learnt of their scores is linear too, so it is folded in.
    """
    from scipy.sparse import csr_matrix, hstack

    both = hstack([values, csr_matrix(values @ feeling * _LENT)]).tocsr()
    judged = regression(both, uncivil, UNCIVIL_C)
    own, lent = judged.coef_[0][:WIDTH], judged.coef_[0][WIDTH:]
    return (own + _LENT * (feeling @ lent)).astype(np.float32), float(judged.intercept_[0])


def regression(values: Any, truth: NDArray[Any], strength: float) -> Any:
    """Fitted on a matrix (n, width), sparse or not, and classes (n,)."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=_STEPS, tol=1e-3, random_state=0).fit(values, truth)
