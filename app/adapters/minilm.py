"""MiniLM: the bundled embedder, all-MiniLM-L6-v2 on the CPU of this process.

`make install` builds its files (infra/encoder.py); where they are missing there is no bundled embedder.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from app.adapters.encoder_graph import WIDTH
from app.adapters.encoder_session import EncoderSession, batches
from app.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")
FEW = 4
"""So many are embedded in one go, because each step waits for a batch of others."""
WINDOW = 512
"""Texts that are tokenized and sorted by length together: bounds memory, however many are asked for."""


def bundled_directory() -> Path | None:
    """Where the set-up put the encoder; None where it could not."""
    return next(iter(sorted(Path(sys.prefix, "share", "plumbline").glob("minilm-*"))), None)


class MiniLM:
    """Implements ports.Embedder. Loads at the first text, in under a second.

    One batch runs at a time, so a short question waits for a batch of others and not for all of an index.
    A cancelled `embed` ends with the batch it is in.
    """

    dimensions = WIDTH

    def __init__(self, directory: Path) -> None:
        self.name = directory.name
        self._directory = directory
        self._session: EncoderSession | None = None
        self._thread = ThreadPoolExecutor(1, "minilm")

    async def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """EmbeddingError where the files are broken."""
        if len(texts) <= FEW:
            return await self._in_thread(lambda: self._loaded().run_all("embedding", texts).reshape(-1, WIDTH))
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        for start in range(0, len(texts), WINDOW):
            window = texts[start : start + WINDOW]
            ids = await self._in_thread(partial(self._tokenized, window))
            for batch in batches([len(one) for one in ids]):
                part = [ids[place] for place in batch]
                vectors[[start + place for place in batch]] = await self._in_thread(partial(self._embedded, part))
        return vectors

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _tokenized(self, texts: Sequence[str]) -> list["NDArray[np.int64]"]:
        return self._loaded().tokenize(texts)

    def _embedded(self, ids: Sequence["NDArray[np.int64]"]) -> "NDArray[np.float32]":
        return self._loaded().run("embedding", ids)

    def _loaded(self) -> EncoderSession:
        if self._session is None:
            try:
                files = [(self._directory / name).read_bytes() for name in ("model.onnx", "tokenizer.json")]
            except OSError as error:
                raise EmbeddingError(f"the encoder cannot be loaded: {error}") from error
            self._session = EncoderSession(*files)
        return self._session
