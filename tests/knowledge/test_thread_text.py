import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.thread_text import error_lines, identifiers, substance

REPORT = """### Is there an existing issue for this?

- [x] I have searched the existing issues

### What happened?

<!-- A clear and concise description of what the bug is. -->
The worker forgets its lease when `heartbeat_interval` is zero.
![Screenshot 2026-11-20 at 10.00.00](https://example.com/a.png)

### Which system?

- [ ] Linux
- [X] macOS

### Expected

_No response_

### Details

#### Log

```
2026-11-20 12:00:01 INFO starting
2026-11-20 12:00:02 ERROR [worker] LeaseLost failed: ValueError: the lease of work 7 ran out
2026-11-20 12:00:03 INFO stopped
```

#### Configuration

N/A

### Code

```python
run(heartbeat_interval=0)
```

--
Ada, Department of Leases
"""


def test_substance_keeps_what_was_written():
    kept = substance(REPORT)
    assert "### What happened?\nThe worker forgets its lease when `heartbeat_interval` is zero." in kept
    assert "- macOS" in kept
    assert "ValueError: the lease of work 7 ran out" in kept
    assert "```python\nrun(heartbeat_interval=0)\n```" in kept


@pytest.mark.parametrize(
    "skeleton",
    ["existing", "searched", "concise", "Screenshot", "Linux", "Expected", "response", "INFO", "Configuration", "Ada"],
)
def test_substance_drops_the_skeleton(skeleton):
    assert skeleton not in substance(REPORT)


def test_a_heading_stays_for_an_answer_below_a_deeper_one():
    assert substance("## A\n\n### B\n\nsaid\n\n### C\n\n## D\n") == "## A\n### B\nsaid"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Yes, 2.4.\n\nOn Friday, Ada <ada@example.com> wrote:\n> which version?\n> on what?", "Yes, 2.4."),
        ("> which version?\n\n2.4", "2.4"),
        ("On Friday Ada wrote:\n> which?\n\n2.4 below the quote", "2.4 below the quote"),
        ("2.4\n\n-----Original Message-----\nFrom: Ada\nWhich version?", "2.4"),
        ("2.4\n\nSent from my telephone", "2.4"),
        ("> ValueError: no lease\n\nthis", "ValueError: no lease\n\nthis"),
        ("A\n--\nB\n" + "more\n" * 12, "A\nB\n" + "more\n" * 12),
        ("**Describe the bug**\n\n**To reproduce**\nrun it", "**To reproduce**\nrun it"),
        ("<details><summary>Log</summary>\n\nkept\n</details>", "Log  \n\nkept"),
        ("a\r\nb", "a\nb"),
        ("", ""),
        ("<!-- never closed", ""),
        ("```\n\n```", ""),
    ],
)
def test_mails_quotes_and_leftovers(body, said):
    assert substance(body).split() == said.split()


def test_long_code_keeps_both_ends():
    code = "\n".join(f"step_{number}()" for number in range(500))
    kept = substance(f"```\n{code}\n```")
    assert "step_0()" in kept
    assert "step_499()" in kept
    assert "step_250()" not in kept


def test_frames_of_a_stack_trace_go_and_its_error_stays():
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3, in run\nLeaseLost: gone'
    assert substance(f"It breaks:\n{trace}\nAlways.") == "It breaks:\nLeaseLost: gone\nAlways."


@pytest.mark.parametrize(
    "said",
    [
        "Please provide a way to stop the worker.",
        "I have searched the code and the lease is lost in renew().",
        "Please make sure that leases are kept.",
        "- [x] macOS",
        "before this, the worker stopped",
    ],
)
def test_what_a_person_says_like_a_form_stays(said):
    assert substance(said) == said.replace("[x] ", "")


@pytest.mark.parametrize(
    "hint",
    [
        "A clear and concise description of what the bug is.",
        "Please provide the steps to reproduce.",
        "Before opening an issue, look at the others.",
        "- [x] I have read the guide",
        "- [x] This is not a duplicate",
    ],
)
def test_what_a_form_says_goes(hint):
    assert substance(hint) == ""


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("2026-11-20 12:00:02,123 ERROR [main] cannot bind port", "cannot bind port"),
        ("E   AssertionError: 1 != 2", "AssertionError: 1 != 2"),
        ("I get `redis.exceptions.ConnectionError: refused` here", "redis.exceptions.ConnectionError: refused` here"),
        ("Error: listen EADDRINUSE: address already in use :::8000", None),
        ("error[E0382]: borrow of moved value: `lease`", None),
        ("src/a.ts(3,4): error TS2322: Type 'x' is not assignable", None),
        ("\tCaused by: java.io.IOException: gone", "java.io.IOException: gone"),
        ("thread 'main' panicked at src/main.rs:3", None),
        ("the process exited with 137", "exited with 137"),
        ("it says 0x80070005 and ENOSPC", "0x80070005"),
        ("Segmentation fault (core dumped)", None),
    ],
)
def test_error_lines_of_many_languages(line, error):
    assert error_lines(f"text before\n{line}\ntext after")[0] == (error or line)


@pytest.mark.parametrize("line", ["I see an error:", "there was an exception", "Errors are shown", "no error at all"])
def test_talk_of_errors_is_no_error(line):
    assert error_lines(line) == []


def test_an_error_is_named_once():
    assert error_lines("ValueError: x\n" * 50 + "> ValueError: x") == ["ValueError: x"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("use app.web.serve() with --dry-run", ["app.web.serve", "--dry-run"]),
        ("`heartbeat` and heartbeat_interval", ["heartbeat", "heartbeat_interval"]),
        ("LeaseLost in worker/hands.py, see src/app", ["LeaseLost", "worker/hands.py"]),
        ("PLUMBLINE_DATA_DIR or pyproject.toml", ["PLUMBLINE_DATA_DIR", "pyproject.toml"]),
        (r"C:\Users\ada\x.log and ~/.config/plumbline.yml", [r"C:\Users\ada\x.log", "~/.config/plumbline.yml"]),
        ("std::vector and Foo#bar", ["std::vector", "Foo#bar"]),
        ("and/or on GitHub with JavaScript, i.e. Node.js", []),
        ("It ends here.Then it goes on at https://example.com/some_page", []),
        ("_No response_ and URLs", []),
        ("", []),
    ],
)
def test_identifiers(text, names):
    assert identifiers(text) == names


@given(st.text(alphabet=st.sampled_from("ab#*[]xX`>-_.\n <!E:1/~"), max_size=400))
def test_any_text_is_read(text):
    assert len(substance(text)) <= 3 * len(text)
    error_lines(text)
    identifiers(text)


@pytest.mark.parametrize(
    "piece",
    ["a.", "a/", "<!--", "<a ", "![", "> ", "Error", "a_", "```\n", "**a", "- [ ] ", "a::", "[", "`a", "$", "at a."],
)
def test_bulk_takes_no_longer_than_its_size(piece):
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        started = time.process_time()
        substance(text), error_lines(text), identifiers(text)
        return time.process_time() - started

    small = min(seconds(10_000), seconds(10_000))
    assert min(seconds(80_000) for _ in range(3)) < 8 * 3 * (small + 0.005)
