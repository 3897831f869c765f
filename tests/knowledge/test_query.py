import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.query import PROSE_LIMIT, QUERY_WORDS, build_query, prose

REPORT = """### Describe the bug

<!-- A clear and concise description. -->
The worker forgets its lease when `heartbeat_interval` is zero. See [the page](https://example.com/a).

- [x] I searched the existing issues
- [ ] I can work on it

### Python version

3.12.1

Version: 2.4.0
> somebody else's words

```text
Traceback (most recent call last):
  File "worker.py", line 3, in run
LeaseLost: the lease of work 7 ran out
```

2026-11-20 12:00:01 INFO something happened
    at Object.run (worker.js:3:4)
_No response_
"""


def test_prose_keeps_what_was_said_and_the_error():
    assert prose(REPORT).split("\n")[0].startswith("The worker forgets its lease when `heartbeat_interval` is zero.")
    assert "LeaseLost: the lease of work 7 ran out" in prose(REPORT)
    for noise in ("Describe", "searched", "Traceback", "INFO", "Object.run", "response", "somebody", "example.com"):
        assert noise not in prose(REPORT)


def test_a_title_that_looks_like_noise_is_still_the_subject():
    assert build_query("> redirects are lost").words == ("redirects", "lost")


def test_the_subject_comes_first_and_weighs_most():
    query = build_query("Heartbeat of the worker", REPORT)
    assert query.words[:2] == ("worker", "heartbeat") or query.words[:2] == ("heartbeat", "worker")
    assert "heartbeat_interval" in query.words
    assert "interval" in query.words
    assert query.weights["heartbeat"] > query.weights["interv" if "interv" in query.weights else "interval"]


def test_words_of_every_issue_come_last():
    words = build_query("Bug: version problem with leases").words
    assert words[0] == "leases"


def test_numbers_alone_are_no_words():
    assert build_query("Port 8000 in 2.3.1").words == ("port",)


def test_nothing_asks_nothing():
    assert build_query("", "").words == ()


@given(st.text(), st.text())
def test_any_text_makes_a_bounded_query(subject, context):
    query = build_query(subject, context)
    assert len(query.words) == len(query.weights) <= QUERY_WORDS


@pytest.mark.parametrize("piece", ["a", "Error", "[", "<!--", "<a", "\n", "```\n", "x: ", "**", "> ", "FooBar", "://"])
@pytest.mark.parametrize("opening", ["", "```\n"])
def test_bulk_takes_no_time(opening, piece):
    bomb = opening + piece * (5_000_000 // len(piece))
    started = time.perf_counter()
    assert len(prose(bomb)) <= PROSE_LIMIT
    build_query(bomb[:500], bomb)
    assert time.perf_counter() - started < 1
