"""The embedding service: what is asked of it, and what becomes of every kind of answer."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import numpy as np
import pytest

from app.adapters.embedders import open_embedder
from app.adapters.minilm import MiniLM, bundled_directory
from app.adapters.openai_embeddings import ATTEMPTS, BATCH, CHARACTERS, OpenAIEmbeddings, endpoint
from app.errors import ConfigurationError, EmbeddingError
from app.settings import Settings
from tests.fakes.clock import FakeClock

KEY = "sk-hunter2-hunter2"


def vectors(count: int, size: int = 4) -> httpx.Response:
    rows = np.eye(size)[np.arange(count) % size] * 2
    return httpx.Response(200, json={"data": [{"index": n, "embedding": list(row)} for n, row in enumerate(rows)]})


class Service:
    """Plays `answers` in order, then gives good ones; an exception among them is raised."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.asked: list[dict[str, Any]] = []
        self.headers: list[httpx.Headers] = []
        self.clock = FakeClock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        self.headers.append(request.headers)
        answer = self.answers.pop(0) if self.answers else vectors(len(self.asked[-1]["input"]))
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def service() -> Service:
    return Service()


Make = Callable[..., OpenAIEmbeddings]


@pytest.fixture
async def make(service: Service) -> AsyncIterator[Make]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(service)) as client:

        def made(*, model: str = "small-1", key: str = KEY, dimensions: int = 0) -> OpenAIEmbeddings:
            return OpenAIEmbeddings(
                client=client, url="https://x.test", model=model, key=key, dimensions=dimensions, clock=service.clock
            )

        yield made


async def test_batches_the_key_and_the_model(service: Service, make: Make):
    embedder = make()
    assert (embedder.name, embedder.dimensions) == ("small-1", 0)
    found = await embedder.embed([f"text {number}" for number in range(BATCH + 1)])
    assert found.shape == (BATCH + 1, 4)
    assert [len(body["input"]) for body in service.asked] == [BATCH, 1]
    assert {key: value for key, value in service.asked[0].items() if key != "input"} == {"model": "small-1"}
    assert service.headers[0]["authorization"] == f"Bearer {KEY}"
    assert embedder.dimensions == 4


async def test_no_key_no_header(service: Service, make: Make):
    await make(key="").embed(["x"])
    assert "authorization" not in service.headers[0]


async def test_wanted_dimensions_are_asked_for_and_part_of_the_name(service: Service, make: Make):
    embedder = make(dimensions=4)
    await embedder.embed(["x"])
    assert service.asked[0]["dimensions"] == 4
    assert embedder.name == "small-1/4"
    service.answers = [vectors(1, size=5)]
    with pytest.raises(EmbeddingError, match="gave 5 dimensions, not 4: set PLUMBLINE_EMBEDDINGS_DIMENSIONS"):
        await embedder.embed(["x"])


async def test_long_texts_are_cut_and_empty_ones_are_not_sent_empty(service: Service, make: Make):
    await make().embed(["x" * 100_000, ""])
    assert [len(text) for text in service.asked[0]["input"]] == [CHARACTERS, 1]


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(429, headers={"retry-after": "2"}),
        httpx.Response(503, headers={"retry-after": "nan"}),
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"data": None}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": "AAAA"}]}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": [0.0, 0.0]}]}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": []}]}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_trouble_is_tried_again_and_then_given_up(
    trouble: httpx.Response | Exception, service: Service, make: Make
):
    service.answers = [trouble]
    assert (await make().embed(["x"])).shape == (1, 4)
    service.answers = [trouble] * ATTEMPTS
    with pytest.raises(EmbeddingError, match="the embedding service is unavailable"):
        await make().embed(["x"])
    assert len(service.asked) == 2 + ATTEMPTS


async def test_a_long_wait_is_not_waited(service: Service, make: Make):
    service.answers = [httpx.Response(429, headers={"retry-after": "3600"})]
    before = service.clock.now()
    with pytest.raises(EmbeddingError, match="it answered 429"):
        await make().embed(["x"])
    assert (len(service.asked), service.clock.now()) == (1, before)


@pytest.mark.parametrize(
    ("status", "suspect"), [(401, "KEY"), (403, "KEY"), (404, "MODEL"), (400, "MODEL"), (302, "MODEL")]
)
async def test_a_refusal_is_not_tried_again_and_names_the_setting(
    status: int, suspect: str, service: Service, make: Make
):
    service.answers = [httpx.Response(status, text=f"wrong key {KEY}")]
    with pytest.raises(EmbeddingError, match=f"answered {status}: check .*PLUMBLINE_EMBEDDINGS_{suspect}") as caught:
        await make().embed(["x"])
    assert len(service.asked) == 1
    assert "hunter2" not in str(caught.value)


async def test_a_service_that_keeps_failing_is_left_alone(service: Service, make: Make):
    embedder = make()
    service.answers = [httpx.Response(500) for _ in range(9)]
    for _ in range(2):
        with pytest.raises(EmbeddingError):
            await embedder.embed(["x"])
    asked = len(service.asked)
    with pytest.raises(EmbeddingError, match="left alone"):
        await embedder.embed(["x"])
    assert len(service.asked) == asked


@pytest.mark.parametrize(
    ("given", "posted"),
    [
        ("https://x.test", "https://x.test/v1/embeddings"),
        ("https://x.test/", "https://x.test/v1/embeddings"),
        ("https://x.test/openai/v1/", "https://x.test/openai/v1/embeddings"),
        ("http://127.0.0.1:8080/v1/embeddings", "http://127.0.0.1:8080/v1/embeddings"),
        ("https://x.test/v2/embeddings?version=3", "https://x.test/v2/embeddings?version=3"),
    ],
)
def test_where_it_is_posted(given: str, posted: str):
    assert endpoint(given) == posted


@pytest.mark.parametrize("given", ["seven", "ftp://x.test", "https://", "https://x:port", "x.test:80", "/v1"])
def test_no_web_address(given: str):
    with pytest.raises(ConfigurationError, match="must be `bundled`, `none` or the https address"):
        endpoint(given)


def test_without_a_model_there_is_nothing_to_ask(make: Make):
    with pytest.raises(ConfigurationError, match="PLUMBLINE_EMBEDDINGS_MODEL is empty"):
        make(model="")


async def test_the_settings_choose():
    async with open_embedder(Settings(embeddings="none")) as none:
        assert none is None
    async with open_embedder(Settings(embeddings="bundled")) as bundled:
        assert isinstance(bundled, MiniLM) == (bundled_directory() is not None)
    async with open_embedder(
        Settings(embeddings="https://x.test", embeddings_model="m", embeddings_dimensions=8)
    ) as service:
        assert isinstance(service, OpenAIEmbeddings)
        assert (service.name, service.dimensions) == ("m/8", 8)
