import json

from hypothesis import given
from hypothesis import strategies as st

from app.store.text import clean, clean_text, dump_json

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


def test_a_pair_written_as_two_surrogates_becomes_its_character():
    assert clean_text("\ud83d\ude00!") == "\N{GRINNING FACE}!"


@given(ANY_TEXT)
def test_clean_text_can_be_stored_and_cleaning_again_changes_nothing(text: str):
    cleaned = clean_text(text)
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert clean_text(cleaned) == cleaned


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_what_can_be_stored_is_left_alone(text: str):
    assert clean_text(text) == text


@given(ANY_JSON)
def test_dumped_json_is_json_of_the_cleaned_value(value: object):
    text = dump_json(value)
    assert "\\u0000" not in text
    assert json.loads(text.encode()) == clean(value)


def test_an_escaped_backslash_before_u0000_is_text_and_stays():
    assert json.loads(dump_json({"a": "\\u0000"})) == {"a": "\\u0000"}
