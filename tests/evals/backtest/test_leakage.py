"""Probes: tokens that would give the answer away, planted wherever the future shows. No skill may ever see one."""

import json
from typing import Any

import pytest

from app.domain.past import PastThread
from evals.backtest.comments import replay_duplicates, replay_needs_info
from evals.backtest.files import read_file
from evals.backtest.history import by_repository
from evals.backtest.labels import replay_labels
from tests.evals.backtest.pasts import day, told
from tests.evals.backtest.spies import Spy

KINDS = ["bug", "enhancement"]
PROBED = 60
"""The thread the probes stand in; 120 in all, one a day."""


def row(number: int, **more: Any) -> dict[str, Any]:
    kind = "bug" if number % 2 else "enhancement"
    return {
        "repo": "acme/widgets",
        "number": number,
        "title": f"{kind}word in part {number}",
        "body": f"text{number} about {kind}word",
        "author": "ann",
        "author_association": "NONE",
        "labels": [kind],
        "state": "closed",
        "state_reason": "completed",
        "created_at": day(number).isoformat(),
        "closed_at": day(number + 30).isoformat(),
        "comments": [],
        "timeline": [{"event": "labeled", "actor": "max", "label": kind, "created_at": day(number + 0.5).isoformat()}],
    } | more


def later(number: int) -> str:
    return day(number + 20).isoformat()


PROBES: dict[str, dict[str, Any]] = {
    "a comment": {
        "comments": [
            {"author": "max", "author_association": "OWNER", "body": "PROBE it is a bug", "created_at": later(60)}
        ]
    },
    "a closing commit": {
        "timeline": [{"event": "closed", "actor": "max", "label": None, "commit_id": "PROBE", "created_at": later(60)}]
    },
    "a commit message": {"timeline": [{"event": "referenced", "label": "PROBE", "created_at": later(60)}]},
    "an edited body": {"body": "It hangs.\n\n**Edit:** PROBE, so it is a bug\n\nPROBE again"},
    "how it was fixed": {"body": "It hangs.\nThis PROBE was fixed by #61.\nAlways."},
    "how it was closed": {"body": "It hangs.\nclosing this PROBE as a duplicate"},
    "a title that tells the end": {"title": "[SOLVED: PROBE] It hangs"},
    "the name of who closed it": {"closed_by": "PROBE", "state_reason": "completed"},
    "reactions": {"reactions": {"PROBE": 3}},
}


def replayed(tmp_path, rows) -> Spy:
    file = tmp_path / "history.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    records, _ = read_file(file)
    spy = Spy()
    outcomes = replay_labels(by_repository(records)["acme/widgets"], spy, spy.propose, kinds=KINDS)
    assert len(outcomes) == len(rows) * 4 // 5
    return spy


@pytest.mark.parametrize("name", list(PROBES))
def test_what_came_later_is_never_read(tmp_path, name):
    rows = [row(number, **(PROBES[name] if number == PROBED else {})) for number in range(120)]
    assert "PROBE" in json.dumps(rows)
    assert "PROBE" not in replayed(tmp_path, rows).everything


def test_the_spy_would_see_a_probe_in_a_text_that_was_there_from_the_start(tmp_path):
    rows = [row(number, **({"body": "PROBE from the start"} if number == PROBED else {})) for number in range(120)]
    assert "PROBE" in replayed(tmp_path, rows).everything


def test_a_label_is_learnt_only_after_somebody_gave_it(tmp_path):
    """Thread 40 gets its telling label on day 90: no model trained before may know it, each one after does."""
    event = {"event": "labeled", "label": "area: probe", "created_at": day(90).isoformat()}
    rows = [row(number) for number in range(120)]
    rows[40] |= {"labels": ["enhancement", "area: probe"], "timeline": [*rows[40]["timeline"], event]}
    lessons = replayed(tmp_path, rows).lessons
    knowing = {lesson.asked[0][0]: "area: probe" in lesson.labels for lesson in lessons}
    assert knowing == {
        "enhancementword in part 24": False,
        "bugword in part 49": False,
        "enhancementword in part 74": False,
        "bugword in part 99": True,
    }


def test_the_labels_a_thread_has_in_the_end_are_not_learnt_without_a_date(tmp_path):
    rows = [row(number, timeline=None) for number in range(120)]
    for lesson, start in zip(replayed(tmp_path, rows).lessons, (24, 49, 74, 99), strict=True):
        assert [example.created_at for example in lesson.examples] == [day(n) for n in range(start - 6)]


def test_a_model_learns_only_from_threads_opened_before_those_it_is_asked_about(tmp_path):
    rows = [row(number) for number in range(120)]
    for number in range(40, 80):  # one moment: none of them was there before another
        rows[number]["created_at"] = day(40).isoformat()
    numbers = {f"{one['title']}": one["created_at"] for one in rows}
    for lesson in replayed(tmp_path, rows).lessons:
        opened = min(numbers[title] for title, _ in lesson.asked)
        assert all(example.created_at.isoformat() < opened for example in lesson.examples)
        assert not {title for title, _ in lesson.asked} & {example.title for example in lesson.examples}


def test_a_label_that_was_taken_off_again_is_learnt_as_long_as_it_was_there(tmp_path):
    rows = [row(number) for number in range(120)]
    rows[5]["timeline"] = [
        {"event": "labeled", "label": "area: probe", "created_at": day(6).isoformat()},
        {"event": "unlabeled", "label": "area: probe", "created_at": day(60).isoformat()},
    ]
    known = ["area: probe" in lesson.labels for lesson in replayed(tmp_path, rows).lessons]
    assert known == [True, True, False, False]


def test_the_duplicates_skill_sees_every_thread_as_it_was_then():
    records = [told(n, title="crash on save", opened=n, state="closed", closed_at=day(n + 5)) for n in range(1, 10)]
    records[3] = told(
        4, title="crash on save", opened=4, state="closed", state_reason="duplicate", closed_at=day(8), duplicate_of=1
    )
    closing = {one.thread.number: day(8) if one.thread.number == 4 else day(one.thread.number + 5) for one in records}
    seen: list[tuple[PastThread, list[PastThread]]] = []

    def find(thread, near):
        seen.append((thread, list(near)))

    replay_duplicates(records, find)
    assert [thread.number for thread, _ in seen] == list(range(2, 10))
    for thread, near in seen:
        assert thread.duplicate_of is None
        assert (thread.state, thread.state_reason, thread.labels) == ("open", "", ())
        for other in near:
            assert other.created_at < thread.created_at
            assert (other.state == "closed") == (closing[other.number] <= thread.created_at)
            assert (other.duplicate_of is not None) == (other.number == 4 and thread.number >= 8)


def test_the_needs_info_skill_sees_no_label_and_no_end():
    records = [told(n, labels=("needs info",), body="It hangs.\n\nEdit: PROBE", state="closed") for n in range(1, 4)]
    seen: list[PastThread] = []

    def lack(thread):
        seen.append(thread)
        return 0.9

    replay_needs_info(records, lambda earlier: lack)
    assert {(thread.body, thread.labels, thread.state) for thread in seen} == {("It hangs.", (), "open")}
