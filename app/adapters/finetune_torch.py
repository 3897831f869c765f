"""The part of fine-tuning that is PyTorch: the encoder's forward pass, its losses and the loop. `finetune` imports it.

Weights stay a plain mapping under their published names, which `encoder_graph` reads again afterwards.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from app.adapters.encoder_graph import EPSILON, HEADS, LAYERS, WIDTH, Weights
from app.adapters.encoder_session import padded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.adapters.finetune import Recipe

Tensors = dict[str, Any]
WARM_UP = 0.1
"""Share of the steps in which the rate rises; it falls to nothing over the others."""
TEMPERATURE = 0.1
SORTED_AT_ONCE = 8
"""Batches drawn together and sorted by length: little padding, and still a mixture."""
SAID_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """Token ids of each text and its targets (n, labels); `one_of`: labels exclude each other."""

    ids: "Sequence[NDArray[np.int64]]"
    targets: "NDArray[np.float32]"
    one_of: bool


def train(
    weights: Weights,
    lesson: Lesson,
    *,
    validation: "tuple[Sequence[NDArray[np.int64]], NDArray[Any]] | None",
    recipe: "Recipe",
    seed: int,
    say: Callable[[str], None],
) -> "dict[str, NDArray[np.float32]]":
    """The weights after training, `head.*` among them."""
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    tensors = _tensors(weights, lesson.targets.shape[1])
    optimizer = torch.optim.AdamW(_groups(tensors, recipe), weight_decay=recipe.weight_decay)
    steps = recipe.epochs * math.ceil(len(lesson.ids) / recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / max(1, WARM_UP * steps), (steps - step) / (steps * (1 - WARM_UP))),
    )
    began = said = time.monotonic()
    step = 0
    for epoch in range(recipe.epochs):
        for rows in _mixed(lesson.ids, recipe.batch, order):
            loss = _loss(tensors, lesson, rows, recipe)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([one for one in tensors.values() if one.requires_grad], 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            if time.monotonic() - said > SAID_EVERY_S:
                said = time.monotonic()
                say(f"step {step} of {steps}, about {(said - began) / step * (steps - step):.0f} s to go")
        reached = f": macro-F1 {_score(tensors, lesson, *validation):.3f}" if validation else ""
        say(f"epoch {epoch + 1} of {recipe.epochs} after {time.monotonic() - began:.0f} s{reached}")
    return {name: one.detach().float().numpy() for name, one in tensors.items()}


def _tensors(weights: Weights, labels: int) -> Tensors:
    """The encoder's weights and a new head. Words and places do not move: a history is too small to teach words."""
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
    tensors["head.weight"] = torch.nn.init.normal_(torch.empty(labels, WIDTH), std=0.02)
    tensors["head.bias"] = torch.zeros(labels)
    for name, one in tensors.items():
        one.requires_grad_(name.startswith(("encoder.", "head.")))
    return tensors


def _groups(tensors: Tensors, recipe: "Recipe") -> list[dict[str, Any]]:
    """A rate for each layer: what is near the words is general and moves least."""
    layers = [
        {
            "params": [one for name, one in tensors.items() if name.startswith(f"encoder.layer.{number}.")],
            "lr": recipe.rate * recipe.decay ** (LAYERS - 1 - number),
        }
        for number in range(LAYERS)
    ]
    head = [one for name, one in tensors.items() if name.startswith("head.")]
    return [*layers, {"params": head, "lr": recipe.head_rate}]


def _mixed(ids: "Sequence[NDArray[np.int64]]", batch: int, order: np.random.Generator) -> Iterator[list[int]]:
    """All texts once, in batches of like length and random order."""
    shuffled = order.permutation(len(ids))
    batches: list[list[int]] = []
    for start in range(0, len(ids), batch * SORTED_AT_ONCE):
        some = sorted(map(int, shuffled[start : start + batch * SORTED_AT_ONCE]), key=lambda row: len(ids[row]))
        batches += [some[place : place + batch] for place in range(0, len(some), batch)]
    yield from (batches[place] for place in order.permutation(len(batches)))


def _loss(tensors: Tensors, lesson: Lesson, rows: Sequence[int], recipe: "Recipe") -> Any:
    targets = torch.from_numpy(lesson.targets[list(rows)])
    pooled, scores = _forward(tensors, [lesson.ids[row] for row in rows], dropout=recipe.dropout)
    if lesson.one_of:
        loss = functional.cross_entropy(scores, targets, label_smoothing=recipe.smoothing)
    else:
        soft = targets * (1 - recipe.smoothing) + recipe.smoothing / 2
        loss = functional.binary_cross_entropy_with_logits(scores, soft)
    return loss + recipe.contrast * _contrast(pooled, targets)


def _contrast(pooled: Any, targets: Any) -> Any:
    """Supervised contrastive loss over pairs that have exactly the same labels; 0 in a batch without any."""
    points = functional.normalize(pooled, dim=1)
    itself = torch.eye(len(points), dtype=torch.bool)
    likely = (points @ points.T / TEMPERATURE).masked_fill(itself, -1e9).log_softmax(1)
    alike = (targets[:, None] == targets[None]).all(dim=2) & ~itself
    return -(likely * alike).sum(1).div(alike.sum(1).clamp(min=1)).mean()


def _score(tensors: Tensors, lesson: Lesson, ids: "Sequence[NDArray[np.int64]]", targets: "NDArray[Any]") -> float:
    """Macro-F1 of the labels: the likeliest one a text where they exclude each other, else those above one half."""
    likely = _probabilities(tensors, ids, one_of=lesson.one_of)
    found = likely == likely.max(axis=1, keepdims=True) if lesson.one_of else likely > 0.5
    right = (found & (targets > 0)).sum(axis=0)
    return float(np.mean(2 * right / np.maximum(1, found.sum(axis=0) + targets.sum(axis=0))))


def probabilities(weights: Weights, ids: "Sequence[NDArray[np.int64]]", *, one_of: bool) -> "NDArray[np.float32]":
    """(n, labels), as these weights have them before they are exported."""
    return _probabilities(
        {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}, ids, one_of=one_of
    )


def _probabilities(tensors: Tensors, ids: "Sequence[NDArray[np.int64]]", *, one_of: bool) -> "NDArray[np.float32]":
    with torch.no_grad():
        parts = [_forward(tensors, ids[start : start + 32], dropout=0.0)[1] for start in range(0, len(ids), 32)]
    scores = torch.cat(parts)
    found: NDArray[np.float32] = (scores.softmax(1) if one_of else scores.sigmoid()).numpy()
    return found


def _forward(tensors: Tensors, ids: "Sequence[NDArray[np.int64]]", *, dropout: float) -> tuple[Any, Any]:
    """Mean of the tokens and scores of the labels; `dropout` 0 outside of training."""
    tokens, mask = (torch.from_numpy(one) for one in padded(ids))
    with torch.autocast("cpu", torch.bfloat16, enabled=_HALF):
        x = _encoded(tensors, tokens, mask, dropout)
    column = mask[..., None]
    pooled = (x.float() * column).sum(1) / column.sum(1)
    head = functional.dropout(pooled, dropout)
    return pooled, functional.linear(head, tensors["head.weight"], tensors["head.bias"])


def _encoded(tensors: Tensors, tokens: Any, mask: Any, dropout: float) -> Any:
    def linear(x: Any, at: str) -> Any:
        return functional.linear(x, tensors[f"{at}.weight"], tensors[f"{at}.bias"])

    def norm(x: Any, at: str) -> Any:
        return functional.layer_norm(x, (WIDTH,), tensors[f"{at}.weight"], tensors[f"{at}.bias"], EPSILON)

    count, length = tokens.shape
    place = tensors["embeddings.position_embeddings.weight"][:length]
    segment = tensors["embeddings.token_type_embeddings.weight"][0]
    x = functional.embedding(tokens, tensors["embeddings.word_embeddings.weight"]) + place + segment
    x = functional.dropout(norm(x, "embeddings.LayerNorm"), dropout)
    seen = mask[:, None, None, :].bool()
    for number in range(LAYERS):
        at = f"encoder.layer.{number}"
        query, key, value = (
            linear(x, f"{at}.attention.self.{part}").view(count, length, HEADS, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        mixed = linear(mixed.transpose(1, 2).reshape(count, length, WIDTH), f"{at}.attention.output.dense")
        x = norm(x + functional.dropout(mixed, dropout), f"{at}.attention.output.LayerNorm")
        wide = functional.gelu(linear(x, f"{at}.intermediate.dense"))
        x = norm(x + functional.dropout(linear(wide, f"{at}.output.dense"), dropout), f"{at}.output.LayerNorm")
    return x


def _half() -> bool:
    """Whether this processor multiplies 16-bit numbers faster; elsewhere they are slower than usual ones."""
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())


_HALF = _half()
