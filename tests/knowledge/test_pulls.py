"""Pulls: the facts about a pull request of an invented project, each with its evidence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.snapshot import ChangedFile
from app.domain.thread import Label
from app.knowledge.changes import PastPull
from app.knowledge.codeowners import parse_codeowners
from app.knowledge.pull_labels import BY_RULE, labels_by_paths
from app.knowledge.pulls import PullFacts, PullKnowledge, examine, linked_issues, size_of
from app.knowledge.reviewers import likely_reviewers

START = datetime(2026, 1, 1, tzinfo=UTC)


def changed(path: str, lines: int = 10) -> ChangedFile:
    return ChangedFile(path=path, status="modified", additions=lines, deletions=0)


def pull(paths: Sequence[str], body: str = "", author: str = "newcomer", base: str = "main") -> PullFacts:
    return PullFacts("Dim the lamps", body, author, base, "dimmer", tuple(map(changed, paths)))


def past(
    number: int,
    paths: Sequence[str],
    *,
    author: str = "ada",
    labels: Sequence[str] = (),
    reviewers: Sequence[str] = (),
    linked: bool = False,
    days: int = 0,
) -> PastPull:
    merged = START + timedelta(days=days)
    spoke = {name: tuple(paths) for name in reviewers}
    return PastPull(number, author, merged, tuple(paths), tuple(labels), spoke, linked)


LAMPS = ["src/lamps/dim.py", "tests/lamps/test_dim.py"]
WIRES = ["src/wires/pull.py"]
HISTORY = (
    *(
        past(number, LAMPS, labels=["area: lamps", "cla: yes"], reviewers=["grace"], linked=True)
        for number in range(40)
    ),
    *(
        past(number, WIRES, author="grace", labels=["cla: yes"], reviewers=["ada"], linked=True)
        for number in range(40, 44)
    ),
    *(past(number, ["docs/a.md"], labels=["docs", "cla: yes"], linked=True) for number in range(44, 52)),
)
KNOWN = PullKnowledge(
    repository="ada/signalbox",
    default_branch="main",
    labels=tuple(Label(name=name) for name in ("area: lamps", "area: wires", "docs", "cla: yes", "bug")),
    history=HISTORY,
    owners=parse_codeowners("*.py @ada @signalbox/core mail@example.org\n/src/wires/ @newcomer\n"),
)


def test_a_change_of_source_without_what_usually_comes_with_it():
    report = examine(pull(["src/lamps/dim.py"]), KNOWN)
    assert (report.size.name, report.size.why) == ("S", "10 lines in 1 file.")
    assert [label.name for label in report.labels] == ["area: lamps"]
    assert report.labels[0].why == (
        "This change touches `src/lamps/`: "
        "40 of 40 merged pull requests that touched `src/lamps/` carry it; its name says so."
    )
    assert report.remarks == (
        "No test is changed; 40 of 44 merged pull requests that changed source did so.",
        "No issue is linked; 52 of 52 merged pull requests link one.",
    )
    assert [one.name for one in report.reviewers] == ["ada", "signalbox/core", "grace"]
    assert report.reviewers[0].why == (
        "owns 1 of 1 changed files (CODEOWNERS), reviewed 4 and wrote 40 of the merged pull requests near these files"
    )


def test_a_whole_change_has_nothing_missing():
    report = examine(pull(LAMPS, body="Fixes #7"), KNOWN)
    assert report.linked == (7,)
    assert report.remarks == ()


def test_nothing_is_asked_of_other_changes_and_of_bots():
    assert examine(pull(["docs/a.md"]), KNOWN).missing == ()
    assert examine(pull(["src/lamps/dim.py"], author="renovate[bot]"), KNOWN).missing == ()


def test_nothing_is_asked_where_it_is_no_habit():
    few = PullKnowledge("ada/signalbox", "main", history=HISTORY[:3])
    assert examine(pull(["src/lamps/dim.py"]), few).missing == ()
    assert examine(pull(["src/lamps/dim.py"]), PullKnowledge("ada/signalbox", "main")).missing == ()


def test_an_issue_linked_from_another_branch_stays_open():
    report = examine(pull(LAMPS, body="Closes #7, closes #8", base="2.x"), KNOWN)
    assert (
        report.not_closing
        == "Merging into `2.x` will not close #7, #8: GitHub closes issues on merges into `main` only."
    )
    assert report.remarks[0] == report.not_closing


@pytest.mark.parametrize(
    ("body", "issues"),
    [
        ("Fixes #1. closes: #2 and RESOLVED #3", [1, 2, 3]),
        ("Fixes #1, fixes #1", [1]),
        ("Fixes ada/signalbox#4, fixes https://github.com/Ada/Signalbox/issues/5", [4, 5]),
        ("Fixes other/project#4 and fixes https://github.com/other/project/issues/5", []),
        ("See #1, prefixes #2, fix#3, fixing #4, closes 5", []),
        ("`fixes #1`\n```\nfixes #2\n```\n<!-- fixes #3 -->\n~~~\nfixes #4", []),
        ("Fixes #1\n```\nx\n```\nfixes #2", [1, 2]),
        ("", []),
    ],
)
def test_linked_issues(body, issues):
    assert list(linked_issues(body, "ada/signalbox")) == issues


@pytest.mark.parametrize(("lines", "name"), [(0, "XS"), (9, "XS"), (10, "S"), (30, "M"), (100, "L"), (500, "XL")])
def test_sizes(lines, name):
    assert size_of([changed("a.py", lines)]).name == name


def test_locks_and_generated_files_do_not_count_as_size():
    size = size_of([changed("a.py", 1), changed("uv.lock", 9_000), changed("dist/a.js", 9_000)])
    assert (size.name, size.why) == ("XS", "1 line in 1 file, not counting 2 of dependencies or generated code.")


def names(paths: Sequence[str], labels: Sequence[str], history: Sequence[PastPull] = ()) -> list[str]:
    made = [Label(name=name) for name in labels]
    return [one.name for one in labels_by_paths(paths, labels=made, history=history)]


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["docs/a.md", "README.md"], ["documentation"]),
        (["docs/a.md", "src/a.py"], []),
        (["tests/a.py"], ["testing"]),
        ([".github/workflows/a.yml"], ["ci"]),
        (["uv.lock"], ["dependencies"]),
        (["src/wires/a.py", "src/wires/b.py"], ["area: wires", "C-wires"]),
        (["src/wires/a.py", "src/lamps/b.py", "src/lamps/c.py"], []),
        (["src/wires/a.py", "uv.lock"], ["area: wires", "C-wires"]),
        ([], []),
    ],
)
def test_names_speak_for_labels_where_there_is_no_history(paths, labels):
    every = ["documentation", "testing", "ci", "dependencies", "area: wires", "C-wires", "wires", "area: doors"]
    assert sorted(names(paths, every)) == sorted(labels)


def test_history_outweighs_a_name():
    history = [past(number, ["src/wires/a.py"]) for number in range(30)]
    assert names(["src/wires/a.py"], ["area: wires"], history) == []


def test_a_label_of_every_pull_request_says_nothing_about_paths():
    assert names(LAMPS, ["cla: yes"], HISTORY) == []


def test_the_repositorys_own_rule_comes_first():
    made = labels_by_paths(
        LAMPS, labels=[Label(name="x"), Label(name="area: lamps")], history=HISTORY, ruled=["x", "gone"]
    )
    assert [(one.name, one.confidence == BY_RULE) for one in made] == [("x", True), ("area: lamps", False)]


def test_examine_reads_the_labeler_file():
    known = PullKnowledge("a/b", "main", labels=(Label(name="wiring"),), labeler="wiring: src/wires/**")
    assert [label.name for label in examine(pull(WIRES), known).labels] == ["wiring"]


def test_reviewers_near_and_recent_come_first():
    history = [
        *(past(number, ["src/a/x.py"], reviewers=["old"], days=0) for number in range(3)),
        *(past(number, ["src/a/x.py"], reviewers=["new"], days=720) for number in range(3, 6)),
        *(past(number, ["src/a/other.py"], reviewers=["near"], days=720) for number in range(6, 9)),
        *(past(number, ["far/z.py"], reviewers=["far"], days=720) for number in range(9, 12)),
        past(12, ["src/a/x.py"], reviewers=["once", "robot[bot]"], days=720),
    ]
    found = likely_reviewers(["src/a/x.py"], author="Ada", history=history)
    assert [one.name for one in found] == ["new", "near", "old"]
    assert found[0].why == "reviewed 3 of the merged pull requests near these files"


def test_a_reviewer_knows_best_what_they_spoke_about():
    both = ["src/a/x.py", "docs/guide.md"]
    spoke = {"coder": ("src/a/x.py",), "writer": ("docs/guide.md",)}
    history = [replace(past(number, both), reviewers=spoke) for number in range(3)]
    for path, first in (("src/a/x.py", "coder"), ("docs/guide.md", "writer")):
        found = likely_reviewers([path], author="grace", history=history)
        assert found[0].name == first
        assert {"coder", "writer"} <= {one.name for one in found}


PATHS = st.lists(
    st.sampled_from(["src/a/b.py", "src/c.py", "tests/a.py", "docs/a.md", "x.lock", "CHANGES.md"]), max_size=4
)
PEOPLE = st.sampled_from(["ada", "Ada", "grace", "robot[bot]", "linus"])
PAST = st.builds(
    PastPull,
    st.integers(1, 99),
    PEOPLE,
    st.datetimes(timezones=st.just(UTC)),
    PATHS.map(tuple),
    st.lists(st.sampled_from(["area: a", "docs"]), max_size=2).map(tuple),
    st.dictionaries(PEOPLE, PATHS.map(tuple), max_size=3),
    st.booleans(),
)


@settings(deadline=None)
@given(PATHS, st.lists(PAST, max_size=20), PEOPLE, st.text(max_size=60))
def test_any_pull_request_gets_an_honest_report(paths, history, author, body):
    known = PullKnowledge(
        "ada/signalbox",
        "main",
        labels=(Label(name="area: a"), Label(name="docs")),
        history=tuple(history),
        owners=parse_codeowners("* @ada @grace @linus @hopper"),
    )
    report = examine(pull(paths, author=author, body=body), known)
    assert len(report.reviewers) <= 3
    assert all(one.name.lower() != author.lower() and one.why for one in report.reviewers)
    assert {label.name for label in report.labels} <= {"area: a", "docs"}
    assert all(0.5 <= label.confidence <= 1 and label.why for label in report.labels)
    assert all(not {one.what} & {"tests"} or "tests/a.py" not in paths for one in report.missing)
    assert examine(pull(paths, author=author, body=body), known) == report
