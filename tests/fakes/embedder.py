"""An embedder that knows no meaning: texts lie as close as the words they share, always the same."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.errors import EmbeddingError


class FakeEmbedder:
    """`failure`, once set, is what every call raises. `texts` remembers what was embedded."""

    def __init__(self, dimensions: int = 64) -> None:
        self.name = f"fake/{dimensions}"
        self.dimensions = dimensions
        self.failure: EmbeddingError | None = None
        self.texts: list[str] = []

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.failure:
            raise self.failure
        self.texts += texts
        vectors = np.array([self._vector(text) for text in texts], np.float32)
        return vectors.reshape(len(texts), self.dimensions)

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(self.dimensions, np.float32)
        for word in re.findall(r"\w+", text.lower()) or [""]:
            digest = hashlib.sha256(word.encode()).digest()
            vector[int.from_bytes(digest[:4]) % self.dimensions] += 1
        return vector / np.float32(np.linalg.norm(vector))
