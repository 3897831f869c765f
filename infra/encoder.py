"""Builds the bundled encoder out of the weights in `.venv`: `infra/bootstrap.py` and the Dockerfile call it.

    .venv/bin/python infra/encoder.py

What it makes is named after its contents, and appears under that name at once and whole: it may be killed at any time,
and vectors stay good for as long as the encoder really is the same.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from app.adapters import encoder_graph

PLACE = Path(sys.prefix) / "share" / "plumbline"


def build(place: Path) -> Path:
    """The directory of the encoder, under `place`."""
    source = encoder_graph.weights_directory()
    if source is None:
        sys.exit("plumbline: the weights are not installed")
    model = encoder_graph.encoder_model(encoder_graph.read_weights(source / "model.safetensors"))
    tokenizer = (source / "tokenizer.json").read_bytes()
    target = place / f"minilm-l6-v2-int8-{hashlib.sha256(model + tokenizer).hexdigest()[:12]}"
    if not target.exists():
        aside = place / f".{target.name}.{os.getpid()}"
        aside.mkdir(parents=True)
        (aside / "model.onnx").write_bytes(model)
        (aside / "tokenizer.json").write_bytes(tokenizer)
        aside.rename(target)
    for other in place.iterdir():
        if other != target:
            shutil.rmtree(other)
    return target


if __name__ == "__main__":
    build(PLACE)
