"""`plumbline bench needs-info`: does the score find the descriptions that people judged not enough to act on?

Average precision of the score that serves threads, with the weights that ship. On the rows they were fitted on it says
nothing about new ones, so the same fit is also cross-validated on the file; that cannot see what the signs themselves
owe to the rows (docs/design/012-needs-info.md). On rows never seen, the first figure is the one to read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from app.knowledge.needs import NOT_ENOUGH, missing
from app.knowledge.needs_score import signs

LACKING = "Not enough info"
FOLDS, ROUNDS, SEED = 5, 20, 0
RIDGE = 1 / 0.03
"""Over standardised signs: strong, because there are few positives."""
STEPS = 30

Truth = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    body: str
    lacking: bool


def needs_info(
    data: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="rows with problem_statement, description_quality")
    ],
    refit: Annotated[bool, typer.Option("--refit", help="also print weights fitted on all rows")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object as the last line")] = False,
) -> None:
    """How well the needs-info score finds descriptions that are not enough to act on."""
    try:
        rows = list(read_rows(data))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--data") from error
    result = measure(rows)
    if refit:
        bias, weights = fit(*_matrix(rows))
        typer.echo(f"BIAS = {bias:.3f}")
        typer.echo(json.dumps({name: round(weight, 3) for name, weight in weights.items()}, indent=4))
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of a JSONL file. ValueError names the first line that is none, or says that both kinds are needed."""
    kinds = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").rstrip("\n").split("\n"), start=1):
        try:
            row = json.loads(line)
            title, _, body = row["problem_statement"].partition("\n")
            kinds.add(row["description_quality"] == LACKING)
            yield Row(title, body, row["description_quality"] == LACKING)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"line {number} has no problem_statement and description_quality: {error!r}") from error
    if len(kinds) < 2:
        raise ValueError(f"the file needs rows whose description_quality is “{LACKING}”, and others")


def measure(rows: Sequence[Row]) -> dict[str, float | int | None]:
    """Figures of the shipped score; `cross_validated_average_precision` is None where a fold would hold no positive."""
    lacking = np.array([row.lacking for row in rows])
    scores = np.array([missing(row.title, row.body).score for row in rows])
    asked = scores >= NOT_ENOUGH
    hits = int((asked & lacking).sum())
    return {
        "average_precision": round(average_precision(lacking, scores), 4),
        "best_f1": round(best_f1(lacking, scores), 4),
        "n": len(rows),
        "base_rate": round(float(lacking.mean()), 4),
        "threshold": NOT_ENOUGH,
        "precision_at_threshold": round(hits / max(1, int(asked.sum())), 4),
        "recall_at_threshold": round(hits / int(lacking.sum()), 4),
        "cross_validated_average_precision": cross_validated(rows) if lacking.sum() >= FOLDS else None,
    }


def average_precision(truth: Truth, scores: Numbers) -> float:
    """Mean over the positives of the precision at their score; equal scores count as one step."""
    return float(sum(precision * gain for precision, gain in _steps(truth, scores)))


def best_f1(truth: Truth, scores: Numbers) -> float:
    best = recall = 0.0
    for precision, gain in _steps(truth, scores):
        recall += gain
        best = max(best, 2 * precision * recall / (precision + recall) if recall else 0.0)
    return best


def cross_validated(rows: Sequence[Row]) -> float:
    """Average precision of scores fitted without the rows they are given to, mean over rounds of stratified folds."""
    matrix, truth = _matrix(rows)
    values = np.array([list(row.values()) for row in matrix])
    return round(float(np.mean([average_precision(truth, scores) for scores in _unseen_scores(values, truth)])), 4)


def fit(matrix: Sequence[Mapping[str, float]], truth: Truth) -> tuple[float, dict[str, float]]:
    """Bias and weights in the units of the signs, calibrated on scores of rows that were not fitted."""
    values = np.array([list(row.values()) for row in matrix])
    unseen = np.concatenate(_unseen_scores(values, truth))[:, None]
    offset, slope = _logistic(unseen, np.tile(truth, ROUNDS).astype(float), np.ones(len(unseen)), ridge=1.0)
    coefficients = slope * _fit(values, truth)
    return float(offset + coefficients[0]), dict(zip(matrix[0], map(float, coefficients[1:]), strict=True))


def _unseen_scores(values: Numbers, truth: Truth) -> list[Numbers]:
    """For each round, a score of every row by a fit that did not see it."""
    rounds = []
    for turn in range(ROUNDS):
        random = np.random.default_rng(SEED + turn)
        fold = np.empty(len(truth), dtype=int)
        for side in (True, False):
            members = random.permutation(np.flatnonzero(truth == side))
            fold[members] = np.arange(len(members)) % FOLDS
        scores = np.zeros(len(truth))
        for number in range(FOLDS):
            here = fold == number
            coefficients = _fit(values[~here], truth[~here])
            scores[here] = coefficients[0] + values[here] @ coefficients[1:]
        rounds.append(scores)
    return rounds


def _fit(values: Numbers, truth: Truth) -> Numbers:
    """Bias and weights of a logistic regression on standardised values, both sides weighing the same."""
    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale[scale == 0] = 1.0
    weight = np.where(truth, len(truth) / (2 * truth.sum()), len(truth) / (2 * (~truth).sum()))
    found = _logistic((values - mean) / scale, truth.astype(float), weight, ridge=RIDGE)
    weights = found[1:] / scale
    return np.concatenate([[found[0] - weights @ mean], weights])


def _logistic(values: Numbers, truth: Numbers, weight: Numbers, *, ridge: float) -> Numbers:
    """Newton's method; the bias, first, is not held down."""
    design = np.column_stack([np.ones(len(values)), values])
    held = np.diag([1e-6, *[ridge] * values.shape[1]])
    found = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (weight * (truth - chance)) - held @ found
        curve = (design.T * (weight * chance * (1 - chance))) @ design + held
        found = found + np.linalg.solve(curve, slope)
    return found


def _matrix(rows: Sequence[Row]) -> tuple[list[dict[str, float]], Truth]:
    return [signs(row.title, row.body) for row in rows], np.array([row.lacking for row in rows])


def _steps(truth: Truth, scores: Numbers) -> Iterator[tuple[float, float]]:
    """Precision down to each distinct score, highest first, and the share of positives gained there."""
    found = taken = 0
    for score in sorted(set(scores.tolist()), reverse=True):
        here = scores == score
        gained = int(truth[here].sum())
        found, taken = found + gained, taken + int(here.sum())
        yield found / taken, gained / int(truth.sum())
