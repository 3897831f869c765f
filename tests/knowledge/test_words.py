from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.words import pieces, stem, terms, tokens


def test_forms_of_one_word_meet():
    assert len({stem(word) for word in ("rotate", "rotates", "rotated", "rotating", "rotation")}) == 1
    assert len({stem(word) for word in ("delivery", "deliveries")}) == 1
    assert len({stem(word) for word in ("configure", "configuration", "configuring")}) == 1
    assert len({stem(word) for word in ("limit", "limits", "limited", "limiting")}) == 1


def test_words_that_only_look_alike_stay_apart():
    assert len({stem(word) for word in ("worker", "work")}) == 2
    assert len({stem(word) for word in ("user", "use")}) == 2
    assert stem("class") == "class"


def test_short_words_and_other_scripts_are_left_alone():
    assert [stem(word) for word in ("api", "les", "größen", "ウェブ")] == ["api", "les", "größen", "ウェブ"]


def test_an_identifier_is_found_whole_and_in_parts():
    for spelled in ("handsPerRepository", "hands_per_repository", "HANDS_PER_REPOSITORY"):
        assert pieces(spelled) == ["hands", "per", "repository"]
        assert terms(spelled)[0] == stem(spelled.lower())
        assert {stem("hands"), stem("repository")} <= set(terms(spelled))
    assert pieces("HTTPServer") == ["http", "server"]


def test_names_with_punctuation_stay_in_one_piece():
    assert list(tokens("`app.web`, C++ and --dry-run (v1.2.3).")) == ["app.web", "C++", "and", "dry-run", "v1.2.3"]


def test_words_that_carry_nothing_are_dropped():
    assert terms("How do I get the x of a?") == []


@given(st.text())
def test_any_text_has_terms(text):
    assert all(term and len(term) <= 60 for term in terms(text))
