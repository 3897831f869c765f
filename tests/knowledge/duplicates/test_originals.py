from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.thread import Comment
from app.knowledge.duplicates import declared_original, original_of
from tests.knowledge.duplicates.past import TODAY


def said(body: str, **facts: Any) -> Comment:
    facts = {"author": "ada", "author_is_bot": False, "association": "MEMBER", **facts}
    return Comment(id="1", body=body, created_at=TODAY, updated_at=TODAY, **facts)


@pytest.mark.parametrize(
    "body",
    [
        "Duplicate of #12",
        "duplicate of #12.",
        "Thanks! This is a duplicate of #12, closing.",
        "Closing as a duplicate of: #12",
        "Duplicate of GH-12",
        "Duplicate of Team/App#12",
        "Duplicate of https://github.com/team/app/issues/12",
        "Duplicate of [#12](https://github.com/team/app/issues/12)",
        "Can you try the newest version? Duplicate of #12",
        "> is it known?\n\nDuplicate of #12",
    ],
)
def test_githubs_forms_declare_an_original(body: str):
    assert declared_original([said(body)], "team/app") == 12


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Duplicate of",
        "See #12",
        "Not a duplicate of #12",
        "This isn't a duplicate of #12",
        "Possible duplicate of #12",
        "This might be a duplicate of #12",
        "Is this a duplicate of #12?",
        "> Duplicate of #12\n\nno, it is another one",
        "`Duplicate of #12` is what to write",
        "```\nDuplicate of #12\n```",
        "<!-- Duplicate of #12 -->",
        "Duplicate of other/app#12",
        "Duplicate of https://github.com/other/app/issues/12",
        "Duplicate of #123456789012",
    ],
)
def test_doubts_quotes_and_other_places_declare_nothing(body: str):
    assert declared_original([said(body)], "team/app") is None


@pytest.mark.parametrize("facts", [{"association": "NONE"}, {"association": "CONTRIBUTOR"}, {"author_is_bot": True}])
def test_only_maintainers_declare(facts: dict[str, Any]):
    assert declared_original([said("Duplicate of #12", **facts)], "team/app") is None


def test_the_last_word_counts():
    comments = [said("Duplicate of #12"), said("Sorry, duplicate of #13"), said("Thanks all")]
    assert declared_original(comments, "team/app") == 13


def test_a_long_comment_is_read_in_one_pass():
    assert declared_original([said("duplicate of " * 100_000 + "#12")], "team/app") == 12


def test_a_chain_leads_to_its_root():
    assert original_of(9, {9: 7, 7: 3, 4: 2}) == 3
    assert original_of(5, {9: 7}) == 5


def test_a_circle_has_its_oldest_thread_as_root():
    assert {original_of(number, {9: 7, 7: 3, 3: 9, 11: 9}) for number in (3, 7, 9, 11)} == {3}
    assert original_of(4, {4: 4}) == 4


@given(st.dictionaries(st.integers(1, 12), st.integers(1, 12)), st.integers(1, 12))
def test_every_walk_ends_and_a_root_is_its_own_root(declared: dict[int, int], number: int):
    root = original_of(number, declared)
    assert original_of(root, declared) == root
    assert original_of(declared.get(number, number), declared) == root
