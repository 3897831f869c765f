"""Labels: how well the label model types threads, in repositories it knows and in one it has never seen.

It calls what serves threads: `encode`, `fit`, `LabelModel.judge` and `blend`, with the embedder of the settings. With
`--leave-repo-out` each repository is judged by a model that saw none of its labels; its unlabelled threads are there,
as they are at the hour of an installation.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.adapters.embedders import open_embedder
from app.commands.train import placed, text_of
from app.domain.thread import Label
from app.errors import ConfigurationError, EmbeddingError
from app.knowledge.labelling.calibration import blend, brier_score, calibration_error, reliability
from app.knowledge.labelling.examples import Example, prior
from app.knowledge.labelling.fit import fit
from app.knowledge.labelling.model import LabelModel
from app.settings import read_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Say = Callable[[str], None]
SEED = 7


@dataclass(frozen=True, slots=True)
class Set:
    """Threads with their one label each, and their vectors where there is an embedder."""

    examples: Sequence[Example]
    vectors: "NDArray[np.float32] | None"

    def of(self, repository: str) -> "Set":
        rows = [row for row, one in enumerate(self.examples) if one.repository == repository]
        return Set([self.examples[row] for row in rows], None if self.vectors is None else self.vectors[rows])


def read_set(path: Path) -> list[Example]:
    """Lines of `repo`, `created_at`, `label`, `title`, `body`; ValueError names the line that is none."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            when = datetime.fromisoformat(row["created_at"]).replace(tzinfo=UTC)
            labels = frozenset([row["label"]])
            found.append(Example(row["repo"], row["title"] or "", row["body"] or "", labels, when))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path.name}, line {number}: {error!r}; see the columns in `bench labels --help`"
            ) from error
    return found


async def measure(
    train: Path, test: Path, *, leave_repo_out: bool = False, fine_tune: bool = False, say: Say
) -> dict[str, Any]:
    """`macro_f1` (mean over repositories), `per_repo`, `per_label`, `n`, and how far its probabilities hold."""
    import numpy as np

    started = time.perf_counter()
    learnt, asked = read_set(train), read_set(test)
    names = tuple(sorted({name for one in [*learnt, *asked] for name in one.labels}))
    sets, ours, embedder = await _encoded(learnt, asked, say)
    tuned = await asyncio.to_thread(_fine_tuned, learnt, names, say) if fine_tune and not leave_repo_out else None
    judge = _Judge(names, sets[0], ours, tuned)
    found: dict[str, NDArray[np.float64]] = {}
    versions: dict[str, str] = {}
    encoded = time.perf_counter()
    for repository in sorted({one.repository for one in asked}):
        if fine_tune and leave_repo_out:
            apart = [one for one in learnt if one.repository != repository]
            judge.tuned = await asyncio.to_thread(_fine_tuned, apart, names, say)
        found[repository], versions[repository] = judge.of(sets[1].of(repository), repository, apart=leave_repo_out)
        say(f"{repository}: {len(found[repository])} threads judged")
    truth = {name: _targets(sets[1].of(name).examples, names) for name in found}
    return {
        **_figures(found, truth, names),
        "seconds": round(time.perf_counter() - started, 1),
        "seconds_without_vectors": round(time.perf_counter() - encoded, 1),
        "version": versions if leave_repo_out else next(iter(versions.values()), ""),
        "settings": {"embedder": embedder, "leave_repo_out": leave_repo_out, "fine_tune": fine_tune},
    }


@dataclass(slots=True)
class _Judge:
    names: tuple[str, ...]
    learnt: Set
    prior_vectors: "NDArray[np.float32] | None"
    tuned: Any
    model: LabelModel | None = None

    def of(self, asked: Set, repository: str, *, apart: bool) -> "tuple[NDArray[np.float64], str]":
        """Probabilities of `names` for the threads of one repository; `apart`: its labels are not to be learnt from."""
        if self.model is None or apart:
            self.model = fit(
                [replace(one, labels=frozenset()) if apart and one.repository == repository else one
                 for one in self.learnt.examples],
                labels=[Label(name=name) for name in self.names],
                hints={},
                vectors=self.learnt.vectors,
                prior_vectors=self.prior_vectors,
            )  # fmt: skip
        texts = [(one.title, one.body) for one in asked.examples]
        found = self.model.judge(texts, repository=repository, vectors=asked.vectors)
        missing = set(self.names) - set(self.model.labels)
        if missing:
            raise ValueError(f"too few examples of {', '.join(sorted(missing))}")
        found = found[:, [self.model.labels.index(name) for name in self.names]]
        if self.tuned is None:
            return found, self.model.version
        both = blend(found, self.tuned.probabilities([text_of(one) for one in asked.examples]))
        return both, f"{self.model.version}+{self.tuned.version}"


async def _encoded(
    learnt: Sequence[Example], asked: Sequence[Example], say: Say
) -> "tuple[tuple[Set, Set], NDArray[np.float32] | None, str]":
    async with open_embedder(read_settings()) as embedder:
        if embedder is None:
            return (Set(learnt, None), Set(asked, None)), None, "none"
        say(f"{embedder.name} reads {len(learnt) + len(asked)} threads")
        vectors = [await placed(embedder, part, say) for part in (learnt, asked, prior())]
        return (Set(learnt, vectors[0]), Set(asked, vectors[1])), vectors[2], embedder.name


def _fine_tuned(learnt: Sequence[Example], names: Sequence[str], say: Say) -> Any:
    from app.adapters.finetune import fine_tune

    texts, truth = [text_of(one) for one in learnt], _targets(learnt, names)
    return fine_tune(texts, truth, labels=names, source="bench labels", seed=SEED, say=say)


def _targets(examples: Sequence[Example], names: Sequence[str]) -> "NDArray[np.float64]":
    import numpy as np

    return np.array([[float(name in one.labels) for name in names] for one in examples])


def _figures(
    found: "Mapping[str, NDArray[np.float64]]", truth: "Mapping[str, NDArray[np.float64]]", names: Sequence[str]
) -> dict[str, Any]:
    import numpy as np

    said = {name: np.eye(len(names))[rows.argmax(axis=1)] for name, rows in found.items()}
    everything, right = np.vstack(list(found.values())), np.vstack(list(truth.values()))
    sure = everything.max(axis=1).tolist()
    hit = (everything.argmax(axis=1) == right.argmax(axis=1)).tolist()
    curve = reliability(sure, hit)
    per_repo = {name: float(np.mean(_f1(said[name], truth[name]))) for name in said}
    per_label = np.mean([_f1(said[name], truth[name]) for name in said], axis=0)
    return {
        "macro_f1": round(float(np.mean(list(per_repo.values()))), 4),
        "per_repo": {name: round(value, 4) for name, value in per_repo.items()},
        "per_label": {name: round(float(value), 4) for name, value in zip(names, per_label, strict=True)},
        "n": len(everything),
        "ece": round(calibration_error(curve), 4),
        "brier": round(brier_score(everything, right), 4),
        "reliability": [[one.count, round(one.confidence, 3), round(one.right, 3)] for one in curve],
    }


def _f1(said: "NDArray[np.float64]", truth: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Of each label; 0 for one that nobody has and nobody was given."""
    import numpy as np

    return np.asarray(2 * (said * truth).sum(axis=0) / np.maximum((said + truth).sum(axis=0), 1))


def labels(
    train: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="JSON lines: repo, created_at, label, title, body")
    ],
    test: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="the same columns; threads to be judged")],
    leave_repo_out: Annotated[bool, typer.Option(help="judge each repository without any label of its own")] = False,
    fine_tune: Annotated[bool, typer.Option(help="blend with a fine-tuned encoder (make install-train)")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object as the last line")] = False,
) -> None:
    """Bug, feature or question: macro-F1 of the label model, the mean over repositories."""

    def say(line: str) -> None:
        typer.echo(line, err=True)

    try:
        result = asyncio.run(measure(train, test, leave_repo_out=leave_repo_out, fine_tune=fine_tune, say=say))
    except (ValueError, ConfigurationError, EmbeddingError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if not as_json:
        for name, value in result["per_repo"].items():
            typer.echo(f"{name:<40} {value:.3f}")
        typer.echo(
            f"macro-F1 {result['macro_f1']:.4f} over {result['n']} threads, calibration error {result['ece']:.3f}"
        )
    typer.echo(json.dumps(result) if as_json else json.dumps(result, indent=2))
