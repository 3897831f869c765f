"""CODEOWNERS: the last line that matches wins, as GitHub documents it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.codeowners import owners_of, parse_codeowners

FILE = """
# Everybody.
*            @all  @signalbox/everyone
*.js         @scripts   # inline
*.go         mail@example.org
/build/logs/ @builders
docs/*       @writers
apps/        @apps
/docs/       @librarian
/scripts/    @ada @grace
**/logs      @logger
/apps/quiet
my\\ file.md  @spaced
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("a.c", ["all", "signalbox/everyone"]),
        ("x/a.js", ["scripts"]),
        ("a.go", ["mail@example.org"]),
        ("build/logs/deep/a", ["logger"]),
        ("x/build/logs.txt", ["all", "signalbox/everyone"]),
        ("docs/a.md", ["librarian"]),
        ("docs/a/b.md", ["librarian"]),
        ("x/docs/a.md", ["all", "signalbox/everyone"]),
        ("x/apps/a/b", ["apps"]),
        ("apps", ["all", "signalbox/everyone"]),
        ("scripts/a", ["ada", "grace"]),
        ("apps/quiet", []),
        ("apps/quiet/a", []),
        ("my file.md", ["spaced"]),
    ],
)
def test_the_last_line_that_matches_wins(path, owners):
    assert list(owners_of(path, parse_codeowners(FILE))) == owners


def test_a_star_below_a_folder_is_its_own_files_only():
    rules = parse_codeowners("docs/* @writers")
    assert owners_of("docs/a.md", rules) == ("writers",)
    assert owners_of("docs/a/b.md", rules) == ()


@pytest.mark.parametrize(
    "line", ["!a.md @x", "[Docs] @x", "a[bc] @x", "\\#a @x", "a.md x", "a.md @x y", "/ @x", "", "# a", "  "]
)
def test_lines_that_github_skips(line):
    assert parse_codeowners(line) == ()


def test_a_file_that_github_would_not_read():
    assert parse_codeowners("* @x\n" * 700_000) == ()


@settings(deadline=None)
@given(st.text(alphabet="ab*/@# .![]\\\n", max_size=80), st.text(alphabet="ab/", min_size=1, max_size=10))
def test_any_file_answers_for_any_path(text, path):
    rules = parse_codeowners(text)
    owners = owners_of(path, rules)
    assert not any(name.startswith("@") for name in owners)
    assert owners_of(path, (*rules, *parse_codeowners("* @last"))) == ("last",)
