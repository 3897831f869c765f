import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.query import PROSE_LIMIT, prose

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


@given(st.text())
def test_prose_of_any_text_is_bounded(text):
    assert len(prose(text)) <= PROSE_LIMIT


@pytest.mark.parametrize("piece", ["a", "Error", "[", "<!--", "<a", "\n", "```\n", "x: ", "**", "> ", "FooBar", "://"])
@pytest.mark.parametrize("opening", ["", "```\n"])
def test_bulk_takes_no_time(opening, piece):
    bomb = opening + piece * (5_000_000 // len(piece))
    started = time.thread_time()
    assert len(prose(bomb)) <= PROSE_LIMIT
    assert time.thread_time() - started < 1
