import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.labelling.vocabulary import Vocabulary

TEXTS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=8), max_size=8)


@given(TEXTS, st.lists(st.sampled_from("abcxyz"), max_size=8))
def test_rows_have_unit_length_and_known_terms_only(texts, asked):
    vocabulary = Vocabulary.of(texts)
    places, values = vocabulary.row(asked)
    assert set(places) == {vocabulary.places[term] for term in asked if term in vocabulary.places}
    assert float(values @ values) == pytest.approx(1.0 if len(places) else 0.0, abs=1e-5)


def test_a_term_of_one_text_teaches_nothing():
    assert set(Vocabulary.of([["once", "often"], ["often"], ["once"[:2]]]).places) == {"often"}


def test_rare_terms_weigh_more_and_all_rows_are_the_single_ones():
    texts = [["rare", "usual"], ["rare", "usual", "usual"], ["usual"], ["usual"], []]
    vocabulary = Vocabulary.of(texts)
    matrix = vocabulary.rows(texts).toarray()
    assert matrix[0, vocabulary.places["rare"]] > matrix[0, vocabulary.places["usual"]]
    for text, row in zip(texts, matrix, strict=True):
        places, values = vocabulary.row(text)
        assert row[places] == pytest.approx(values)
        assert np.count_nonzero(row) == len(places)
