"""Past facts: what is derived from a comment, and that nothing of its text is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.past import Neighbour, PastComment, PastThread, Remark
from app.domain.thread import Comment
from app.knowledge.duplicates import find, original_of
from app.knowledge.needs_signs import WHATS
from app.knowledge.past_facts import lacks, remark_of
from tests.contracts.values import a_past

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASKS = "Which version do you use? Please share your config."


def said(body: str, *, number: int = 7, path: str = "", **changed: Any) -> PastComment:
    facts = {"id": "31", "author": "ada", "author_is_bot": False, "association": "MEMBER", "body": body} | changed
    return PastComment(number=number, path=path, comment=Comment(created_at=NOON, updated_at=NOON, **facts))


def test_what_a_maintainer_asked_for_in_the_order_of_all_things():
    assert remark_of(said(ASKS), "ada/engine") == Remark(id=31, number=7, at=NOON, asks=("version", "configuration"))


def test_a_declared_original_of_this_repository():
    assert remark_of(said("Duplicate of #3"), "ada/engine").duplicate_of == 3
    assert remark_of(said("Duplicate of ada/Engine#3"), "ada/engine").duplicate_of == 3
    assert remark_of(said("Duplicate of other/engine#3"), "ada/engine").duplicate_of is None
    assert remark_of(said("Duplicate of #7"), "ada/engine").duplicate_of is None


@pytest.mark.parametrize("changed", [{"association": "NONE"}, {"association": "CONTRIBUTOR"}, {"author_is_bot": True}])
def test_nobody_else_asks_or_declares(changed: dict[str, Any]):
    assert not remark_of(said(f"{ASKS} Duplicate of #3", **changed), "ada/engine").says_something


def test_a_review_says_who_looked_at_which_file_and_nothing_else():
    remark = remark_of(said(ASKS, path="src/a.py", association="CONTRIBUTOR"), "ada/engine")
    assert remark == Remark(id=31, number=7, at=NOON, reviewer="ada", path="src/a.py")
    assert not remark_of(said("nit", path="src/a.py", author_is_bot=True), "ada/engine").says_something


TEXTS = st.text(max_size=300) | st.lists(
    st.sampled_from([ASKS, "Duplicate of #3", "hunter2", "@grace", "\n> quoted", "```\nlog\n```", "src/secret.py"])
).map(" ".join)


@given(TEXTS, st.booleans())
def test_no_text_of_a_comment_is_kept(text: str, reviewed: bool):
    remark = remark_of(said(text, path="src/a.py" if reviewed else ""), "ada/engine")
    assert set(remark.asks) <= set(WHATS)
    kept = remark.model_dump(mode="json", exclude={"asks", "duplicate_of"})
    path = "src/a.py" if reviewed else ""
    assert kept == {"id": 31, "number": 7, "at": kept["at"], "reviewer": "ada" if reviewed else "", "path": path}
    assert len(json.dumps(remark.model_dump(mode="json"))) < 400


def test_a_report_lacks_what_it_does_not_say():
    assert "version" in lacks(a_past(1, "It crashes", "When I start it, it crashes."))
    assert "version" not in lacks(a_past(1, "It crashes", "When I start 2.3.1 it crashes."))


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "pull_request"},
        {"kind": "discussion"},
        {"association": "MEMBER"},
        {"author": "robot[bot]"},
        {"labels": ("bug", "type: feature request")},
        {"labels": ("documentation",)},
    ],
)
def test_of_everything_else_nothing_is_asked(changed: dict[str, Any]):
    assert lacks(a_past(1, "It crashes", "When I start it, it crashes.", **changed)) == ()


CRASH = "LeaseLost: the lease of worker_seven expired while heartbeat_interval was zero"


@given(st.dictionaries(st.integers(1, 8), st.integers(1, 8), max_size=8), st.integers(2, 9))
def test_the_graph_of_duplicates_stays_acyclic_whatever_people_declare(declared: dict[int, int], new: int):
    """Whoever links whom, in circles too: what we add leads from a newer to an older thread, and to a root."""
    remarks = {at: remark_of(said(f"Duplicate of #{to}", number=at), "ada/engine") for at, to in declared.items()}
    links = {at: remark.duplicate_of for at, remark in remarks.items() if remark.duplicate_of}
    threads: list[PastThread] = [
        a_past(at, CRASH, CRASH, duplicate_of=links.get(at)) for at in range(1, 9) if at != new
    ]
    found = find(a_past(new, CRASH, CRASH), [Neighbour(thread=one, score=0.9) for one in threads])
    for finding in found:
        root = threads[finding.thread - 1].number
        assert original_of(root, links) == root
        if finding.relation == "duplicate":
            assert root < new
