"""Sentiment: how well what people say of us is read: their feeling, their manners, their meaning, and whether it is us.

Feeling is measured on rows that somebody judged, by a model fitted on `--train` in the same run, with the code that
reads replies. Incivility is cross-validated by thread, with a threshold that the judged threads had no part in.
Meaning and aim need no fit: `read_reply` reads them as it does in service.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import numpy as np
import typer
from numpy.typing import NDArray

from app.domain.signal import Sentiment
from app.errors import ConfigurationError, EmbeddingError
from app.knowledge.sentiment.features import row_of, rows
from app.knowledge.sentiment.fit import fit, fit_manners, regression
from app.knowledge.sentiment.model import LABELS, LinearModel, softmax
from app.knowledge.sentiment.said import said
from evals.benchmarks.replies import of_reactions, of_replies

if TYPE_CHECKING:
    from app.adapters.finetune import FineTuned

Say = Callable[[str], None]
Numbers = NDArray[np.float64]
T = TypeVar("T")
SEED, FOLDS = 7, 5
TUNED = 0.6
"""What a fine-tuned encoder's word counts in the blend; the linear model's counts the rest."""
_OPINION, _VECTORS_C = 0.3, 3.0
"""What the vectors of one encoder count of incivility, and the inverse strength of the ridge over them."""
FILE = {"exists": True, "dir_okay": False}


@dataclass(frozen=True, slots=True)
class Judged:
    """Texts, as `said` leaves them, and what somebody said of each."""

    texts: Sequence[str]
    labels: Sequence[Sentiment]


@dataclass(frozen=True, slots=True)
class Manners:
    """Comments with their threads, and whether they are uncivil."""

    texts: Sequence[str]
    threads: Sequence[str]
    uncivil: NDArray[np.bool_]


# --- files -----------------------------------------------------------------------------------------------


def read_judged(path: Path) -> Judged:
    """Lines of `text` and `label`; ValueError names the line that is none."""
    found = _lines(path, lambda row: (said(unescaped(row["text"])), LABELS[LABELS.index(row["label"])]))
    return Judged([text for text, _ in found], [label for _, label in found])


def read_manners(path: Path) -> Manners:
    """Lines of `text`, `issue_id` and `uncivil`."""
    found = _lines(path, lambda row: (said(row["text"]), str(row["issue_id"]), bool(row["uncivil"])))
    return Manners([one[0] for one in found], [one[1] for one in found], np.array([one[2] for one in found], bool))


def unescaped(text: str) -> str:
    """Without what a CSV export left in some data: doubled quotation marks, and a single one at the end."""
    text = text.strip()
    return (text[:-1] if text.endswith('"') and text.count('"') % 2 else text).replace('""', '"').strip()


def _lines(path: Path, parse: Callable[[dict[str, Any]], T]) -> list[T]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(parse(json.loads(line)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{path.name}, line {number}: {error!r}; see the columns in `bench sentiment --help`"
            ) from error
    return found


# --- figures ---------------------------------------------------------------------------------------------


def measure(model: LinearModel, test: Judged, tuned: "FineTuned | None" = None) -> dict[str, Any]:
    """`macro_f1`, `per_label`, `confusion` (truth, then what was said) and `n`; of each model alone, too.

    Of the blend, where `tuned` is given: an encoder that was taught the same texts as `model`.
    """
    parts = {"linear": np.array([model.feel(row_of(text)).sentiment for text in test.texts])}
    if tuned:
        parts["fine_tuned"] = tuned.probabilities(test.texts).astype(np.float64)
        parts["blend"] = blend(parts["linear"], parts["fine_tuned"])
    truth = np.array([LABELS.index(label) for label in test.labels])
    found = list(parts.values())[-1].argmax(axis=1)
    per_label = f1_of_labels(truth, found, len(LABELS))
    return {
        "macro_f1": round(float(per_label.mean()), 4),
        "per_label": {name: round(float(value), 4) for name, value in zip(LABELS, per_label, strict=True)},
        "n": len(truth),
        "confusion": {
            name: {other: int(((truth == row) & (found == column)).sum()) for column, other in enumerate(LABELS)}
            for row, name in enumerate(LABELS)
        },
        "alone": {
            name: round(float(f1_of_labels(truth, part.argmax(axis=1), len(LABELS)).mean()), 4)
            for name, part in parts.items()
        },
    }


def blend(linear: Numbers, tuned: Numbers) -> Numbers:
    """The weighed mean of both, as log-probabilities (n, labels)."""
    first, second = (np.log(np.clip(one, 1e-6, 1)) for one in (linear, tuned))
    return softmax((1 - TUNED) * first + TUNED * second)


def measure_manners(
    manners: Manners, model: LinearModel, say: Say, vectors: Sequence[NDArray[np.float32]] = ()
) -> dict[str, Any]:
    """F1 of uncivil comments, each judged by a model that saw none of its thread.

    So is the threshold: for each fold it is the best one on the comments of the others, judged out of fold. `model`
    lends what it knows of feelings. `vectors` (n, width) are what encoders make of the texts: one more opinion each.
    """
    from sklearn.metrics import average_precision_score

    values, threads = rows(manners.texts), np.array(manners.threads)
    say(f"{len(manners.texts)} comments of {len(set(manners.threads))} threads, {FOLDS} folds")
    scores = np.zeros((1 + len(vectors), len(threads)))
    folds = list(_folds(manners))
    for apart, asked in folds:
        truth = manners.uncivil[apart]
        weights, bias = fit_manners(values[apart], truth, model.weights[:, : len(LABELS)])
        scores[0, asked] = values[asked] @ weights + bias
        for row, seen in enumerate(vectors, start=1):
            scores[row, asked] = regression(seen[apart], truth, _VECTORS_C).decision_function(seen[asked])
    shares = np.array([1 - _OPINION * len(vectors), *[_OPINION] * len(vectors)])
    chances = 1 / (1 + np.exp(-(shares @ scores)))
    found = np.zeros(len(chances), bool)
    for apart, asked in folds:
        found[asked] = chances[asked] >= best_threshold(manners.uncivil[apart], chances[apart])
    return {
        "f1": round(float(f1_of_labels(manners.uncivil.astype(int), found.astype(int), 2)[1]), 4),
        "average_precision": round(float(average_precision_score(manners.uncivil, chances)), 4),
        "threshold": round(best_threshold(manners.uncivil, chances), 3),
        "base_rate": round(float(manners.uncivil.mean()), 4),
        "n": len(found),
        "threads": len(set(manners.threads)),
    }


def best_threshold(truth: NDArray[np.bool_], chances: Numbers) -> float:
    """The probability from which F1 is highest."""
    order = np.argsort(-chances, kind="stable")
    hits = np.cumsum(truth[order])
    scores = 2 * hits / (np.arange(1, len(truth) + 1) + truth.sum())
    return float(chances[order[int(scores.argmax())]])


def f1_of_labels(truth: NDArray[np.int_], found: NDArray[np.int_], labels: int) -> Numbers:
    """Of each label; 0 for one that nobody has and nobody was given."""
    told, was = np.eye(labels)[found], np.eye(labels)[truth]
    return np.asarray(2 * (told * was).sum(axis=0) / np.maximum((told + was).sum(axis=0), 1))


def _folds(manners: Manners) -> Any:
    from sklearn.model_selection import StratifiedGroupKFold

    return StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(
        manners.texts, manners.uncivil, manners.threads
    )


def _fine_tuned(train: Judged, say: Say) -> "FineTuned":
    from app.adapters.finetune import fine_tune

    targets = np.eye(len(LABELS))[[LABELS.index(label) for label in train.labels]]
    return fine_tune(train.texts, targets, labels=LABELS, source="bench sentiment", seed=SEED, say=say)


def _vectors(texts: Sequence[str], tuned: "FineTuned") -> list[NDArray[np.float32]]:
    """Of the fine-tuned encoder, and of the bundled one that it comes from, which knows more than feelings."""
    from app.adapters.minilm import MiniLM, bundled_directory

    bundled = bundled_directory()
    return [tuned.embed(texts), *([asyncio.run(MiniLM(bundled).embed(texts))] if bundled else [])]


# --- the command -----------------------------------------------------------------------------------------


def sentiment(
    *,
    train: Annotated[Path, typer.Option(**FILE, help="JSON lines: text, label")],
    test: Annotated[Path, typer.Option(**FILE, help="the same columns; texts to be judged")],
    fine_tune: Annotated[bool, typer.Option(help="blend with a fine-tuned encoder (make install-train)")] = False,
    incivility: Annotated[
        Path | None, typer.Option(**FILE, help="JSON lines: text, issue_id, uncivil; cross-validated by thread")
    ] = None,
    reactions: Annotated[
        Path | None, typer.Option(**FILE, help="JSON lines about bots: bot, failure_modes, user_sentiment, excerpt")
    ] = None,
    replies: Annotated[
        Path | None, typer.Option(**FILE, help="JSON lines as in evals/datasets/sentiment.jsonl")
    ] = None,
    write_weights: Annotated[
        Path | None, typer.Option(dir_okay=False, help="keep the model of --train and --incivility here (.npz)")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object as the last line")] = False,
) -> None:
    """Negative, neutral or positive: macro-F1; and incivility, meaning and aim of replies, where files are given."""

    def say(line: str) -> None:
        typer.echo(line, err=True)

    started = time.perf_counter()
    try:
        learnt = read_judged(train)
        asked, manners = read_judged(test), read_manners(incivility) if incivility else None
        model = fit((learnt.texts, learnt.labels), (manners.texts, manners.uncivil.tolist()) if manners else None)
        say(f"fitted on {len(learnt.texts)} texts")
        tuned = _fine_tuned(learnt, say) if fine_tune else None
        result = measure(model, asked, tuned)
        if manners:
            vectors = _vectors(manners.texts, tuned) if tuned else []
            result["incivility"] = measure_manners(manners, model, say, vectors)
        if reactions:
            result["reactions"] = of_reactions(_lines(reactions, dict))
        if replies:
            result["replies"] = of_replies(_lines(replies, dict))
        if write_weights:
            model.save(write_weights)
            say(f"wrote {write_weights}, {write_weights.stat().st_size:,} bytes")
    except (KeyError, ValueError, ConfigurationError, EmbeddingError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    result["seconds"] = round(time.perf_counter() - started, 1)
    result["settings"] = {"fine_tune": fine_tune, "seed": SEED, "train": len(learnt.texts)}
    if not as_json:
        typer.echo(f"macro-F1 {result['macro_f1']:.4f} over {result['n']} texts")
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))
