import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.labelling.calibration import (
    Matrix,
    blend,
    brier_score,
    calibration_error,
    fit_scaling,
    reliability,
    usual_scaling,
)

RNG = np.random.default_rng(3)


def drawn(scores: Matrix, factor: float, offsets: Matrix, *, exclusive: bool) -> Matrix:
    """Truth drawn from the probabilities that the scaling would have to find."""
    logits = scores * factor + offsets
    if not exclusive:
        return (RNG.random(scores.shape) < 1 / (1 + np.exp(-logits))).astype(float)
    powers = np.exp(logits)
    whole = powers / powers.sum(axis=1, keepdims=True)
    return np.array([RNG.multinomial(1, row) for row in whole], dtype=float)


@pytest.mark.parametrize("exclusive", [True, False])
def test_scaling_finds_what_the_scores_mean(exclusive):
    scores = RNG.uniform(-1, 1, size=(4_000, 3))
    targets = drawn(scores, 2.0, np.array([0.5, 0.0, -0.5]), exclusive=exclusive)
    found = fit_scaling(scores, targets, exclusive=exclusive)
    assert found.factor == pytest.approx(2.0, abs=0.25)
    assert found.offsets[0] - found.offsets[2] == pytest.approx(1.0, abs=0.2)
    sure = found.probabilities(scores)
    curve = reliability(sure[:, 0].tolist(), (targets[:, 0] > 0).tolist())
    assert calibration_error(curve) < 0.03


def test_few_examples_move_a_scaling_only_a_little():
    scores, targets = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    found = fit_scaling(scores, targets, exclusive=True)
    assert found.factor < 1.3 * usual_scaling(np.zeros(2), exclusive=True).factor


@given(st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=5), st.booleans())
def test_any_score_gives_a_probability(rows, exclusive):
    found = usual_scaling(np.array([0.1, -0.5, -0.9]), exclusive=exclusive).probabilities(np.array(rows))
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    if exclusive:
        assert found.sum(axis=1) == pytest.approx(1.0)


def test_the_curve_and_its_error():
    curve = reliability([0.1, 0.15, 0.95, 1.0], [False, False, True, False], bins=10)
    assert [one.count for one in curve] == [2, 2]
    assert [one.right for one in curve] == [0.0, 0.5]
    assert [one.confidence for one in curve] == pytest.approx([0.125, 0.975])
    assert calibration_error(curve) == pytest.approx((0.125 + 0.475) / 2)
    assert calibration_error(reliability([], [])) == 0


def test_brier_score():
    assert brier_score(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])) == pytest.approx(0.25)
    assert brier_score(np.zeros((0, 2)), np.zeros((0, 2))) == 0


def test_a_blend_lies_between_its_judges_nearer_to_the_classifier_and_survives_a_zero():
    ours, tuned = np.array([[0.9, 0.1], [1.0, 0.0]]), np.array([[0.1, 0.1], [0.0, 1.0]], np.float32)
    both = blend(ours, tuned)
    assert both[0, 1] == pytest.approx(0.1)
    assert 0.5 < both[0, 0] < 0.9
    assert 0.5 < both[1, 0] < 1
    assert both[1, 1] == pytest.approx(1 - both[1, 0])
