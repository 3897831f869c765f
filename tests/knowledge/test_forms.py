import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.forms import MAX_CHARACTERS, Form, answers_to, read_form

FORM = """
name: Broken thing
description: Something does not work
labels: [bug, triage]
body:
  - type: markdown
    attributes: {value: Thank you for writing.}
  - type: checkboxes
    id: searched
    attributes:
      label: Is it new?
      options:
        - label: I have looked for the same report
          required: true
  - type: textarea
    id: what
    attributes:
      label: "🐛 What happened?"
      placeholder: Tell us what you see
      value: "It broke when"
    validations: {required: true}
  - type: input
    id: version
    attributes: {label: Version}
    validations: {required: true}
  - type: dropdown
    attributes:
      label: System
      options: [Linux, macOS, "No"]
  - type: textarea
    id: logs
    attributes: {label: Log, render: shell}
"""
BODY = """### Is it new?

- [X] I have looked for the same report

### 🐛 What happened?

The worker forgets its lease.

### Details

It is under a heading of my own.

```
### Version
not a heading
```

### Version

_No response_

### System

macOS

### Log

```shell

```
"""
TEMPLATE = """---
name: Bug
about: Something is broken
labels: 'bug, needs triage'
---

**Describe it**
<!-- in your own words -->
A short description of the problem.

## Steps

1. Go to '...'
2. See the error

**OS:** e.g. Linux
"""


@pytest.fixture
def form():
    return read_form(".github/ISSUE_TEMPLATE/bug.yml", FORM)


def statuses(forms: list[Form], body: str) -> dict[str, str]:
    return {answer.field.label: answer.status for answer in answers_to(forms, body)}


def test_a_form_is_read_as_fields(form):
    assert form.name == "Broken thing"
    assert form.labels == ("bug", "triage")
    assert form.problems == ()
    assert [(field.id, field.type, field.required) for field in form.fields] == [
        ("searched", "checkboxes", True),
        ("what", "textarea", True),
        ("version", "input", True),
        ("field-5", "dropdown", False),
        ("logs", "textarea", False),
    ]
    assert form.fields[3].options == ("Linux", "macOS", "No")
    assert form.fields[1].hint == "It broke when\nTell us what you see"


def test_a_body_is_held_against_it(form):
    assert statuses([form], BODY) == {
        "Is it new?": "answered",
        "🐛 What happened?": "answered",
        "Version": "empty",
        "System": "answered",
        "Log": "empty",
    }
    said = answers_to([form], BODY)[1].text
    assert "### Details" in said
    assert "not a heading" in said


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("It broke when", "placeholder"),
        ("Tell us what you see", "placeholder"),
        ("It broke when I pressed stop", "answered"),
        ("<!-- It broke -->", "empty"),
        ("n/a", "empty"),
        ("**None.**", "empty"),
        ("-", "empty"),
        ("```\n\n```", "empty"),
        ("", "empty"),
        ("坏了", "answered"),
        ("2.4", "answered"),
    ],
)
def test_what_counts_as_an_answer(form, answer, status):
    body = f"### Is it new?\n- [ ] I have\n### What happened?\n{answer}\n### Version\n2\n### System\nNo"
    assert statuses([form], body)["🐛 What happened?"] == status
    assert statuses([form], body)["Is it new?"] == "empty"


def test_a_markdown_template_is_read_by_its_headings():
    template = read_form(".github/ISSUE_TEMPLATE/bug.md", TEMPLATE)
    assert template.name == "Bug"
    assert template.labels == ("bug", "needs triage")
    assert [field.label for field in template.fields] == ["Describe it", "Steps", "OS"]
    body = TEMPLATE.partition("---\n\n")[2].replace("1. Go to '...'\n2. See the error", "Press stop.")
    assert statuses([template], body) == {"Describe it": "placeholder", "Steps": "answered", "OS": "placeholder"}


def test_the_form_it_was_written_with_is_found(form):
    template = read_form("bug.md", TEMPLATE)
    assert answers_to([template, form], BODY)[0].field.label == "Is it new?"
    assert answers_to([form, template], "## Steps\nPress.\n**Describe it**\nIt stops.")[0].field.label == "Describe it"
    assert answers_to([form, template], "It simply stops.") == ()
    assert answers_to([form], "### Version\n2.4 only one of five") == ()
    assert answers_to([], BODY) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("body: [", "line "),
        ("name: 'x", "not read"),
        ("- a\n- b", "expected keys"),
        ("just words", "expected keys"),
        ("name: a\nbody: words", "must be a list"),
        ("body:\n  - words", "element 1"),
        ("body:\n  - type: [input]", "element 1"),
        ("body:\n  - type: magic", "no known `type`"),
        ("body:\n  - type: input", "no `label`"),
        ("body:\n  - type: input\n    attributes: 3", "no `label`"),
        ("? [a, b]\n: c", "not read"),
        ("a: &x [1]\nb: [*x, *x]", "aliases"),
        ("[" * 5_000, "not read"),
        ("a: " + "x" * MAX_CHARACTERS, "longer than"),
        ("- x\n" * 6_000, "more than"),
        ("a: \x00", "not read"),
    ],
)
def test_a_malformed_form_is_a_problem_in_words(text, says):
    form = read_form("a.yml", text)
    assert form.fields == ()
    assert any(says in problem and problem.startswith("a.yml") for problem in form.problems)
    assert answers_to([form], BODY) == ()


@pytest.mark.parametrize("text", ["", "# only a comment", "---\nname: [\n---\n## A\nhint", "---\nnever closed"])
def test_an_odd_header_leaves_the_template_readable(text):
    assert read_form("a.yml", "").problems == ()
    read_form("a.md", text)


@given(st.text(alphabet=st.sampled_from("ab:-[]{}#*_>`'\"\n ?&!%@|"), max_size=300))
def test_any_file_and_any_body_are_read(text):
    yml, markdown = read_form("a.yml", text), read_form("a.md", text)
    answers_to([yml, markdown], text)


def test_bulk_takes_no_time(form):
    for piece in ("### Version\n", "**a", "- [", "```\n", "<!--"):
        started = time.process_time()
        answers_to([form], piece * (1_000_000 // len(piece)))
        assert time.process_time() - started < 5
