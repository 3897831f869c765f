"""`plumbline train`: fine-tune the bundled encoder on a repository's own labels and measure it on its newest threads.

What is kept is what was measured: trained on the older threads alone, judged on the newer ones. It changes nothing yet;
a model is released as a prompt is, after the gate has compared it with the one that serves.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.thread import Label
from app.errors import ConfigurationError
from app.knowledge.labelling.examples import Example
from app.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

HELD_OUT = 0.2
"""The share of threads, the newest, that it is judged on."""
FEWEST = 10
"""Threads that must carry a label before it can be learnt."""


@dataclass(frozen=True, slots=True)
class Trained:
    """Where the model is, and macro-F1 on the newest threads: as it is now, the new one, and both together."""

    directory: Path
    now: float
    alone: float
    together: float


async def train(
    settings: Settings,
    repository: str,
    examples: Sequence[Example],
    *,
    labels: Sequence[Label],
    say: Callable[[str], None],
    seed: int = 0,
) -> Trained:
    """Train on the older of `examples`, threads of `repository` whose labels are among `labels`, and report.

    ConfigurationError where there are too few, or the training part is not installed. Takes minutes.
    """
    from app.adapters.finetune import fine_tune

    older, newer = in_time([one for one in examples if one.labels])
    learnt = learnable(older, labels)
    if not newer or len(learnt) < 2:
        raise ConfigurationError(
            f"{repository} has {len(older) + len(newer)} labelled threads, and {len(learnt)} labels with {FEWEST} or "
            "more among the older ones: two such labels are needed to learn to tell them apart"
        )
    say(f"{len(older)} threads of {repository} to learn {len(learnt)} labels from, the newest {len(newer)} to judge by")
    truth = targets(newer, learnt)
    before = await _as_it_is(settings, older, newer, learnt)
    texts, unseen = [text_of(one) for one in older], [text_of(one) for one in newer]
    tuned = await asyncio.to_thread(fine_tune, texts, targets(older, learnt), seed=seed, say=say)
    after = await asyncio.to_thread(tuned.probabilities, unseen)
    found = Trained(
        tuned.save(settings.data_dir / "models"),
        now=macro_f1(before, truth),
        alone=macro_f1(after, truth),
        together=macro_f1((before + after) / 2, truth),
    )
    say(
        f"macro-F1 on the newest {len(newer)} threads: {found.now:.3f} as it is now, {found.alone:.3f} fine-tuned, "
        f"{found.together:.3f} both together"
    )
    say(f"the model is in {found.directory}; it stays inactive until it is released")
    return found


def in_time(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The older ones and the newest fifth: a split that never learns from the future."""
    ordered = sorted(examples, key=lambda one: one.created_at)
    kept = len(ordered) - int(len(ordered) * HELD_OUT)
    return ordered[:kept], ordered[kept:]


def learnable(examples: Sequence[Example], labels: Sequence[Label]) -> list[Label]:
    return [label for label in labels if sum(label.name in one.labels for one in examples) >= FEWEST]


def targets(examples: Sequence[Example], labels: Sequence[Label]) -> "NDArray[Any]":
    """(examples, labels) of 0 and 1."""
    import numpy as np

    return np.array([[label.name in one.labels for label in labels] for one in examples], np.float32)


def text_of(example: Example) -> str:
    """What the encoder reads of a thread: the title first, for the body may be cut."""
    from app.knowledge.labelling.reading import read

    found = read(example.title, example.body)
    return f"{found.title}\n{found.text}"


def macro_f1(probabilities: "NDArray[Any]", truth: "NDArray[Any]") -> float:
    """Mean over the labels of `truth` (n, labels); a label is given where it is likelier than not."""
    given, true = probabilities > 0.5, truth > 0.5
    right, all_of_both = (given & true).sum(axis=0), given.sum(axis=0) + true.sum(axis=0)
    return float((2 * right / all_of_both.clip(min=1)).mean())


async def _as_it_is(
    settings: Settings, older: Sequence[Example], newer: Sequence[Example], labels: Sequence[Label]
) -> "NDArray[Any]":
    """What the classifier that serves, taught by the older threads, says of the newer ones."""
    from app.adapters.embedders import open_embedder
    from app.knowledge.labelling.encode import encode
    from app.knowledge.labelling.fit import fit

    pairs = [[(one.title, one.body) for one in part] for part in (older, newer)]
    async with open_embedder(settings) as embedder:
        known, unknown = [await encode(embedder, part) if embedder else None for part in pairs]
    model = await asyncio.to_thread(fit, older, labels=labels, hints={}, vectors=known)
    return model.judge(pairs[1], repository=newer[0].repository, vectors=unknown)
