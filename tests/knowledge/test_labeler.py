"""Labeler: both formats of the action's file, and nothing from a file that cannot be read."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.labeler import Change, labels_by_rule


def given_labels(text: str, paths: Iterable[str]) -> tuple[str, ...]:
    return labels_by_rule(text, Change(tuple(paths), "main", "feature/lamps"))


OLD = """
docs: docs/**
any-of:
  - '**/*.md'
  - src/*
not-tests:
  - any: ['src/**', '!src/tests/**']
only-docs:
  - all: ['docs/**']
"""


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["docs/a/b.md"], "docs any-of only-docs"),
        (["docs/a.txt", "src/a.py"], "docs any-of not-tests"),
        (["src/tests/a.py"], ""),
    ],
)
def test_lists_of_globs(paths, labels):
    assert " ".join(given_labels(OLD, paths)) == labels


@pytest.mark.parametrize(
    ("option", "paths", "applies"),
    [
        ("any-glob-to-any-file: ['a/*', 'b/*']", ["b/x", "c/x"], True),
        ("any-glob-to-any-file: 'a/*'", ["c/x"], False),
        ("any-glob-to-all-files: ['a/*', '**']", ["b/x", "c/x"], True),
        ("any-glob-to-all-files: ['a/*', 'b/*']", ["a/x", "b/x"], False),
        ("all-globs-to-any-file: ['a/*', '!a/y']", ["b/x", "a/x"], True),
        ("all-globs-to-any-file: ['a/*', '!a/y']", ["b/x", "a/y"], False),
        ("all-globs-to-all-files: ['a/*', '!a/y']", ["a/x", "a/z"], True),
        ("all-globs-to-all-files: ['a/*', '!a/y']", ["a/x", "a/y"], False),
        ("all-globs-to-all-files: []", ["a/x"], False),
        ("some-globs: ['**']", ["a/x"], False),
    ],
)
def test_match_objects(option, paths, applies):
    assert bool(given_labels(f"label:\n- changed-files:\n  - {option}\n", paths)) == applies


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        ("[{base-branch: main}]", True),
        ("[{base-branch: '^release/.*'}]", False),
        ("[{head-branch: ['^feature', nothing]}]", True),
        ("[{head-branch: '^feature/lamps$'}]", True),
        ("[{head-branch: 'lamp$'}]", False),
        ("[{base-branch: '(a+)+$'}]", False),
        ("[{all: [{base-branch: main}, {changed-files: [{any-glob-to-any-file: 'a/*'}]}]}]", True),
        ("[{all: [{base-branch: main}, {changed-files: [{any-glob-to-any-file: 'b/*'}]}]}]", False),
        ("[{any: [{base-branch: other}]}, {head-branch: feature}]", True),
        ("[{any: [{base-branch: other}]}, {all: [{head-branch: feature}]}]", False),
        ("[{changed-files: ['a/*']}]", True),
        ("{changed-files: [{any-glob-to-any-file: 'a/*'}]}", True),
        ("[{all: []}]", False),
        ("[{unknown: x}]", False),
        ("[]", False),
        ("3", False),
    ],
)
def test_branches_and_groups(rule, applies):
    assert bool(given_labels(f"label: {rule}", ["a/x"])) == applies


BOMB = "\n".join(
    ["a: &a [x, x]", *(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))]
)


@pytest.mark.parametrize(
    "text", ["", "- a", "label: [", "x: &a [*a]", "[" * 20_000, "a: b\n" * 20_000, BOMB, "!!python/object:os.x {}"]
)
def test_files_that_say_nothing_useful(text):
    assert given_labels(text, ["src/a"]) == ()


def test_nothing_changed_has_no_labels():
    assert given_labels("label: '**'", []) == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a/*", "**", "!a", "main", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["any", "all", "changed-files", "base-branch", "any-glob-to-any-file"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(VALUES)
def test_any_rule_is_judged(rule):
    import yaml

    assert given_labels(yaml.safe_dump({"label": rule}), ["a/x"]) in ((), ("label",))
