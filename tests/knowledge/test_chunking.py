"""Passages: exact lines, whole structures, honest headings, for any file."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.snapshot import Passage
from app.knowledge.chunking import LARGE, chunk, permalink
from app.knowledge.paths import looks_generated
from tests.knowledge.shelf import COMMIT, WEB, handbook, passages


def cut(text: str, path: str = "docs/a.md") -> list[Passage]:
    return chunk(path, text, commit=COMMIT, web_url=WEB)


def shown(one: Passage, text: str) -> str:
    """What the permalink opens."""
    return "\n".join(text.replace("\r\n", "\n").split("\n")[one.start - 1 : one.end])


LONG = "A sentence that fills the page with words. " * 8


def test_each_section_is_a_passage_with_its_trail_and_lines():
    text = f"# Guide\n\n{LONG}\n\n## Install\n\n{LONG}\n\n### On Linux\n\n{LONG}\n\n## Use\n\n{LONG}\n"
    found = cut(text)
    assert [one.heading for one in found] == [
        "Guide",
        "Guide > Install",
        "Guide > Install > On Linux",
        "Guide > Use",
    ]
    assert [(one.start, one.end) for one in found] == [(1, 3), (5, 7), (9, 11), (13, 15)]
    assert found[1].url == f"{WEB}/blob/{COMMIT}/docs/a.md#L5-L7"


def test_every_passage_of_the_handbook_opens_at_its_lines():
    files = handbook()
    assert len(passages(files)) > 20
    assert all(shown(one, files[one.path]) == one.text for one in passages(files))


def test_a_comment_in_a_code_fence_is_no_heading():
    found = cut(
        f"# Guide\n\n```sh\n# not a heading\n\n## neither\nrun\n```\n\n~~~\n# nor this\n```\n# nor that\n~~~\n{LONG}"
    )
    assert [one.heading for one in found] == ["Guide"]


def test_an_open_fence_runs_to_the_end():
    assert [one.heading for one in cut(f"# Guide\n\n```\n# code\n{LONG}\n")] == ["Guide"]


def test_underlined_headings_and_rules():
    found = cut(f"Guide\n=====\n\n{LONG}\n\nInstall\n-------\n\n{LONG}\n\n---\n\n{LONG}\n\n- item\n---\n")
    assert [one.heading for one in found] == ["Guide", "Guide > Install"]


def test_headings_are_shown_without_markup():
    text = f"# The `run` [command](run.md) {{#run}}\n\n{LONG}"
    assert cut(text)[0].heading == "The run command"


def test_front_matter_is_no_text_and_its_title_names_the_page():
    found = cut(f"---\ntitle: 'Configuration'\ntags: [x]\n---\n\nIntro. {LONG}\n\n## Modes\n\n{LONG}\n")
    assert [one.heading for one in found] == ["Configuration", "Configuration > Modes"]
    assert found[0].start == 6


def test_a_title_alone_joins_the_section_it_opens():
    found = cut(f"# Webhooks\n\nShort.\n\n## Rotate the secret\n\n{LONG}\n")
    assert [one.heading for one in found] == ["Webhooks > Rotate the secret"]
    assert found[0].start == 1


def test_tiny_siblings_are_joined_under_their_parent():
    found = cut(f"# API\n\n{LONG}\n\n## a\n\nOne.\n\n## b\n\nTwo.\n\n## c\n\nThree.\n")
    assert [one.heading for one in found] == ["API", "API"]
    assert "Two." in found[1].text


def test_a_short_answer_keeps_its_own_heading():
    answer = (
        "Set the earlier version in the file `live.toml`. Running workers see it within seconds, without one more step."
    )
    found = cut(f"# Prompts\n\n{LONG}\n\n## Roll back\n\n{answer}\n\n## Cost\n\n{answer}\n")
    assert [one.heading for one in found] == ["Prompts", "Prompts > Roll back", "Prompts > Cost"]


def test_lists_tables_and_fences_stay_whole():
    items = "\n\n".join(f"- item {number} {'word ' * 12}" for number in range(10))
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {number} | {'cell ' * 9} |" for number in range(12))
    fence = "```py\n" + "\n\n".join(f"line_{number} = {number}" for number in range(40)) + "\n```"
    found = cut(f"# Guide\n\n{LONG}\n\n{items}\n\n{LONG}\n\n{table}\n\n{fence}\n")
    for whole in (items, table, fence):
        assert any(whole in one.text for one in found)


def test_an_announcement_goes_with_what_it_announces():
    code = "```sh\n" + "step\n" * 60 + "```"
    found = cut(f"# Guide\n\n{LONG * 3}\n\nRun these steps:\n\n{code}\n")
    assert any(f"Run these steps:\n\n{code}" in one.text for one in found)


def test_a_long_paragraph_is_cut_between_lines():
    text = "# Guide\n\n" + "\n".join(f"Line {number} {'of many words ' * 5}" for number in range(80))
    found = cut(text)
    assert len(found) > 3
    assert all(len(one.text) <= LARGE and shown(one, text) == one.text for one in found)


def test_a_line_longer_than_a_passage_is_cut_at_sentences():
    text = "# Guide\n\n" + "This is a sentence of a very long line. " * 120
    found = cut(text)
    assert all(len(one.text) <= LARGE for one in found)
    assert all(one.text.endswith(".") for one in found[1:-1])
    assert {(one.start, one.end) for one in found[1:]} == {(3, 3)}


def test_windows_line_ends():
    text = f"# Guide\r\n\r\n{LONG}\r\n\r\n## Next\r\n\r\n{LONG}"
    assert [(one.start, one.end, one.heading) for one in cut(text)] == [(1, 3, "Guide"), (5, 7, "Guide > Next")]


def test_restructured_text():
    text = (
        f"=====\nGuide\n=====\n\n{LONG}\n\nInstall :ref:`it <x>`\n---------------------\n\n{LONG}\n\n"
        f"On Linux\n~~~~~~~~\n\n{LONG}\n\n.. code-block:: sh\n\n    first\n\n    second\n\nUse\n---\n\n{LONG}\n"
    )
    found = cut(text, "docs/a.rst")
    assert [one.heading for one in found] == [
        "Guide",
        "Guide > Install it",
        "Guide > Install it > On Linux",
        "Guide > Use",
    ]
    assert "    first\n\n    second" in found[2].text


def test_restructured_tables_are_no_headings():
    assert {
        one.heading
        for one in cut(f"Guide\n=====\n\n====  ====\na     b\n====  ====\n1     2\n====  ====\n\n{LONG}", "a.rst")
    } == {"Guide"}


PYTHON = '''"""Module: a docstring that says what it is for, in words enough to be worth a passage of its own here."""

import os

LIMIT = 3


# Why it is cached.
@cached
def first(a: int) -> int:
    """Do one thing, which takes a sentence long enough to make this definition worth a passage of its own, really.

    And a second one, so that it does not have to share its passage with the definition that stands below it.
    """
    return a + sum(number for number in range(LIMIT) if number % 2 == 0 and number != a)


class Second:
    def short(self) -> None: ...
'''


def test_python_by_definition_with_decorators_and_comments():
    found = cut(PYTHON, "app/a.py")
    assert [one.heading for one in found] == ["", "first", "Second"]
    assert found[1].text.startswith("# Why it is cached.\n@cached\ndef first")
    assert found[0].text == PYTHON[: PYTHON.index("\n\n\n# Why")]
    assert all(shown(one, PYTHON) == one.text for one in found)


def test_a_long_class_is_cut_into_its_methods():
    methods = "\n".join(
        f"    def method_{number}(self):\n" + f"        return {number} + self.value\n" * 12 for number in range(9)
    )
    found = cut(f"class Big:\n{methods}", "app/a.py")
    assert {"Big > method_0", "Big > method_8"} <= {one.heading for one in found}


@pytest.mark.parametrize("broken", ["def f(:\n    pass\n", "x = " + "(" * 500 + "1\n", "print 'old'\n", "'\\d'\n"])
def test_source_that_does_not_parse_is_cut_by_blank_lines(broken):
    assert [one.text for one in cut(broken + "\nrest = 1\n", "app/a.py")]


def test_source_without_a_grammar_and_plain_text_by_blank_lines():
    body = "\n\n".join(f"fun part_{number}() {{\n{'    work();' * 9}\n}}" for number in range(30))
    found = cut(body, "src/a.kt")
    assert len(found) > 1
    assert all(shown(one, body) == one.text for one in found)


def test_short_definitions_share_a_passage_under_all_their_names():
    body = "".join(f"def part_{number}():\n    return {number}\n\n\n" for number in range(3))
    assert [one.heading for one in cut(body, "a.py")] == ["part_0, part_1, part_2"]


def test_later_parts_of_a_long_definition_say_how_it_is_declared():
    body = "def long(a: int,\n         b=2) -> str:\n" + "    total = total + a + b\n" * 150
    found = cut(body, "a.py")
    assert [one.heading for one in found] == ["long", *["def long(a: int, b=2) -> str"] * (len(found) - 1)]
    assert min(len(one.text) for one in found) > LARGE // 2


def test_closing_brackets_are_no_passage():
    body = (
        "class Big {\n" + "".join(f"  part{number}() {{\n{'    work();' * 60}\n  }}\n" for number in range(4)) + "}\n"
    )
    assert [one.heading for one in cut(body, "a.ts")] == [f"Big > part{number}" for number in range(4)]


def test_a_passage_of_a_notebook_opens_the_lines_that_hold_it():
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Lamps\n", "\n", LONG]},
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [{"text": ["# noise"]}],
            "source": ["# no heading\n", 'on("a")'],
        },
        {"cell_type": "markdown", "metadata": {}, "source": f"## Wires\n\n{LONG}"},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    found = cut(text, "tour.ipynb")
    assert [one.heading for one in found] == ["Lamps", "Lamps > Wires"]
    assert found[0].text.endswith('# no heading\non("a")')
    for one in found:
        held = shown(one, text)
        assert all(json.dumps(line)[1:-1] in held for line in one.text.split("\n"))
    assert found[1].start == found[1].end


def test_a_broken_notebook_is_plain_text():
    assert [one.text for one in cut('{"cells": [\n', "tour.ipynb")] == ['{"cells": [']


def test_a_byte_order_mark_is_no_text():
    assert cut(f"\ufeff# Guide\n\n{LONG}")[0].heading == "Guide"


def test_binary_files_have_no_passages():
    assert cut("# Guide\n\0\n" + LONG) == []


def test_restructured_text_in_text_files_keeps_its_headings():
    found = cut(f"Settings\n========\n\n.. _lamps:\n\n{LONG}\n\nLamps\n-----\n\n{LONG}\n", "docs/settings.txt")
    assert [one.heading for one in found] == ["Settings", "Settings > Lamps"]


def test_generated_source_and_noise_have_no_passages():
    assert cut("# @generated\nx = 1\n", "app/a.py") == []
    assert cut(LONG, "CHANGELOG.md") == []
    assert cut("", "docs/a.md") == []
    assert cut("\n \n", "docs/a.md") == []


def test_permalinks_are_quoted_and_name_one_line_once():
    assert permalink(WEB, COMMIT, "docs/a b#c?.md", 3, 3) == f"{WEB}/blob/{COMMIT}/docs/a%20b%23c%3F.md#L3"


PIECES = """
# A|## B|### C|===|---|```|~~~|- item|  more|1. one|text.|> quote|<!-- x -->|!!! note|    code|Words:|.. note::
.. option:: --x|:::tip|:::|----|== D|<h2>E</h2>|def f():|class A {|}|function g() {|    def m(self):
"""
LINES = st.lists(
    st.sampled_from(["", "", "| a | b |", "|---|---|", "\t", LONG, *PIECES.strip("\n").replace("\n", "|").split("|")])
    | st.text(max_size=60),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(LINES, st.sampled_from(["a.md", "a.rst", "a.adoc", "a.txt", "a.py", "a.ts", "a.kt"]))
def test_any_file_is_cut_into_its_own_lines_in_order(lines, path):
    text = "\n".join(lines).replace("\r", "").replace("\0", "").removeprefix("\ufeff")
    found = cut(text, path)
    for one in found:
        assert one.text.strip()
        assert len(one.text) <= LARGE
        assert one.text in shown(one, text) or one.text == shown(one, text)
    starts = [one.start for one in found]
    assert starts == sorted(starts)
    if path == "a.kt" and looks_generated(text):
        assert found == []
    elif path == "a.kt":
        assert list(filter(str.isalnum, "".join(one.text for one in found))) == list(filter(str.isalnum, text))


@pytest.mark.parametrize(
    "bomb",
    [
        *(
            piece * (200_000 // len(piece))
            for piece in ("<", ":", "\n", "[", "`", "- ", "#", "{#", "=", "`x <", "\n* ", "::\n\n ")
        ),
        "# " + "<" * 200_000,
        "# a" + " " * 200_000 + "b",
        "\n".join("=" * (number % 9) for number in range(40_000)),
    ],
)
@pytest.mark.parametrize("path", ["a.md", "a.rst", "a.adoc", "a.py", "a.cpp", "a.ipynb"])
def test_hostile_files_take_no_longer_than_others(bomb, path):
    started = time.thread_time()
    cut(bomb, path)
    assert time.thread_time() - started < 3


def test_five_megabytes_of_documentation_take_seconds():
    page = "\n".join(handbook().values())
    started = time.thread_time()
    for _ in range(5_000_000 // len(page)):
        cut(page)
    assert time.thread_time() - started < 5
