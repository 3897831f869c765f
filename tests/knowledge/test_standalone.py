"""What a site builder's page says, as Markdown that stands alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.standalone import standalone


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            'Set it:\n\n=== "a.toml"\n\n    ```toml\n    [a]\n\n    b = 1\n    ```\n',
            "Set it:\n\na.toml:\n\n```toml\n[a]\n\nb = 1\n```",
        ),
        ("=== \"A\"\n\n    a\n\n=== 'B'\n\n    b", "A:\n\na\n\nB:\n\nb"),
        ('- x\n\n    === "A"\n\n        a\n\n  y', "- x\n\n    A:\n\n    a\n\n  y"),
        ("Text.\n\n!!! note\n\n    Keep it.\n\nMore.", "Text.\n\nKeep it.\n\nMore."),
        ('??? tip "Why"\n    Keep it.', "Keep it."),
        ("/// tip\n\nKeep it.\n\n///", "Keep it."),
        ("Text.\n\n/// tip\n\nKeep it.\n\n///", "Text.\n\n\n\nKeep it."),
        (".. note::\n\n   Keep it.", "Keep it."),
    ],
)
def test_marks_are_left_out_and_what_they_hold_is_no_longer_indented(text, shown):
    assert standalone(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("For example::\n\n  a\n\n    b\n\nText.", "For example:\n\n```\na\n\n  b\n```\n\nText."),
        ("::\n\n    a", "```\na\n```"),
        ("- Run::\n\n      a\n\n  then b.", "- Run:\n\n  ```\n  a\n  ```\n\n  then b."),
        ("1. Run::\n\n     a", "1. Run:\n\n   ```\n   a\n   ```"),
        ("std::\nvector", "std::\nvector"),
        (".. code-block:: sh\n\n    a", "```sh\na\n```"),
    ],
)
def test_code_comes_in_fences_where_it_belongs(text, shown):
    assert standalone(text) == shown


@given(st.text(alphabet='a \n\t=!?:."/`-{}|', max_size=200))
def test_any_text_stands_alone(text):
    assert standalone(text) == standalone(text).strip()


@pytest.mark.parametrize(
    "text", [" " * 20_000, "a::\n\n" * 4_000, "!!! x\n" * 4_000, '=== "' * 5_000, "a::\n" + "\n" * 20_000]
)
def test_no_text_keeps_it_busy(text):
    started = time.thread_time()
    standalone(text)
    assert time.thread_time() - started < 0.5
