from typing import Any

from app.domain.snapshot import Snapshot
from app.teammate.cases.gone import ERASED, without_person, without_words
from tests.fakes.snapshots import snapshot

SAID = (
    {"author": "eve", "role": "none", "text": "Mine."},
    {"author": "ada", "role": "owner", "text": "Hers, eve."},
)


def seen(**changed: Any) -> dict[str, Any]:
    return snapshot(conversation=SAID, **changed).model_dump(mode="json")


def test_a_commenters_words_go_and_nothing_else():
    left = without_words(seen(), "EVE")
    assert [one["text"] for one in left["conversation"]] == [ERASED, "Hers, eve."]
    assert {**left, "conversation": SAID} == {**seen(), "conversation": SAID}


def test_an_authors_thread_goes_whole():
    pull = {"files": (), "patch": "+ x", "size": "1", "remarks": ("y",)}
    left = without_words(seen(author="eve", pull=pull), "eve")
    assert (left["title"], left["body"], left["question"], left["pull"]["patch"]) == (ERASED,) * 4
    assert left["pull"]["remarks"] == []


def test_who_asked_takes_the_question():
    left = without_words(seen(asked_by="eve"), "eve")
    assert left["question"] == ERASED
    assert left["body"] == seen()["body"]


def test_what_is_left_is_still_a_snapshot_and_the_rest_of_an_old_one_does_not_matter():
    assert Snapshot.model_validate(without_person(without_words(seen(author="eve"), "eve"), "eve")).author == "ghost"
    assert without_words({}, "eve") == {"conversation": [], "neighbours": []}


def test_a_name_goes_wherever_it_stands_and_other_words_stay():
    value = {"eve": ["Eve, @eve and steve", {"x": "eve-l"}], "n": 1, "none": None}
    assert without_person(value, "eve") == {"eve": ["ghost, @ghost and steve", {"x": "eve-l"}], "n": 1, "none": None}
