import json
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from evals.backtest.files import read_file
from tests.evals.backtest.pasts import day

DATA = Path("../shared/data")
THREAD = {"repo": "acme/widgets", "number": 5, "title": "It hangs", "body": None, "created_at": "2024-01-02T00:00:00Z"}


def read(tmp_path, *rows: object):
    file = tmp_path / "threads.jsonl"
    file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in rows))
    return read_file(file)


def comment(body: str, association: str = "MEMBER", author: str = "max") -> dict[str, Any]:
    return {"author": author, "author_association": association, "body": body, "created_at": "2024-01-05T00:00:00Z"}


def test_a_thread_as_replay_reads_it(tmp_path):
    closed = {"state": "closed", "state_reason": "not_planned", "closed_at": "2024-01-09T00:00:00Z"}
    timeline = [
        {"event": "labeled", "label": "bug", "created_at": "2024-01-03T00:00:00Z"},
        {"event": "closed", "label": None, "created_at": "2024-01-03T00:00:00Z"},
    ]
    (found,), timeless = read(tmp_path, THREAD | closed | {"labels": ["bug", "stale"], "timeline": timeline}, "")
    assert timeless == 0
    thread = found.thread
    assert (found.repository, thread.number, thread.kind, thread.body) == ("acme/widgets", 5, "issue", "")
    assert (thread.state, thread.state_reason, thread.closed_at, thread.stale) == (
        "closed",
        "not_planned",
        day(8),
        True,
    )
    assert found.labels_at(day(2)) == {"bug"}


def test_a_row_of_a_labelled_set(tmp_path):
    row = {"id": "set-7", "repo": "a/b", "created_at": "2024-01-02 00:00:00", "label": "bug", "title": "x", "body": "y"}
    records, _ = read(tmp_path, row, row | {"id": "set-8"})
    assert [one.thread.number for one in records] == [1, 2]
    assert records[0].thread.labels == ("bug",)
    assert records[0].thread.created_at == day(1)


def test_a_pull_request_is_told_by_its_address(tmp_path):
    (found,), _ = read(tmp_path, THREAD | {"url": "https://example.org/acme/widgets/pull/5"})
    assert found.thread.kind == "pull_request"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (comment("Duplicate of #3"), 3),
        (comment("Duplicate of https://github.com/Acme/widgets/issues/3."), 3),
        (comment("Duplicate of #3", association="NONE"), None),
        (comment("Duplicate of #3", author="helper[bot]"), None),
        (comment("Duplicate of #5"), None),
        (comment("Duplicate of other/place#3"), None),
        (comment("Is this a duplicate of #3?"), None),
        ({"author": None, "body": None, "role": "owner"}, None),
    ],
)
def test_what_a_maintainer_called_a_duplicate(tmp_path, said, expected):
    (found,), _ = read(tmp_path, THREAD | {"comments": [said]})
    assert found.thread.duplicate_of == expected
    assert found.as_of(day(3)).duplicate_of is None
    assert found.as_of(day(4)).duplicate_of == expected


def test_what_a_maintainer_asked_for(tmp_path):
    said = [comment("Which version do you use?"), comment("Please share a screenshot.", association="NONE")]
    (found,), _ = read(tmp_path, THREAD | {"body": "It crashes on save.", "comments": said})
    assert found.asked_by(day(3)) == set()
    assert found.asked_by(day(4)) == {"version"}
    (silent,), _ = read(tmp_path, THREAD | {"body": "It crashes on save.", "comments": None})
    assert silent.lacked == set() != found.lacked


def test_lines_without_a_time_have_no_place_in_a_history(tmp_path):
    records, timeless = read(tmp_path, THREAD, THREAD | {"created_at": None}, {"repo": "a/b", "title": "x"})
    assert len(records) == 1
    assert timeless == 2


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("{", "line"),
        ("[]", "line"),
        (json.dumps(THREAD | {"repo": "widgets"}), "repo"),
        (json.dumps(THREAD | {"title": None}), "title"),
        (json.dumps(THREAD | {"created_at": "yesterday"}), "created_at"),
        (json.dumps(THREAD | {"labels": "bug"}), "labels"),
    ],
)
def test_a_line_that_is_no_thread_is_named(tmp_path, line, names):
    with pytest.raises(ConfigurationError, match=rf"threads\.jsonl:2: {names}"):
        read(tmp_path, THREAD, line)


def test_a_file_without_a_history(tmp_path):
    with pytest.raises(ConfigurationError, match="created_at"):
        read(tmp_path, "")


def test_a_file_that_is_no_text(tmp_path):
    file = tmp_path / "threads.jsonl"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_file(file)


@pytest.mark.skipif(not DATA.is_dir(), reason="the external data is not here")
@pytest.mark.parametrize(("name", "least"), [("threads/issues.jsonl", 700), ("labels/nlbse24_train.jsonl", 1500)])
def test_real_files_are_read_whole(name, least):
    records, timeless = read_file(DATA / name)
    assert len(records) >= least
    assert timeless <= 65
