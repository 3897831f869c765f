"""Changes: kinds of paths, rates that do not promise more than was seen, and habits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.changes import PastPull, Rate, folders, habit, part_of


@pytest.mark.parametrize(
    ("path", "part"),
    [
        *(
            (path, "source")
            for path in ("src/a.py", "lib/contest.rb", "app/changes.py", "news.go", "latest.ts", "src/doc/a.rs")
        ),
        *((path, "tests") for path in ("tests/a.py", "a/test_b.py", "x/a_test.go", "a.spec.ts", "src/AppTest.java")),
        *((path, "docs") for path in ("docs/a.rst", "README.md", "website/app.tsx", "docs/conf.py", "a/Guide.MD")),
        *((path, "changelog") for path in ("CHANGELOG.md", "changes/12.feature.rst", "changelog/fix_a.md", "NEWS")),
        *((path, "dependencies") for path in ("uv.lock", "a/package-lock.json", "go.sum", "requirements-dev.txt")),
        *((path, "ci") for path in (".github/workflows/ci.yml", ".circleci/config.yml", "Jenkinsfile")),
        *((path, "generated") for path in ("dist/a.js", "a/b.min.js", "x_pb2.py", "vendor/a/b.go")),
        *((path, "other") for path in ("logo.png", "settings.toml", "Makefile", "CMakeLists.txt")),
    ],
)
def test_parts(path, part):
    assert part_of(path) == part


def test_folders_from_the_innermost():
    assert folders("a/b/c.py") == ["a/b/", "a/"]
    assert folders("c.py") == []


def test_a_rate_is_careful_with_little():
    assert Rate(0, 0).surely == 0
    assert Rate(1, 1).surely < 0.25
    assert Rate(10, 10).surely == pytest.approx(0.722, abs=0.001)
    assert Rate(8, 10).surely == pytest.approx(0.490, abs=0.001)


@given(st.integers(1, 400).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_a_rate_is_never_surer_than_what_was_seen(counts):
    hits, trials = counts
    surely = Rate(hits, trials).surely
    assert 0 <= surely <= hits / trials
    assert Rate(10 * hits, 10 * trials).surely >= surely
    assert hits == 0 or Rate(hits - 1, trials).surely <= surely


def past(paths: str, author: str = "ada") -> PastPull:
    return PastPull(1, author, datetime(2026, 1, 1, tzinfo=UTC), tuple(paths.split()))


def test_a_habit_counts_changes_of_source_by_people():
    history = [
        past("src/a.py tests/a.py"),
        past("src/b.py"),
        past("docs/a.md tests/b.py"),
        past("src/c.py", author="robot[bot]"),
    ]
    assert habit("tests", history) == Rate(1, 2)
