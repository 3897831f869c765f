import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.code_names import FENCE, imported, names_used


@pytest.mark.parametrize(
    ("code", "language", "used"),
    [
        ("", "python", []),
        ("x = 3\nprint(x)", "python", []),
        ("lane = Lane(3)\nlane.open().wait()", "python", ["Lane", "open", "wait"]),
        ("async def run(lane, *, by=3):\n    await lane.go(by)", "python", ["go"]),
        ("for key, value in pairs.items():\n    print(key, value)", "py", ["pairs.items"]),
        ("with yard.enter() as gate:\n    gate.pass_by()", "python", ["yard.enter", "pass_by"]),
        ("import json\njson.dumps({})", "python", []),
        ("from a.b import c as d, e\nd(e)", "python", ["a.b.c", "a.b.e"]),
        ("from typing import Any\nx: Any = 3", "python", []),
        ("self.angle = 3", "python", ["angle"]),
        ("const lane = new Lane(3);\nlane.open((x) => x + 1);", "js", ["Lane", "open"]),
        ("x := lanes.New()\nx.Open()", "go", ["lanes.New", "Open"]),
        ("let mut lane = Lane::new();", "rust", ["Lane::new"]),
        ("hands = 3", "toml", ["hands"]),
        ("hands = 3", "", ["hands"]),
        ("PORT = 3", "python", ["PORT"]),  # a constant of a snippet is a setting of the reader's
        ('{"max-age": 3}', "json", ["max-age"]),
        ("curl -sS --fail <address>", "sh", ["curl", "-sS", "--fail"]),
        ("echo ${HANDS}", "sh", ["HANDS"]),
        ("page: 1.2.3", "yaml", ["page", "1.2.3"]),
    ],
)
def test_what_a_block_needs_from_elsewhere(code: str, language: str, used: list[str]):
    assert names_used(code, language)[0] == used


def test_comments_and_strings_are_its_prose():
    assert names_used('open("a_file")  # see other.md\n// and this', "js")[1].split("\n") == [
        "see other.md",
        "and this",
        "a_file",
    ]


def test_imports_are_dotted():
    text = "from a import (b, c as d)\n  from os import path\nfrom x.y import *"
    assert list(imported(text)) == ["a.b", "a.c", "x.y"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```py\na\n```", "a\n"),
        ("text\n~~~\na\n\nb\n~~~\nmore", "a\n\nb\n"),
        ("````\n```\n````", "```\n"),
        ("```\nopen to the end", "open to the end"),
        ("  ```\n  in a list\n  ```", "  in a list\n"),
    ],
)
def test_fences(text: str, code: str):
    assert [match["code"] for match in FENCE.finditer(text)] == [code]


@given(st.text(max_size=300), st.sampled_from(["", "python", "js", "toml"]))
def test_any_block_can_be_read(code: str, language: str):
    used, prose = names_used(code, language)
    assert len(used) == len(set(used))
    assert all(used)
    assert isinstance(prose, str)
