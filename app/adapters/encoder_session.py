"""An encoder at work: its tokenizer and its ONNX session, for the bundled model and for fine-tuned ones.

Everything here blocks; whoever serves others calls it from a thread.
"""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from app.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOKENS = 256
"""Where the bundled model was trained to stop reading."""
CHARACTERS = 8_000
"""More than 256 tokens of anything but noise; what is beyond is not even tokenized."""
BATCH_TOKENS = 512
"""Padding included: bounds the memory of a batch, and its time to a tenth of a second. Larger ones are no quicker."""
THREADS = 2


class EncoderSession:
    """Of the bytes of a model and of its tokenizer; `tokens` is where a text is cut.

    Raises EmbeddingError where these bytes are no working encoder.
    """

    def __init__(self, model: bytes, tokenizer: bytes, *, tokens: int = TOKENS) -> None:
        try:
            import onnxruntime

            self._tokenizer = open_tokenizer(tokenizer, tokens=tokens)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
            options.inter_op_num_threads = 1
            options.log_severity_level = 4
            # Idle threads that spin would take the processor from everything else.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise Exception itself
            raise EmbeddingError(f"the encoder cannot be loaded: {_reason(error)}") from error

    def tokenize(self, texts: Sequence[str]) -> list["NDArray[np.int64]"]:
        """The ids of each text, two at least: one marks its start, one its end."""
        return tokenized(self._tokenizer, texts)

    def run(self, output: str, ids: Sequence["NDArray[np.int64]"]) -> "NDArray[np.float32]":
        """`output` of the graph for one batch, a row a text."""
        inputs = padded(ids)
        try:
            (rows,) = self._session.run([output], {"input_ids": inputs[0], "attention_mask": inputs[1]})
        except Exception as error:
            raise EmbeddingError(f"the encoder failed: {_reason(error)}") from error
        result: NDArray[np.float32] = rows
        return result

    def run_all(self, output: str, texts: Sequence[str]) -> "NDArray[np.float32]":
        """`output` for any number of texts; (0, 0) for none."""
        ids = self.tokenize(texts)
        rows: list[Any] = [None] * len(ids)
        for batch in batches([len(one) for one in ids]):
            for place, row in zip(batch, self.run(output, [ids[place] for place in batch]), strict=True):
                rows[place] = row
        return np.array(rows, np.float32) if rows else np.zeros((0, 0), np.float32)


def open_tokenizer(tokenizer: bytes, *, tokens: int) -> Any:
    """Of its JSON; it cuts at `tokens` and pads nothing."""
    from tokenizers import Tokenizer

    opened = Tokenizer.from_str(tokenizer.decode())
    opened.no_padding()
    opened.enable_truncation(tokens)
    return opened


def tokenized(tokenizer: Any, texts: Sequence[str]) -> list["NDArray[np.int64]"]:
    clean = [text[:CHARACTERS].encode(errors="replace").decode() for text in texts]
    return [np.array(encoding.ids) for encoding in tokenizer.encode_batch(clean)]


def batches(lengths: Sequence[int], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Places of texts of like length together, each batch at most `tokens` long with its padding."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def padded(ids: Sequence["NDArray[np.int64]"]) -> tuple["NDArray[np.int64]", "NDArray[np.int64]"]:
    """`input_ids` and `attention_mask`, as wide as the longest."""
    shape = len(ids), max(map(len, ids))
    tokens, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, one in enumerate(ids):
        tokens[row, : len(one)], mask[row, : len(one)] = one, 1
    return tokens, mask


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
