"""Encode: what the classifier asks an embedder for. Two looks at a thread, because a title drowns in a long body."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.knowledge.labelling.reading import read
from app.ports import Embedder


async def encode(embedder: Embedder, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
    """(title, body) pairs as `fit` and `LabelModel.judge` want them: (n, 2 * dimensions); EmbeddingError as raised."""
    readings = [read(title, body) for title, body in texts]
    titles = await embedder.embed([one.title for one in readings])
    whole = await embedder.embed([one.whole for one in readings])
    return np.hstack([titles, whole])
