"""The bundled encoder: what it means by near, and what it does when cancelled, broken or asked for much."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from app.adapters.encoder_session import BATCH_TOKENS, batches, padded
from app.adapters.minilm import MiniLM, bundled_directory
from app.errors import EmbeddingError

DIRECTORY = bundled_directory()
installed = pytest.mark.skipif(
    DIRECTORY is None, reason="the bundled encoder is not installed: `make install` sets it up"
)


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    assert DIRECTORY
    return MiniLM(DIRECTORY)


@installed
async def test_meaning_and_not_words(minilm: MiniLM):
    question, same, other = await minilm.embed(
        ["I forgot my password and cannot sign in", "How do I reset my login credentials?", "I forgot my umbrella"]
    )
    assert question @ same > 0.5
    assert question @ other < 0.4


@installed
async def test_a_text_has_one_vector_whatever_it_is_embedded_with(minilm: MiniLM):
    text = "The build fails on Windows"
    (alone,) = await minilm.embed([text])
    among = await minilm.embed([text, "0x00 " * 200, "¯\\_(ツ)_/¯", "a", "ERROR " * 256])
    assert float(alone @ among[0]) > 0.999


@installed
async def test_what_is_beyond_256_tokens_is_not_read(minilm: MiniLM):
    long, longer = await minilm.embed(["word " * 300, "word " * 300 + "umbrella " * 50])
    assert (long == longer).all()


@installed
async def test_a_question_does_not_wait_for_an_index(minilm: MiniLM):
    """One batch of others at most, by order of submission: the question is answered first."""
    finished: list[str] = []

    async def one(name: str, texts: list[str]) -> None:
        await minilm.embed(texts)
        finished.append(name)

    index = asyncio.create_task(one("index", ["a text of some length " * 30] * 48))
    await asyncio.sleep(0)
    await one("question", ["where is it?"])
    await index
    assert finished == ["question", "index"]


@installed
async def test_a_cancelled_index_ends_and_the_next_one_works(minilm: MiniLM):
    index = asyncio.create_task(minilm.embed(["a text of some length " * 30] * 2_000))
    await asyncio.sleep(0)
    index.cancel()
    with pytest.raises(asyncio.CancelledError):
        await index
    assert (await minilm.embed(["still there?"])).shape == (1, 384)


@pytest.mark.parametrize("content", [None, b"", b"no model"])
async def test_broken_files_are_one_sentence(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "tokenizer.json").write_bytes(content)
        (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(EmbeddingError, match="cannot be loaded") as caught:
        await MiniLM(tmp_path).embed(["x"])
    assert "\n" not in str(caught.value)


def test_batches_are_bounded_with_their_padding_and_keep_every_text():
    lengths = [int(length) for length in np.random.default_rng(0).integers(2, 256, 500)]
    made = list(batches(lengths))
    assert sorted(place for batch in made for place in batch) == list(range(500))
    assert max(len(batch) * max(lengths[place] for place in batch) for batch in made) <= BATCH_TOKENS
    assert len(made) < 500 / 3


def test_a_text_longer_than_a_batch_comes_alone():
    assert list(batches([9, 30, 9], tokens=20)) == [[0, 2], [1]]


def test_padding_is_masked():
    ids, mask = padded([np.array([7, 8]), np.array([9])])
    assert ids.tolist() == [[7, 8], [9, 0]]
    assert mask.tolist() == [[1, 1], [1, 0]]
