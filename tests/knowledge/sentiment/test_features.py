import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.sentiment.features import BUCKETS, SIGNS, WIDTH, row_of, rows, signs


def shown(text: str) -> set[str]:
    return {name for name, count in signs(text).items() if count}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("This is great", "praise"),
        ("not great", "praise_denied"),
        ("isn't helpful", "approval_denied"),
        ("No, great idea", "praise"),  # the comma ends what "no" denies
        ("useless", "complaint"),
        ("das ist nutzlos", "complaint"),
        ("没用", "complaint"),
        ("спасибо", "thanks"),
        ("ありがとう", "thanks"),
        ("감사합니다", "thanks"),
        ("\U0001f44d", "glad"),
        (":tada:", "glad"),
        (":-)", "glad"),
        ("\U0001f612", "cross"),
        ("-1", "cross"),
        ("lol", "laughter"),
        ("Thanks for nothing", "sarcasm"),
        ("Oh great, another bot", "sarcasm"),
        ("you moron", "insult"),
        ("Do it NOW!!", "very_loud"),
    ],
)
def test_a_sign_is_seen(text, name):
    assert name in shown(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("see line 3-1", "cross"),
        ("std::vector", "glad"),
        ("the badge", "complaint"),
        ("class", "insult"),
        ("thanks for the great help", "sarcasm"),
        ("not great", "praise"),
    ],
)
def test_what_only_looks_like_one_is_not(text, name):
    assert name not in shown(text)


@given(st.text(max_size=400))
def test_any_text_gives_a_row_that_weighs_the_same(text):
    row = row_of(text)
    assert len(set(row.places.tolist())) == len(row.places)
    assert ((row.places >= 0) & (row.places < WIDTH)).all()
    assert np.isfinite(row.values).all()
    words = row.values[row.places < BUCKETS]
    assert len(words) == 0 or np.isclose(words @ words, 1, atol=1e-4)
    assert (row.places[-len(SIGNS) :] >= 2 * BUCKETS).all()


def test_rows_are_what_each_text_gives():
    matrix = rows(["fine", "", "not fine"])
    assert matrix.shape == (3, WIDTH)
    one = row_of("not fine")
    assert np.allclose(matrix[2, one.places].toarray()[0], one.values)
    assert rows([]).shape == (0, WIDTH)
