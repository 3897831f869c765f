"""Globs: what a pattern of folders and stars matches, and no pattern that keeps us busy."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.globs import matches_glob


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("docs/*", ["docs/a.md", "docs/.a"], ["docs/a/b.md", "docs", "x/docs/a"]),
        ("docs/**", ["docs/a.md", "docs/a/b.md"], ["doc/a", "x/docs/a"]),
        ("**/*.js", ["a.js", "x/y/a.js"], ["a.jsx", "a.js/b"]),
        ("src/**/test/*.py", ["src/test/a.py", "src/a/b/test/a.py"], ["src/test/a/b.py"]),
        ("*.{js,ts}", ["a.js", "a.ts"], ["a.py", "x/a.js"]),
        ("{a,b}/{c,d}", ["a/c", "b/d"], ["a/b"]),
        ("a?[bc].md", ["axb.md"], ["a/b.md", "axd.md"]),
        ("./*.md", ["a.md"], ["docs/a.md"]),
        ("!src/**", ["docs/a"], ["src/a"]),
        ("", [""], ["a"]),
    ],
)
def test_patterns(pattern, yes, no):
    assert [path for path in yes if not matches_glob(pattern, path)] == []
    assert [path for path in no if matches_glob(pattern, path)] == []


@pytest.mark.parametrize(
    "pattern", ["*a" * 100 + "b", "**/" * 100 + "b", "{a,b}" * 60, "{" * 300, "[" * 300, "x" * 500]
)
def test_hostile_patterns_take_no_longer_than_others(pattern):
    started = time.thread_time()
    for path in ("a" * 250, "a/" * 120):
        assert not matches_glob(pattern, path)
    assert time.thread_time() - started < 1


PATHS = st.lists(st.sampled_from(["a", "b.a", ".b", "ab"]), min_size=1, max_size=5).map("/".join)


@settings(deadline=None)
@given(PATHS, st.text(alphabet="ab*?/.!{},[]", max_size=12))
def test_any_pattern_answers(path, pattern):
    assert matches_glob(pattern, path) in (True, False)


@settings(deadline=None)
@given(PATHS)
def test_a_path_matches_itself_and_everything(path):
    assert matches_glob(path, path)
    assert matches_glob("**", path)
    assert matches_glob(f"**/{path.rsplit('/', 1)[-1]}", path)
