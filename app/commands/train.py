"""`plumbline train`: fine-tune the bundled encoder on a repository's own labels and measure it on its newest threads.

What is kept is what was measured: trained on the older threads alone, judged on the newer ones. It changes nothing yet;
a model is released as a prompt is, after the gate has compared it with the one that serves.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.thread import Label
from app.errors import ConfigurationError
from app.knowledge.labelling.examples import Example
from app.ports import Embedder
from app.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HELD_OUT = 0.2
"""The share of threads, the newest, that it is judged on."""
FEWEST = 10
"""Threads that must carry a label before it can be learnt."""
SAID_EVERY_S = 10.0
_AT_ONCE = 50
"""Threads placed between two looks at the clock."""


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
    from app.knowledge.labelling.calibration import blend

    older, newer = in_time([one for one in examples if one.labels])
    learnt = learnable(older, labels)
    if not newer or len(learnt) < 2:
        raise ConfigurationError(
            f"{repository} has {len(older) + len(newer)} labelled threads, and {len(learnt)} labels with {FEWEST} or "
            "more among the older ones: two such labels are needed to learn to tell them apart"
        )
    say(f"{len(older)} threads of {repository} to learn {len(learnt)} labels from, the newest {len(newer)} to judge by")
    truth = targets(newer, learnt)
    before = await _as_it_is(settings, older, newer, learnt, say)
    tuned = await asyncio.to_thread(
        fine_tune,
        [text_of(one) for one in older],
        targets(older, learnt),
        labels=[label.name for label in learnt],
        source=repository,
        seed=seed,
        say=say,
    )
    after = await asyncio.to_thread(tuned.probabilities, [text_of(one) for one in newer])
    found = Trained(
        tuned.save(settings.data_dir / "models"),
        now=macro_f1(before, truth),
        alone=macro_f1(after, truth),
        together=macro_f1(blend(before, after), truth),
    )
    say(
        f"macro-F1 on the newest {len(newer)} threads: {found.now:.3f} as it is now, {found.alone:.3f} fine-tuned, "
        f"{found.together:.3f} both together"
    )
    say(f"the model is in {found.directory}; it stays inactive until live.toml beside it names it")
    return found


def in_time(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The older ones and the newest fifth: a split that never learns from the future."""
    ordered = sorted(examples, key=lambda one: one.created_at)
    kept = len(ordered) - int(len(ordered) * HELD_OUT)
    return ordered[:kept], ordered[kept:]


def learnable(examples: Sequence[Example], labels: Sequence[Label]) -> list[Label]:
    """Those that enough of the examples carry, and that a thread's content can call for: `stale` is left to people."""
    from app.knowledge.labels import understand

    common = [label for label in labels if sum(label.name in one.labels for one in examples) >= FEWEST]
    called_for = {known.name for known in understand(common, [])}
    return [label for label in common if label.name in called_for]


def targets(examples: Sequence[Example], labels: Sequence[Label]) -> "NDArray[Any]":
    """(examples, labels) of 0 and 1."""
    import numpy as np

    return np.array([[label.name in one.labels for label in labels] for one in examples], np.float32)


def text_of(example: Example) -> str:
    """What the encoder is taught on."""
    from app.knowledge.labelling.reading import read

    return read(example.title, example.body).whole


def macro_f1(probabilities: "NDArray[Any]", truth: "NDArray[Any]") -> float:
    """Mean over the labels of `truth` (n, labels); a label is given where it is likelier than not."""
    given, true = probabilities > 0.5, truth > 0.5
    right, all_of_both = (given & true).sum(axis=0), given.sum(axis=0) + true.sum(axis=0)
    return float((2 * right / all_of_both.clip(min=1)).mean())


async def placed(
    embedder: Embedder | None, examples: Sequence[Example], say: Callable[[str], None]
) -> "NDArray[np.float32] | None":
    """`encode` of them, None without an embedder; minutes for thousands, so `say` tells how far it is."""
    import numpy as np

    from app.knowledge.labelling.encode import encode

    if embedder is None:
        return None
    said, parts = time.monotonic(), []
    for start in range(0, len(examples), _AT_ONCE):
        parts.append(await encode(embedder, [(one.title, one.body) for one in examples[start : start + _AT_ONCE]]))
        if time.monotonic() - said > SAID_EVERY_S:
            said = time.monotonic()
            say(f"{embedder.name} has read {min(start + _AT_ONCE, len(examples))} of {len(examples)} threads")
    return np.concatenate(parts) if parts else None


async def _as_it_is(
    settings: Settings,
    older: Sequence[Example],
    newer: Sequence[Example],
    labels: Sequence[Label],
    say: Callable[[str], None],
) -> "NDArray[Any]":
    """What the classifier that serves, taught by the older threads, says of the newer ones: (newer, labels)."""
    import numpy as np

    from app.adapters.embedders import open_embedder
    from app.knowledge.labelling.fit import fit

    async with open_embedder(settings) as embedder:
        known, unknown = [await placed(embedder, part, say) for part in (older, newer)]
    model = await asyncio.to_thread(fit, older, labels=labels, hints={}, vectors=known)
    texts = [(one.title, one.body) for one in newer]
    judged = model.judge(texts, repository=newer[0].repository, vectors=unknown)
    # Of a label that stands on old threads alone it has no opinion, so it would never give it.
    columns = dict(zip(model.labels, judged.T, strict=True))
    return np.stack([columns.get(label.name, np.zeros(len(newer))) for label in labels], axis=1)
