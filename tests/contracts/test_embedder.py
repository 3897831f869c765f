"""What every embedder promises: a row of unit length for each text, in order, always the same, or EmbeddingError."""

import json
from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest

from app.adapters.minilm import MiniLM, bundled_directory
from app.adapters.openai_embeddings import BATCH, OpenAIEmbeddings
from app.ports import Embedder
from tests.fakes.clock import FakeClock
from tests.fakes.embedder import FakeEmbedder

ODD = ["", " ", "\0", "\ud800 half a character", "é́́" * 300, "x" * 100_000, "🙂" * 5_000, "word\n" * 20_000]


@pytest.fixture(params=["fake", "minilm", "openai"])
async def embedder(request: pytest.FixtureRequest) -> AsyncIterator[Embedder]:
    match request.param:
        case "fake":
            yield FakeEmbedder()
        case "minilm":
            directory = bundled_directory()
            if directory is None:
                pytest.skip("the bundled encoder is not installed: `make install` sets it up")
            yield MiniLM(directory)
        case _:
            behind = FakeEmbedder()

            async def service(asked: httpx.Request) -> httpx.Response:
                vectors = await behind.embed(json.loads(asked.content)["input"])
                data = [{"index": place, "embedding": (3 * row).tolist()} for place, row in enumerate(vectors)]
                return httpx.Response(200, json={"data": data[::-1]})

            async with httpx.AsyncClient(transport=httpx.MockTransport(service)) as client:
                yield OpenAIEmbeddings(
                    client=client, url="https://x.test", model="m", key="k", dimensions=0, clock=FakeClock()
                )


async def test_rows_are_of_unit_length_and_in_order(embedder: Embedder):
    texts = [f"the word {'and ' * (number % 17)}number {number}" for number in range(2 * BATCH + 3)]
    vectors = await embedder.embed(texts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), embedder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alone = await embedder.embed([texts[100]])
    assert int(np.argmax(vectors @ alone[0])) == 100
    assert float(vectors[100] @ alone[0]) > 0.999


async def test_the_same_again_is_the_same(embedder: Embedder):
    texts = ["one text", "another text, which is longer"]
    assert (await embedder.embed(texts) == await embedder.embed(texts)).all()


async def test_texts_that_share_words_are_closer_than_those_that_do_not(embedder: Embedder):
    near, far, asked = await embedder.embed(
        ["crash when saving a file", "translate the manual", "crash while saving the file"]
    )
    assert near @ asked > far @ asked + 0.2


async def test_nothing_gives_nothing(embedder: Embedder):
    vectors = await embedder.embed([])
    assert vectors.shape[0] == 0
    assert vectors.ndim == 2


async def test_odd_texts_have_vectors_too(embedder: Embedder):
    vectors = await embedder.embed(ODD)
    assert vectors.shape == (len(ODD), embedder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_names_tell_embedders_apart(embedder: Embedder):
    assert embedder.name
    assert embedder.name != FakeEmbedder(7).name
