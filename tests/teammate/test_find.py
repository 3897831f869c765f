import numpy as np
import pytest

from app.errors import EmbeddingError
from app.teammate.find import PASSAGES, READ, find_passages, place
from tests.contracts.values import a_passage, shelve
from tests.fakes.library import FakeLibrary


class Compass:
    """East for what speaks of the east, else north."""

    name, dimensions = "compass", 2

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.asked: list[str] = []

    async def embed(self, texts):
        if self.away:
            raise EmbeddingError("gone")
        self.asked += texts
        return np.array([[1, 0] if "east" in text else [0, 1] for text in texts], dtype=np.float32)


async def shelf(*texts: str) -> FakeLibrary:
    library = FakeLibrary()
    await shelve(library, 1, "c1", [a_passage(text, path=f"docs/{n}.md") for n, text in enumerate(texts)])
    return library


@pytest.mark.parametrize(
    ("subject", "context", "direction"),
    [
        ("the east", "also the east", [1, 0]),
        ("the west", "and the east", [2, 1]),  # the context alone, and both together
        ("the east", "", [1, 0]),
        ("the east", "### What happened?\n\n_No response_", [1, 0]),
    ],
)
async def test_a_question_lies_amid_its_subject_the_rest_and_both(subject: str, context: str, direction: list[int]):
    near = await place(Compass(), subject, context)
    assert near is not None
    assert near.vector.tolist() == pytest.approx(np.array(direction) / np.linalg.norm(direction))


@pytest.mark.parametrize("embedder", [None, Compass(away=True)])
async def test_without_an_embedder_words_find(embedder: Compass | None):
    library = await shelf("rotate the secret", "something else")
    (found,) = await find_passages(library, embedder, 1, "How to rotate it?", "")
    assert found.text == "rotate the secret"


async def test_the_skeleton_of_a_form_is_not_searched_for_and_bulk_is_cut():
    library, compass = await shelf("what happened"), Compass()
    body = "### What happened?\n\n_No response_\n<!-- please fill in -->\n" + "tick\n" * 10**5
    await find_passages(library, compass, 1, "Crash", body)
    assert max(len(text) for text in compass.asked) <= READ
    assert not any("No response" in text or "fill in" in text for text in compass.asked)


async def test_nothing_said_finds_nothing_and_asks_nobody():
    compass = Compass()
    assert await find_passages(await shelf("a"), compass, 1, "?", "!!!") == []
    assert compass.asked == []


async def test_no_more_than_a_snapshot_holds():
    library = await shelf(*(f"rotate {n}" for n in range(PASSAGES + 5)))
    assert len(await find_passages(library, None, 1, "rotate", "")) == PASSAGES
