"""Fine-tuning: the bundled encoder taught the labels of an installation, served afterwards without PyTorch.

All of its layers move, and a linear head on the mean of the tokens reads the labels. What comes out is one ONNX
model, 8-bit as the bundled one. Training needs `make install-train`; using what was trained does not.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.adapters.encoder_graph import encoder_model, read_weights, weights_directory
from app.adapters.encoder_session import EncoderSession, open_tokenizer, tokenized
from app.errors import ConfigurationError, EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILES = ("model.onnx", "tokenizer.json", "facts.json")
FEWEST = 16
"""Texts below which there is nothing to learn from."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained; docs/local-model.md has the figures behind each value.

    `rate` is the last layer's, each layer below has `decay` of the one above. `contrast` weighs the loss that draws
    texts of like labels together (supervised contrastive, Khosla et al. 2020). `smoothing` is taken from each target.
    """

    epochs: int = 4
    batch: int = 16
    tokens: int = 96
    rate: float = 1e-4
    head_rate: float = 1e-3
    decay: float = 0.85
    contrast: float = 0.3
    smoothing: float = 0.05
    dropout: float = 0.1
    weight_decay: float = 0.01


class FineTuned:
    """A trained encoder with its head. `labels` name the columns of `probabilities`; `facts` say what it is."""

    def __init__(self, model: bytes, tokenizer: bytes, facts: dict[str, Any]) -> None:
        self._files = model, tokenizer, json.dumps(facts, indent=2, sort_keys=True).encode()
        self._session = EncoderSession(model, tokenizer, tokens=facts["tokens"])
        self.facts = facts
        self.labels: tuple[str, ...] = tuple(facts["labels"])
        self.version = hashlib.sha256(b"".join(self._files)).hexdigest()[:16]

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """(n, 384), rows of unit length."""
        return self._session.run_all("embedding", texts)

    def probabilities(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """(n, labels) of 0 to 1; rows add up to 1 where each training text had exactly one label."""
        return self._session.run_all("probabilities", texts)

    def save(self, models: Path) -> Path:
        """Its directory under `models`, named after its contents: written aside and renamed, so never there by half."""
        target = models / self.version
        if not target.exists():
            aside = models / f".{self.version}.{os.getpid()}"
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            for name, content in zip(FILES, self._files, strict=True):
                (aside / name).write_bytes(content)
            aside.rename(target)
        return target


def load(directory: Path) -> FineTuned:
    """What `save` wrote; EmbeddingError where it is not whole."""
    try:
        model, tokenizer, facts = ((directory / name).read_bytes() for name in FILES)
        found = FineTuned(model, tokenizer, json.loads(facts))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EmbeddingError(f"{directory} holds no fine-tuned model: {error}") from error
    if found.version != directory.name:
        raise EmbeddingError(f"{directory} is damaged: its contents are no longer what it is named after")
    return found


def fine_tune(
    texts: Sequence[str],
    targets: "NDArray[Any]",
    *,
    labels: Sequence[str],
    source: str,
    seed: int,
    say: Callable[[str], None],
    validation: "tuple[Sequence[str], NDArray[Any]] | None" = None,
    recipe: Recipe = Recipe(),  # frozen
) -> FineTuned:
    """Train on `texts` and `targets` (n, labels) of 0 and 1; minutes, `say` tells how far it is and what it reaches.

    `labels` and `source`, whose history it is, are kept in its facts, so that a stored model can be told from others.
    Labels exclude each other where each text has exactly one. ConfigurationError where something is not installed or
    there is nothing to learn. The same input and seed on the same machine give the same model.
    """
    targets = np.asarray(targets, np.float32)
    if targets.shape != (len(texts), len(labels)) or not np.isin(targets, (0, 1)).all():
        raise ValueError(f"{len(texts)} texts need as many rows of {len(labels)} times 0 or 1, not {targets.shape}")
    if len(texts) < FEWEST or not targets.any(axis=0).all():
        raise ConfigurationError(f"fine-tuning needs {FEWEST} texts at least, and one of each label")
    published = weights_directory()
    if published is None:
        raise ConfigurationError("fine-tuning starts from the bundled encoder, which is missing: run `make install`")
    trainer = _trainer()
    tokenizer = (published / "tokenizer.json").read_bytes()
    reader = open_tokenizer(tokenizer, tokens=recipe.tokens)
    one_of = targets.shape[1] > 1 and bool((targets.sum(axis=1) == 1).all())
    weights = trainer.train(
        read_weights(published / "model.safetensors"),
        trainer.Lesson(tokenized(reader, texts), targets, one_of=one_of),
        validation=None if validation is None else (tokenized(reader, validation[0]), np.asarray(validation[1])),
        recipe=recipe,
        seed=seed,
        say=say,
    )
    about = {"source": source, "labels": list(labels), "texts": len(texts), "one_of": one_of, "seed": seed}
    facts = about | asdict(recipe)
    return FineTuned(encoder_model(weights, one_of=one_of), tokenizer, facts)


def _trainer() -> Any:
    """The module that needs PyTorch."""
    # Threads that wait for one another while spinning take twice the time as soon as anything else runs here.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from app.adapters import finetune_torch
    except ImportError as error:
        raise ConfigurationError("fine-tuning needs PyTorch: run `make install-train` first") from error
    return finetune_torch
